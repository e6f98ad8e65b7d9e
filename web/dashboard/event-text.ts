/**
 * Reads server-sent events from bytes: https://html.spec.whatwg.org/multipage/server-sent-events.html. The browser's own
 * EventSource cannot send a token.
 */
import type { StreamEvent } from "../../src/http/schemas.js";

/** One event, and its id where it has one. */
export interface ReceivedEvent {
  readonly id: string | undefined;
  readonly event: StreamEvent;
}

/** Takes the stream's bytes, piece by piece; what is no event (signs of life, unreadable JSON) is passed over. */
export class EventText {
  readonly #decoder = new TextDecoder();
  #rest = "";

  /** The events that are complete now. */
  take(bytes: Uint8Array): ReceivedEvent[] {
    this.#rest += this.#decoder.decode(bytes, { stream: true });
    const events: ReceivedEvent[] = [];
    let start = 0;
    for (let end = this.#rest.indexOf("\n\n"); end >= 0; end = this.#rest.indexOf("\n\n", start)) {
      const event = eventOf(this.#rest.slice(start, end));
      if (event !== undefined) events.push(event);
      start = end + 2;
    }
    this.#rest = this.#rest.slice(start);
    return events;
  }
}

function eventOf(block: string): ReceivedEvent | undefined {
  let id: string | undefined;
  const lines: string[] = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("data:")) lines.push(line.slice(line[5] === " " ? 6 : 5));
    else if (line.startsWith("id:")) id = line.slice(line[3] === " " ? 4 : 3);
  }
  if (lines.length === 0) return undefined;
  try {
    return { id, event: JSON.parse(lines.join("\n")) as StreamEvent };
  } catch {
    return undefined;
  }
}
