/**
 * What seeds and peers write to their logs and to the screen: the lines of the original programs where those have one,
 * and lines in the same spirit for what only Hearsay does.
 */
import { createHash } from "node:crypto";
import type { Address } from "../core/address.js";
import type { ClassicPeerEvent } from "../core/classic/peer.js";
import type { SeedEvent } from "../core/seed/seed.js";
import { encodeClassic } from "../wire/classic.js";
import type { Turned } from "./driver.js";

/** The lines for what happened at a seed; none for what happens all the time. */
export function seedLines(event: SeedEvent): string[] {
  switch (event.type) {
    case "registered":
      return [`Received Connection -- ${event.peer}`];
    case "reported": {
      const report = printable(Buffer.from(encodeClassic(event.report)).toString());
      return event.known ? [report] : [report, `Not on the list -- ${event.report.dead}`];
    }
    case "removed": {
      const cause = event.reporters > 0 ? counted(event.reporters, "report") : "lease ended";
      const evidence = event.evidence === "refused" ? "it refuses connections" : "it does not answer";
      return [`Removed -- ${event.peer} (${cause}; ${evidence})`];
    }
    case "kept":
      return [
        `Kept -- ${event.peer} (${counted(event.reporters, "report")}; it answered the seed in ${event.roundTripMs} ms)`,
      ];
    case "moved":
      return [`Moved -- ${event.peer} (was ${event.from})`];
    case "unregistered":
      return [`Left -- ${event.peer}`];
    case "renewed":
    case "mismatched":
    case "refused":
      return [];
  }
}

/** Turns a peer's events into lines. Remembers which addresses it has written, so that renewals add only new ones. */
export class PeerLines {
  readonly #listed = new Set<Address>();

  /** The lines for what happened at a peer; none for what happens all the time. */
  of(event: ClassicPeerEvent): string[] {
    switch (event.type) {
      case "listed":
        return this.#listedLines(event.seed, event.peers, event.renewal);
      case "joined":
        return [`Joined as ${event.own}${event.alone ? ", the first here" : ""}`];
      case "linked":
        return [`Linked -- ${event.peer}${event.asked ? "" : " (it asked)"}`];
      case "unlinked":
        return [`Unlinked -- ${event.peer} (${event.reason})`];
      case "gossip": {
        const hash = createHash("sha256").update(event.gossip.text).digest("hex");
        return [printable(event.gossip.text.replace(/[\0~\r\n]+$/, "")), `Message List: ${event.seen} ${hash}`];
      }
      case "silent":
        return [`Silent -- ${event.peer} (${event.silences} of 3)`];
      case "dead":
        return [Buffer.from(encodeClassic(event.report)).toString()];
      default:
        return [];
    }
  }

  #listedLines(seed: Address, peers: readonly Address[], renewal: boolean): string[] {
    const fresh = renewal ? peers.filter((peer) => !this.#listed.has(peer)) : peers;
    if (this.#listed.size > 100_000) this.#listed.clear();
    for (const peer of peers) this.#listed.add(peer);
    if (fresh.length === 0) return [];
    return [`List of seed ${seed}: ${counted(fresh.length, renewal ? "new peer" : "peer")}`, ...fresh];
  }
}

/** Warnings of a peer, for people: what is wrong, and what happens next. Undefined for everything else. */
export function peerWarning(event: ClassicPeerEvent): string | undefined {
  switch (event.type) {
    case "seed-failed": {
      const why = failures[event.failure];
      const rest =
        event.answering === 0
          ? "no seed answers so far"
          : `${event.answering} of ${event.majority} wanted seeds answer`;
      return `seed ${event.seed} ${why}; ${rest}; next try in ${seconds(event.retryInMs)}`;
    }
    case "alone":
      return `none of the listed peers can be linked to; next try in ${seconds(event.retryInMs)}`;
    case "dropped":
      return `gave up ${counted(event.count, "message")} for ${event.to}`;
    case "refused":
      return `refused a ${event.what} from ${event.remote}: that is for seeds`;
    case "two-names":
      return `seed ${event.seed} lists this peer as ${event.also}, and it calls itself ${event.own}: others take it for two; name all seeds by one kind of address, and advertise an IP of this machine`;
    case "was-away":
      return `this process was stopped or blocked for ${seconds(event.lateMs)}; asking neighbors and seeds again`;
    case "unlinked":
      return event.undelivered === 0 || event.reason === "dead"
        ? undefined
        : `gave up ${counted(event.undelivered, "message")} for ${event.peer} (${event.reason})`;
    default:
      return undefined;
  }
}

/** Warnings of a seed. */
export function seedWarning(event: SeedEvent): string | undefined {
  if (event.type === "mismatched") {
    const [theirs, ours] = [printable(event.theirs), printable(event.ours)];
    return `turned away ${event.remote}: it belongs to the network "${theirs}", and this seed to "${ours}"`;
  }
  if (event.type !== "refused") return undefined;
  return `refused a ${event.what} from ${event.remote}: ${refusals[event.why]}`;
}

const refusals: Readonly<Record<Extract<SeedEvent, { type: "refused" }>["why"], string>> = {
  unexpected: "that is for peers",
  stale: "a later life of that peer is registered elsewhere",
  "registrations-full": "too many registrations",
  "reports-full": "too many death reports",
  "conversations-full": "too many conversations",
};

/** What was turned away at the door. */
export function turnedWarning({ remote, refusal, nativeRefusal, why, error }: Turned): string {
  if (refusal !== undefined) {
    return `refused ${counted(refusal.bytes, "byte")} from ${remote} (${refusal.reason}): "${refusal.preview}"`;
  }
  if (nativeRefusal !== undefined) {
    return `closed the connection of ${remote} (${nativeRefusal.reason}): ${nativeRefusal.message}`;
  }
  if (why === "too-many-silent") return `closed the connection of ${remote}: too many connections say nothing`;
  if (why === "not-spoken") return `closed the connection of ${remote}: it does not speak what is spoken here`;
  if (why === "unwritable") {
    return `closed the connection of ${remote}: a mistake of this program, which made a message that cannot be written (${error?.message})`;
  }
  if (why === "too-many-connections") return `refused a connection from ${remote}: too many are open`;
  if (why === "does-not-read") return `closed the connection of ${remote}: it does not read its answers`;
  if (why === "stayed-too-long") return `closed the connection of ${remote}: it stayed open too long`;
  return `closed the connection of ${remote}: it said nothing complete in time`;
}

const failures = {
  refused: "refuses connections",
  closed: "hung up without a list",
  silent: "does not answer",
  unreachable: "cannot be reached (no route, or a name that does not resolve)",
  "not-tried": "could not be tried (this process is out of sockets)",
};

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Control characters made visible: what strangers send must not steer a terminal or break a line. */
export function printable(text: string): string {
  let result = "";
  for (const character of text) {
    const code = character.codePointAt(0)!;
    const control = code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0x2028 || code === 0x2029;
    result += control ? `\\x${code.toString(16).padStart(2, "0")}` : character;
  }
  return result;
}
