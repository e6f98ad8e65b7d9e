/**
 * Writes frames one after the other into few buffers, each as large as a batch of frames happens to be.
 *
 * A buffer is handed over whole and never written again, so nobody has to wait until a socket has sent it, and a link
 * that says nothing holds nothing.
 */
import type { PeerId } from "../../core/identity.js";
import { peerIdBytes } from "../../core/identity.js";

const encoder = new TextEncoder();
const minBlockBytes = 512;
const maxBlockBytes = 65_536;

/** Bytes of a frame before its body: the body's length in four, its type in one. */
export const frameHeadBytes = 5;

/** The most bytes of a text: its length is one byte. */
export const maxTextBytes = 255;

/** Numbers, texts and bytes, within frames. What no reader would take throws a RangeError: it is the caller's mistake. */
export class ByteWriter {
  #pieces: Uint8Array[] = [];
  #piecesBytes = 0;
  /** What filled the blocks before the current one; frames that were passed on, and took none, don't count. */
  #writtenBytes = 0;
  #block: Uint8Array = new Uint8Array(0);
  /** Where the current block holds what no piece holds yet. */
  #pieceStart = 0;
  #frameStart = 0;
  #at = 0;
  #nextBlockBytes: number;
  /** Frames that are passed on as they lie, and stand after all else so far. */
  #passed: Uint8Array | undefined;
  #passedStart = 0;
  #passedEnd = 0;

  /** Takes how many bytes are expected, if that is known. */
  constructor(expectedBytes: number = minBlockBytes) {
    this.#nextBlockBytes = expectedBytes;
  }

  /** How many bytes wait to be taken. */
  get bytes(): number {
    return this.#piecesBytes + this.#at - this.#pieceStart + this.#passedEnd - this.#passedStart;
  }

  /** How many bytes the body of the current frame has so far. */
  get bodyBytes(): number {
    return this.#at - this.#frameStart - frameHeadBytes;
  }

  /** Begins a frame. */
  beginFrame(typeCode: number): void {
    if (this.#passed !== undefined) this.#endPassing();
    this.#frameStart = this.#at;
    this.#reserve(frameHeadBytes);
    this.#at += frameHeadBytes;
    this.#block[this.#at - 1] = typeCode;
  }

  /** Ends the frame: its length is known now. */
  endFrame(): void {
    this.#setLength(this.bodyBytes);
  }

  /** Ends the frame with bytes that go out as they are: they are not copied, and must not change any more. */
  endFrameWith(bytes: Uint8Array): void {
    this.#setLength(this.bodyBytes + bytes.length);
    this.#cut(this.#at);
    this.#push(bytes);
  }

  /**
   * Appends a frame that lies in other bytes. Frames that follow each other there go out as one piece; they are not
   * copied when they make up much of those bytes, which must not change then.
   */
  passOn(bytes: Uint8Array, start: number, end: number): void {
    if (this.#passed !== bytes || this.#passedEnd !== start) {
      if (this.#passed !== undefined) this.#endPassing();
      this.#passed = bytes;
      this.#passedStart = start;
    }
    this.#passedEnd = end;
  }

  /** Where the frame lies that has just ended. It stays there, and is not taken; blocks to come have this size. */
  leaveFrame(blockBytes: number): { readonly bytes: Uint8Array; readonly start: number; readonly end: number } {
    const left = { bytes: this.#block, start: this.#frameStart, end: this.#at };
    this.#pieces.length = 0;
    this.#piecesBytes = 0;
    this.#pieceStart = this.#frameStart = this.#at;
    this.#nextBlockBytes = blockBytes;
    return left;
  }

  /** Takes back what was written of the current frame. */
  dropFrame(): void {
    this.#at = this.#frameStart;
  }

  /** All bytes that were written, to be sent in this order. The caller owns them. */
  take(): Uint8Array[] {
    if (this.#passed !== undefined) this.#endPassing();
    this.#nextBlockBytes = Math.min(Math.max(minBlockBytes, ceilPower(this.#writtenBytes + this.#at)), maxBlockBytes);
    this.#writtenBytes = 0;
    this.#cut(this.#at);
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#piecesBytes = 0;
    this.#block = new Uint8Array(0);
    this.#pieceStart = this.#frameStart = this.#at = 0;
    return pieces;
  }

  /** One byte. */
  u8(value: number): void {
    this.#check(value, 0xff);
    this.#reserve(1);
    this.#block[this.#at++] = value;
  }

  /** Two bytes, the higher one first. */
  u16(value: number): void {
    this.#check(value, 0xffff);
    this.#reserve(2);
    this.#block[this.#at++] = value >>> 8;
    this.#block[this.#at++] = value & 0xff;
  }

  /** Seven bits a byte, the lowest first; all but the last byte have the highest bit set. */
  varint(value: number, most = Number.MAX_SAFE_INTEGER): void {
    this.#check(value, most);
    this.#reserve(8);
    let rest = value;
    // Bit operations take 32 bits; numbers up to 2^53 need a division.
    for (; rest > 0x7fffffff; rest = Math.floor(rest / 0x80)) this.#block[this.#at++] = (rest % 0x80) | 0x80;
    for (; rest >= 0x80; rest >>>= 7) this.#block[this.#at++] = (rest & 0x7f) | 0x80;
    this.#block[this.#at++] = rest;
  }

  /** A peer's id. */
  peerId(id: PeerId): void {
    this.#reserve(peerIdBytes);
    for (let digit = 0; digit < 2 * peerIdBytes; digit += 2) {
      this.#block[this.#at++] = (hexValue(id.charCodeAt(digit)) << 4) | hexValue(id.charCodeAt(digit + 1));
    }
  }

  /** A text with its length in one byte. */
  text(text: string): void {
    this.#reserve(1 + maxTextBytes);
    const start = this.#at + 1;
    const { read, written } = encoder.encodeInto(text, this.#block.subarray(start, start + maxTextBytes));
    if (read < text.length) throw new RangeError(`a text of more than ${maxTextBytes} bytes`);
    this.#block[this.#at] = written;
    this.#at = start + written;
  }

  /** Bytes, copied. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#block.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #endPassing(): void {
    const { buffer, byteOffset } = this.#passed!;
    const length = this.#passedEnd - this.#passedStart;
    const frames = new Uint8Array(buffer, byteOffset + this.#passedStart, length);
    this.#passed = undefined;
    this.#passedStart = this.#passedEnd = 0;
    if (4 * length < buffer.byteLength) {
      this.#frameStart = this.#at;
      this.raw(frames);
    } else {
      this.#cut(this.#at);
      this.#push(frames);
    }
  }

  #setLength(length: number): void {
    const block = this.#block;
    const at = this.#frameStart;
    block[at] = length >>> 24;
    block[at + 1] = length >>> 16;
    block[at + 2] = length >>> 8;
    block[at + 3] = length;
  }

  #reserve(count: number): void {
    if (this.#at + count > this.#block.length) this.#nextBlock(count);
  }

  /** The frames before the current one become a piece; the current one moves to a larger block. */
  #nextBlock(count: number): void {
    const begun = this.#block.subarray(this.#frameStart, this.#at);
    const block = new Uint8Array(Math.max(this.#nextBlockBytes, 2 * begun.length + count));
    block.set(begun);
    this.#cut(this.#frameStart);
    this.#writtenBytes += this.#frameStart;
    this.#nextBlockBytes = Math.min(2 * this.#nextBlockBytes, maxBlockBytes);
    this.#block = block;
    this.#pieceStart = this.#frameStart = 0;
    this.#at = begun.length;
  }

  #cut(end: number): void {
    if (end > this.#pieceStart) this.#push(this.#block.subarray(this.#pieceStart, end));
    this.#pieceStart = end;
  }

  #push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#piecesBytes += bytes.length;
  }

  #check(value: number, most: number): void {
    if (!Number.isInteger(value) || value < 0 || value > most) throw new RangeError(`${value} is not within 0–${most}`);
  }
}

function hexValue(code: number): number {
  return code < 58 ? code - 48 : code - 87;
}

function ceilPower(value: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, value)));
}
