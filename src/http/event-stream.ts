/**
 * The stream of events, as server-sent events, to many listeners at once.
 *
 * No listener has a queue of its own: each has a place in the one ring of latest events, and is written to when its socket
 * has room. One that reads more slowly than things happen falls behind, until what it has not read is forgotten; it is
 * told how much that was, and goes on with the oldest event there is. One that reads nothing at all costs what its socket
 * holds, until it is disconnected. The subject tells events only while there are listeners, and a minute longer, for those
 * who come back.
 */
import type { ServerResponse } from "node:http";
import { now } from "../net/clock.js";
import { EventRing, frameOf, type RingLimits } from "./event-ring.js";
import { RequestFailure } from "./request-failure.js";
import type { StreamEvent } from "./schemas.js";
import type { Subject } from "./subject.js";

/** Limits of the stream. */
export interface StreamLimits extends RingLimits {
  /** Listeners at the same time; more are refused. */
  readonly clientsMax: number;
  /** Who has read nothing for so long, though there was something, is disconnected. */
  readonly stuckMs: number;
  /** How often a listener is sent a sign of life when nothing happens. */
  readonly pingMs: number;
  /** How long events are collected after the last listener has gone. */
  readonly lingerMs: number;
}

/** The limits, if not told otherwise. */
export const streamLimits: StreamLimits = {
  clientsMax: 256,
  entriesMax: 8_192,
  bytesMax: 8_388_608,
  stuckMs: 30_000,
  pingMs: 15_000,
  lingerMs: 60_000,
};

/** What a listener wants. */
export interface StreamRequest {
  /** Only these; all when undefined. */
  readonly types: ReadonlySet<string> | undefined;
  /** The last event that it has seen, of an earlier connection. */
  readonly lastEventId: string | undefined;
}

interface Client {
  readonly response: ServerResponse;
  readonly types: ReadonlySet<string> | undefined;
  /** The number of the next event for it. */
  next: number;
  /** Since when its socket has had no room; undefined while it has. */
  fullSince: number | undefined;
  writtenAt: number;
}

/** Bytes that are written in one go. */
const writeBytes = 16_384;
/** Events of so many milliseconds go out together. */
const togetherMs = 25;
/** Listeners that are written to without a break. */
const atOnce = 16;

/** All listeners of one endpoint. */
export class EventStream {
  readonly #subject: Pick<Subject, "kind" | "listen">;
  readonly #limits: StreamLimits;
  readonly #clients = new Set<Client>();
  readonly #headers: Readonly<Record<string, string>>;
  #ring: EventRing;
  #stopListening: (() => void) | undefined;
  #idleSince = 0;
  #timer: NodeJS.Timeout | undefined;
  #isPumping = false;
  #pumpedAt = 0;
  #dropped = 0;
  #isClosed = false;

  /** @param headers - of each answer, beside those of a stream */
  constructor(
    subject: Pick<Subject, "kind" | "listen">,
    headers: Readonly<Record<string, string>>,
    limits: StreamLimits = streamLimits,
  ) {
    this.#subject = subject;
    this.#headers = headers;
    this.#limits = limits;
    this.#ring = new EventRing(limits);
  }

  /** Listeners now. */
  get size(): number {
    return this.#clients.size;
  }

  /** Events that listeners were too slow for, all together. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Begins to tell a listener.
   *
   * @throws {@link RequestFailure} when there are too many
   */
  open(response: ServerResponse, { types, lastEventId }: StreamRequest): void {
    if (this.#isClosed || this.#clients.size >= this.#limits.clientsMax) {
      const message = `${this.#limits.clientsMax} listen already, and more may not`;
      throw new RequestFailure(503, "too-many-listeners", message, { "Retry-After": "10" });
    }
    this.#listen();
    const seen = lastEventId === undefined ? undefined : this.#ring.seqOf(lastEventId);
    const client: Client = {
      response,
      types,
      next: (seen ?? this.#ring.last) + 1,
      fullSince: undefined,
      writtenAt: now(),
    };
    response.writeHead(200, { ...this.#headers, "Content-Type": "text/event-stream" });
    response.on("close", () => this.#gone(client));
    response.on("drain", () => {
      client.fullSince = undefined;
      this.#pump(client);
    });
    // 'close' follows.
    response.on("error", () => {});
    this.#clients.add(client);
    const at = now();
    const hello: StreamEvent = { type: "hello", at, kind: this.#subject.kind, isResumed: seen !== undefined };
    const isForeign = lastEventId !== undefined && seen === undefined;
    const lost = isForeign ? frameOf({ type: "dropped", at, count: null }, undefined) : "";
    this.#write(client, `retry: 2000\n${frameOf(hello, undefined)}${lost}`);
    this.#pump(client);
  }

  /** Ends all. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#stopListening?.();
    for (const { response } of this.#clients) response.destroy();
    this.#clients.clear();
  }

  #listen(): void {
    if (this.#stopListening !== undefined) return;
    this.#ring = new EventRing(this.#limits);
    this.#stopListening = this.#subject.listen((event) => {
      this.#ring.push(event);
      this.#pumpSoon();
    });
    const everyMs = Math.max(10, Math.min(this.#limits.pingMs, this.#limits.stuckMs) / 4);
    this.#timer = setInterval(() => this.#look(), everyMs);
    this.#timer.unref();
  }

  #gone(client: Client): void {
    this.#clients.delete(client);
    if (this.#clients.size === 0) this.#idleSince = now();
  }

  /**
   * Each write to a socket costs some 15 µs, and hundreds may listen: what happens within a moment goes out together, and
   * not to all of them in one go, so that the peer's own work never waits for long.
   */
  #pumpSoon(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    const waitMs = Math.max(0, this.#pumpedAt + togetherMs - now());
    setTimeout(() => this.#pumpSome([...this.#clients]), waitMs).unref();
  }

  #pumpSome(clients: Client[]): void {
    for (const client of clients.splice(0, atOnce)) this.#pump(client);
    if (clients.length > 0) {
      setImmediate(() => this.#pumpSome(clients));
      return;
    }
    this.#isPumping = false;
    this.#pumpedAt = now();
    for (const client of this.#clients) {
      if (client.fullSince === undefined && client.next <= this.#ring.last) {
        this.#pumpSoon();
        return;
      }
    }
  }

  #pump(client: Client): void {
    while (client.fullSince === undefined && client.next <= this.#ring.last && !client.response.destroyed) {
      let text = this.#lossOf(client);
      for (; client.next <= this.#ring.last && text.length < writeBytes; client.next++) {
        const entry = this.#ring.at(client.next);
        if (entry !== undefined && (client.types === undefined || client.types.has(entry.type))) text += entry.frame;
      }
      if (text !== "") this.#write(client, text);
    }
  }

  /** What the client has missed, in its words. */
  #lossOf(client: Client): string {
    const { first } = this.#ring;
    if (client.next >= first) return "";
    const count = first - client.next;
    this.#dropped += count;
    client.next = first;
    return frameOf({ type: "dropped", at: now(), count }, this.#ring.idOf(first - 1));
  }

  #write(client: Client, text: string): void {
    client.writtenAt = now();
    if (!client.response.write(text)) client.fullSince = client.writtenAt;
  }

  #look(): void {
    const at = now();
    for (const client of this.#clients) {
      const { fullSince, response } = client;
      if (fullSince === undefined) {
        if (at - client.writtenAt >= this.#limits.pingMs) this.#write(client, ": nothing happens\n\n");
      } else if (at - fullSince >= this.#limits.stuckMs) response.destroy();
    }
    if (this.#clients.size > 0 || at - this.#idleSince < this.#limits.lingerMs) return;
    clearInterval(this.#timer);
    this.#stopListening?.();
    this.#stopListening = undefined;
  }
}
