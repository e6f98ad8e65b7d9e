/**
 * Whether anything has changed of late.
 *
 * What is wrong with a directory is wrong since something happened: somebody came, went, was accused, or said something new.
 * While for long nothing has, and all that are asked have the same, it is enough to ask now and then. The first change ends
 * the stillness at everybody whom it reaches.
 */

/** Nothing must have changed for so long. */
const stillAfterMs = 30_000;
/** How many times rarer questions are then. */
const stillFactor = 4;

/** How long it has been still at one peer. */
export class Stillness {
  #stirredAt = Number.NEGATIVE_INFINITY;

  /** Something has changed, or is different elsewhere. @returns whether it was still before */
  stir(now: number): boolean {
    const wasStill = this.#isStill(now);
    this.#stirredAt = now;
    return wasStill;
  }

  /** By what pauses are to be multiplied. */
  factor(now: number): number {
    return this.#isStill(now) ? stillFactor : 1;
  }

  #isStill(now: number): boolean {
    return now - this.#stirredAt >= stillAfterMs;
  }
}
