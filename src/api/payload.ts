/**
 * Payloads: bytes are the truth, text and JSON are ways to write and to read them.
 *
 * ```ts
 * await peer.publish("news", "plain text");
 * await peer.publish("prices", json({ apple: 3 }));
 * ```
 */
import { HearsayError } from "./errors.js";

const encoder = new TextEncoder();
// A byte order mark is part of the text: what was published is what is read.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text as a payload: UTF-8. `publish` does the same with a string; half surrogate pairs become U+FFFD. */
export function text(text: string): Uint8Array {
  return encoder.encode(text);
}

/**
 * A value as a payload: its JSON, in UTF-8.
 *
 * @throws HearsayError `bad-payload` for what JSON has no words for: undefined, functions, BigInts, circles
 */
export function json(value: unknown): Uint8Array {
  let written: string | undefined;
  try {
    written = JSON.stringify(value);
  } catch (cause) {
    throw new HearsayError("bad-payload", `the value can't be written as JSON: ${messageOf(cause)}`, { cause });
  }
  if (written === undefined) {
    throw new HearsayError("bad-payload", `the value can't be written as JSON: it is ${nameOf(value)}`);
  }
  return encoder.encode(written);
}

/** Room for the copies of several small payloads: a buffer for each would cost more than all else about publishing. */
const blockBytes = 32_768;
/** Larger ones get a buffer of their own. */
const sharedBytesMax = 2_048;

/** Copies of what is published, since the caller's bytes may change while the message still travels. */
export class PayloadCopies {
  readonly #maxPayloadBytes: number;
  #block = new Uint8Array(0);
  #used = 0;

  constructor(maxPayloadBytes: number) {
    this.#maxPayloadBytes = maxPayloadBytes;
  }

  /**
   * A copy of bytes, or text as UTF-8. It may share its ArrayBuffer with others: not to be handed to applications.
   *
   * @throws HearsayError `bad-payload` when it is neither bytes nor text; `too-large` beyond the limit
   */
  copy(payload: Uint8Array | string): Uint8Array {
    if (typeof payload !== "string" && !(payload instanceof Uint8Array)) {
      const hint = "pass a Uint8Array or a string, or json(value)";
      throw new HearsayError("bad-payload", `a payload can't be ${nameOf(payload)}; ${hint}`);
    }
    // Text has as many bytes as UTF-16 units, or more.
    this.#mustFit(payload.length);
    return typeof payload === "string" ? this.#encode(payload) : this.#copyBytes(payload);
  }

  #copyBytes(bytes: Uint8Array): Uint8Array {
    if (bytes.length > sharedBytesMax) return new Uint8Array(bytes);
    const room = this.#room(bytes.length);
    room.set(bytes);
    this.#used += bytes.length;
    return room;
  }

  #encode(text: string): Uint8Array {
    // A UTF-16 unit becomes three bytes at most.
    const most = text.length * 3;
    if (most > sharedBytesMax) {
      const bytes = encoder.encode(text);
      this.#mustFit(bytes.length);
      return bytes;
    }
    const room = this.#room(most);
    const { written } = encoder.encodeInto(text, room);
    this.#mustFit(written);
    this.#used += written;
    return room.subarray(0, written);
  }

  #room(bytes: number): Uint8Array {
    if (this.#used + bytes > this.#block.length) {
      this.#block = new Uint8Array(blockBytes);
      this.#used = 0;
    }
    return this.#block.subarray(this.#used, this.#used + bytes);
  }

  #mustFit(bytes: number): void {
    const most = this.#maxPayloadBytes;
    if (bytes <= most) return;
    const advice = "publish it in pieces, or publish where it can be fetched";
    throw new HearsayError("too-large", `a payload of ${bytes} bytes, of at most ${most}; ${advice}`);
  }
}

/**
 * A payload read as UTF-8.
 *
 * @throws HearsayError `bad-payload` when it is none
 */
export function readText(payload: Uint8Array): string {
  try {
    return decoder.decode(payload);
  } catch (cause) {
    throw new HearsayError("bad-payload", "the payload is not UTF-8; read its bytes instead", { cause });
  }
}

/**
 * A payload read as JSON in UTF-8. The type is the caller's word for it: nothing is checked but that it is JSON.
 *
 * @throws HearsayError `bad-payload` when it is not
 */
export function readJson<T>(payload: Uint8Array): T {
  const written = readText(payload);
  try {
    return JSON.parse(written) as T;
  } catch (cause) {
    throw new HearsayError("bad-payload", `the payload is not JSON: ${messageOf(cause)}`, { cause });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function nameOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  return Array.isArray(value) ? "an array" : "an object";
}
