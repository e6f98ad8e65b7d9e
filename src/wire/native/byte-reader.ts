/** Reads numbers, texts and bytes from the body of one frame. What cannot be read throws {@link Malformed}. */
import type { PeerId } from "../../core/identity.js";
import { peerIdBytes } from "../../core/identity.js";
import { Malformed, type NativeRefusal } from "./refusal.js";
import { RecentTexts } from "./texts.js";

/** Numbers of so many bits fit into four bytes, and are small integers to the machine. */
const smallBits = 28;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const hexDigits = [..."0123456789abcdef"].map((digit) => digit.charCodeAt(0));

const recentIds = new RecentTexts((bytes) => {
  const codes: number[] = [];
  for (const byte of bytes) codes.push(hexDigits[byte >> 4]!, hexDigits[byte & 15]!);
  return String.fromCharCode(...codes);
});
const recentTexts = new RecentTexts((bytes) => decoder.decode(bytes));

/** A place in a frame's body, and what was read up to there. One is used for all frames of a connection. */
export class ByteReader {
  /** The most bytes of a payload. */
  readonly maxPayloadBytes: number;
  #bytes: Uint8Array = new Uint8Array(0);
  #start = 0;
  #at = 0;
  #end = 0;
  /** The id read last, which is likely to come again, and its bytes. */
  #lastId = "";
  #lastIdBytes: Uint8Array = new Uint8Array(0);

  /** Takes the most bytes of a payload: it is checked where a payload is read. */
  constructor(maxPayloadBytes: number) {
    this.maxPayloadBytes = maxPayloadBytes;
  }

  /** Begins with the body that lies in `bytes` from `start` up to `end`. */
  begin(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#start = start;
    this.#at = start;
    this.#end = end;
  }

  /** The bytes that the body lies in. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Where in them reading is. */
  get at(): number {
    return this.#at;
  }

  /** How many bytes of the body are not read yet. */
  get left(): number {
    return this.#end - this.#at;
  }

  /** How many bytes of the body are read. */
  get offset(): number {
    return this.#at - this.#start;
  }

  /** One byte. */
  u8(): number {
    if (this.#at >= this.#end) this.#truncated();
    return this.#bytes[this.#at++]!;
  }

  /** Two bytes, the higher one first. */
  u16(): number {
    return this.u8() * 256 + this.u8();
  }

  /** A number of seven bits a byte, the lowest first, up to `most`; the shortest form only. */
  varint(most = Number.MAX_SAFE_INTEGER): number {
    let byte = this.u8();
    let value = byte & 0x7f;
    // Of whole numbers only: floating ones are another kind to the machine, and so is whatever object holds one.
    for (let shift = 7; byte >= 0x80; shift += 7) {
      if (shift === smallBits) return this.#largeVarint(value, most);
      byte = this.u8();
      value |= (byte & 0x7f) << shift;
      if (byte === 0) this.#notShortest();
    }
    if (value > most) this.#beyond(most);
    return value;
  }

  /** The rest of a number whose first four bytes say this. */
  #largeVarint(small: number, most: number): number {
    let value = small;
    let byte: number;
    let weight = 2 ** smallBits;
    do {
      // The next byte would be the ninth: more than 53 bits, or a form that is too long.
      if (weight > 2 ** 49) this.fail("bad-number", "a number of more than eight bytes");
      byte = this.u8();
      value += (byte & 0x7f) * weight;
      weight *= 0x80;
    } while (byte >= 0x80);
    if (byte === 0) this.#notShortest();
    if (value > most) this.#beyond(most);
    return value;
  }

  /** A peer's id. */
  peerId(): PeerId {
    if (this.passes(this.#lastIdBytes)) return this.#lastId as PeerId;
    const start = this.#step(peerIdBytes);
    this.#lastId = recentIds.read(this.#bytes, start, this.#at);
    this.#lastIdBytes = this.#bytes.slice(start, this.#at);
    return this.#lastId as PeerId;
  }

  /** Passes over bytes if they are just these, of which there is one at least. */
  passes(expected: Uint8Array): boolean {
    const { length } = expected;
    const bytes = this.#bytes;
    const at = this.#at;
    if (length > this.#end - at || length === 0) return false;
    // From the end: that is where what begins alike differs.
    for (let i = length - 1; i >= 0; i--) if (bytes[at + i] !== expected[i]) return false;
    this.#at = at + length;
    return true;
  }

  /** A text with its length in one byte. */
  text(): string {
    const length = this.u8();
    const start = this.#step(length);
    try {
      return recentTexts.read(this.#bytes, start, this.#at);
    } catch {
      return this.fail("bad-text", "a text that is not UTF-8");
    }
  }

  /** What the next bytes stand for in a table; what its spelling throws is let through. */
  known(table: RecentTexts, length: number): string {
    return table.read(this.#bytes, this.#step(length), this.#at);
  }

  /** The next bytes, as they lie: for reading at once, not for keeping. */
  view(length: number): Uint8Array {
    const start = this.#step(length);
    return this.#bytes.subarray(start, this.#at);
  }

  /** Passes over bytes. */
  skip(length: number): void {
    this.#step(length);
  }

  /** Refuses the frame. */
  fail(reason: NativeRefusal["reason"], what: string): never {
    throw new Malformed(reason, `${what}, before byte ${this.offset} of the body`);
  }

  /** Refuses the frame if it goes on after its last field. */
  finish(): void {
    if (this.#at < this.#end) this.fail("trailing-bytes", `${this.left} bytes after the last field`);
  }

  #step(length: number): number {
    if (length > this.#end - this.#at) this.#truncated();
    const start = this.#at;
    this.#at += length;
    return start;
  }

  #beyond(most: number): never {
    return this.fail("bad-number", `a number beyond ${most}`);
  }

  #notShortest(): never {
    return this.fail("bad-number", "a number that is not in its shortest form");
  }

  #truncated(): never {
    return this.fail("truncated", "the body ends in the middle of a field");
  }
}
