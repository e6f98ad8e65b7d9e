/**
 * Looking at random peers, one now and then.
 *
 * Neighbors see nearly every death. They miss those whose neighbors have all died in the same moment, and in a small part
 * of a network that was cut in two, those of the other part that nobody here had a link to. Such deaths come many at a
 * time, so the pace follows what is found: slow while everybody answers, fast while many do not.
 */
import type { Random } from "../random.js";
import type { DirectoryConfig } from "./config.js";
import type { PeerRecord } from "./record.js";
import type { Stillness } from "./stillness.js";
import type { DirectoryTable } from "./table.js";

/** How much longer each pause is than the one before, while everybody answers. */
const calmFactor = 1.5;
/** Entries passed over in search of one that may be looked at. */
const stepsMax = 64;
/** Deaths within this time … */
const troubleMs = 10_000;
/** … of one peer in so many are a sign of more. */
const troubleShare = 50;

/** When one peer looks at whom. */
export class Sweep {
  readonly #config: DirectoryConfig;
  readonly #stillness: Stillness;
  readonly #random: Random;
  #nextAt = Number.POSITIVE_INFINITY;
  #pauseMs: number;
  #isOffset = false;
  #deaths = 0;
  #deathsSince = 0;

  constructor(config: DirectoryConfig, stillness: Stillness, random: Random) {
    this.#config = config;
    this.#stillness = stillness;
    this.#random = random;
    this.#pauseMs = config.sweepIntervalMs;
  }

  /** When the next look is due. */
  get nextWake(): number {
    return this.#nextAt;
  }

  /** From now on there are looks. */
  start(now: number): void {
    this.#nextAt = now + this.#jittered();
  }

  /** No more of them. */
  stop(): void {
    this.#nextAt = Number.POSITIVE_INFINITY;
  }

  /** Whom to look at; undefined when there is nobody. */
  next(
    now: number,
    table: Pick<DirectoryTable, "isPresent" | "next" | "present">,
    isExempt: (record: PeerRecord) => boolean,
  ): PeerRecord | undefined {
    this.#nextAt = now + this.#jittered();
    // All begin somewhere else: else all would look at the oldest first.
    if (!this.#isOffset && table.present > 1) {
      this.#isOffset = true;
      for (let skips = this.#random.below(table.present); skips > 0; skips--) table.next();
    }
    for (let step = 0; step < stepsMax; step++) {
      const record = table.next();
      if (record === undefined) return undefined;
      if (table.isPresent(record.id) && !isExempt(record)) return record;
    }
    return undefined;
  }

  /** Somebody who was looked at is there. */
  found(now: number): void {
    if (now - this.#deathsSince < troubleMs && this.#pauseMs === this.#config.sweepMinIntervalMs) return;
    const { sweepIntervalMs } = this.#config;
    this.#pauseMs = Math.min(sweepIntervalMs * this.#stillness.factor(now), this.#pauseMs * calmFactor);
  }

  /** The stillness is over. */
  stirred(now: number): void {
    this.#hasten(now, this.#config.sweepIntervalMs);
  }

  /** Somebody who was looked at is not. */
  missed(now: number): void {
    this.#hurry(now);
  }

  /** Somebody has died, of so many. */
  died(now: number, present: number): void {
    if (now - this.#deathsSince > troubleMs) {
      this.#deathsSince = now;
      this.#deaths = 0;
    }
    if (++this.#deaths >= Math.max(2, present / troubleShare)) this.#hurry(now);
  }

  #hurry(now: number): void {
    this.#hasten(now, this.#config.sweepMinIntervalMs);
  }

  #hasten(now: number, pauseMs: number): void {
    this.#pauseMs = Math.min(this.#pauseMs, pauseMs);
    if (this.#nextAt !== Number.POSITIVE_INFINITY) this.#nextAt = Math.min(this.#nextAt, now + this.#jittered());
  }

  #jittered(): number {
    const quarter = Math.ceil(this.#pauseMs / 4);
    return Math.ceil(this.#pauseMs) - quarter + this.#random.below(2 * quarter + 1);
  }
}
