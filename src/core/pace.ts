/**
 * How fast things may go. The broadcast's waits are made for latencies of some ten milliseconds; where neighbors are
 * nearer, waiting that long for what has gone astray would be a waste, and where they are farther nothing is won.
 */

/** A wait lasts at least this many round trips, … */
const roundTrips = 6;
/** … and no less than this: programs take breaks, for garbage at least. */
const waitMinMs = 25;
/** However far others are: who needs longer waits says so in the configuration. */
const longerMost = 4;
/** How much of a long round trip is remembered with each one measured. */
const memory = 7 / 8;

/** The pace of one peer, by the round trips to its neighbors. */
export class Pace {
  #rttMs = Number.POSITIVE_INFINITY;

  /** A round trip was measured. Longer ones count at once, shorter ones little by little. */
  measured(rttMs: number): void {
    const isFirst = this.#rttMs === Number.POSITIVE_INFINITY;
    this.#rttMs = isFirst ? rttMs : Math.max(rttMs, this.#rttMs * memory + rttMs * (1 - memory));
  }

  /** How long to wait here, instead of a wait made for anywhere: at most as long. In whole milliseconds. */
  atMost(waitMs: number): number {
    if (this.#rttMs === Number.POSITIVE_INFINITY) return waitMs;
    return Math.min(waitMs, Math.max(waitMinMs, Math.ceil(this.#rttMs * roundTrips)));
  }

  /** How long to wait for what takes so many round trips, instead of a wait made for near peers: up to four times as long. */
  atLeast(waitMs: number, trips: number): number {
    if (this.#rttMs === Number.POSITIVE_INFINITY) return waitMs;
    return Math.min(longerMost * waitMs, Math.max(waitMs, Math.ceil(this.#rttMs * trips)));
  }
}
