/**
 * Noticing that the network is in parts that know of each other and have no link between them.
 *
 * All neighbors come to have the same directory. So a random peer that has another one, while nothing is new here, and the
 * next one that has another one as well, belong to a part to which no news leads from here. That happens where many join at
 * once while packets are lost, and no seed brings them together. One link makes the parts one.
 *
 * A peer that was taken for dead differs from everybody until it is believed. It has what its neighbors have told as well:
 * who has the same as one of them belongs to their part. Else it would call one after the other, give up a neighbor for each,
 * and none would have the time to see that it does well.
 */

/** News so fresh may be on its way: then a difference means nothing. */
const freshMs = 3_000;
/** Random peers in a row whose directories differ. */
const differencesNeeded = 3;

/** What one peer has found by comparing with random others. */
export class Islands {
  #changedAt = Number.NEGATIVE_INFINITY;
  #differences = 0;

  /** The directory has changed. */
  changed(now: number): void {
    this.#changedAt = now;
  }

  /** A random peer's directory is the same as here or at a neighbor, or is not. @returns whether that peer is to become a neighbor */
  compared(now: number, isSame: boolean): boolean {
    if (isSame || now - this.#changedAt < freshMs) {
      if (isSame) this.#differences = 0;
      return false;
    }
    if (++this.#differences < differencesNeeded) return false;
    this.#differences = 0;
    return true;
  }
}
