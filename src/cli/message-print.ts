/** How a message is printed: as an event for programs, as lines for people. */
import type { ReceivedMessage } from "../api/received-message.js";
import { printable } from "../net/log-lines.js";

/** The fields of a `message` event. A payload that is no UTF-8 stands there in base64. */
export function messageFields(message: ReceivedMessage): object {
  const { id, topic, origin, address, publishedAt } = message;
  const text = textOf(message);
  return {
    id,
    topic,
    origin,
    address,
    publishedAt,
    ...(text === undefined ? { base64: Buffer.from(message.payload).toString("base64") } : { text }),
  };
}

/** The payload as text; undefined when it is no UTF-8. */
export function textOf(message: ReceivedMessage): string | undefined {
  try {
    return message.text();
  } catch {
    return undefined;
  }
}

/** One line that tells who said it; control characters are made visible. */
export function messageLine(message: ReceivedMessage, isChat: boolean): string {
  const text = textOf(message);
  const { length } = message.payload;
  const said = text === undefined ? `(${length} bytes that are no text)` : printable(text.replace(/\r?\n$/, ""));
  return isChat ? `${message.address}: ${said}` : `[${printable(message.topic)}] ${message.address}: ${said}`;
}

/**
 * The payload with a line end, unless it has one; what is no text in base64. On a terminal, control characters other
 * than line ends and tabs are made visible: a stranger's message must not steer it.
 */
export function payloadText(message: ReceivedMessage, isTerminal: boolean): string {
  const text = textOf(message) ?? Buffer.from(message.payload).toString("base64");
  const shown = isTerminal
    ? text
        .split("\n")
        .map((line) => line.split("\t").map(printable).join("\t"))
        .join("\n")
    : text;
  return shown.endsWith("\n") ? shown : `${shown}\n`;
}
