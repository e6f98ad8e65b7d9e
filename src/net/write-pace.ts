/**
 * When a link is written to: at once, as long as that is not very often.
 *
 * A write costs some 10 µs here, and as much where it is read, whether it holds one message or a hundred. On a link that
 * is seldom written to nothing ever waits; on one that carries a stream, small writes wait for each other.
 */

/** From so many bytes on, a write is worth its cost, however many there are: a dozen messages share it. */
const worthwhileBytes = 4_096;
/** A link takes so many writes at once, … */
const burstWrites = 8;
/** … and in the long run one in so many milliseconds: what comes in between waits for so long, and goes out together. */
export const writePaceMs = 2;

/** The pace of one link. */
export class WritePace {
  /** Writes of late, each of which counts for a {@link writePaceMs}; and when they were last counted. */
  #lateWrites = 0;
  #countedAt = 0;

  /** Whether so many bytes had better wait, for {@link writePaceMs}, for more to come. */
  shouldWait(now: number, bytes: number): boolean {
    this.#lateWrites = Math.max(0, this.#lateWrites - (now - this.#countedAt) / writePaceMs);
    this.#countedAt = now;
    return this.#lateWrites >= burstWrites && bytes < worthwhileBytes;
  }

  /** There was a write. */
  wrote(): void {
    this.#lateWrites++;
  }
}
