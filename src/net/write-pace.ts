/**
 * When a link is written to: at once, as long as that is not very often.
 *
 * A write costs some 10 µs here, and as much where it is read, whether it holds one message or a hundred. On a link that
 * is seldom written to nothing ever waits; on one that carries a stream, small writes wait for each other. They wait longer
 * where this process has to wait for its turn anyway: when many processes share few cores, fewer and larger writes are
 * what lets all of them keep up.
 */

/** From so many bytes on, a write is worth its cost, however many there are: a dozen messages share it. */
const worthwhileBytes = 4_096;
/** A link takes so many writes at once, … */
const burstWrites = 8;
/** … and in the long run one in so many milliseconds: what comes in between waits for so long, and goes out together. */
const shortPaceMs = 2;
/** The longest that anything waits for more to come. */
const longPaceMs = 16;
/** Of the latest delay, in the average of all. */
const freshShare = 0.1;
/** A stopped process is late by hours, once. That says nothing about the next minute. */
const lateMaxMs = 50;

/** How long small writes wait, on all links of this process: twice as long as its timers are late, within limits. */
export class Waits {
  #lateMs = 0;

  /** In milliseconds, a whole number. */
  get paceMs(): number {
    return Math.min(longPaceMs, shortPaceMs + Math.floor(2 * this.#lateMs));
  }

  /** A timer came so many milliseconds late. One is what clocks and timers of whole milliseconds bring about. */
  late(ms: number): void {
    const late = Math.min(lateMaxMs, Math.max(0, ms - 1));
    this.#lateMs += freshShare * (late - this.#lateMs);
  }
}

/** The pace of one link. */
export class WritePace {
  readonly #waits: Waits;
  /** Writes of late, each of which counts for as long as a wait; and when they were last counted. */
  #lateWrites = 0;
  #countedAt = 0;

  constructor(waits: Waits) {
    this.#waits = waits;
  }

  /** Whether so many bytes had better wait, for as long as all wait, for more to come. */
  shouldWait(now: number, bytes: number): boolean {
    const { paceMs } = this.#waits;
    this.#lateWrites = Math.max(0, this.#lateWrites - (now - this.#countedAt) / paceMs);
    this.#countedAt = now;
    return this.#lateWrites >= burstWrites && bytes < (worthwhileBytes * paceMs) / shortPaceMs;
  }

  /** There was a write. */
  wrote(): void {
    this.#lateWrites++;
  }
}
