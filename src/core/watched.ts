/**
 * What the watch over links knows of one neighbor.
 *
 * A time is too large a number to stand in an object itself: each would be one more place in memory to go to, with every
 * message. So all times of a peer's neighbors stand in one list of doubles, those of one neighbor side by side.
 */
import type { LinkId } from "./effects.js";
import { slotsMax } from "./views.js";

/** Times that are kept of each slot: one cache line of a processor. */
const timesPerSlot = 8;

/** Room for the times of all slots of one peer. */
export function noTimes(): number[] {
  return new Array<number>(slotsMax * timesPerSlot).fill(Number.POSITIVE_INFINITY);
}

/** What is known of one neighbor. */
export class Watched {
  /** Its link. */
  readonly link: LinkId;
  readonly #times: number[];
  readonly #first: number;
  /** The probe that waits for its ack; 0 for none. */
  nonce = 0;
  silences = 0;
  /** What the ack is to be told as; 0 for nothing. */
  mark = 0;
  /** The same for the next probe, wanted after the ack that is under way; 0 for none. */
  nextMark = 0;
  rttMs: number | undefined = undefined;
  congestedSince: number | undefined = undefined;

  constructor(now: number, link: LinkId, slot: number, times: number[]) {
    this.link = link;
    this.#times = times;
    this.#first = slot * timesPerSlot;
    this.heardAt = this.askedAt = this.sentAt = this.ackedAt = now;
    this.unansweredSince = this.spokeSince = this.bestRttMs = Number.POSITIVE_INFINITY;
  }

  get heardAt(): number {
    return this.#times[this.#first]!;
  }
  set heardAt(at: number) {
    this.#times[this.#first] = at;
  }

  /** When its probe was sent for the first time. */
  get askedAt(): number {
    return this.#times[this.#first + 1]!;
  }
  set askedAt(at: number) {
    this.#times[this.#first + 1] = at;
  }

  /** … and for the last time. */
  get sentAt(): number {
    return this.#times[this.#first + 2]!;
  }
  set sentAt(at: number) {
    this.#times[this.#first + 2] = at;
  }

  /** When the first of the probes was sent that are all unanswered; Infinity when none is. */
  get unansweredSince(): number {
    return this.#times[this.#first + 3]!;
  }
  set unansweredSince(at: number) {
    this.#times[this.#first + 3] = at;
  }

  /** When it was first heard long after that; Infinity if it was not. */
  get spokeSince(): number {
    return this.#times[this.#first + 4]!;
  }
  set spokeSince(at: number) {
    this.#times[this.#first + 4] = at;
  }

  /** When a probe was last answered. */
  get ackedAt(): number {
    return this.#times[this.#first + 5]!;
  }
  set ackedAt(at: number) {
    this.#times[this.#first + 5] = at;
  }

  get bestRttMs(): number {
    return this.#times[this.#first + 6]!;
  }
  set bestRttMs(ms: number) {
    this.#times[this.#first + 6] = ms;
  }
}
