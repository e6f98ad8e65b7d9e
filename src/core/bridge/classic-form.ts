/**
 * One message in two dialects: how ours looks to a classic peer, and how a classic one looks to ours.
 *
 * Many peers stand on the border, each forms its own copy, and still every message must cross exactly once. So nothing
 * here depends on who does it, or when. Both forms follow from the message alone:
 *
 * - **Ours, for classic peers.** All bridges make the same text of it, byte for byte, and a classic peer knows a text
 *   that it has seen. The mark at its end names the native message: a bridge that hears such a text from a classic
 *   neighbor knows that it is no classic message, and that it comes natively by itself.
 * - **A classic text, for our peers.** Its identity is the hash of all of it, so every bridge gives it the same id, and a
 *   peer knows an id that it has seen. The payload is the text, which goes on to classic peers verbatim.
 *
 * The hash is fast and not safe. Who wants to can make two texts with one hash, of which a peer then takes the first and
 * drops the other; or write the mark of a native message under a text of his own, which then stays among the classic
 * peers. So a forger can keep his own messages, and those that he knows before others do, from crossing. He can't make
 * anything arrive twice, or go round in circles: every step of either way is taken once for each text and each id. In
 * the classic network anybody can say anything in anybody's name anyhow.
 */
import { composeGossip, gossipBytes, maxGossipBytes, parseGossip, staysWhole } from "../classic/gossip.js";
import type { Gossip } from "../classic/message.js";
import { type PeerId, parsePeerId } from "../identity.js";
import type { Envelope, MessageId } from "../message.js";
import { murmur128 } from "./murmur.js";

/** The topic of messages that come from classic peers. Not for publishing: what stands there without being one stays native. */
export const classicTopic = "classic";

/** The message as classic peers get it; undefined for a forged one, which they must not get. */
export function toClassic(envelope: Envelope): Gossip | undefined {
  return isClassic(envelope) ? gossipOf(envelope) : classicForm(envelope);
}

/** The text as our peers get it; undefined when it is the classic form of one of ours, which they get anyway. */
export function fromClassic(gossip: Gossip): Envelope | undefined {
  return nativeIdOf(gossip) === undefined ? envelopeOf(gossip) : undefined;
}

/**
 * A native message as classic text, the same at every bridge: `ts:ip:port:GOSSIP <payload> [<id>]`. A payload that is no
 * single printable line of UTF-8, or does not fit into 1,024 bytes with the rest, is described instead:
 * `GOSSIP (4096 bytes on "topic") [<id>]`.
 *
 * A peer known by a name stands there by its name: nobody calls the address in a gossip, and which IP a name has may
 * differ from bridge to bridge.
 */
export function classicForm(envelope: Envelope): Gossip {
  const mark = markOf(envelope);
  const inFull = lineOf(envelope.payload);
  if (inFull !== undefined) {
    const gossip = formed(envelope, `GOSSIP ${inFull} ${mark}`);
    if (gossip !== undefined) return gossip;
  }
  const size = `${envelope.payload.length} bytes`;
  const described = isLine(envelope.topic) ? `(${size} on "${envelope.topic}")` : `(${size})`;
  return formed(envelope, `GOSSIP ${described} ${mark}`) ?? formed(envelope, `GOSSIP (${size}) ${mark}`)!;
}

/** The native message that this text is the classic form of; undefined for a text of classic origin. */
export function nativeIdOf({ body }: Gossip): MessageId | undefined {
  const [, origin, epochText, seqText] = markPattern.exec(body) ?? [];
  if (origin === undefined) return undefined;
  const epoch = Number.parseInt(epochText!, 36);
  const seq = Number.parseInt(seqText!, 36);
  const isId = Number.isSafeInteger(epoch) && Number.isSafeInteger(seq) && seq >= 1;
  return isId ? { origin: parsePeerId(origin)!, epoch, seq } : undefined;
}

/**
 * A text of classic origin as a native message, the same at every bridge. Its origin is no peer but the hash of the
 * text, a life that publishes one message and ends; its time is the text's own, or 0 when that is no time after 1970
 * that fits a number.
 */
export function envelopeOf(gossip: Gossip): Envelope {
  const payload = encoder.encode(gossip.text);
  return {
    origin: originOf(payload),
    epoch: 0,
    seq: 1,
    publishedAt: millisecondsOf(gossip.timestamp),
    address: gossip.origin,
    topic: classicTopic,
    payload,
  };
}

/** Whether the message says that it comes from a classic peer. {@link gossipOf} tells whether that is so. */
export function isClassic(envelope: Envelope): boolean {
  return envelope.topic === classicTopic;
}

/**
 * The text that a message of classic origin carries, verbatim; undefined when it is none: the payload is no classic text,
 * or the id is not the one that every bridge gives it.
 */
export function gossipOf(envelope: Envelope): Gossip | undefined {
  const { origin, epoch, seq, payload } = envelope;
  if (!isClassic(envelope) || epoch !== 0 || seq !== 1 || payload.length > maxGossipBytes) return undefined;
  const text = decoded(payload);
  if (text === undefined || originOf(payload) !== origin) return undefined;
  const gossip = parseGossip(text);
  return gossip !== undefined && nativeIdOf(gossip) === undefined ? gossip : undefined;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What some writer has put after the text does not make another message of ours out of it. */
const markPattern = /\[([0-9a-f]{32})\.([0-9a-z]{1,11})\.([0-9a-z]{1,11})\][\0\n\r~ ]*$/;

function markOf({ origin, epoch, seq }: MessageId): string {
  return `[${origin}.${epoch.toString(36)}.${seq.toString(36)}]`;
}

/** The text with this body; undefined when it is too long, or would be read as several. */
function formed({ publishedAt, address }: Envelope, body: string): Gossip | undefined {
  if (!staysWhole(body)) return undefined;
  const timestamp = `${Math.floor(publishedAt / 1_000)}.${String(publishedAt % 1_000).padStart(3, "0")}`;
  const gossip = composeGossip(timestamp, address, body);
  return gossipBytes(gossip.text) <= maxGossipBytes ? gossip : undefined;
}

function lineOf(payload: Uint8Array): string | undefined {
  if (payload.length === 0 || payload.length > maxGossipBytes) return undefined;
  const text = decoded(payload);
  return text !== undefined && isLine(text) ? text : undefined;
}

/**
 * Whether the text is one printable line: no control characters, no line ends, nothing that turns the direction of
 * writing around. A fixed list: the classes of regular expressions grow with each version of Unicode, and all bridges
 * must agree.
 */
function isLine(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0xfeff) return false;
    if ((code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069)) return false;
  }
  return true;
}

function decoded(payload: Uint8Array): string | undefined {
  try {
    return decoder.decode(payload);
  } catch {
    return undefined;
  }
}

function originOf(payload: Uint8Array): PeerId {
  return parsePeerId(murmur128(payload))!;
}

function millisecondsOf(timestamp: string): number {
  const [seconds, fraction = ""] = timestamp.split(".");
  const milliseconds = Number(seconds) * 1_000 + Number(fraction.slice(0, 3).padEnd(3, "0"));
  return Number.isSafeInteger(milliseconds) ? milliseconds : 0;
}
