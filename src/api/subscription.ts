// For the compilers of users, too: none loads `Symbol.asyncDispose` by itself.
/// <reference lib="esnext.disposable" preserve="true" />
/**
 * A subscription: messages as an async iterator.
 *
 * ```ts
 * for await (const message of peer.subscribe("news")) console.log(message.text());
 * ```
 */
import type { Envelope } from "../core/message.js";
import { abortError, HearsayError } from "./errors.js";
import { type BufferLimits, MessageBuffer, type Overflow } from "./message-buffer.js";
import { ReceivedMessage } from "./received-message.js";

/** How to subscribe. */
export interface SubscribeOptions {
  /** Ends the iteration with an `AbortError`; what has been buffered is given up. */
  readonly signal?: AbortSignal | undefined;
  /**
   * - `origin`: messages of one origin come in the order in which it published them. What comes early waits for what is
   *   missing until that has been repaired, or is told as a `gap`. The default.
   * - `any`: each message comes at once.
   */
  readonly order?: "origin" | "any" | undefined;
  /** `retained`: first what the peer still remembers of the topic; `none`: only what comes from now on. Default: `retained`. */
  readonly history?: "retained" | "none" | undefined;
  /**
   * Messages that may wait for the subscriber. Default: 32,768, twice what a peer holds back for its turn (`reorderMax`) and
   * may set free in one go. What is replayed from history does not count.
   */
  readonly bufferMax?: number | undefined;
  /** Bytes of payload that may wait for the subscriber. Default: 32 MiB. One message is always taken. */
  readonly bufferMaxBytes?: number | undefined;
  /**
   * What happens when more would wait:
   *
   * - `error`: nothing more is taken, and after what has been buffered the iteration ends with an error, `overflow`, that
   *   says how many messages were lost. The default.
   * - `drop-oldest`, `drop-newest`: messages are given up, the iteration goes on.
   *
   * In all three cases `dropped` counts what was lost, and the peer tells an `overflow` event.
   */
  readonly overflow?: Overflow | undefined;
}

/**
 * The messages of one topic, or of all. It begins when `subscribe` returns, not when the first message is asked for; each
 * message comes once. Leaving the loop unsubscribes, and so does the end of an `await using` block. When the peer is
 * closed, the iteration ends in good order after what has been buffered.
 *
 * Several calls of `next` may wait at the same time: each gets another message, in their order.
 */
export interface Subscription extends AsyncIterableIterator<ReceivedMessage, undefined, void>, AsyncDisposable {
  /** Undefined for all topics. */
  readonly topic: string | undefined;
  /** Messages that wait to be read. */
  readonly buffered: number;
  /** Messages lost because too many waited. */
  readonly dropped: number;
  /**
   * The next message, or the end.
   *
   * @throws HearsayError `aborted`, `overflow`: once, then the iteration has ended
   */
  next(): Promise<IteratorResult<ReceivedMessage, undefined>>;
  /** Unsubscribes. What has been buffered is given up. */
  return(): Promise<IteratorResult<ReceivedMessage, undefined>>;
  /** Unsubscribes, and rejects with the error. */
  throw(error?: unknown): Promise<IteratorResult<ReceivedMessage, undefined>>;
}

/** What a subscription was made with, complete. */
export interface SubscriptionRequest extends BufferLimits {
  readonly topic: string | undefined;
  readonly order: "origin" | "any";
  readonly signal: AbortSignal | undefined;
}

/** Whom a subscription tells. */
export interface SubscriptionOwner {
  /** It has lost a message, for the first time since its losses were last taken. */
  overflowed(subscription: LiveSubscription): void;
  /** It has ended, and takes no more messages. */
  ended(subscription: LiveSubscription): void;
}

interface Reader {
  resolve(result: IteratorResult<ReceivedMessage, undefined>): void;
  reject(error: unknown): void;
}

/** A {@link Subscription} from the side of the peer. */
export class LiveSubscription implements Subscription {
  readonly request: SubscriptionRequest;
  readonly #owner: SubscriptionOwner;
  readonly #buffer: MessageBuffer;
  readonly #readers: Reader[] = [];
  readonly #abort: () => void;
  #untoldLosses = 0;
  /** No more messages will come; those that were buffered can still be read. */
  #isEnded = false;
  /** What the next reader is told. */
  #failure: HearsayError | undefined;
  /** Nothing is left to be read or told. */
  #isOver = false;

  /** Begins with the past. The owner gives it what comes after, until it hears of the end. */
  constructor(request: SubscriptionRequest, past: readonly Envelope[], owner: SubscriptionOwner) {
    this.request = request;
    this.#owner = owner;
    this.#buffer = new MessageBuffer(request, past);
    const { signal } = request;
    this.#abort = () => this.#fail(abortError(signal!));
    if (signal?.aborted) this.#abort();
    else signal?.addEventListener("abort", this.#abort, { once: true });
  }

  get topic(): string | undefined {
    return this.request.topic;
  }

  get buffered(): number {
    return this.#buffer.size;
  }

  get dropped(): number {
    return this.#buffer.lost;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Takes a message: for the peer. */
  take(envelope: Envelope): void {
    if (this.#readers.length > 0) {
      this.#readers.shift()!.resolve({ done: false, value: new ReceivedMessage(envelope) });
      return;
    }
    const lost = this.#buffer.add(envelope);
    if (lost === 0) return;
    if (this.#untoldLosses === 0) this.#owner.overflowed(this);
    this.#untoldLosses += lost;
  }

  /** How many were lost since this was last called: for the peer. */
  takeLosses(): number {
    const losses = this.#untoldLosses;
    this.#untoldLosses = 0;
    return losses;
  }

  /** No more will come; what is buffered can still be read: for the peer. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.request.signal?.removeEventListener("abort", this.#abort);
    this.#owner.ended(this);
    for (const reader of this.#readers.splice(0)) reader.resolve(done);
  }

  next(): Promise<IteratorResult<ReceivedMessage, undefined>> {
    const envelope = this.#buffer.shift();
    if (envelope !== undefined) return Promise.resolve({ done: false, value: new ReceivedMessage(envelope) });
    if (this.#buffer.isBroken && !this.#isOver) this.#fail(this.#overflowError());
    const failure = this.#failure;
    if (failure !== undefined) {
      this.#failure = undefined;
      return Promise.reject(failure);
    }
    if (this.#isEnded) return Promise.resolve(done);
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<ReceivedMessage, undefined>> {
    this.#stop();
    return Promise.resolve(done);
  }

  throw(error?: unknown): Promise<IteratorResult<ReceivedMessage, undefined>> {
    this.#stop();
    return Promise.reject(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
  }

  #stop(): void {
    this.#isOver = true;
    this.#failure = undefined;
    this.#buffer.clear();
    this.end();
  }

  /** The first who waits is told, or else the next who asks. */
  #fail(error: HearsayError): void {
    this.#isOver = true;
    this.#buffer.clear();
    const reader = this.#readers.shift();
    if (reader !== undefined) reader.reject(error);
    else this.#failure = error;
    this.end();
  }

  #overflowError(): HearsayError {
    const { topic, bufferMax, bufferMaxBytes } = this.request;
    const what = topic === undefined ? "of all topics" : `of topic ${JSON.stringify(topic)}`;
    const limits = `${bufferMax} messages or ${bufferMaxBytes} bytes were waiting`;
    const advice = "read faster, raise bufferMax and bufferMaxBytes, or choose another overflow than error";
    return new HearsayError("overflow", `${this.dropped} messages ${what} were lost since ${limits}: ${advice}`);
  }
}

const done: IteratorReturnResult<undefined> = { done: true, value: undefined };
