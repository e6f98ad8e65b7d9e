/**
 * Hearsay's own protocol: bytes ⇄ {@link Message}. The format is written down in docs/protocol.md.
 *
 * Each side of a connection sends a preamble of four bytes, then frames: the length of the body in four bytes, a type in
 * one, the body. The length has a fixed place and size, so that a writer can fill it in afterwards without moving what
 * it wrote, and a reader knows after five bytes whether it wants the rest.
 *
 * What a message costs here is paid for every message on every link, so payloads are not copied when that can be avoided:
 * an envelope is written once at its origin, and whoever passes it on sends the bytes that came in.
 */
import type { Message, NativeGossip } from "../core/message.js";
import { Block } from "./native/block.js";
import { ByteReader } from "./native/byte-reader.js";
import { ByteWriter, frameHeadBytes } from "./native/byte-writer.js";
import { encodeEnvelope, envelopeRoomBytes, readAgain } from "./native/envelope.js";
import { type Codec, codecs, firstSkippable } from "./native/messages.js";
import { ownFrame } from "./native/own-frames.js";
import { framingVersion, preamble, preambleMagic } from "./native/preamble.js";
import { ReceivedEnvelope } from "./native/received-envelope.js";
import { Malformed, type NativeRefusal } from "./native/refusal.js";

export { encodeEnvelope } from "./native/envelope.js";
export type { NativeRefusal } from "./native/refusal.js";

/** The most bytes of a payload, unless the network has settled on another number. */
export const defaultMaxPayloadBytes = 1_048_576;

/** The most bytes of the body of a frame that carries no payload. */
export const maxPlainBodyBytes = 65_536;

/** From this size on, the bytes of an envelope go out as they are; smaller ones cost less to copy than to send apart. */
const referencedBytes = 2048;

/** The first bytes of a connection, from either side; a copy of your own. */
export function nativePreamble(): Uint8Array {
  return Uint8Array.from(preamble);
}

/** The bytes of one message: its frame. See {@link FrameWriter} for many. */
export function encodeNative(message: Message): Uint8Array {
  const writer = new FrameWriter();
  writer.add(message);
  const pieces = writer.take();
  if (pieces.length === 1) return pieces[0]!;
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/**
 * Writes messages one after the other into few buffers, for one link: {@link add} what a tick of the loop brings,
 * {@link take} it all, write it at once. Holds nothing in between.
 */
export class FrameWriter {
  readonly #to = new ByteWriter();

  /** How many bytes wait to be taken. */
  get bytes(): number {
    return this.#to.bytes;
  }

  /**
   * Appends a message. A large payload is not copied: it goes out as the bytes of its envelope, which must not change.
   *
   * @throws RangeError for a message that every reader would refuse: a number that is no safe integer, a text of more
   * than 255 bytes, a list beyond its limit, lists that are too long together. Nothing of it is written then. The size of
   * a payload is not checked here: who publishes does.
   */
  add(message: Message): void {
    const to = this.#to;
    if (message.type === "gossip" && this.#passOn(message)) return;
    const codec = codecs[message.type] as Codec<Message>;
    to.beginFrame(codec.code);
    try {
      if (message.type === "gossip" || message.type === "repair") {
        const bytes = encodeEnvelope(message.envelope);
        if (bytes.length >= referencedBytes) {
          if (message.type === "gossip") to.peerId(message.tree);
          else to.varint(message.ageMs);
          to.varint(message.round);
          to.endFrameWith(bytes);
          return;
        }
      }
      codec.write(to, message);
      if (!codec.carriesPayload && to.bodyBytes > maxPlainBodyBytes) {
        throw new RangeError(`a ${message.type} of ${to.bodyBytes} bytes, of at most ${maxPlainBodyBytes}`);
      }
    } catch (error) {
      to.dropFrame();
      throw error;
    }
    to.endFrame();
  }

  /** What has been written already, here or by another peer, is not written again. */
  #passOn({ tree, round, envelope }: NativeGossip): boolean {
    if (envelope instanceof ReceivedEnvelope) return envelope.passOn(tree, round, this.#to);
    const frame = ownFrame(tree, round, envelope);
    if (frame !== undefined) this.#to.passOn(frame.bytes, frame.start, frame.end);
    return frame !== undefined;
  }

  /** What was added since the last call, to be sent in this order. The buffers belong to the caller. */
  take(): Uint8Array[] {
    return this.#to.take();
  }
}

/** What was read by one call. The messages came before what was refused, and count. */
export interface NativeReading {
  readonly messages: Message[];
  readonly refusal?: NativeRefusal;
}

/** What a reader must know of its network. */
export interface NativeReaderOptions {
  /** The most bytes of a payload; {@link defaultMaxPayloadBytes} if left out. */
  readonly maxPayloadBytes?: number | undefined;
}

/** Bytes of a frame that is not whole yet, or (`skip`) of one that nobody wants. */
type Part = "preamble" | "head" | "body" | "skip";

const codecByCode: readonly (Codec<Message> | undefined)[] = codecTable();
const nothing = new Uint8Array(0);

/**
 * Reads one direction of one connection, from its first byte: feed it what arrives with {@link push}.
 *
 * It never throws, and after a refusal it ignores all further bytes. It holds at most one frame, and takes memory for it
 * only as its bytes arrive. Messages hold on to the bytes that they came in where these are mostly theirs (see
 * {@link push}).
 */
export class NativeReader {
  readonly #maxPayloadBytes: number;
  readonly #from: ByteReader;
  #part: Part = "preamble";
  /** How many bytes the current part has. */
  #wanted = preamble.length;
  #codec: Codec<Message> | undefined;
  #held: Uint8Array = nothing;
  #heldBytes = 0;
  /** What is being read. */
  #chunk: Uint8Array | undefined;
  /** What the last messages lie in. */
  #block: Block | undefined;
  #dead = false;

  constructor(options: NativeReaderOptions = {}) {
    this.#maxPayloadBytes = options.maxPayloadBytes ?? defaultMaxPayloadBytes;
    this.#from = new ByteReader(this.#maxPayloadBytes);
  }

  /** How many bytes wait for the rest of their frame. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * Takes the next bytes, and reads what is whole. From now on they belong to the reader, for envelopes are views of
   * them, and frames are passed on as they lie there. Whoever keeps a message holds it (see `Envelope.hold`), up to the
   * time of the next `push` or {@link settle}: by then it is known how much of the bytes is worth to be kept.
   */
  push(bytes: Uint8Array): NativeReading {
    const messages: Message[] = [];
    this.settle();
    if (this.#dead) return { messages };
    // Views of a Node Buffer would be Buffers: slower to make, and `slice` means something else there.
    const chunk = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#chunk = chunk;
    let at = 0;
    try {
      while (true) {
        const missing = this.#wanted - this.#heldBytes;
        if (missing > chunk.length - at) {
          this.#hold(chunk, at, chunk.length);
          return { messages };
        }
        if (this.#heldBytes === 0) this.#read(chunk, at, at + missing, messages);
        else {
          this.#hold(chunk, at, at + missing);
          const whole = this.#held;
          this.#drop();
          this.#read(whole, 0, whole.length, messages);
        }
        at += missing;
      }
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.#dead = true;
      this.#drop();
      return { messages, refusal: { reason: error.reason, message: error.message } };
    } finally {
      this.#chunk = undefined;
      this.#from.begin(nothing, 0, 0);
    }
  }

  /** Whatever is kept of the last messages is held now: if that is little, it moves out of the bytes that it came in. */
  settle(): void {
    this.#block?.settle();
    this.#block = undefined;
  }

  /** The remote side has ended: tells whether it did so in the middle of a frame. Nothing is held afterwards. */
  end(): NativeRefusal | undefined {
    const begun = this.#heldBytes > 0 || this.#part === "body" || this.#part === "skip";
    const incomplete = begun && !this.#dead;
    this.#dead = true;
    this.#drop();
    if (!incomplete) return undefined;
    return { reason: "incomplete", message: "the connection ended in the middle of a frame" };
  }

  /** Reads the current part, which is whole, and says what comes next. */
  #read(bytes: Uint8Array, start: number, end: number, messages: Message[]): void {
    switch (this.#part) {
      case "preamble":
        checkPreamble(bytes, start);
        break;
      case "head":
        this.#readHead(bytes, start);
        return;
      case "body":
        messages.push(this.#readBody(bytes, start, end));
        break;
      case "skip":
        break;
    }
    this.#part = "head";
    this.#wanted = frameHeadBytes;
  }

  #readHead(bytes: Uint8Array, start: number): void {
    // Not with shifts: those make a length from 2^31 on negative.
    const length =
      bytes[start]! * 0x100_0000 + ((bytes[start + 1]! << 16) | (bytes[start + 2]! << 8) | bytes[start + 3]!);
    const code = bytes[start + 4]!;
    const codec = codecByCode[code];
    if (codec === undefined && code < firstSkippable) throw new Malformed("unknown-type", `a frame of type ${code}`);
    const limit = codec?.carriesPayload ? this.#maxPayloadBytes + envelopeRoomBytes : maxPlainBodyBytes;
    if (length > limit) {
      throw new Malformed("too-long", `a frame of type ${code} with ${length} bytes, of at most ${limit}`);
    }
    this.#codec = codec;
    this.#part = codec === undefined ? "skip" : "body";
    this.#wanted = length;
  }

  #readBody(bytes: Uint8Array, start: number, end: number): Message {
    const codec = this.#codec!;
    this.#from.begin(bytes, start, end);
    try {
      const message = codec.read(this.#from, codec.carriesPayload ? this.#blockOf(bytes) : undefined);
      if (!codec.open) this.#from.finish();
      return message;
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      throw new Malformed(error.reason, `in a frame of type ${codec.code}: ${error.message}`);
    }
  }

  /** A frame that came in pieces stands alone; the others lie in the bytes that came together. */
  #blockOf(bytes: Uint8Array): Block {
    if (bytes !== this.#chunk) return new Block(bytes, readAgain, true);
    this.#block ??= new Block(bytes, readAgain);
    return this.#block;
  }

  /**
   * Keeps the bytes of a part that is not whole. The buffer grows fourfold with what arrives, so a length that lies costs
   * the liar, and a frame in many small pieces is copied a few times, not once a piece. When whole, it has the exact size.
   */
  #hold(bytes: Uint8Array, start: number, end: number): void {
    if (this.#part === "skip") {
      this.#wanted -= end - start;
      return;
    }
    const total = this.#heldBytes + end - start;
    if (total > this.#held.length) {
      const larger = new Uint8Array(Math.min(this.#wanted, Math.max(total, 4 * this.#heldBytes, 1024)));
      larger.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = larger;
    }
    this.#held.set(bytes.subarray(start, end), this.#heldBytes);
    this.#heldBytes = total;
  }

  #drop(): void {
    this.#held = nothing;
    this.#heldBytes = 0;
  }
}

function checkPreamble(bytes: Uint8Array, start: number): void {
  if (!preambleMagic.every((byte, index) => bytes[start + index] === byte)) {
    throw new Malformed("no-preamble", "the connection does not begin with the preamble");
  }
  const version = bytes[start + preambleMagic.length]!;
  if (version !== framingVersion) {
    throw new Malformed("other-version", `frames of version ${version}; this program reads version ${framingVersion}`);
  }
}

function codecTable(): (Codec<Message> | undefined)[] {
  const table = new Array<Codec<Message> | undefined>(256).fill(undefined);
  for (const codec of Object.values(codecs) as Codec<Message>[]) table[codec.code] = codec;
  return table;
}
