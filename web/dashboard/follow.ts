/**
 * Keeps the page's state like the endpoint's: reads everything once, then listens, and reads again what events say has
 * changed. How often depends on how long an answer takes, so that a large network is not asked all the time. When the
 * connection is lost it is tried again, at first soon and then less and less often.
 */
import { batch } from "@preact/signals";
import type {
  CountersAnswer,
  DirectoryAnswer,
  DirectoryEntryAnswer,
  NeighborsAnswer,
  NetworkAnswer,
  RegistrationAnswer,
  RegistrationsAnswer,
  SelfAnswer,
  StreamEvent,
} from "../../src/http/schemas.js";
import { keyOf } from "../graph/picture.js";
import { type Endpoint, RequestError } from "./endpoint.js";
import { EventText } from "./event-text.js";
import { hopHappened } from "./hops.js";
import { Messages } from "./messages.js";
import { changedBy } from "./network-changes.js";
import { Reading } from "./reading.js";
import * as state from "./state.js";
import { Timeline } from "./timeline.js";

const firstRetryMs = 500;
const lastRetryMs = 10_000;
/** The endpoint gives a sign of life every 15 s: after two that are missing, nobody is there. */
const silenceMs = 35_000;
const pageLimit = 1_000;
const entriesMax = 20_000;

/** What of the network's state changes with these. */
const changing = new Set<StreamEvent["type"]>([
  "join",
  "suspect",
  "alive",
  "dead",
  "leave",
  "link",
  "unlink",
  "joined",
  "registration",
  "started",
  "killed",
  "frozen",
  "thawed",
  "left",
  "mourned",
  "cut",
  "partitioned",
  "healed",
]);

/** Follows one endpoint. */
export class Following {
  readonly #endpoint: Endpoint;
  readonly #messages = new Messages();
  readonly #timeline = new Timeline();
  readonly #entries = new Map<string, DirectoryEntryAnswer>();
  readonly #structure = new Reading(() => this.#readStructure(), { soonMs: 120, restMs: 3_000 });
  readonly #directory = new Reading(() => this.#readDirectory(), { soonMs: 600, restMs: 10_000 });
  readonly #counters = new Reading(() => this.#readCounters(), { soonMs: 500, restMs: 2_000 });
  #stop = new AbortController();
  /** Shown only together with what belongs to it: a page without a picture would be drawn for nothing. */
  #self: SelfAnswer | undefined;
  #lastEventId: string | undefined;
  #queue: StreamEvent[] = [];
  #isScheduled = false;
  #retryMs = firstRetryMs;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  /** Runs until {@link stop}. */
  async run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#follow(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof RequestError && error.status === 401) {
          state.connection.value = { type: "token-wanted", wasRefused: this.#endpoint.token !== undefined };
          return;
        }
        const reason = error instanceof Error ? error.message : String(error);
        const isHopeless = error instanceof RequestError && [403, 404, 421].includes(error.status);
        if (isHopeless) {
          state.connection.value = { type: "failed", reason };
          return;
        }
        state.connection.value = { type: "lost", reason, retryAt: Date.now() + this.#retryMs };
      }
      await wait(this.#retryMs, signal);
      this.#retryMs = Math.min(lastRetryMs, this.#retryMs * 2);
    }
  }

  /** Follows no more. */
  stop(): void {
    this.#stop.abort();
    this.#pause();
  }

  /** Somebody has done something: its effect should be seen at once. */
  refresh(): void {
    this.#structure.soon();
    this.#counters.soon();
  }

  /** One connection, from its beginning to its end. */
  async #follow(signal: AbortSignal): Promise<void> {
    try {
      this.#self = await this.#endpoint.read<SelfAnswer>("self", {}, signal);
      await this.#structure.now();
      this.#directory.start();
      this.#counters.start();
      this.#structure.start();
      const ending = new AbortController();
      const stream = await this.#endpoint.listen(this.#lastEventId, AbortSignal.any([signal, ending.signal]));
      state.connection.value = { type: "live" };
      this.#retryMs = firstRetryMs;
      await this.#listen(stream, ending);
      throw new RequestError(0, "ended", "the endpoint has ended the stream of events");
    } finally {
      this.#pause();
    }
  }

  async #listen(stream: ReadableStream<Uint8Array>, ending: AbortController): Promise<void> {
    const text = new EventText();
    const reader = stream.getReader();
    for (;;) {
      const silence = setTimeout(() => ending.abort(), silenceMs);
      try {
        const { done, value } = await reader.read();
        if (done) return;
        for (const { id, event } of text.take(value)) {
          this.#lastEventId = id ?? this.#lastEventId;
          this.#queue.push(event);
        }
      } catch {
        throw new RequestError(0, "unreachable", "the connection to the endpoint broke");
      } finally {
        clearTimeout(silence);
      }
      this.#takeSoon();
    }
  }

  /** Thousands of events a second are shown once a frame; a page in the background has no frames. */
  #takeSoon(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    const take = () => {
      this.#isScheduled = false;
      const events = this.#queue;
      this.#queue = [];
      batch(() => this.#take(events));
    };
    if (document.visibilityState === "visible") requestAnimationFrame(take);
    else setTimeout(take, 250);
  }

  #take(events: readonly StreamEvent[]): void {
    let hasMessages = false;
    let hasLines = false;
    let hasEntries = false;
    for (const event of events) {
      if (this.#messages.happen(event)) hasMessages = true;
      if (this.#timeline.happen(event)) hasLines = true;
      if (event.type === "hop") hopHappened(event);
      if (this.#changeEntry(event)) hasEntries = true;
      if (state.network.value !== undefined) state.network.value = changedBy(state.network.value, event);
      if (changing.has(event.type)) this.#structure.soon();
      if (event.type === "dropped" || (event.type === "hello" && !event.isResumed)) {
        this.#structure.soon();
        this.#directory.soon();
      }
    }
    if (hasMessages) state.messages.value = this.#messages.latest;
    if (hasLines) state.timeline.value = this.#timeline.latest;
    if (hasEntries) this.#showEntries();
  }

  /** What the directory's own observer says changes its entry at once; the rest waits for the next reading. */
  #changeEntry(event: StreamEvent): boolean {
    const { value } = state.directory;
    if (!("peer" in event) || !("status" in event.peer) || !("observer" in event) || value === undefined) return false;
    if (keyOf(event.observer) !== keyOf(value.observer)) {
      this.#directory.soon();
      return false;
    }
    this.#entries.set(entryKey(event.peer), event.peer);
    return true;
  }

  #showEntries(): void {
    const { value } = state.directory;
    if (value !== undefined) state.directory.value = { ...value, entries: [...this.#entries.values()] };
  }

  async #readStructure(): Promise<void> {
    const { kind } = this.#self!;
    if (kind === "network") {
      const answer = await this.#endpoint.read<NetworkAnswer>("network");
      this.#messages.answer(answer.messages);
      batch(() => {
        state.self.value = this.#self;
        state.network.value = answer;
        state.messages.value = this.#messages.latest;
      });
    } else if (kind === "peer") {
      const answer = await this.#endpoint.read<NeighborsAnswer>("neighbors");
      this.#self = await this.#endpoint.read<SelfAnswer>("self");
      batch(() => {
        state.self.value = this.#self;
        state.neighbors.value = answer;
      });
    } else {
      const all: RegistrationAnswer[] = [];
      let answer: RegistrationsAnswer;
      let after: string | undefined;
      do {
        answer = await this.#endpoint.read<RegistrationsAnswer>("registrations", { after, limit: pageLimit });
        all.push(...answer.registrations);
        after = answer.next ?? undefined;
      } while (after !== undefined && all.length < entriesMax);
      batch(() => {
        state.self.value = this.#self;
        state.registrations.value = { ...answer, registrations: all };
      });
    }
  }

  async #readDirectory(): Promise<void> {
    if (state.self.value?.kind === "seed") return;
    const all = new Map<string, DirectoryEntryAnswer>();
    let answer: DirectoryAnswer;
    let after: string | undefined;
    try {
      do {
        answer = await this.#endpoint.read<DirectoryAnswer>("directory", { after, limit: pageLimit });
        for (const entry of answer.peers) all.set(entryKey(entry), entry);
        after = answer.next ?? undefined;
      } while (after !== undefined && all.size < entriesMax);
    } catch (error) {
      // A network of classic peers alone has nobody who keeps a directory.
      if (error instanceof RequestError && error.status === 404) return;
      throw error;
    }
    this.#entries.clear();
    for (const [key, entry] of all) this.#entries.set(key, entry);
    state.directory.value = { observer: answer.observer, entries: [...all.values()] };
  }

  async #readCounters(): Promise<void> {
    state.counters.value = await this.#endpoint.read<CountersAnswer>("counters");
  }

  #pause(): void {
    this.#structure.stop();
    this.#directory.stop();
    this.#counters.stop();
  }
}

function entryKey({ id, address }: DirectoryEntryAnswer): string {
  return id ?? address;
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
