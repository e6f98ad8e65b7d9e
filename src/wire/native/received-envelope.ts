/**
 * Messages off the wire, as they lie in the bytes that one read of a socket brought.
 *
 * An object for each field, and a copy of each message, would cost more than all that is done with most of them. So an
 * envelope knows where its bytes lie, shares what it has in common with others of its origin, and makes views when asked.
 * What came with it lies in the same memory; {@link Block} sees to it that not much of that is held in vain.
 */
import type { Address } from "../../core/address.js";
import { type PeerId, peerIdBytes } from "../../core/identity.js";
import type { Envelope } from "../../core/message.js";
import { frameHeadBytes } from "./byte-writer.js";

/** Blocks up to this size are held by a single message without a thought. */
const smallBlockBytes = 2048;
/** When less than this part of a larger block is held by messages, they move out. */
const heldPartMin = 1 / 8;
/** What moves out lies side by side in smaller blocks: a buffer for each message costs twice as much. */
const maxSharedBytes = 512;

/** What the messages of one origin have in common, most of the time. */
export interface EnvelopeHead {
  readonly origin: PeerId;
  readonly epoch: number;
  readonly address: Address;
  readonly topic: string;
}

/**
 * The bytes that came in together. Messages that are kept make up an eighth of them at least, or they are moved out: what
 * is kept for an hour holds on to 2 kB, or to eight times its size.
 */
export class Block {
  readonly bytes: Uint8Array;
  readonly #leastBytes: number;
  #envelopes: ReceivedEnvelope[] = [];
  #heldBytes = 0;
  /** Before that, those who will keep its messages have not seen them yet. */
  #isSettled = false;

  /** `isWhole`: there is nothing in these bytes but one message. */
  constructor(bytes: Uint8Array, isWhole = false) {
    this.bytes = bytes;
    const { byteLength } = bytes.buffer;
    this.#leastBytes = isWhole || byteLength <= smallBlockBytes ? 0 : byteLength * heldPartMin;
  }

  /** A message lies here. */
  add(envelope: ReceivedEnvelope): void {
    if (this.#leastBytes > 0) this.#envelopes.push(envelope);
  }

  /** Whoever wants to keep a message of it has said so. */
  settle(): void {
    this.#isSettled = true;
    this.#look();
  }

  /** So many bytes more are held, or fewer. */
  held(bytes: number): void {
    this.#heldBytes += bytes;
    if (bytes < 0 && this.#isSettled) this.#look();
  }

  #look(): void {
    if (this.#heldBytes >= this.#leastBytes || this.#envelopes.length === 0) return;
    const envelopes = this.#envelopes;
    this.#envelopes = [];
    for (const envelope of envelopes) if (envelope.isHeld) envelope.moveOut();
  }
}

/** A message off the wire. There are many of them, most of which are kept: what can be read off the bytes is no field. */
export class ReceivedEnvelope implements Envelope {
  readonly seq: number;
  readonly payloadBytes: number;
  readonly #head: EnvelopeHead;
  #block: Block;
  #start: number;
  #end: number;
  /** From the start; the time of publishing likewise. */
  readonly #payloadAt: number;
  readonly #timeAt: number;
  #holds = 0;
  /** Of a gossip whose frame lies before it with a round of one byte: the tree it came on. */
  #tree: PeerId | undefined;
  #round = 0;

  /**
   * @param start - where it begins in the block
   * @param timeAt - where the time of its publishing stands, likewise
   * @param payloadAt - where its payload begins, likewise
   */
  constructor(
    head: EnvelopeHead,
    seq: number,
    block: Block,
    start: number,
    end: number,
    timeAt: number,
    payloadAt: number,
    payloadBytes: number,
  ) {
    this.seq = seq;
    this.payloadBytes = payloadBytes;
    this.#head = head;
    this.#block = block;
    this.#start = start;
    this.#end = end;
    this.#timeAt = timeAt - start;
    this.#payloadAt = payloadAt - start;
    block.add(this);
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
    const { bytes } = this.#block;
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
    const { buffer, byteOffset } = this.#block.bytes;
    return new Uint8Array(buffer, byteOffset + this.#start + this.#payloadAt, this.payloadBytes);
  }

  /** A view, made anew each time. */
  get bytes(): Uint8Array {
    const { buffer, byteOffset } = this.#block.bytes;
    return new Uint8Array(buffer, byteOffset + this.#start, this.#end - this.#start);
  }

  get isHeld(): boolean {
    return this.#holds > 0;
  }

  hold(): void {
    if (this.#holds++ === 0) this.#block.held(this.#end - this.#start);
  }

  release(): void {
    if (--this.#holds === 0) this.#block.held(this.#start - this.#end);
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
    const { bytes } = this.#block;
    bytes[this.#start - 1] = round;
    append.passOn(bytes, this.#start - gossipHeadBytes, this.#end);
    return true;
  }

  /** Takes its bytes to a place of their own. */
  moveOut(): void {
    const length = this.#end - this.#start;
    const { buffer, byteOffset } = this.#block.bytes;
    // Not `slice` of what may be a Node Buffer: it means something else there.
    const view = new Uint8Array(buffer, byteOffset + this.#start, length);
    if (length > maxSharedBytes) this.#moveTo(new Block(view.slice(), true), 0);
    else {
      if (sharedAt + length > sharedBlock.bytes.length) {
        sharedBlock = new Block(new Uint8Array(smallBlockBytes));
        sharedAt = 0;
      }
      sharedBlock.bytes.set(view, sharedAt);
      this.#moveTo(sharedBlock, sharedAt);
      sharedAt += length;
    }
  }

  #moveTo(block: Block, start: number): void {
    this.#end += start - this.#start;
    this.#start = start;
    this.#block = block;
    this.#tree = undefined;
  }
}

/** A gossip's frame up to its envelope, when the round takes one byte: the frame's head, the tree, the round. */
export const gossipHeadBytes = frameHeadBytes + peerIdBytes + 1;

/** The last round that one byte can say. */
export const oneByteRoundMax = 0x7f;

let sharedBlock = new Block(new Uint8Array(0));
let sharedAt = 0;
