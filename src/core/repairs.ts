/**
 * Sends neighbors what they want, a little at a time and to each in turn, for as long as it is kept. A want that does not
 * fit in is not noted, and what is not kept any more is not sent: the asker finds out from the next marks, or asks again.
 *
 * So much is under way to each, and no more, until it has taken some of it: who has much to repair and a narrow way would
 * else fill it for many seconds, and its acks, and what is published now, would stand behind all of that.
 */
import { countOf, intersect, subtract, union } from "./bounds.js";
import type { ReconcileConfig } from "./config.js";
import type { History } from "./history.js";
import { type Bounds, payloadBytesOf, type Repair, type Want } from "./message.js";

interface Asked {
  want: Want;
  /** What is still to be sent of it; undefined before its turn. */
  left: Bounds | undefined;
}

interface Asker {
  readonly wants: Asked[];
  /** The same by life. */
  readonly byLife: Map<string, Asked>;
  /** Which of them is being sent: a queue without shifting. */
  at: number;
  /** Ranges of the wants that are not done. */
  ranges: number;
  isCongested: boolean;
  /** So many bytes may be under way to it. */
  windowBytes: number;
  /** Bytes that it has not confirmed, … */
  openBytes: number;
  /** … by the time when they were sent. */
  open: { at: number; bytes: number }[];
}

/** What repairs need. */
export interface RepairsOwner {
  send(slot: number, repair: Repair): void;
  /** Asks to be told, by {@link Repairs.confirmed}, what has been taken; nothing while an answer is awaited. */
  probe(now: number, slot: number): void;
}

/** Bytes under way to one asker in the beginning, … */
const windowStartBytes = 524_288;
/** … at the least and at the most: from 1 MB/s where an ack takes an eighth of a second to what the driver takes at once. */
const windowMinBytes = 131_072;
const windowMaxBytes = 4_194_304;
/** An ack that comes so soon says that there is room for more, … */
const promptMs = 300;
/** … and one that takes so long, that less should be under way. */
const tardyMs = 1_000;
/** What a repair weighs beside its payload. */
const overheadBytes = 100;

/** What one peer still has to send. */
export class Repairs {
  readonly #config: ReconcileConfig;
  readonly #history: History;
  readonly #owner: RepairsOwner;
  readonly #askers: (Asker | undefined)[] = [];
  /** Whose turn is next. */
  #turn = 0;
  #at = 0;
  #sentBytes = 0;
  #nextWake = Number.POSITIVE_INFINITY;

  constructor(config: ReconcileConfig, history: History, owner: RepairsOwner) {
    this.#config = config;
    this.#history = history;
    this.#owner = owner;
  }

  /** When more can be sent. */
  get nextWake(): number {
    return this.#nextWake;
  }

  /** A new neighbor in this slot. */
  neighborUp(slot: number): void {
    this.#askers[slot] = {
      wants: [],
      byLife: new Map(),
      at: 0,
      ranges: 0,
      isCongested: false,
      windowBytes: windowStartBytes,
      openBytes: 0,
      open: [],
    };
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

  /** A neighbor has taken all that was sent before `askedAt`. @returns whether anything was waited for */
  confirmed(now: number, slot: number, askedAt: number): boolean {
    const asker = this.#askers[slot];
    if (asker === undefined || asker.openBytes === 0) return false;
    const { openBytes, windowBytes } = asker;
    while (asker.open.length > 0 && asker.open[0]!.at < askedAt) asker.openBytes -= asker.open.shift()!.bytes;
    // Of a window that was not used nothing can be learned.
    if (now - askedAt >= tardyMs) asker.windowBytes = Math.max(windowMinBytes, windowBytes / 2);
    else if (now - askedAt <= promptMs && 2 * openBytes >= windowBytes) {
      asker.windowBytes = Math.min(windowMaxBytes, 2 * windowBytes);
    }
    if (2 * asker.openBytes >= asker.windowBytes) this.#owner.probe(now, slot);
    // Not at once: others may be told the same in this moment, and whoever comes first would have most of it.
    if (asker.at < asker.wants.length) this.#nextWake = Math.min(this.#nextWake, now);
    return true;
  }

  /** A neighbor wants something. */
  wanted(now: number, slot: number, want: Want): void {
    const asker = this.#askers[slot];
    const ranges = want.seqs.length / 2;
    if (asker === undefined || asker.ranges + ranges > this.#config.askedRangesMax) return;
    const life = lifeOf(want);
    const before = asker.byLife.get(life);
    if (before === undefined) {
      const asked: Asked = { want, left: undefined };
      asker.wants.push(asked);
      asker.byLife.set(life, asked);
      asker.ranges += ranges;
    } else {
      asker.ranges -= before.want.seqs.length / 2;
      this.#askedAgain(before, want);
      asker.ranges += before.want.seqs.length / 2;
    }
    if (this.#nextWake === Number.POSITIVE_INFINITY) this.wake(now);
  }

  /**
   * Who asks for a life again, before it has had all that it asked for, says what it lacks now: that is sent, and no more,
   * but for what is on its way already. A single message more is just that.
   */
  #askedAgain(asked: Asked, { origin, epoch, seqs }: Want): void {
    const wanted = countOf(seqs) === 1 ? union(asked.want.seqs, seqs) : seqs;
    if (asked.left !== undefined) {
      const sent = subtract(asked.want.seqs, asked.left);
      asked.left = intersect(subtract(wanted, sent), this.#history.kept(origin, epoch));
    }
    asked.want = { ...asked.want, seqs: wanted };
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
      if (asker.openBytes >= asker.windowBytes) continue;
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
    const asked = asker.wants[asker.at]!;
    const { want } = asked;
    const { origin, epoch } = want;
    const left = (asked.left ?? intersect(want.seqs, this.#history.kept(origin, epoch))).slice();
    let budget = this.#config.repairMaxBytes / 8;
    while (left.length > 0 && budget > 0) {
      const seq = left[0]!;
      if (seq === left[1]) left.splice(0, 2);
      else left[0] = seq + 1;
      const retained = this.#history.get({ origin, epoch, seq });
      if (retained === undefined) continue;
      const { envelope, round, arrivedAt } = retained;
      this.#owner.send(slot, { type: "repair", ageMs: now - arrivedAt, round: round + 1, envelope });
      const bytes = payloadBytesOf(envelope) + overheadBytes;
      budget -= bytes;
      this.#sentBytes += bytes;
      asker.openBytes += bytes;
      const last = asker.open.at(-1);
      if (last?.at === now) last.bytes += bytes;
      else asker.open.push({ at: now, bytes });
    }
    if (2 * asker.openBytes >= asker.windowBytes) this.#owner.probe(now, slot);
    asked.left = left;
    if (left.length > 0) return;
    asker.byLife.delete(lifeOf(want));
    asker.at++;
    asker.ranges -= want.seqs.length / 2;
    if (asker.at > 256 && 2 * asker.at > asker.wants.length) {
      asker.wants.splice(0, asker.at);
      asker.at = 0;
    }
  }
}

function lifeOf({ origin, epoch }: Want): string {
  return `${origin}/${epoch}`;
}
