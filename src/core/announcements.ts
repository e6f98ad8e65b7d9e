/**
 * What is to be announced, and when: the lazy half of the broadcast.
 *
 * A message is noted once, with the slots that it is to be announced on as bits; numbers that follow each other become
 * one entry. Each slot is flushed on its own time, all that it waits for in one frame. Two neighbors that would tell each
 * other the same need only one to speak: what the other has announced is struck off, and the wait begins anew. So a
 * frame also asks: "that is all I have; what do I lack?" Whoever still holds something for the sender that is too old to
 * be under way announces it at once.
 *
 * While all is well announcements are of no use, and so they come in large batches. As soon as something was missing, or a
 * neighbor is lost, they come often.
 */
import type { PeerId } from "./identity.js";
import type { Links } from "./links.js";
import type { Announcement, Envelope } from "./message.js";
import type { Pace } from "./pace.js";

/** How announcements are batched. */
export interface AnnouncementsConfig {
  /** While messages have been missing here, or neighbors were lost: how long announcements are collected. */
  readonly ihaveIntervalMs: number;
  /** How long after that announcements stay frequent. */
  readonly unrestMs: number;
  /** While all is well: how long announcements are collected, at most. */
  readonly ihaveCalmIntervalMs: number;
  /** While all is well: so many announced messages are a batch, ±25 % from peer to peer, … */
  readonly ihaveBatchCount: number;
  /** … but batches don't follow each other faster than this. */
  readonly ihavePauseMs: number;
  /** Entries held, for all slots together; the oldest are dropped. Reconciliation finds what they would have told. */
  readonly announcementsMax: number;
}

type Entry = { -readonly [Name in keyof Announcement]: Announcement[Name] };

interface Run {
  readonly origin: PeerId;
  readonly epoch: number;
  seq: number;
  count: number;
  readonly tree: PeerId;
  readonly round: number;
  /** Bit i: not announced on slot i yet. */
  mask: number;
  /** When its first message came. */
  readonly since: number;
}

/** Entries in one ihave; more go into the next. */
export const entriesMax = 1_024;
/** Messages in one entry. */
export const runMax = 4_096;
/** Runs looked at for one that goes on: as many origins may publish in turns. */
const lookBack = 8;
/** Steps that striking off may cost for one frame: more is not worth it. */
const strikeStepsMax = 16_384;

/** What waits to be announced. */
export class Announcements {
  readonly #config: AnnouncementsConfig;
  readonly #links: Links;
  readonly #pace: Pace;
  readonly #batchCount: number;
  #runs: Run[] = [];
  /** By slot: messages that wait. Never too low. */
  readonly #counts = new Array<number>(8).fill(0);
  /** By slot: when waiting began. */
  readonly #since = new Array<number>(8).fill(0);
  readonly #flushAt = new Array<number>(8).fill(Number.POSITIVE_INFINITY);
  #unrestUntil = Number.NEGATIVE_INFINITY;
  #nextFlushAt = Number.POSITIVE_INFINITY;

  /** @param jitter - 0 to 1, another one for each peer: neighbors should not speak at the same time */
  constructor(config: AnnouncementsConfig, links: Links, pace: Pace, jitter: number) {
    this.#config = config;
    this.#pace = pace;
    this.#links = links;
    this.#batchCount = Math.max(1, Math.round(config.ihaveBatchCount * (0.75 + jitter / 2)));
  }

  /** When a slot is to be flushed. */
  get nextFlushAt(): number {
    return this.#nextFlushAt;
  }

  /** Notes a message for the slots of a mask. */
  add(now: number, mask: number, { origin, epoch, seq }: Envelope, tree: PeerId, round: number): void {
    const runs = this.#runs;
    let i = runs.length - 1;
    for (const end = Math.max(0, runs.length - lookBack); i >= end; i--) {
      const run = runs[i]!;
      if (run.origin === origin && run.seq + run.count === seq && run.mask === mask && run.tree === tree) {
        if (run.epoch === epoch && run.round === round && run.count < runMax) {
          run.count++;
          break;
        }
      }
    }
    if (i < 0 || i < runs.length - lookBack) {
      if (runs.length >= this.#config.announcementsMax) this.#dropOldest();
      this.#runs.push({ origin, epoch, seq, count: 1, tree, round, mask, since: now });
    }
    const interval = now < this.#unrestUntil ? this.#restlessMs : this.#config.ihaveCalmIntervalMs;
    for (let slot = 0, rest = mask; rest !== 0; slot++, rest >>>= 1) {
      if ((rest & 1) === 0) continue;
      const count = ++this.#counts[slot]!;
      if (count === 1) {
        this.#since[slot] = now;
        this.flushBy(slot, now + interval);
      } else if (count === this.#batchCount) this.flushBy(slot, this.#since[slot]! + this.#config.ihavePauseMs);
    }
  }

  /** Sees to it that a slot is flushed by this time. */
  flushBy(slot: number, at: number): void {
    if (at < this.#flushAt[slot]!) this.#flushAt[slot] = at;
    if (at < this.#nextFlushAt) this.#nextFlushAt = at;
  }

  /** The same for all slots of a mask. */
  flushAllBy(mask: number, at: number): void {
    for (let slot = 0; slot < 8; slot++) if ((mask & (1 << slot)) !== 0) this.flushBy(slot, at);
  }

  /** Something was missing, or a neighbor was lost: announce often for a while, beginning with what waits now. */
  unrest(now: number): void {
    const wasCalm = now >= this.#unrestUntil;
    this.#unrestUntil = now + this.#config.unrestMs;
    if (!wasCalm) return;
    for (let slot = 0; slot < 8; slot++) {
      if (this.#counts[slot]! > 0) this.flushBy(slot, now + this.#restlessMs);
    }
  }

  get #restlessMs(): number {
    return this.#pace.atMost(this.#config.ihaveIntervalMs);
  }

  /** A slot that is due, or −1. */
  due(now: number): number {
    if (this.#nextFlushAt > now) return -1;
    let next = Number.POSITIVE_INFINITY;
    for (let slot = 0; slot < 8; slot++) {
      const at = this.#flushAt[slot]!;
      if (at <= now) return slot;
      if (at < next) next = at;
    }
    this.#nextFlushAt = next;
    return -1;
  }

  /** What is to be announced on a slot, at most `most` entries; it then waits for nothing. */
  take(slot: number, most = entriesMax): Announcement[] {
    const bit = 1 << slot;
    const entries: Entry[] = [];
    let kept = 0;
    for (const run of this.#runs) {
      if ((run.mask & bit) !== 0) {
        append(entries, run);
        run.mask &= ~bit;
      }
      if ((run.mask & this.#links.mask) !== 0) this.#runs[kept++] = run;
    }
    this.#runs.length = kept;
    this.#counts[slot] = 0;
    this.#flushAt[slot] = Number.POSITIVE_INFINITY;
    return entries.length > most ? entries.slice(-most) : entries;
  }

  /**
   * A neighbor has announced all it had to: strikes off what it need not be told. What is left, and came before
   * `settledBefore`, it lacks: it is told at once.
   */
  heard(now: number, slot: number, entries: readonly Announcement[], settledBefore: number): void {
    if (this.#counts[slot] === 0) return;
    if (entries.length * this.#runs.length <= strikeStepsMax) for (const entry of entries) this.#strikeOff(slot, entry);
    const bit = 1 << slot;
    let count = 0;
    let oldest = now;
    for (const run of this.#runs) {
      if ((run.mask & bit) === 0) continue;
      count += run.count;
      if (run.since < oldest) oldest = run.since;
    }
    this.#counts[slot] = count;
    this.#since[slot] = now;
    if (count > 0 && oldest <= settledBefore) this.flushBy(slot, now);
    else if (now >= this.#unrestUntil) {
      this.#flushAt[slot] = count === 0 ? Number.POSITIVE_INFINITY : now + this.#config.ihaveCalmIntervalMs;
    }
  }

  /** A slot's link is gone, or new. */
  clear(slot: number): void {
    this.take(slot);
  }

  #strikeOff(slot: number, { origin, epoch, seq, count, tree }: Announcement): void {
    const bit = 1 << slot;
    const end = seq + count;
    for (let i = 0; i < this.#runs.length && this.#runs.length < this.#config.announcementsMax; i++) {
      const run = this.#runs[i]!;
      if ((run.mask & bit) === 0 || run.origin !== origin || run.epoch !== epoch || run.tree !== tree) continue;
      const runEnd = run.seq + run.count;
      if (end <= run.seq || seq >= runEnd) continue;
      // What stands before and behind the struck part is still to be told.
      if (run.seq < seq) this.#runs.splice(i++, 0, { ...run, count: seq - run.seq });
      if (end < runEnd) {
        this.#runs.splice(i + 1, 0, { ...run, seq: end, count: runEnd - end });
        run.count = end - run.seq;
      }
      if (run.seq < seq) {
        run.count -= seq - run.seq;
        run.seq = seq;
      }
      run.mask &= ~bit;
    }
  }

  #dropOldest(): void {
    this.#runs.splice(0, Math.max(1, this.#config.announcementsMax >> 2));
  }
}

/** What was parted for another slot's sake is one entry again. */
function append(entries: Entry[], { origin, epoch, seq, count, tree, round }: Run): void {
  const last = entries.at(-1);
  const goesOn = last !== undefined && last.origin === origin && last.seq + last.count === seq && last.tree === tree;
  if (goesOn && last.epoch === epoch && last.round === round && last.count + count <= runMax) last.count += count;
  else entries.push({ origin, epoch, seq, count, tree, round });
}
