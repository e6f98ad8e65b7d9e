/**
 * Noticing that a partition has ended: many who were taken for dead are back at once.
 *
 * Each part has closed its ranks meanwhile. A small one may have become a clique, whose peers are full with each other, and
 * the few links that brought the parts together are exchanged for others in the course of things. So views are to be mixed.
 */

/** Returns within this time … */
const windowMs = 10_000;
/** … of at least so many peers … */
const returnsMin = 2;
/** … and of one in so many. */
const returnsShare = 8;
/** Not again for so long. */
const restMs = 30_000;

/** How many have come back of late, as one peer knows. */
export class Returns {
  #count = 0;
  #since = Number.NEGATIVE_INFINITY;
  #saidAt = Number.NEGATIVE_INFINITY;

  /** One is back, of so many that are there. @returns whether they are many all of a sudden */
  back(now: number, present: number): boolean {
    if (now - this.#since > windowMs) {
      this.#since = now;
      this.#count = 0;
    }
    this.#count++;
    if (this.#count < Math.max(returnsMin, present / returnsShare) || now - this.#saidAt < restMs) return false;
    this.#saidAt = now;
    return true;
  }
}
