/**
 * Typed events, in the order in which they happened.
 *
 * Listeners are called a moment after the event, when the protocol has finished what it was doing: whatever they call on
 * the peer is a new input, never one in the middle of another. Nothing waits here for longer than that. One that throws
 * harms nobody else: what it threw becomes an unhandled rejection, which Node reports.
 */
import { abortError, closedError } from "./errors.js";

/** What {@link Emitter.on} takes beside the listener. */
export interface ListenOptions {
  /** Ends the listening. */
  readonly signal?: AbortSignal | undefined;
}

/** Hears one kind of event. */
export type Listener<Event> = (event: Event) => void;

interface Registration {
  readonly listener: Listener<never>;
  readonly off: () => void;
}

interface Queued {
  readonly type: PropertyKey;
  readonly event: unknown;
}

/**
 * Events of several kinds.
 *
 * @typeParam Events - the kinds by name, and what each brings
 */
export class Emitter<Events extends object> {
  readonly #registrations = new Map<PropertyKey, readonly Registration[]>();
  /** Rejects those who still wait for an event when there will be no more. */
  readonly #waiting = new Set<() => void>();
  #queue: Queued[] = [];
  #isScheduled = false;
  #isEnded = false;

  /**
   * Calls the listener for each event of this kind from now on.
   *
   * @returns ends it
   */
  on<Type extends keyof Events>(type: Type, listener: Listener<Events[Type]>, options?: ListenOptions): () => void {
    const signal = options?.signal;
    if (this.#isEnded || signal?.aborted) return () => {};
    const off = () => {
      signal?.removeEventListener("abort", off);
      this.#keep(type, (other) => other !== registration);
    };
    const registration: Registration = { listener, off };
    signal?.addEventListener("abort", off, { once: true });
    this.#registrations.set(type, [...(this.#registrations.get(type) ?? []), registration]);
    return off;
  }

  /** Ends what `on` began with this listener, as often as it was begun. */
  off<Type extends keyof Events>(type: Type, listener: Listener<Events[Type]>): void {
    for (const registration of this.#registrations.get(type) ?? []) {
      if (registration.listener === listener) registration.off();
    }
  }

  /**
   * The next event of this kind.
   *
   * @throws HearsayError `aborted` by the signal, `closed` when the events end before it comes
   */
  once<Type extends keyof Events>(type: Type, options?: ListenOptions): Promise<Events[Type]> {
    const signal = options?.signal;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(abortError(signal));
      if (this.#isEnded) return reject(closedError());
      const settle = () => {
        off();
        signal?.removeEventListener("abort", abort);
        this.#waiting.delete(close);
      };
      const abort = () => {
        settle();
        reject(abortError(signal!));
      };
      const close = () => {
        settle();
        reject(closedError());
      };
      const off = this.on(type, (event) => {
        settle();
        resolve(event);
      });
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiting.add(close);
    });
  }

  /** Something happened. */
  emit<Type extends keyof Events>(type: Type, event: Events[Type]): void {
    if (this.#isEnded) return;
    this.#queue.push({ type, event });
    this.#schedule();
  }

  /** No more events after those that were emitted before. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    void Promise.resolve().then(() => this.#drain());
  }

  #drain(): void {
    this.#isScheduled = false;
    const queue = this.#queue;
    this.#queue = [];
    for (const { type, event } of queue) {
      for (const registration of this.#registrations.get(type) ?? []) this.#call(registration, type, event);
    }
    // A listener may have emitted more, which is scheduled then.
    if (this.#isEnded && this.#queue.length === 0) this.#finish();
  }

  #call(registration: Registration, type: PropertyKey, event: unknown): void {
    // An earlier listener of the same event may have ended this one.
    if (!this.#registrations.get(type)?.includes(registration)) return;
    try {
      (registration.listener as Listener<unknown>)(event);
    } catch (error) {
      void Promise.reject(error);
    }
  }

  #finish(): void {
    for (const reject of [...this.#waiting]) reject();
    for (const registration of [...this.#registrations.values()].flat()) registration.off();
  }

  #keep(type: PropertyKey, wanted: (registration: Registration) => boolean): void {
    const left = (this.#registrations.get(type) ?? []).filter(wanted);
    if (left.length === 0) this.#registrations.delete(type);
    else this.#registrations.set(type, left);
  }
}
