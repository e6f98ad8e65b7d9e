/**
 * Sends neighbors what they want, a little at a time and to each in turn, for as long as it is kept. A want that does not
 * fit in is not noted, and what is not kept any more is not sent: the asker finds out from the next marks, or asks again.
 */
import { intersect } from "./bounds.js";
import type { ReconcileConfig } from "./config.js";
import type { History } from "./history.js";
import { type Bounds, payloadBytesOf, type Repair, type Want } from "./message.js";

interface Asker {
  readonly wants: Want[];
  /** Which of them is being sent: a queue without shifting. */
  at: number;
  /** What is still to be sent of it; undefined before its turn. */
  left: Bounds | undefined;
  /** Ranges of the wants that are not done. */
  ranges: number;
  isCongested: boolean;
}

/** What a repair weighs beside its payload. */
const overheadBytes = 100;

/** What one peer still has to send. */
export class Repairs {
  readonly #config: ReconcileConfig;
  readonly #history: History;
  readonly #send: (slot: number, repair: Repair) => void;
  readonly #askers: (Asker | undefined)[] = [];
  /** Whose turn is next. */
  #turn = 0;
  #at = 0;
  #sentBytes = 0;
  #nextWake = Number.POSITIVE_INFINITY;

  constructor(config: ReconcileConfig, history: History, send: (slot: number, repair: Repair) => void) {
    this.#config = config;
    this.#history = history;
    this.#send = send;
  }

  /** When more can be sent. */
  get nextWake(): number {
    return this.#nextWake;
  }

  /** A new neighbor in this slot. */
  neighborUp(slot: number): void {
    this.#askers[slot] = { wants: [], at: 0, left: undefined, ranges: 0, isCongested: false };
  }

  /** The slot's neighbor is gone, and what it wanted with it. */
  neighborDown(slot: number): void {
    this.#askers[slot] = undefined;
  }

  /** While its link is congested a neighbor is sent nothing. */
  congested(now: number, slot: number, isCongested: boolean): void {
    const asker = this.#askers[slot];
    if (asker === undefined) return;
    asker.isCongested = isCongested;
    if (!isCongested) this.wake(now);
  }

  /** A neighbor wants something. */
  wanted(now: number, slot: number, want: Want): void {
    const asker = this.#askers[slot];
    const ranges = want.seqs.length / 2;
    if (asker === undefined || asker.ranges + ranges > this.#config.askedRangesMax) return;
    asker.wants.push(want);
    asker.ranges += ranges;
    if (this.#nextWake === Number.POSITIVE_INFINITY) this.wake(now);
  }

  /** Sends as much as may be sent in this millisecond. */
  wake(now: number): void {
    if (now > this.#at) {
      this.#at = now;
      this.#sentBytes = 0;
    }
    this.#nextWake = Number.POSITIVE_INFINITY;
    for (let idle = 0; idle < this.#askers.length; idle++) {
      this.#turn = (this.#turn + 1) % this.#askers.length;
      const asker = this.#askers[this.#turn];
      if (asker === undefined || asker.isCongested || asker.at >= asker.wants.length) continue;
      if (this.#sentBytes >= this.#config.repairMaxBytes) {
        // The one whose turn it was has it again.
        this.#turn += this.#askers.length - 1;
        this.#nextWake = now + 1;
        return;
      }
      this.#serve(now, this.#turn, asker);
      idle = -1;
    }
  }

  /** Sends some of the first want: enough to be worth a turn, little enough for the others. */
  #serve(now: number, slot: number, asker: Asker): void {
    const want = asker.wants[asker.at]!;
    const { origin, epoch } = want;
    const left = (asker.left ?? intersect(want.seqs, this.#history.kept(origin, epoch))).slice();
    let budget = this.#config.repairMaxBytes / 8;
    while (left.length > 0 && budget > 0) {
      const seq = left[0]!;
      if (seq === left[1]) left.splice(0, 2);
      else left[0] = seq + 1;
      const retained = this.#history.get({ origin, epoch, seq });
      if (retained === undefined) continue;
      const { envelope, round, arrivedAt } = retained;
      this.#send(slot, { type: "repair", ageMs: now - arrivedAt, round: round + 1, envelope });
      const bytes = payloadBytesOf(envelope) + overheadBytes;
      budget -= bytes;
      this.#sentBytes += bytes;
    }
    asker.left = left;
    if (left.length > 0) return;
    asker.left = undefined;
    asker.at++;
    asker.ranges -= want.seqs.length / 2;
    if (asker.at > 256 && 2 * asker.at > asker.wants.length) {
      asker.wants.splice(0, asker.at);
      asker.at = 0;
    }
  }
}
