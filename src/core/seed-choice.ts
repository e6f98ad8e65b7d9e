/**
 * Which seeds a peer registers with, and when it asks which of them: ⌊n/2⌋+1 of n, so that any two peers share a seed.
 *
 * The policy is that of the classic network (`classic/registrations.ts`). A random majority is asked; a seed that does
 * not answer is replaced by another, and asked again with growing pauses, because a seed that comes back knows nobody
 * until somebody registers.
 */
import type { Address } from "./address.js";
import { type Random, sample } from "./random.js";

/** When seeds are asked. Times are milliseconds. */
export interface SeedChoiceConfig {
  /** Seeds remembered of a longer list: a random choice. */
  readonly seedsMax: number;
  /** The first pause before a seed that failed is asked again; each is twice as long as the one before, ±50 % … */
  readonly seedRetryMinMs: number;
  /** … up to this. The same pauses lie between two calls for help of a peer that has nobody. */
  readonly seedRetryMaxMs: number;
  /**
   * A seed that hung up on a hello, or said nothing, is taken for an original and not greeted again for so long: it may have
   * been stopped, or its link broken. Each further time doubles it …
   */
  readonly classicMemoryMinMs: number;
  /** … up to this. */
  readonly classicMemoryMaxMs: number;
  /** Leases are taken to be at least this long: no seed can make a peer call all the time. */
  readonly leaseMinMs: number;
  /** Leases are taken to be at most this long. */
  readonly leaseMaxMs: number;
}

/** What a peer knows of one seed. */
export interface KnownSeed {
  readonly address: Address;
  /** Among those that the peer stays registered with. */
  chosen: boolean;
  /** It answered when it was last asked. */
  registered: boolean;
  /** Until when it knows this peer, as far as this peer knows; 0: it doesn't. */
  leaseEndsAt: number;
  failures: number;
  /** Infinity: not by itself, or it is being asked now. */
  nextAskAt: number;
  /** It has said hello, now or before. */
  isNative: boolean;
  /** Taken for an original until then. */
  classicUntil: number;
  /** Hellos in a row that it knew no answer to. */
  unanswered: number;
}

/** The seeds of one peer. */
export class SeedChoice {
  /** In random order. Not to be changed from outside. */
  readonly all: readonly KnownSeed[];
  readonly #config: SeedChoiceConfig;
  readonly #random: Random;
  /** Before this, a call for help is not heard. */
  #helpAt = 0;
  #helpPauseMs = 0;

  /** Chooses a random majority, to be asked now. */
  constructor(now: number, addresses: readonly Address[], config: SeedChoiceConfig, random: Random) {
    this.#config = config;
    this.#random = random;
    this.all = sample(random, [...new Set(addresses)], config.seedsMax).map((address) => ({
      address,
      chosen: false,
      registered: false,
      leaseEndsAt: 0,
      failures: 0,
      nextAskAt: Number.POSITIVE_INFINITY,
      isNative: false,
      classicUntil: 0,
      unanswered: 0,
    }));
    for (const seed of this.all.slice(0, this.majority)) choose(now, seed);
  }

  /** How many seeds make a majority: ⌊n/2⌋+1 of those there are; 0 when there are none. */
  get majority(): number {
    return this.all.length === 0 ? 0 : Math.floor(this.all.length / 2) + 1;
  }

  /** Seeds that answered when they were last asked. */
  get answering(): number {
    return this.all.filter((seed) => seed.registered).length;
  }

  /** Whether every chosen seed has been heard of, one way or the other. */
  get settled(): boolean {
    return !this.all.some(isFirstAsk);
  }

  /** When the next seed is to be asked. */
  get nextAskAt(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const seed of this.all) next = Math.min(next, seed.nextAskAt);
    return next;
  }

  /** A seed that is to be asked now. The caller asks it, and comes back with what became of it. */
  takeDue(now: number): KnownSeed | undefined {
    const seed = this.all.find(({ nextAskAt }) => nextAskAt <= now);
    if (seed !== undefined) seed.nextAskAt = Number.POSITIVE_INFINITY;
    return seed;
  }

  /** It has registered the peer: ask again when a third of the lease is left. */
  answered(now: number, seed: KnownSeed, leaseMs: number): void {
    const { leaseMinMs, leaseMaxMs } = this.#config;
    const boundedMs = Math.min(Math.max(leaseMs, leaseMinMs), leaseMaxMs);
    seed.registered = true;
    seed.leaseEndsAt = now + boundedMs;
    seed.failures = 0;
    seed.unanswered = 0;
    // Who was asked for help only is not asked again: a majority is enough.
    if (seed.chosen) seed.nextAskAt = now + this.#renewalPause(boundedMs);
  }

  /** It has not. Returns when it may be asked again, in milliseconds; others may be due at once in its place. */
  failed(now: number, seed: KnownSeed): number {
    const { seedRetryMinMs, seedRetryMaxMs } = this.#config;
    seed.registered = false;
    seed.failures++;
    const retryInMs = this.#spread(Math.min(seedRetryMaxMs, seedRetryMinMs * 2 ** Math.min(seed.failures - 1, 20)));
    if (seed.chosen) seed.nextAskAt = now + retryInMs;
    this.#replace(now);
    return retryInMs;
  }

  /** It hung up on a hello, or did not answer one, and never has: an original, most likely. */
  isOriginal(now: number, seed: KnownSeed): void {
    const { classicMemoryMinMs, classicMemoryMaxMs } = this.#config;
    seed.classicUntil = now + Math.min(classicMemoryMaxMs, classicMemoryMinMs * 2 ** Math.min(seed.unanswered, 20));
    seed.unanswered++;
    seed.registered = false;
    if (seed.chosen) seed.nextAskAt = seed.classicUntil;
  }

  /**
   * The peer has nobody left: all seeds but originals, and those that are being asked, are due now. Not heard are calls
   * before the first answers are in, and those that follow each other closely; the pause between two that are heard
   * doubles, up to `seedRetryMaxMs`.
   */
  callForHelp(now: number, isAsked: (seed: KnownSeed) => boolean): void {
    if (now < this.#helpAt || !this.settled) return;
    const { seedRetryMinMs, seedRetryMaxMs } = this.#config;
    // Long ago is another trouble.
    if (now >= this.#helpAt + 2 * seedRetryMaxMs) this.#helpPauseMs = 0;
    this.#helpPauseMs = Math.min(Math.max(seedRetryMinMs, 2 * this.#helpPauseMs), seedRetryMaxMs);
    this.#helpAt = now + this.#spread(this.#helpPauseMs);
    for (const seed of this.all) if (seed.classicUntil <= now && !isAsked(seed)) seed.nextAskAt = now;
  }

  /** Brings in seeds not chosen so far while too few of the chosen ones answer, or still may. */
  #replace(now: number): void {
    const hopeful = this.all.filter((seed) => seed.registered || seed.classicUntil > now || isFirstAsk(seed)).length;
    const others = this.all.filter((seed) => !seed.chosen);
    for (const seed of sample(this.#random, others, this.majority - hopeful)) choose(now, seed);
  }

  /** Two thirds of the lease, and up to a tenth less, so that peers started together don't call together. */
  #renewalPause(leaseMs: number): number {
    const longest = Math.floor((leaseMs * 2) / 3);
    return longest - this.#random.below(Math.ceil(longest / 10) + 1);
  }

  #spread(pauseMs: number): number {
    return Math.ceil(pauseMs / 2) + this.#random.below(Math.ceil(pauseMs) + 1);
  }
}

/** Whether it is being asked, or is to be, and has never been heard of. */
function isFirstAsk(seed: KnownSeed): boolean {
  return seed.chosen && !seed.registered && seed.failures === 0 && seed.classicUntil === 0;
}

function choose(now: number, seed: KnownSeed): void {
  seed.chosen = true;
  seed.nextAskAt = now;
}
