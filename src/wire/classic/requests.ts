/**
 * What may arrive on a connection that others open to us: gossip, requests, reports and registrations.
 *
 * The texts have no frames and no ends. A message ends where the next one begins, at a separator, or where the bytes
 * stop coming; so what may still change is left alone until the connection is quiet or closed. How each kind ends:
 *
 * - The three kinds with a fixed head end at the next head, the next gossip or a separator.
 * - A gossip's text is arbitrary and is kept byte for byte. Only the beginning of another gossip ends it, which is
 *   `ts:ip:port:GOSSIP` with ten digits of whole seconds (the years 2001–2286): in `GOSSIP11731234567.8:…` the last ten
 *   digits are the next timestamp's. A numbered gossip (`GOSSIP7`) also ends at a fixed head; what a person typed does
 *   not, or typing `Dead Node:…` would report a death.
 * - Registrations may run into each other: `127.0.0.1:5001127.0.0.1:5002` is 5001 and 127.0.0.1, or 50011 and 27.0.0.1.
 *   Each piece between two colons is split on its own, so the number of splits is a product and never listed.
 */
import { type Address, canonicalIp } from "../../core/address.js";
import type { ClassicMessage } from "../../core/classic/message.js";
import {
  connectHead,
  deathMark,
  gossipMark,
  heads,
  isIpOrName,
  isPlain,
  isSeparator,
  isTimestamp,
  livenessHead,
  looksLikePort,
  readAddress,
  skipSeparators,
  splitFields,
  stripSeparators,
} from "./fields.js";

/** What is known of the bytes to come: any may, none came for a while, or none can. */
export type Moment = "open" | "quiet" | "ended";

/** What a text was read as. */
export interface TextReading {
  readonly messages: ClassicMessage[];
  /** How many characters of the text are decided. */
  readonly consumed: number;
  /** Why reading cannot go on. */
  readonly refusal?: TextRefusal;
}

/** Why a text is no message. */
export type TextRefusal = "not-a-message" | "ambiguous" | "incomplete";

/** Around the text. */
export interface RequestsContext {
  readonly moment: Moment;
  /** Where the connection comes from; tells apart the splits of registrations that ran into each other. */
  readonly remoteIp: string;
  /** Whether the connection has carried no message yet: a gossip that stays alone keeps even the separators at its end. */
  readonly first: boolean;
}

/** Reads as many messages as are decided at this moment. */
export function readRequests(text: string, context: RequestsContext): TextReading {
  const messages: ClassicMessage[] = [];
  let at = 0;
  for (;;) {
    at = skipSeparators(text, at);
    if (at === text.length) return { messages, consumed: at };
    const alone = context.first && messages.length === 0;
    const step = readOne(text.slice(at), alone, context);
    if (step === "wait") return { messages, consumed: at };
    if (typeof step === "string") return { messages, consumed: at, refusal: step };
    for (const message of step.messages) messages.push(message);
    at += step.length;
  }
}

type Step = { messages: ClassicMessage[]; length: number } | "wait" | TextRefusal;

function readOne(text: string, alone: boolean, context: RequestsContext): Step {
  const gossip = readGossipHeader(text);
  if (gossip !== undefined) return readGossip(text, gossip, alone, context.moment);
  const head = heads.find((candidate) => text.startsWith(candidate));
  const end = endOf(text, head?.length ?? 1);
  const own = text.slice(0, end);
  const read = head !== undefined || own.startsWith(deathMark) ? readHeaded : readRegistrations;
  if (end === text.length) return read(own, context.moment, context.remoteIp);
  const step = read(own, "ended", context.remoteIp);
  return step === "incomplete" ? "not-a-message" : step;
}

// ── Gossip ──────────────────────────────────────────────────────────────────────────────────────────────────────────

interface GossipHeader {
  readonly timestamp: string;
  readonly origin: Address;
  /** Where the fourth field begins. */
  readonly bodyAt: number;
}

function readGossipHeader(text: string): GossipHeader | undefined {
  const [timestamp, ip, port, rest] = splitFields(text, 4);
  if (rest === undefined || !rest.startsWith(gossipMark) || !isTimestamp(timestamp!)) return undefined;
  const origin = readAddress(ip!, port!);
  return origin && { timestamp: timestamp!, origin, bodyAt: text.length - rest.length };
}

function readGossip(text: string, header: GossipHeader, alone: boolean, moment: Moment): Step {
  const next = endOfGossip(text, header.bodyAt);
  if (next === undefined && moment === "open") return "wait";
  const length = next ?? text.length;
  const whole = next === undefined && alone ? text : stripSeparators(text.slice(0, length));
  const body = whole.slice(header.bodyAt);
  // No one writes a gossip without a number or a text: its end is still on the way.
  if (next === undefined && moment === "quiet" && stripSeparators(body) === gossipMark) return "wait";
  const { timestamp, origin } = header;
  return { messages: [{ type: "gossip", text: whole, timestamp, origin, body }], length };
}

function endOfGossip(text: string, bodyAt: number): number | undefined {
  let afterNumber = bodyAt + gossipMark.length;
  while (isDigit(text.charCodeAt(afterNumber))) afterNumber++;
  while (isSeparator(text.charCodeAt(afterNumber))) afterNumber++;
  if (heads.some((head) => text.startsWith(head, afterNumber))) return afterNumber;
  return nextGossip(text, bodyAt);
}

/** Where the next gossip begins, at `from` or later: found by its mark, then read backwards. */
function nextGossip(text: string, from: number): number | undefined {
  for (let mark = text.indexOf(`:${gossipMark}`, from); mark >= 0; mark = text.indexOf(`:${gossipMark}`, mark + 1)) {
    const start = gossipStart(text, mark);
    if (start !== undefined && start >= from) return start;
  }
  return undefined;
}

function gossipStart(text: string, mark: number): number | undefined {
  let portAt = mark;
  while (isDigit(text.charCodeAt(portAt - 1)) && mark - portAt <= 5) portAt--;
  const ipAt = ipStart(text, portAt - 1);
  if (ipAt === undefined || text[ipAt - 1] !== ":") return undefined;
  if (readAddress(text.slice(ipAt, portAt - 1), text.slice(portAt, mark)) === undefined) return undefined;
  const timestampEnd = ipAt - 1;
  const digitsAt = runOfDigits(text, timestampEnd);
  if (text[digitsAt - 1] === ".") {
    const wholeAt = runOfDigits(text, digitsAt - 1);
    if (digitsAt - 1 - wholeAt >= 10) return digitsAt - 1 - 10;
  }
  return timestampEnd - digitsAt >= 10 ? timestampEnd - 10 : undefined;
}

/** Where the ip field begins that ends at a colon; undefined when there is none. */
function ipStart(text: string, colon: number): number | undefined {
  if (colon < 1 || text[colon] !== ":") return undefined;
  if (text[colon - 1] === "]") {
    const open = text.lastIndexOf("[", colon);
    return open >= 0 && colon - open < 64 ? open : undefined;
  }
  const before = text.lastIndexOf(":", colon - 1);
  return before >= 0 && colon - before <= 256 ? before + 1 : undefined;
}

/** Where the digits begin that end here; a timestamp's length bounds the search. */
function runOfDigits(text: string, end: number): number {
  let start = end;
  while (isDigit(text.charCodeAt(start - 1)) && end - start < 64) start--;
  return start;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

// ── Messages with a fixed head ──────────────────────────────────────────────────────────────────────────────────────

/** Where the message that begins the text ends: at a separator, the next head or the next gossip; else with the text. */
function endOf(text: string, from: number): number {
  let end = nextGossip(text, from) ?? text.length;
  for (const head of heads) {
    const at = text.indexOf(head, from);
    if (at >= 0 && at < end) end = at;
  }
  for (let at = from; at < end; at++) if (isSeparator(text.charCodeAt(at))) end = at;
  return end;
}

function readHeaded(text: string, moment: Moment): Step {
  if (moment === "open") return "wait";
  const outcome = parseHeaded(text);
  if (typeof outcome !== "string") return { messages: [outcome], length: text.length };
  // Quiet and not right: it may be cut in two, or the next message's first half may stand at its end.
  return moment === "quiet" ? "wait" : outcome;
}

function parseHeaded(text: string): ClassicMessage | TextRefusal {
  const [, first = "", second = "", third = "", fourth = ""] = splitFields(text, 6).map((field) => field.trimEnd());
  if (text.startsWith(livenessHead)) {
    if (first === "") return "incomplete";
    if (!isTimestamp(first) || !isPlain(second)) return "not-a-message";
    return { type: "liveness-request", timestamp: first, ip: second };
  }
  if (second === "") return "incomplete";
  const address = readAddress(first, second);
  if (address === undefined) return "not-a-message";
  if (text.startsWith(connectHead)) return { type: "connect-request", from: address };
  // A death is news even when the rest is odd: only the address counts.
  const timestamp = isTimestamp(third) ? third : "";
  return { type: "death-report", dead: address, timestamp, reporterIp: isPlain(fourth) ? fourth : "" };
}

// ── Registrations ───────────────────────────────────────────────────────────────────────────────────────────────────

function readRegistrations(text: string, moment: Moment, remoteIp: string): Step {
  if (moment !== "ended" && !couldBegin(text)) return "not-a-message";
  if (moment === "open") return "wait";
  const addresses = splitRegistrations(text, remoteIp);
  if (addresses === "ambiguous") return "ambiguous";
  if (addresses !== undefined) {
    return { messages: addresses.map((address) => ({ type: "registration", address })), length: text.length };
  }
  if (moment === "quiet") return "wait";
  const wholeButWrong = /:\d+$/.test(text.slice(-8)) && !isTimestamp(splitFields(text, 2)[0]!);
  return couldBegin(text) && !wholeButWrong ? "incomplete" : "not-a-message";
}

/**
 * Whether a message may begin like this text, which has no whole head: cheap rather than exact, so that a web browser
 * is shown out at its first blank, and a registration with half a message glued to it is not.
 */
function couldBegin(text: string): boolean {
  if (heads.some((head) => head.startsWith(text))) return true;
  const fields = splitFields(text, 5);
  const [first, second, third, fourth] = fields;
  if (second === undefined) return text.trimEnd().length <= 255 && /^(?:[\w.-]+|\[[\da-fA-F:.]*\]?)\s*$/.test(text);
  if (!isTimestamp(first!)) return isIpOrName(first!.trimEnd()) && (second === "" || /^[1-9]/.test(second));
  // Only a gossip begins with a timestamp, and nothing can be glued to it before its own mark.
  if (third === undefined) return second.length <= 255 && /^(?:[\w.-]*|\[[\da-fA-F:.]*\]?)$/.test(second);
  if (!isIpOrName(second)) return false;
  if (fourth === undefined) return third === "" || looksLikePort(third);
  return readAddress(second, third) !== undefined && gossipMark.startsWith(fourth) && fields.length === 4;
}

/**
 * The addresses of registrations glued without anything between them. The only split in which all of them name the
 * connection's source or "any" wins; without one, the only split there is.
 */
function splitRegistrations(text: string, remoteIp: string): Address[] | "ambiguous" | undefined {
  const [firstIp, ...pieces] = splitFields(text, text.length + 1).map((piece) => piece.trimEnd());
  // What follows a piece that is a port and nothing else is an extra field.
  const last = pieces.findIndex(looksLikePort);
  if (last < 0 || !isIpOrName(firstIp!)) return undefined;
  const cuts = pieces.slice(0, last).map(cutsAfterPort);
  const source = canonicalIp(remoteIp.replace(/%.*$/, ""));
  const isSource = (ip: string) => ["0.0.0.0", "::", source].includes(canonicalIp(ip));
  const cutsAtSource = cuts.map((options) => options.filter(({ nextIp }) => isSource(nextIp)));
  const onlyOne = (options: Cut[]) => options.length === 1;
  const chosen = isSource(firstIp!) && cutsAtSource.every(onlyOne) ? cutsAtSource : cuts;
  if (chosen.some((options) => options.length === 0)) return undefined;
  if (!chosen.every(onlyOne)) return "ambiguous";
  const ips = [firstIp!, ...chosen.map(([cut]) => cut!.nextIp)];
  const ports = [...chosen.map(([cut]) => cut!.port), pieces[last]!];
  const addresses = ips.flatMap((ip, index) => readAddress(ip, ports[index]!) ?? []);
  return addresses.length === ips.length ? addresses : undefined;
}

/** A port that ends somewhere inside a piece, and the next registration's ip. */
interface Cut {
  readonly port: string;
  readonly nextIp: string;
}

function cutsAfterPort(piece: string): Cut[] {
  const cuts = [1, 2, 3, 4, 5].map((length) => ({ port: piece.slice(0, length), nextIp: piece.slice(length) }));
  return cuts.filter(({ port, nextIp }) => readAddress(nextIp, port) !== undefined);
}
