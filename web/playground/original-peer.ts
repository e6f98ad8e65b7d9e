/**
 * The original classic peer, with its habits: what `docs/classic.md` says of it, and what goes wrong in it. Hearsay's own
 * peer of that dialect (`src/core/classic/`) speaks the same texts, and copies none of this:
 *
 * - a refused connect request counts as a link all the same, so that links are one-way;
 * - who loses its neighbors looks for no others;
 * - liveness tests wait for one neighbor after the other, and without a time limit.
 */
import { type Address, joinAddress, splitAddress } from "../../src/core/address.js";
import { composeGossip } from "../../src/core/classic/gossip.js";
import { type ClassicMessage, classicTimestamp, type Gossip } from "../../src/core/classic/message.js";
import type { Core, DownReason, Effects, LinkId } from "../../src/core/effects.js";
import { type Random, sample } from "../../src/core/random.js";

/** What an original peer tells. */
export type OriginalEvent =
  | { readonly type: "joined" }
  | { readonly type: "linked" | "unlinked" | "silent" | "alive" | "dead"; readonly peer: Address }
  | { readonly type: "gossip"; readonly gossip: Gossip; readonly isOwn: boolean };

const neighborsMax = 4;
const probeIntervalMs = 13_000;
const silencesMax = 3;

/** A message on a connection of its own, and what is done with its answer; undefined: there was none. */
interface Call {
  readonly message: ClassicMessage;
  readonly answered: ((now: number, answer: ClassicMessage | undefined) => void) | undefined;
}

/** One of them. */
export class OriginalPeer implements Core<ClassicMessage> {
  readonly #own: Address;
  readonly #random: Random;
  readonly #effects: Effects<ClassicMessage, OriginalEvent>;
  readonly #calls = new Map<LinkId, Call>();
  /** Of each neighbor, how often in a row it was silent. */
  readonly #neighbors = new Map<Address, number>();
  readonly #seen = new Set<string>();
  #seeds: readonly Address[] = [];
  #union = new Set<Address>();
  #unanswered = 0;
  #sequence = 0;
  #nextRoundAt = Number.POSITIVE_INFINITY;

  constructor(own: Address, random: Random, effects: Effects<ClassicMessage, OriginalEvent>) {
    this.#own = own;
    this.#random = random;
    this.#effects = effects;
  }

  get nextWake(): number {
    return this.#nextRoundAt;
  }

  /** Registers with a majority of the seeds. */
  start(_now: number, seeds: readonly Address[]): void {
    this.#seeds = sample(this.#random, seeds, Math.floor(seeds.length / 2) + 1);
    this.#unanswered = this.#seeds.length;
    for (const seed of this.#seeds) {
      this.#say(seed, { type: "registration", address: this.#own }, (now, answer) => {
        if (answer?.type === "peer-list") for (const peer of answer.peers) this.#union.add(peer);
        if (--this.#unanswered === 0) this.#link(now);
      });
    }
  }

  /** Says something new to all neighbors. */
  publish(now: number, body: string): void {
    const gossip = composeGossip(classicTimestamp(now, this.#sequence++), this.#own, body);
    this.#hear(gossip, true);
  }

  linkUp(_now: number, link: LinkId): void {
    const call = this.#calls.get(link);
    if (call === undefined) return;
    this.#effects.send(link, call.message);
    if (call.answered !== undefined) return;
    this.#calls.delete(link);
    this.#effects.close(link, "done");
  }

  linkEnded(now: number, link: LinkId): void {
    this.linkDown(now, link, "closed");
    this.#effects.close(link, "done");
  }

  linkDown(now: number, link: LinkId, _reason: DownReason): void {
    const call = this.#calls.get(link);
    this.#calls.delete(link);
    call?.answered?.(now, undefined);
  }

  receive(now: number, link: LinkId, message: ClassicMessage): void {
    const call = this.#calls.get(link);
    if (call !== undefined) {
      this.#calls.delete(link);
      this.#effects.close(link, "done");
      call.answered?.(now, message);
    } else if (message.type === "connect-request") {
      if (this.#neighbors.size >= neighborsMax) {
        this.#effects.close(link, "full");
        return;
      }
      this.#effects.send(link, { type: "connect-accepted" });
      this.#add(message.from);
    } else if (message.type === "liveness-request") {
      const { timestamp, ip } = message;
      this.#effects.send(link, { type: "liveness-reply", timestamp, ip, ownIp: splitAddress(this.#own).ip });
    } else if (message.type === "gossip") this.#hear(message, false);
  }

  wake(now: number): void {
    this.#nextRoundAt = Number.POSITIVE_INFINITY;
    this.#test(now, [...this.#neighbors.keys()]);
  }

  #link(now: number): void {
    const others = [...this.#union].filter((peer) => peer !== this.#own);
    const wanted = Math.min(1 + this.#random.below(Math.max(1, others.length)), neighborsMax);
    for (const peer of sample(this.#random, others, wanted)) {
      // Whether it was accepted or not.
      this.#say(peer, { type: "connect-request", from: this.#own }, () => this.#add(peer));
    }
    this.#effects.notify({ type: "joined" });
    this.#nextRoundAt = now;
  }

  #add(peer: Address): void {
    if (this.#neighbors.has(peer)) return;
    this.#neighbors.set(peer, 0);
    this.#effects.notify({ type: "linked", peer });
  }

  /** One after the other: who does not answer keeps the rest waiting. */
  #test(now: number, waiting: readonly Address[]): void {
    const [peer, ...rest] = waiting;
    if (peer === undefined) {
      this.#nextRoundAt = now + probeIntervalMs;
      return;
    }
    const ip = splitAddress(this.#own).ip;
    this.#say(peer, { type: "liveness-request", timestamp: classicTimestamp(now), ip }, (then, answer) => {
      this.#judge(then, peer, answer !== undefined);
      this.#test(then, rest);
    });
  }

  #judge(now: number, peer: Address, isAlive: boolean): void {
    const silences = isAlive ? 0 : (this.#neighbors.get(peer) ?? 0) + 1;
    this.#effects.notify({ type: isAlive ? "alive" : silences < silencesMax ? "silent" : "dead", peer });
    this.#neighbors.set(peer, silences);
    if (silences < silencesMax) return;
    this.#neighbors.delete(peer);
    this.#effects.notify({ type: "unlinked", peer });
    const report = { dead: peer, timestamp: classicTimestamp(now), reporterIp: splitAddress(this.#own).ip };
    for (const seed of this.#seeds) this.#say(seed, { type: "death-report", ...report }, undefined);
  }

  #hear(gossip: Gossip, isOwn: boolean): void {
    if (this.#seen.has(gossip.text)) return;
    this.#seen.add(gossip.text);
    this.#effects.notify({ type: "gossip", gossip, isOwn });
    for (const peer of this.#neighbors.keys()) this.#say(peer, gossip, undefined);
  }

  #say(to: Address, message: ClassicMessage, answered: Call["answered"]): void {
    this.#calls.set(this.#effects.dial(to, "classic"), { message, answered });
  }
}

/** The address of a peer of the simulator. */
export function addressOf(number: number): Address {
  return joinAddress(`10.${(number >> 16) & 127}.${(number >> 8) & 255}.${number & 255}`, 5000)!;
}
