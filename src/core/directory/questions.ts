/**
 * How many questions of strangers are answered.
 *
 * A question has six bytes, and its answer takes a look at every entry: a kilobyte of questions would keep a peer of a
 * large network busy for so long that others took it for dead. So they have a budget, in entries looked at.
 */

/** Entries looked at in a second, in the long run: a few percent of one processor. */
const entriesPerSecond = 1_000_000;
/** So many of them may be asked for at once: all pages of 10,000 peers. */
const burstEntries = 1_000_000;
/** What a page costs beside the looks: its own entries are made and written. */
const pageCost = 2_000;

/** The budget of one peer or seed. */
export class Questions {
  #left = burstEntries;
  #filledAt = Number.NEGATIVE_INFINITY;

  /** Whether one more is answered, from a directory of so many entries. */
  take(now: number, entries: number): boolean {
    const earned = Math.max(0, now - this.#filledAt) * (entriesPerSecond / 1_000);
    this.#left = Math.min(burstEntries, this.#left + earned);
    this.#filledAt = now;
    if (this.#left <= 0) return false;
    this.#left -= pageCost + entries;
    return true;
  }
}
