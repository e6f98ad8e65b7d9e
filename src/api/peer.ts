// For the compilers of users, too: none loads `Symbol.asyncDispose` by itself.
/// <reference lib="esnext.disposable" preserve="true" />
/** A running peer, as applications see it: the same over real sockets and in the virtual network. */
import type { Address } from "../core/address.js";
import { classicTopic } from "../core/bridge/classic-form.js";
import { historyDefaults } from "../core/config.js";
import type { PeerState, Tags } from "../core/directory/record.js";
import type { PeerId } from "../core/identity.js";
import type { PeerCounters } from "../core/peer-effects.js";
import type { NeighborState } from "../core/peer-events.js";
import type { Listener, ListenOptions } from "./emitter.js";
import { abortError, closedError, HearsayError } from "./errors.js";
import type { PeerEventMap, PeerInbox } from "./inbox.js";
import { PayloadCopies } from "./payload.js";
import { checkedTags, isWanted, type PeersWhere } from "./peer-choice.js";
import type { Published } from "./publications.js";
import type { PeerRunner } from "./runner.js";
import type { SubscribeOptions, Subscription, SubscriptionRequest } from "./subscription.js";
import { checkTopic } from "./topic.js";

/** What does not change about a peer while it runs. */
export interface PeerTraits {
  readonly id: PeerId;
  /** The network's name. */
  readonly network: string;
  /** The largest payload that this network takes. */
  readonly maxPayloadBytes: number;
}

/** How to publish. */
export interface PublishOptions {
  /** Publish even when there is no neighbor: the message is kept for those who come. Default: false, an `alone` error. */
  readonly allowAlone?: boolean | undefined;
  /** Stops the waiting. The message may go out all the same. */
  readonly signal?: AbortSignal | undefined;
}

/** What {@link Peer.ready} waits for. */
export interface ReadyOptions {
  /** Peers that are alive, this one included. Default: 2. */
  readonly atLeast?: number | undefined;
  /** Stops the waiting. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Messages that wait for a subscriber, when it does not say otherwise. A hole that closes, or is told as a gap, sets free
 * all that waited behind it in one go: a subscriber that keeps up has room for twice that.
 */
const bufferMaxDefault = 2 * historyDefaults.reorderMax;
/** Their bytes, likewise. */
const bufferMaxBytesDefault = 2 * historyDefaults.reorderMaxBytes;

/**
 * A running peer: publishes, subscribes, tells what happens. Closed by {@link Peer.close}, or at the end of an
 * `await using` block.
 *
 * ```ts
 * for await (const message of peer.subscribe("news")) console.log(message.id, message.text());
 * await peer.publish("news", "hello");
 * ```
 */
export class Peer implements AsyncDisposable {
  /** Who this peer is, wherever it runs. */
  readonly id: PeerId;
  /** Where others reach it. */
  readonly address: Address;
  /** The network's name. */
  readonly network: string;
  readonly #copies: PayloadCopies;
  readonly #runner: PeerRunner;
  readonly #inbox: PeerInbox;
  #closing: Promise<void> | undefined;

  /** For those who run cores; see {@link PeerInbox}. */
  constructor(traits: PeerTraits, runner: PeerRunner, inbox: PeerInbox) {
    this.id = traits.id;
    this.network = traits.network;
    this.address = runner.address;
    this.#copies = new PayloadCopies(traits.maxPayloadBytes);
    this.#runner = runner;
    this.#inbox = inbox;
  }

  /**
   * Tells everyone. Resolves when at least one other peer has the message, so that it outlives this process.
   *
   * Messages are published in the order of the calls, whether their promises are awaited or not.
   *
   * @param topic - 1 to 255 bytes of UTF-8
   * @param payload - bytes (copied), or text, which becomes UTF-8; for other values see `json`
   * @throws HearsayError (as a rejection, like all errors of this method) `bad-topic`, `bad-payload`, `too-large`; `alone`
   *   when there is no other peer; `busy` when too much is waiting already; `timeout` when nobody acknowledged it in time;
   *   `aborted` by the signal; `closed`
   */
  publish(topic: string, payload: Uint8Array | string, options: PublishOptions = {}): Promise<Published> {
    // Not an async function: one promise around another would cost more than some of what is done for a message.
    try {
      return this.#publish(topic, payload, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #publish(topic: string, payload: Uint8Array | string, options: PublishOptions): Promise<Published> {
    checkTopic(topic);
    if (topic === classicTopic) {
      throw new HearsayError(
        "bad-topic",
        `the topic "${classicTopic}" is for the texts of classic peers: take another`,
      );
    }
    const bytes = this.#copies.copy(payload);
    const { allowAlone = false, signal } = options;
    this.#mustBeOpen();
    const ask = (token: number) => {
      this.#runner.call((core, now) => core.publish(now, { token, topic, payload: bytes, allowAlone }));
    };
    return this.#inbox.publications.make(ask, signal);
  }

  /**
   * Hears a topic, from now on and (unless `history` is `none`) from as long ago as this peer remembers. A peer hears its
   * own messages too.
   *
   * @param topic - 1 to 255 bytes of UTF-8; without it, all topics
   * @throws HearsayError `bad-topic`, `bad-option`, `closed`
   */
  subscribe(topic?: string, options: SubscribeOptions = {}): Subscription {
    if (topic !== undefined) checkTopic(topic);
    const request = checkedRequest(topic, options);
    this.#mustBeOpen();
    const history = choice("history", options.history, ["retained", "none"]);
    const past = history === "retained" ? this.#runner.call((core) => core.retained(topic, request.order)) : [];
    return this.#inbox.subscribe(request, past);
  }

  /**
   * Calls the listener for each event of this kind. What a listener throws becomes an unhandled rejection.
   *
   * @returns ends it
   */
  on<Type extends keyof PeerEventMap>(
    type: Type,
    listener: Listener<PeerEventMap[Type]>,
    options?: ListenOptions,
  ): () => void {
    return this.#inbox.events.on(type, listener, options);
  }

  /** Ends what {@link on} began with this listener. */
  off<Type extends keyof PeerEventMap>(type: Type, listener: Listener<PeerEventMap[Type]>): void {
    this.#inbox.events.off(type, listener);
  }

  /**
   * The next event of this kind.
   *
   * @throws HearsayError `aborted` by the signal, `closed` when the peer is closed before it comes
   */
  once<Type extends keyof PeerEventMap>(type: Type, options?: ListenOptions): Promise<PeerEventMap[Type]> {
    return this.#inbox.events.once(type, options);
  }

  /** Whether there is no other peer, as far as this one can tell: none is linked, and none is known. False when it is closed. */
  get isAlone(): boolean {
    return !this.#isClosed && this.#runner.call((core) => core.isAlone);
  }

  /** The peers that this one has a link to: a snapshot. None when it is closed. */
  neighbors(): NeighborState[] {
    return this.#isClosed ? [] : [...this.#runner.call((core) => core.neighbors())];
  }

  /**
   * Everybody that this peer knows of, itself and its classic neighbors included, as they are now: the directory. It is
   * this peer's own memory, and asks nobody. The dead and the left are in it for ten minutes. Empty when it is closed.
   *
   * @param options - `where`: only those with these traits, as `{ status: "alive", tags: { role: "worker" } }`, or those
   *   for which this function is true
   * @throws HearsayError `bad-option` for a trait that does not exist, or one outside of `where`: it would be ignored, and
   *   the dead be among the living
   */
  peers(options: { readonly where?: PeersWhere | undefined } = {}): PeerState[] {
    const { where, ...misplaced } = options;
    const [name] = Object.keys(misplaced);
    if (name !== undefined) {
      throw new HearsayError("bad-option", `there is no option ${name}; what peers have in common stands in where`);
    }
    const wanted = isWanted(where);
    return this.#isClosed ? [] : this.#runner.call((core) => core.peers().filter(wanted));
  }

  /**
   * Changes what this peer says of itself: all tags together, those left out are gone. Everybody hears of it.
   *
   * @param tags - short texts by name: at most 64, and 1,024 bytes of UTF-8 in all
   * @throws HearsayError `bad-option` for what can't be tags; `closed`
   */
  setTags(tags: Tags): void {
    const checked = checkedTags(tags);
    this.#mustBeOpen();
    this.#runner.call((core, now) => core.setTags(now, checked));
  }

  /**
   * Waits until so many peers are known to be alive, this one included.
   *
   * @returns those that are
   * @throws HearsayError (as a rejection) `bad-option`; `aborted` by the signal; `closed` when the peer is closed before
   */
  async ready({ atLeast = 2, signal }: ReadyOptions = {}): Promise<PeerState[]> {
    if (!Number.isInteger(atLeast) || atLeast < 1) {
      throw new HearsayError("bad-option", `atLeast is an integer from 1 on, not ${atLeast}`);
    }
    this.#mustBeOpen();
    const { events } = this.#inbox;
    const stop = new AbortController();
    const isEnough = () => this.peers({ where: { status: "alive" } }).length >= atLeast;
    try {
      await new Promise<void>((resolve, reject) => {
        if (signal?.aborted) reject(abortError(signal));
        if (isEnough()) resolve();
        const look = () => {
          if (!this.#isClosed && isEnough()) resolve();
        };
        for (const type of ["join", "alive", "link"] as const) events.on(type, look, { signal: stop.signal });
        signal?.addEventListener("abort", () => reject(abortError(signal)), { once: true, signal: stop.signal });
        this.#inbox.whenEnded(() => reject(closedError()), stop.signal);
      });
    } finally {
      stop.abort();
    }
    return this.peers({ where: { status: "alive" } });
  }

  /** How much this peer has done since its start: a snapshot. All 0 when it is closed. */
  counters(): PeerCounters {
    if (this.#isClosed) return { delivered: 0, published: 0, duplicates: 0, gaps: 0 };
    return this.#runner.call((core) => core.counters);
  }

  /**
   * Leaves the network in good order, when what has been published is taken, or half a second later. Subscriptions end
   * after what they have buffered; promises of `publish` that still wait are rejected as `closed`. Further calls wait for
   * the same end.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** The same as {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #isClosed(): boolean {
    return this.#closing !== undefined || this.#inbox.isEnded;
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw closedError();
  }

  async #close(): Promise<void> {
    // A process that was killed can't say goodbye.
    try {
      if (!this.#inbox.isEnded) {
        const { publications } = this.#inbox;
        if (publications.size > 0) await this.#runner.settle(() => publications.size === 0 || this.#inbox.isEnded);
      }
      if (!this.#inbox.isEnded) this.#runner.call((core, now) => core.leave(now));
    } finally {
      this.#inbox.end();
      await this.#runner.close();
    }
  }
}

function checkedRequest(topic: string | undefined, options: SubscribeOptions): SubscriptionRequest {
  return {
    topic,
    order: choice("order", options.order, ["origin", "any"]),
    signal: options.signal,
    bufferMax: limit("bufferMax", options.bufferMax ?? bufferMaxDefault),
    bufferMaxBytes: limit("bufferMaxBytes", options.bufferMaxBytes ?? bufferMaxBytesDefault),
    overflow: choice("overflow", options.overflow, ["error", "drop-oldest", "drop-newest"]),
  };
}

/** One of a few words; the first when none is given. */
function choice<Word extends string>(name: string, given: Word | undefined, words: readonly [Word, ...Word[]]): Word {
  const word = given ?? words[0];
  if (words.includes(word)) return word;
  throw new HearsayError("bad-option", `${name} is one of ${words.join(", ")}; not ${JSON.stringify(word)}`);
}

function limit(name: string, value: number): number {
  if (value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && value >= 1)) return value;
  throw new HearsayError("bad-option", `${name} is an integer from 1 on, not ${value}`);
}
