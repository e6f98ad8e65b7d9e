/** The journal of a peer of Hearsay's own protocol: its events, as lines for people, warnings, and a log. */
import type { PeerEventMap } from "../api/inbox.js";
import type { Peer } from "../api/peer.js";
import type { Address } from "../core/address.js";
import type { Tags } from "../core/directory/record.js";
import { Journal } from "./journal.js";
import type { JournalOptions } from "./journal-options.js";
import { printable } from "./log-lines.js";

/** Whatever a peer tells beside the messages. */
export type ToldEvent = PeerEventMap[keyof PeerEventMap];

/** All that are told, in the order of a life. */
const types: readonly (keyof PeerEventMap)[] = [
  "registered",
  "seed-failed",
  "mismatched",
  "alone",
  "joined",
  "join",
  "update",
  "suspect",
  "alive",
  "dead",
  "leave",
  "link",
  "unlink",
  "slow",
  "gap",
  "overflow",
  "turned-away",
];

/** Peers of other networks that are remembered, so that each is named once. */
const strangersMax = 1_000;

/** Writes down what happens at a peer from now on. */
export function journalOf(peer: Peer, options: JournalOptions<ToldEvent>): Journal<ToldEvent> {
  const words = new PeerWords();
  const journal = new Journal<ToldEvent>(options, {
    linesOf: (event) => words.linesOf(event),
    warningOf: (event) => words.warningOf(event),
  });
  for (const type of types) peer.on(type, (event) => journal.event(event));
  return journal;
}

/** Turns a peer's events into text. Remembers what is said once only. */
class PeerWords {
  readonly #seeds = new Set<Address>();
  /** Those of other networks. */
  readonly #strangers = new Set<Address>();
  #isJoined = false;

  linesOf(event: ToldEvent): string[] {
    switch (event.type) {
      case "registered":
        // Renewals come all the time.
        if (this.#seeds.has(event.seed)) return [];
        this.#seeds.add(event.seed);
        return [`Registered -- ${event.seed} (${counted(event.contacts, "other peer")})`];
      case "joined":
        this.#isJoined = true;
        return [event.alone ? "Joined, the first here" : "Joined"];
      case "join":
        return [`Join -- ${event.peer.address}${tagsText(event.peer.tags)}`];
      case "update":
        return [`Update -- ${event.peer.address}${tagsText(event.peer.tags)}`];
      case "leave":
        return [`Leave -- ${event.peer.address}`];
      case "suspect":
        return [`Suspect -- ${event.peer.address}`];
      case "alive":
        return [`Alive -- ${event.peer.address}`];
      case "dead":
        return [`Dead -- ${event.peer.address}`];
      case "link":
        return [`Linked -- ${event.neighbor.address}`];
      case "unlink":
        return [`Unlinked -- ${event.neighbor.address} (${event.reason})`];
      default:
        return [];
    }
  }

  warningOf(event: ToldEvent): string | undefined {
    switch (event.type) {
      case "seed-failed":
        // It is called again and again, and will not change its name.
        if (this.#strangers.has(event.seed)) return undefined;
        return `seed ${event.seed} ${printable(event.failure)}; next try in ${(event.retryInMs / 1000).toFixed(1)} s`;
      case "mismatched": {
        if (this.#strangers.has(event.address)) return undefined;
        if (this.#strangers.size >= strangersMax) this.#strangers.clear();
        this.#strangers.add(event.address);
        const [theirs, ours] = [printable(event.theirs), printable(event.ours)];
        return `${event.address} belongs to the network "${theirs}", and this peer to "${ours}"`;
      }
      case "alone":
        // In the beginning that is no news: the peer joins as the first.
        return this.#isJoined ? "no other peer can be reached; trying again with growing pauses" : undefined;
      case "slow":
        return event.isSlow ? `neighbor ${event.neighbor.address} reads too slowly` : undefined;
      case "gap": {
        const numbers = event.count === 1 ? `#${event.first}` : `#${event.first} to #${event.last}`;
        return `${counted(event.count, "message")} of ${event.origin} can't be had any more (${numbers})`;
      }
      case "overflow": {
        const what = event.topic === undefined ? "" : ` on ${JSON.stringify(event.topic)}`;
        return `gave up ${counted(event.dropped, "message")}${what}: they came faster than they were taken`;
      }
      case "turned-away":
        return `turned away ${event.remote}: ${printable(event.message)}`;
      default:
        return undefined;
    }
  }
}

function tagsText(tags: Tags): string {
  const texts = Object.entries(tags).map(([name, value]) => `${name}=${value}`);
  return texts.length === 0 ? "" : ` (${printable(texts.join(" "))})`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
