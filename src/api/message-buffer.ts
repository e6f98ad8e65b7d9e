/**
 * What waits for a subscriber: first the past, then a bounded queue of what has come since.
 *
 * The past is a list that the history holds as well, so it takes no room of its own and doesn't count. The queue does, in
 * messages and in bytes, and what is done when it is full is the subscriber's choice.
 */
import { type Envelope, payloadBytesOf } from "../core/message.js";

/** What to do with a message for which there is no room. */
export type Overflow =
  /** Take no more: the iteration ends with an error after what has been buffered. */
  | "error"
  /** Give up what has waited for longest. */
  | "drop-oldest"
  /** Give up the message that has just come. */
  | "drop-newest";

/** Limits of a {@link MessageBuffer}. */
export interface BufferLimits {
  /** Messages, at least 1. */
  readonly bufferMax: number;
  /** Bytes of payload. One message is always taken, however large. */
  readonly bufferMaxBytes: number;
  readonly overflow: Overflow;
}

/** So many slots may lie empty before the queue, or more than half of all, until it is moved. */
const emptyMax = 1_024;

/** The messages that wait for one subscriber. */
export class MessageBuffer {
  readonly #limits: BufferLimits;
  #past: readonly Envelope[];
  #nextPast = 0;
  #queue: (Envelope | undefined)[] = [];
  /** Where the queue begins: a queue without shifting. */
  #first = 0;
  #bytes = 0;
  #lost = 0;

  constructor(limits: BufferLimits, past: readonly Envelope[]) {
    this.#limits = limits;
    this.#past = past;
  }

  /** Messages that wait, those of the past included. */
  get size(): number {
    return this.#past.length - this.#nextPast + this.#queued;
  }

  /** Messages given up so far. */
  get lost(): number {
    return this.#lost;
  }

  /** Whether it has lost a message and therefore takes no more. */
  get isBroken(): boolean {
    return this.#lost > 0 && this.#limits.overflow === "error";
  }

  /**
   * Takes a message, if it can.
   *
   * @returns how many were lost by it: this one, or older ones
   */
  add(envelope: Envelope): number {
    const before = this.#lost;
    const bytes = payloadBytesOf(envelope);
    if (this.#isFull(bytes) || this.isBroken) {
      if (this.#limits.overflow === "drop-oldest") this.#makeRoom(bytes);
      else {
        this.#lost++;
        return 1;
      }
    }
    this.#queue.push(envelope);
    envelope.hold?.();
    this.#bytes += bytes;
    return this.#lost - before;
  }

  /** Takes out the message that is next. */
  shift(): Envelope | undefined {
    if (this.#nextPast < this.#past.length) {
      const envelope = this.#past[this.#nextPast++];
      if (this.#nextPast === this.#past.length) this.#forgetPast();
      return envelope;
    }
    return this.#queued === 0 ? undefined : this.#shiftQueue();
  }

  /** Forgets all that waits. */
  clear(): void {
    this.#forgetPast();
    for (let i = this.#first; i < this.#queue.length; i++) this.#queue[i]!.release?.();
    this.#queue = [];
    this.#first = 0;
    this.#bytes = 0;
  }

  get #queued(): number {
    return this.#queue.length - this.#first;
  }

  #isFull(moreBytes: number): boolean {
    const queued = this.#queued;
    if (queued === 0) return false;
    return queued >= this.#limits.bufferMax || this.#bytes + moreBytes > this.#limits.bufferMaxBytes;
  }

  #makeRoom(moreBytes: number): void {
    while (this.#isFull(moreBytes)) {
      this.#shiftQueue();
      this.#lost++;
    }
  }

  #shiftQueue(): Envelope {
    const envelope = this.#queue[this.#first]!;
    this.#queue[this.#first++] = undefined;
    envelope.release?.();
    this.#bytes -= payloadBytesOf(envelope);
    if (this.#first > emptyMax && this.#first * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#first);
      this.#first = 0;
    }
    return envelope;
  }

  #forgetPast(): void {
    this.#past = [];
    this.#nextPast = 0;
  }
}
