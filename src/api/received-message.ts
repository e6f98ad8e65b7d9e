/** A message as a subscriber gets it. */
import type { Address } from "../core/address.js";
import type { PeerId } from "../core/identity.js";
import type { Envelope } from "../core/message.js";
import { readJson, readText } from "./payload.js";

/**
 * The name of a message, for people: `1704067200.123:10.0.0.1:5000:#7` is the seventh message of a process life that
 * could be reached at 10.0.0.1:5000, published at that second of Unix time.
 */
export function printMessageId(message: Pick<Envelope, "publishedAt" | "address" | "seq">): string {
  const { publishedAt, address, seq } = message;
  const milliseconds = String(publishedAt % 1000).padStart(3, "0");
  return `${Math.floor(publishedAt / 1000)}.${milliseconds}:${address}:#${seq}`;
}

/**
 * A message as a subscriber gets it. Its bytes are the subscriber's own: changing them changes nobody else's. Like those
 * of Node's small Buffers, they may be a part of a larger ArrayBuffer.
 */
export class ReceivedMessage {
  /** Who published it. */
  readonly origin: PeerId;
  /** Which of the origin's lives: when that process was started, in milliseconds since 1970. */
  readonly epoch: number;
  /** The how-manieth message of that life, from 1 on, all topics counted together. */
  readonly seq: number;
  /** Where the origin could be reached then. */
  readonly address: Address;
  /** Milliseconds since 1970, by the origin's clock. */
  readonly publishedAt: number;
  readonly topic: string;
  readonly #envelope: Envelope;
  #payload: Uint8Array | undefined;

  /** For the subscription. */
  constructor(envelope: Envelope) {
    this.origin = envelope.origin;
    this.epoch = envelope.epoch;
    this.seq = envelope.seq;
    this.address = envelope.address;
    this.publishedAt = envelope.publishedAt;
    this.topic = envelope.topic;
    this.#envelope = envelope;
  }

  /** The message's name, for people and logs: {@link printMessageId}. Programs compare origin, epoch and seq. */
  get id(): string {
    return printMessageId(this.#envelope);
  }

  /** The payload: a copy, made when first asked for. The original may still be on its way to other peers. */
  get payload(): Uint8Array {
    this.#payload ??= copyOf(this.#envelope.payload);
    return this.#payload;
  }

  /**
   * The payload as text.
   *
   * @throws HearsayError `bad-payload` when it is not UTF-8
   */
  text(): string {
    return readText(this.#payload ?? this.#envelope.payload);
  }

  /**
   * The payload as JSON. `T` is the caller's word for it: nothing is checked but that it is JSON.
   *
   * @throws HearsayError `bad-payload` when it is not
   */
  json<T = unknown>(): T {
    return readJson<T>(this.#payload ?? this.#envelope.payload);
  }
}

/** Copies of small payloads lie side by side: a buffer for each would cost more than all else about a delivery. */
const blockBytes = 16_384;
const sharedBytesMax = 1_024;
let block = new Uint8Array(0);
/** Its buffer: to ask for it each time takes as long as to copy. */
let blockBuffer = block.buffer;
let used = 0;

function copyOf(payload: Uint8Array): Uint8Array {
  const { length } = payload;
  if (length > sharedBytesMax) return new Uint8Array(payload);
  if (used + length > block.length) {
    block = new Uint8Array(blockBytes);
    blockBuffer = block.buffer;
    used = 0;
  }
  const copy = new Uint8Array(blockBuffer, used, length);
  copy.set(payload);
  used += length;
  return copy;
}
