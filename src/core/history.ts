/**
 * What a peer remembers: which messages it has seen, and the latest of them whole, to answer those who lack them.
 *
 * Messages are numbered by their origin, so "seen" is a few numbers an origin, whatever it has published. What is kept
 * whole is bounded in count; the oldest goes first.
 */
import type { PeerId } from "./identity.js";
import type { Envelope, MessageId } from "./message.js";
import { SequenceRanges } from "./sequence-ranges.js";

/** Limits of a {@link History}. */
export interface HistoryLimits {
  /** Messages kept whole, of all origins together. */
  readonly retainedMax: number;
  /** Holes remembered for one life of an origin; the lowest is given up for the newest. */
  readonly holesMax: number;
  /** Origins remembered; the one unheard for longest is forgotten. */
  readonly originsMax: number;
}

/** A message that is kept, and how far it had come. */
export interface Retained {
  readonly envelope: Envelope;
  /** Hops from its origin to here. */
  readonly round: number;
  /** The slot of the neighbor that brought it; -1 for a message of one's own. */
  readonly from: number;
}

interface Life {
  readonly epoch: number;
  readonly seen: SequenceRanges;
  readonly retained: Map<number, Retained>;
}

/** The messages that one peer has seen. */
export class History {
  readonly #limits: HistoryLimits;
  /** Latest first to be heard from last: a map in order of last message. Two lives of an origin at most are kept. */
  readonly #origins = new Map<PeerId, Life[]>();
  #order: MessageId[] = [];
  /** Where the order begins: a queue without shifting. */
  #oldest = 0;

  constructor(limits: HistoryLimits) {
    this.#limits = limits;
  }

  /** How many messages are kept whole. */
  get size(): number {
    return this.#order.length - this.#oldest;
  }

  /** Whether the message has been seen, kept or not. Of a life older than the two latest, everything has. */
  has(id: MessageId): boolean {
    const lives = this.#origins.get(id.origin);
    if (lives === undefined) return false;
    const life = lives.find(({ epoch }) => epoch === id.epoch);
    if (life !== undefined) return life.seen.has(id.seq);
    return lives.length === 2 && id.epoch < lives[1]!.epoch;
  }

  /** The message, if it is still kept. */
  get(id: MessageId): Retained | undefined {
    return this.#origins
      .get(id.origin)
      ?.find(({ epoch }) => epoch === id.epoch)
      ?.retained.get(id.seq);
  }

  /** Takes a message. True the first time. */
  add(envelope: Envelope, round: number, from: number): boolean {
    const { origin, epoch, seq } = envelope;
    if (this.has(envelope)) return false;
    const life = this.#lifeOf(origin, epoch);
    life.seen.add(seq);
    if (life.seen.size > this.#limits.holesMax + 1) life.seen.closeLowestHole();
    life.retained.set(seq, { envelope, round, from });
    this.#order.push(envelope);
    if (this.size > this.#limits.retainedMax) this.#forgetOldest();
    return true;
  }

  #lifeOf(origin: PeerId, epoch: number): Life {
    const lives = this.#origins.get(origin) ?? [];
    this.#origins.delete(origin);
    this.#origins.set(origin, lives);
    let life = lives.find((other) => other.epoch === epoch);
    if (life === undefined) {
      life = { epoch, seen: new SequenceRanges(), retained: new Map() };
      lives.push(life);
      lives.sort((a, b) => b.epoch - a.epoch);
      lives.length = Math.min(lives.length, 2);
      if (this.#origins.size > this.#limits.originsMax) this.#origins.delete(this.#origins.keys().next().value!);
    }
    return life;
  }

  #forgetOldest(): void {
    const { origin, epoch, seq } = this.#order[this.#oldest]!;
    this.#oldest++;
    if (this.#oldest > 1_024 && this.#oldest * 2 > this.#order.length) {
      this.#order = this.#order.slice(this.#oldest);
      this.#oldest = 0;
    }
    this.#origins
      .get(origin)
      ?.find((life) => life.epoch === epoch)
      ?.retained.delete(seq);
  }
}
