/**
 * A peer's registrations: with ⌊n/2⌋+1 of n seeds, so that any two peers share a seed.
 *
 * A seed that does not answer is replaced by another, so that the majority is reached whenever it can be; but it is
 * not given up: it is asked again with growing pauses, because a seed that comes back knows nobody until somebody
 * registers.
 *
 * Renewing with an original seed would do harm: it appends every registration to its list and never looks for the one
 * that is there. The two kinds are told apart by how the call ends. Ours hangs up when the asker has ended its side;
 * the original leaves its side open for ever. Only seeds that hang up are asked again.
 */
import type { Address } from "../address.js";
import { type Random, sample } from "../random.js";
import type { ClassicPeerConfig } from "./config.js";
import type { Exchanges, Outcome } from "./exchange.js";

/** How long a seed has to hang up after its answer. Ours does so at once. */
const hangUpLimitMs = 2_000;

/** Why a seed gave no list. */
export type SeedFailure = Exclude<Outcome["type"], "answered">;

/** What the registrations tell the peer. */
export interface RegistrationsOwner {
  /** A seed answered. `peers` is its list, the asker included (last). */
  listed(now: number, seed: Address, peers: readonly Address[], renewal: boolean): void;
  /** A seed did not answer; it is asked again after `retryInMs`. `answering` of `wanted` seeds do. */
  seedFailed(now: number, seed: Address, failure: SeedFailure, retryInMs: number): void;
  /** The address under which to register now. */
  ownAddress(): Address;
}

interface SeedState {
  readonly address: Address;
  chosen: boolean;
  asking: boolean;
  registered: boolean;
  failures: number;
  nextAskAt: number;
  peers: readonly Address[];
}

function unasked(address: Address): SeedState {
  return {
    address,
    chosen: false,
    asking: false,
    registered: false,
    failures: 0,
    nextAskAt: Number.POSITIVE_INFINITY,
    peers: [],
  };
}

/** Which seeds a peer is registered with, and what they said. */
export class Registrations {
  readonly #exchanges: Exchanges;
  readonly #config: ClassicPeerConfig;
  readonly #random: Random;
  readonly #owner: RegistrationsOwner;
  #seeds: SeedState[] = [];

  constructor(exchanges: Exchanges, config: ClassicPeerConfig, random: Random, owner: RegistrationsOwner) {
    this.#exchanges = exchanges;
    this.#config = config;
    this.#random = random;
    this.#owner = owner;
  }

  /** How many seeds make a majority: ⌊n/2⌋+1. */
  get majority(): number {
    return Math.floor(this.#seeds.length / 2) + 1;
  }

  /** Seeds that answered when they were last asked. */
  get answering(): number {
    return this.#seeds.filter((seed) => seed.registered).length;
  }

  /** Every seed of the config. */
  get seeds(): Address[] {
    return this.#seeds.map((seed) => seed.address);
  }

  /** Whether there are none. */
  get isEmpty(): boolean {
    return this.#seeds.length === 0;
  }

  /** Whether no seed is being asked for the first time any more: every list that can be had at once is here. */
  get settled(): boolean {
    return this.#seeds.every((seed) => !seed.asking || seed.registered || seed.failures > 0);
  }

  /** When the next seed is to be asked. */
  get nextWake(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const seed of this.#seeds) if (seed.chosen && !seed.asking) next = Math.min(next, seed.nextAskAt);
    return next;
  }

  /** Registers with a random majority. */
  start(now: number, seeds: readonly Address[]): void {
    this.#seeds = [...new Set(seeds)].map(unasked);
    for (const seed of sample(this.#random, this.#seeds, this.majority)) this.#ask(now, seed);
  }

  /** Registers with one more seed, whatever the majority is. Does nothing when it is among the seeds. */
  add(now: number, address: Address): void {
    if (this.#seeds.some((seed) => seed.address === address)) return;
    const seed = unasked(address);
    this.#seeds.push(seed);
    this.#ask(now, seed);
  }

  /** Asks every chosen seed that keeps leases again, now: this process has been away. */
  renewAll(now: number): void {
    for (const seed of this.#seeds) {
      if (seed.chosen && !seed.asking && seed.nextAskAt !== Number.POSITIVE_INFINITY) this.#ask(now, seed);
    }
  }

  /** Asks every seed again, also those that must not be asked twice without need. For a peer that has nobody left. */
  askEverybody(now: number): void {
    for (const seed of this.#seeds) if (!seed.asking) this.#ask(now, seed);
  }

  /** All peers that the seeds have listed, by their latest lists. Holds own addresses too. */
  union(): Set<Address> {
    const union = new Set<Address>();
    for (const seed of this.#seeds) for (const peer of seed.peers) union.add(peer);
    return union;
  }

  /** Takes a peer off the remembered lists: it is dead, whatever a list of some time ago says. */
  forget(peer: Address): void {
    for (const seed of this.#seeds) {
      if (seed.peers.includes(peer)) seed.peers = seed.peers.filter((other) => other !== peer);
    }
  }

  /** Asks whoever is due. */
  wake(now: number): void {
    for (const seed of this.#seeds) if (seed.chosen && !seed.asking && seed.nextAskAt <= now) this.#ask(now, seed);
  }

  #ask(now: number, seed: SeedState): void {
    seed.chosen = true;
    seed.asking = true;
    this.#exchanges.begin(now, {
      to: seed.address,
      message: { type: "registration", address: this.#owner.ownAddress() },
      limitMs: this.#config.exchangeTimeoutMs,
      onOutcome: (at, outcome) => this.#answered(at, seed, outcome),
      linger: {
        limitMs: hangUpLimitMs,
        onEnd: (at, closedByRemote) => {
          seed.asking = false;
          seed.nextAskAt = closedByRemote ? at + this.#renewalPause() : Number.POSITIVE_INFINITY;
        },
      },
    });
  }

  #answered(now: number, seed: SeedState, outcome: Outcome): void {
    if (outcome.type === "answered" && outcome.answer?.type === "peer-list") {
      const renewal = seed.registered;
      seed.registered = true;
      seed.failures = 0;
      seed.peers = outcome.answer.peers.slice(-this.#config.listMax);
      this.#owner.listed(now, seed.address, outcome.answer.peers, renewal);
    } else if (outcome.type !== "answered") {
      seed.asking = false;
      seed.registered = false;
      seed.failures++;
      const retryInMs = this.#retryPause(seed.failures);
      seed.nextAskAt = now + retryInMs;
      this.#replace(now);
      this.#owner.seedFailed(now, seed.address, outcome.type, retryInMs);
    }
  }

  /** Brings in seeds not chosen so far while too few of the chosen ones answer, or still may. */
  #replace(now: number): void {
    const hopeful = this.#seeds.filter((seed) => seed.registered || (seed.asking && seed.failures === 0)).length;
    const others = this.#seeds.filter((seed) => !seed.chosen);
    for (const seed of sample(this.#random, others, this.majority - hopeful)) this.#ask(now, seed);
  }

  /** Renewals spread out, so that peers started together don't call together. */
  #renewalPause(): number {
    const { renewIntervalMs } = this.#config;
    return Math.ceil(renewIntervalMs * 0.8) + this.#random.below(Math.ceil(renewIntervalMs * 0.2) + 1);
  }

  #retryPause(failures: number): number {
    const { retryMinMs, retryMaxMs, renewIntervalMs } = this.#config;
    // Never longer than a renewal: a seed that comes back is full again within one.
    const longest = Math.min(retryMaxMs, renewIntervalMs);
    const pause = Math.min(longest, retryMinMs * 2 ** Math.min(failures - 1, 20));
    return Math.ceil(pause / 2) + this.#random.below(Math.ceil(pause / 2) + 1);
  }
}
