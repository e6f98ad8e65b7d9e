/**
 * How far a piece of a byte stream is UTF-8.
 *
 * TextDecoder answers "valid or not" for a whole; a stream needs three answers: these bytes are whole characters, these
 * may still become one, and here it can never become one. That way the messages before a broken byte are still read.
 */

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** What {@link readUtf8} made of some bytes. */
export interface Utf8Reading {
  /** The whole characters before the first broken or unfinished one. A byte-order mark is a character like any other. */
  readonly text: string;
  /** `ends`: the text is all there is. `unfinished`: a character is cut at the end. `broken`: the next byte fits nowhere. */
  readonly tail: "ends" | "unfinished" | "broken";
}

/** Decodes as many whole characters as there are; never throws. Encoding the text gives back exactly the bytes it came from. */
export function readUtf8(bytes: Uint8Array): Utf8Reading {
  let at = 0;
  let tail: Utf8Reading["tail"] = "ends";
  while (at < bytes.length) {
    const length = characterLength(bytes, at);
    if (length <= 0) {
      tail = length === 0 ? "unfinished" : "broken";
      break;
    }
    at += length;
  }
  return { text: decoder.decode(bytes.subarray(0, at)), tail };
}

/** The number of bytes of a text in UTF-8. */
export function utf8Length(text: string): number {
  return encoder.encode(text).length;
}

/** Bytes of the character that begins here (Unicode 16, table 3-7); 0 when it is cut off, -1 when it is none. */
function characterLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return -1;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  // The second byte's range excludes overlong forms, surrogates and what lies past U+10FFFF.
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  for (let index = 1; index < length; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) return 0;
    if (byte < (index === 1 ? lowest : 0x80) || byte > (index === 1 ? highest : 0xbf)) return -1;
  }
  return length;
}
