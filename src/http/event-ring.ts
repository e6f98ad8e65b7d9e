/** The latest events, as the bytes that every listener is sent: made once, however many listen. */
import type { StreamEvent } from "./schemas.js";

/** One event, ready to be sent. */
export interface RingEntry {
  readonly seq: number;
  readonly type: StreamEvent["type"];
  readonly frame: string;
}

/** How much is remembered. */
export interface RingLimits {
  readonly entriesMax: number;
  readonly bytesMax: number;
}

/** Remembers the latest events, within limits, for listeners who are slow or come back. */
export class EventRing {
  /** Tells the events of this ring from those of another process, or another time. */
  readonly name = Date.now().toString(36);
  readonly #limits: RingLimits;
  readonly #entries: (RingEntry | undefined)[] = [];
  #first = 1;
  #last = 0;
  #bytes = 0;

  constructor(limits: RingLimits) {
    this.#limits = limits;
  }

  /** The number of the oldest event that is remembered. */
  get first(): number {
    return this.#first;
  }

  /** The number of the latest event; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** What the remembered events weigh. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Remembers an event. */
  push(event: StreamEvent): void {
    const { entriesMax, bytesMax } = this.#limits;
    const seq = ++this.#last;
    const entry = { seq, type: event.type, frame: frameOf(event, this.idOf(seq)) };
    this.#bytes += entry.frame.length;
    while (this.#first < seq && (seq - this.#first >= entriesMax || this.#bytes > bytesMax)) this.#forget();
    this.#entries[seq % entriesMax] = entry;
  }

  /** The event of a number; undefined when it is not remembered. */
  at(seq: number): RingEntry | undefined {
    const entry = this.#entries[seq % this.#limits.entriesMax];
    return entry?.seq === seq ? entry : undefined;
  }

  /** What a listener shows to come back after this event. */
  idOf(seq: number): string {
    return `${this.name}-${seq}`;
  }

  /** The number that an id stands for; undefined when it is not one of this ring's. */
  seqOf(id: string): number | undefined {
    const [name, text = ""] = id.split("-", 2);
    if (name !== this.name || !/^\d{1,15}$/.test(text)) return undefined;
    const seq = Number(text);
    return seq <= this.#last ? seq : undefined;
  }

  #forget(): void {
    const place = this.#first++ % this.#limits.entriesMax;
    this.#bytes -= this.#entries[place]?.frame.length ?? 0;
    this.#entries[place] = undefined;
  }
}

/** An event as it is sent: see https://html.spec.whatwg.org/multipage/server-sent-events.html. */
export function frameOf(event: StreamEvent, id: string | undefined): string {
  const name = id === undefined ? "" : `id: ${id}\n`;
  return `${name}event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
