/**
 * What waits to be told to one address. Each message needs a connection of its own, and a burst must not open hundreds
 * at once, nor may a moment without sockets lose anything: so messages queue, a few connections at a time carry them,
 * and what fails is tried again until the owner gives the address up.
 */
import type { Address } from "../address.js";
import type { LinkId } from "../effects.js";
import type { Exchanges, Outcome } from "./exchange.js";
import type { ClassicMessage } from "./message.js";

/** Connections to one address that carry messages at the same time. */
const parallelMax = 4;

/** Limits of an {@link Outbox}. */
export interface OutboxLimits {
  /** Messages that may wait; the oldest is dropped for the newest. */
  readonly waitingMax: number;
  /** How long one connection may take. */
  readonly limitMs: number;
  /** First pause after a failure; doubles … */
  readonly retryMinMs: number;
  /** … up to this. */
  readonly retryMaxMs: number;
  /** Failures in a row after which everything that waits is dropped. Infinity: only {@link Outbox.close} ends it. */
  readonly failuresMax: number;
}

/** What an {@link Outbox} tells its owner. */
export interface OutboxOwner {
  /** Messages were given up: too many waited, or the address failed too often. */
  dropped(now: number, to: Address, count: number): void;
  /** A connection failed; the message is kept and tried again. */
  failed(now: number, to: Address, failure: Exclude<Outcome["type"], "answered">): void;
}

/** The messages on their way to one address. */
export class Outbox {
  readonly to: Address;
  readonly #exchanges: Exchanges;
  readonly #limits: OutboxLimits;
  readonly #owner: OutboxOwner;
  #waiting: ClassicMessage[] = [];
  readonly #underWay = new Map<LinkId, ClassicMessage>();
  #failures = 0;
  #retryAt = 0;

  constructor(to: Address, exchanges: Exchanges, limits: OutboxLimits, owner: OutboxOwner) {
    this.to = to;
    this.#exchanges = exchanges;
    this.#limits = limits;
    this.#owner = owner;
  }

  /** Messages not handed over yet. */
  get size(): number {
    return this.#waiting.length + this.#underWay.size;
  }

  /** When a message wants to be tried again. */
  get nextWake(): number {
    return this.#waiting.length > 0 && this.#underWay.size < this.#parallel ? this.#retryAt : Number.POSITIVE_INFINITY;
  }

  /** Takes a message, and sends it at once when nothing stands in the way. */
  push(now: number, message: ClassicMessage): void {
    if (this.#waiting.length >= this.#limits.waitingMax) {
      this.#waiting.shift();
      this.#owner.dropped(now, this.to, 1);
    }
    this.#waiting.push(message);
    this.#flush(now);
  }

  /** Time has passed: tries again what is due. */
  wake(now: number): void {
    this.#flush(now);
  }

  /** Gives up on everything. Returns how many messages had not been handed over. */
  close(): number {
    const undelivered = this.size;
    for (const link of this.#underWay.keys()) this.#exchanges.abandon(link);
    this.#underWay.clear();
    this.#waiting = [];
    return undelivered;
  }

  /** After a failure one connection at a time asks whether things are better. */
  get #parallel(): number {
    return this.#failures > 0 ? 1 : parallelMax;
  }

  #flush(now: number): void {
    while (this.#waiting.length > 0 && this.#underWay.size < this.#parallel && this.#retryAt <= now) {
      const message = this.#waiting.shift()!;
      const link: LinkId = this.#exchanges.begin(now, {
        to: this.to,
        message,
        limitMs: this.#limits.limitMs,
        onOutcome: (at, outcome) => this.#ended(at, link, message, outcome),
      });
      this.#underWay.set(link, message);
    }
  }

  #ended(now: number, link: LinkId, message: ClassicMessage, outcome: Outcome): void {
    this.#underWay.delete(link);
    if (outcome.type === "answered") {
      this.#failures = 0;
      this.#retryAt = now;
      this.#flush(now);
      return;
    }
    this.#waiting.unshift(message);
    this.#failures++;
    this.#retryAt = now + Math.min(this.#limits.retryMaxMs, this.#limits.retryMinMs * 2 ** (this.#failures - 1));
    if (this.#failures >= this.#limits.failuresMax) {
      this.#owner.dropped(now, this.to, this.close());
      this.#failures = 0;
      this.#retryAt = now;
    }
    this.#owner.failed(now, this.to, outcome.type);
  }
}
