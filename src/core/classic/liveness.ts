/**
 * Liveness rounds: every neighbor is asked, all at the same time, once each round; three silences in a row are a death.
 *
 * Nothing but an answer counts as life, and nothing but consecutive silences as death. When this process was away
 * itself (stopped, or its event loop blocked), the silence was its own, and the round starts over.
 */
import type { Address } from "../address.js";
import type { ClassicPeerConfig } from "./config.js";
import type { Exchanges, Outcome } from "./exchange.js";
import { classicTimestamp } from "./message.js";
import type { Neighbor, Neighbors } from "./neighbors.js";

/** What the rounds tell the peer. */
export interface LivenessOwner {
  /** A neighbor answered. */
  answered(now: number, peer: Address, roundTripMs: number): void;
  /** A neighbor did not answer; `silences` times in a row so far. */
  silent(now: number, peer: Address, silences: number): void;
  /** A neighbor did not answer for the last time. It is still a neighbor during this call. */
  died(now: number, peer: Address): void;
  /** The IP that this peer gives in its requests. */
  ownIp(): string;
}

/** The liveness tests of one peer. */
export class Liveness {
  readonly #exchanges: Exchanges;
  readonly #config: ClassicPeerConfig;
  readonly #neighbors: Neighbors;
  readonly #owner: LivenessOwner;
  readonly #underWay = new Set<Address>();
  #nextRoundAt = Number.POSITIVE_INFINITY;

  constructor(exchanges: Exchanges, config: ClassicPeerConfig, neighbors: Neighbors, owner: LivenessOwner) {
    this.#exchanges = exchanges;
    this.#config = config;
    this.#neighbors = neighbors;
    this.#owner = owner;
  }

  /** When the next round is; Infinity without neighbors. */
  get nextWake(): number {
    return this.#neighbors.all.length === 0 ? Number.POSITIVE_INFINITY : this.#nextRoundAt;
  }

  /** The first round, at once. */
  start(now: number): void {
    this.#round(now);
  }

  /** There is a neighbor: rounds that had nobody to test have been skipped, and the pace is what it was. */
  linked(now: number): void {
    const { probeIntervalMs } = this.#config;
    const skipped = Math.ceil((now - this.#nextRoundAt) / probeIntervalMs);
    if (skipped > 0) this.#nextRoundAt += skipped * probeIntervalMs;
  }

  /** Time has passed. */
  wake(now: number): void {
    if (this.nextWake <= now) this.#round(now);
  }

  #round(now: number): void {
    this.#nextRoundAt = now + this.#config.probeIntervalMs;
    for (const neighbor of this.#neighbors.all) this.#test(now, neighbor);
    this.#neighbors.confirmNext(now);
  }

  #test(now: number, neighbor: Neighbor): void {
    if (this.#underWay.has(neighbor.address)) return;
    this.#underWay.add(neighbor.address);
    this.#exchanges.begin(now, {
      to: neighbor.address,
      message: { type: "liveness-request", timestamp: classicTimestamp(now), ip: this.#owner.ownIp() },
      limitMs: Math.min(this.#config.probeTimeoutMs, this.#config.probeIntervalMs),
      onOutcome: (at, outcome) => this.#tested(at, neighbor, outcome),
    });
  }

  #tested(now: number, neighbor: Neighbor, outcome: Outcome): void {
    this.#underWay.delete(neighbor.address);
    // It may have been dropped in the meantime, and even linked again: then this test was of the old link.
    if (outcome.type === "not-tried" || this.#neighbors.find(neighbor.address) !== neighbor) return;
    if (outcome.type === "answered") {
      neighbor.rttMs = outcome.roundTripMs;
      this.#neighbors.answered(now, neighbor);
      this.#owner.answered(now, neighbor.address, outcome.roundTripMs);
      return;
    }
    neighbor.silences++;
    neighbor.hasRefused ||= outcome.type === "refused" && neighbor.hasAnswered;
    neighbor.reachable = false;
    this.#owner.silent(now, neighbor.address, neighbor.silences);
    if (neighbor.silences >= this.#config.silencesMax) {
      this.#owner.died(now, neighbor.address);
      this.#neighbors.drop(now, neighbor.address, "dead");
    } else this.#neighbors.seek(now);
  }
}
