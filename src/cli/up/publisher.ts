/**
 * Makes the peers of a local network talk: each publishes its messages one interval apart, and their turns are spread
 * over the interval, so that messages flow evenly.
 */
import { now } from "../../net/clock.js";
import type { LocalNetwork } from "./local-network.js";

/** How much to publish, and how often. */
export interface PublisherOptions {
  /** Messages of each peer. */
  readonly messages: number;
  /** From one message of a peer to its next. */
  readonly intervalMs: number;
}

interface Turn {
  readonly peer: string;
  at: number;
  left: number;
}

/** Publishes for all peers on one timer. */
export class Publisher {
  readonly #network: LocalNetwork;
  readonly #options: PublisherOptions;
  readonly #turns = new Set<Turn>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(network: LocalNetwork, options: PublisherOptions) {
    this.#network = network;
    this.#options = options;
  }

  /** Gives every living peer its turns; the first message goes out at once. */
  start(): void {
    const living = this.#network.living();
    for (const [index, peer] of living.entries()) {
      this.add(peer, (this.#options.intervalMs * index) / living.length);
    }
  }

  /** Gives one more peer its turns, the first after `delayMs` or as soon as it has joined. */
  add(peer: string, delayMs = 0): void {
    const { messages } = this.#options;
    if (messages > 0) this.#turns.add({ peer, at: now() + delayMs, left: messages });
    this.#run();
  }

  /** Publishes nothing more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #run(): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    const at = now();
    const living = new Set(this.#network.living());
    let next = Number.POSITIVE_INFINITY;
    for (const turn of this.#turns) {
      if (turn.at <= at) this.#take(turn, at);
      if (turn.left === 0 || !living.has(turn.peer)) this.#turns.delete(turn);
      else next = Math.min(next, turn.at);
    }
    if (next !== Number.POSITIVE_INFINITY) this.#timer = setTimeout(() => this.#run(), Math.max(1, next - at));
  }

  #take(turn: Turn, at: number): void {
    if (!this.#network.publish(turn.peer)) {
      turn.at = at + 100;
      return;
    }
    turn.left--;
    // Counted on from when it was due: a late timer must not make the whole run longer.
    turn.at += this.#options.intervalMs;
  }
}
