/**
 * What a core tells its application, and where it goes: messages to subscriptions, answers to the promises that wait for
 * them, all else to listeners.
 *
 * An inbox is made before its core, which needs it as a part of its effects; after that a `Peer` of the two:
 *
 * ```ts
 * const inbox = new PeerInbox();
 * const runner = …new PeerCore(self, config, random, { ...effects,
 *   arrived: (envelope) => inbox.arrived(envelope),
 *   ordered: (envelope) => inbox.ordered(envelope),
 *   notify: (event) => inbox.notify(event),
 * });
 * const peer = new Peer({ id, network, maxPayloadBytes }, runner, inbox);
 * ```
 *
 * No code of the application runs within these calls: promises and listeners have their turn when the core is done.
 */
import type { Envelope } from "../core/message.js";
import type { PeerEvent } from "../core/peer-events.js";
import { Emitter } from "./emitter.js";
import { closedError } from "./errors.js";
import { Publications } from "./publications.js";
import { Routes } from "./routes.js";
import { LiveSubscription, type SubscriptionOwner, type SubscriptionRequest } from "./subscription.js";

/** A subscriber read more slowly than messages came, and some were lost to it. Told once for each burst. */
export interface OverflowEvent {
  readonly type: "overflow";
  /** The subscription's topic; undefined for all. */
  readonly topic: string | undefined;
  /** Messages lost since the last such event. */
  readonly dropped: number;
}

type ToldEvent = Exclude<PeerEvent, { readonly type: "published" | "publish-failed" }> | OverflowEvent;

/** The kinds of events that a peer tells, by name. Every event also bears its name, as `type`. */
export type PeerEventMap = { readonly [Type in ToldEvent["type"]]: Extract<ToldEvent, { readonly type: Type }> };

/** One peer's inbox. */
export class PeerInbox {
  /** Where listeners are. */
  readonly events = new Emitter<PeerEventMap>();
  /** Promises of `publish`. */
  readonly publications = new Publications();
  readonly #inOrder = new Routes();
  readonly #inAnyOrder = new Routes();
  readonly #owner: SubscriptionOwner = {
    overflowed: (subscription) => this.#overflowed(subscription),
    ended: (subscription) => this.#routesOf(subscription.request.order).remove(subscription),
  };
  readonly #endListeners = new Set<() => void>();
  #isEnded = false;

  /** Whether no more will come. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Calls back when no more will come, unless the signal fires before. */
  whenEnded(listener: () => void, signal: AbortSignal): void {
    if (this.#isEnded) listener();
    else if (!signal.aborted) {
      this.#endListeners.add(listener);
      signal.addEventListener("abort", () => this.#endListeners.delete(listener), { once: true });
    }
  }

  /** A message has been seen for the first time. */
  arrived(envelope: Envelope): void {
    this.#inAnyOrder.deliver(envelope);
  }

  /** A message's turn has come. */
  ordered(envelope: Envelope): void {
    this.#inOrder.deliver(envelope);
  }

  /** Something else happened. */
  notify(event: PeerEvent): void {
    if (event.type === "published") this.publications.published(event);
    else if (event.type === "publish-failed") this.publications.failed(event);
    else this.#tell(event);
  }

  /**
   * A subscription that begins now, with this past.
   *
   * @throws HearsayError `closed`
   */
  subscribe(request: SubscriptionRequest, past: readonly Envelope[]): LiveSubscription {
    if (this.#isEnded) throw closedError();
    const subscription = new LiveSubscription(request, past, this.#owner);
    if (!subscription.isEnded) this.#routesOf(request.order).add(subscription);
    return subscription;
  }

  /** The core is gone: promises fail, subscriptions end after what they have buffered, events after those that were told. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.publications.end();
    for (const subscription of [...this.#inOrder.all, ...this.#inAnyOrder.all]) subscription.end();
    this.events.end();
    for (const listener of this.#endListeners) listener();
    this.#endListeners.clear();
  }

  #tell<Event extends ToldEvent>(event: Event): void {
    this.events.emit(event.type, event as unknown as PeerEventMap[Event["type"]]);
  }

  #routesOf(order: "origin" | "any"): Routes {
    return order === "origin" ? this.#inOrder : this.#inAnyOrder;
  }

  /** One event for all that a burst of messages has cost. */
  #overflowed(subscription: LiveSubscription): void {
    void Promise.resolve().then(() => {
      this.#tell({ type: "overflow", topic: subscription.topic, dropped: subscription.takeLosses() });
    });
  }
}
