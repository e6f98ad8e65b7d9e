/**
 * Messages off the wire, as they lie in the bytes that one read of a socket brought.
 *
 * An object for each field, and a copy of each message, would cost more than all that is done with most of them. So an
 * envelope knows where its bytes lie, shares what it has in common with others of its origin, and makes views when asked.
 */
import type { Address } from "../../core/address.js";
import { type PeerId, peerIdBytes } from "../../core/identity.js";
import type { Envelope } from "../../core/message.js";
import type { Block, Tenant } from "./block.js";
import { frameHeadBytes } from "./byte-writer.js";

/** What the messages of one origin have in common, most of the time. */
export interface EnvelopeHead {
  readonly origin: PeerId;
  readonly epoch: number;
  readonly address: Address;
  readonly topic: string;
}

/** Where the parts of an envelope lie in the bytes that it came in. */
export interface EnvelopeParts {
  readonly start: number;
  /** The time of its publishing. */
  readonly timeAt: number;
  readonly payloadAt: number;
  readonly payloadBytes: number;
  readonly end: number;
}

/** A message off the wire. What can be read off the bytes is no field. */
export class ReceivedEnvelope implements Envelope, Tenant {
  readonly seq: number;
  readonly payloadBytes: number;
  readonly source: Block;
  readonly place: number;
  readonly #head: EnvelopeHead;
  #bytes: Uint8Array;
  #start: number;
  /** From the start; the others likewise. */
  readonly #length: number;
  readonly #payloadAt: number;
  readonly #timeAt: number;
  #holds = 0;
  /** Of a gossip whose frame lies before it with a round of one byte: the tree it came on. */
  #tree: PeerId | undefined;
  #round = 0;

  /**
   * @param bytes - what it lies in, those of the block
   * @param place - its place in the block
   */
  constructor(
    head: EnvelopeHead,
    seq: number,
    block: Block,
    place: number,
    bytes: Uint8Array,
    { start, timeAt, payloadAt, payloadBytes, end }: EnvelopeParts,
  ) {
    this.seq = seq;
    this.payloadBytes = payloadBytes;
    this.source = block;
    this.place = place;
    this.#head = head;
    this.#bytes = bytes;
    this.#start = start;
    this.#length = end - start;
    this.#timeAt = timeAt - start;
    this.#payloadAt = payloadAt - start;
  }

  get origin(): PeerId {
    return this.#head.origin;
  }

  get epoch(): number {
    return this.#head.epoch;
  }

  get address(): Address {
    return this.#head.address;
  }

  get topic(): string {
    return this.#head.topic;
  }

  get publishedAt(): number {
    const bytes = this.#bytes;
    let value = 0;
    // The lowest seven bits stand first, and were checked when it was read.
    for (let at = this.#start + this.#timeAt, weight = 1; ; at++, weight *= 0x80) {
      const byte = bytes[at]!;
      value += (byte & 0x7f) * weight;
      if (byte < 0x80) return value;
    }
  }

  /** A view, made anew each time. */
  get payload(): Uint8Array {
    const { buffer, byteOffset } = this.#bytes;
    return new Uint8Array(buffer, byteOffset + this.#start + this.#payloadAt, this.payloadBytes);
  }

  /** A view, made anew each time. */
  get bytes(): Uint8Array {
    const { buffer, byteOffset } = this.#bytes;
    return new Uint8Array(buffer, byteOffset + this.#start, this.#length);
  }

  get isHeld(): boolean {
    return this.#holds > 0;
  }

  hold(): void {
    if (this.#holds++ === 0) this.source.hold(this);
  }

  release(): void {
    if (--this.#holds === 0) this.source.release(this);
  }

  /** Its frame stands before it as that of a gossip on this tree; the round is the one byte right before the envelope. */
  cameAs(tree: PeerId, round: number): void {
    this.#tree = tree;
    this.#round = round;
  }

  /**
   * Passes on the frame that it came in, if the round is all that has changed, which is then rewritten where it lies:
   * gives the bytes, and where the frame begins and ends in them. All who pass on a message do so with the same round.
   *
   * @returns false when it came in no such frame
   */
  passOn(
    tree: PeerId,
    round: number,
    append: { passOn(bytes: Uint8Array, start: number, end: number): void },
  ): boolean {
    if (this.#tree !== tree || round !== this.#round + 1) return false;
    this.#bytes[this.#start - 1] = round;
    append.passOn(this.#bytes, this.#start - gossipHeadBytes, this.#start + this.#length);
    return true;
  }

  movedTo(bytes: Uint8Array, start: number): void {
    this.#bytes = bytes;
    this.#start = start;
    this.#tree = undefined;
  }
}

/** A gossip's frame up to its envelope, when the round takes one byte: the frame's head, the tree, the round. */
export const gossipHeadBytes = frameHeadBytes + peerIdBytes + 1;

/** The last round that one byte can say. */
export const oneByteRoundMax = 0x7f;
