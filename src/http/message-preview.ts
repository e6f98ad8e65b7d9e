/** The beginning of a message, for people. */
import type { ReceivedMessage } from "../api/received-message.js";

/** Characters of a text that are shown. */
const previewMax = 100;

/** The first 100 characters of a payload; empty when it is no text. */
export function previewOf(message: ReceivedMessage): string {
  try {
    // A character takes four bytes at most; the last one may be cut.
    const bytes = message.payload.subarray(0, 4 * previewMax);
    const isCut = bytes.length < message.payload.length;
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: isCut });
    return previewText(text);
  } catch {
    return "";
  }
}

/** The first 100 characters of a text. */
export function previewText(text: string): string {
  return text.length <= previewMax ? text : [...text.slice(0, 2 * previewMax)].slice(0, previewMax).join("");
}
