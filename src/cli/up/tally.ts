/**
 * Who should have heard what, and has. Counts are kept as things happen, so reading them costs nothing; of single
 * messages only the latest are remembered, so that a network that stays up for weeks does not grow.
 */

/** The counts of the final summary. */
export interface Counts {
  /** Messages published. */
  readonly messages: number;
  /** Deliveries there should be: for each message, every other peer that was there when it was published. */
  readonly expected: number;
  /** Those that have happened. */
  readonly delivered: number;
  /** Those that have not (yet). */
  readonly missing: number;
  /** Times that a peer was given a message which it had already. */
  readonly duplicates: number;
}

/** What one peer should have heard, and has. */
export interface PeerCounts {
  readonly expected: number;
  readonly delivered: number;
}

interface Message {
  readonly origin: string;
  /** Peers that should have it and don't. */
  readonly pending: Set<string>;
  /** Peers that have it. */
  readonly delivered: Set<string>;
}

/** Messages remembered one by one; peers themselves forget older ones too. */
const rememberedMax = 10_000;

/** Counts deliveries. Peers are known by name, messages by their text. */
export class Tally {
  readonly #messages = new Map<string, Message>();
  readonly #peers = new Map<string, { expected: number; delivered: number }>();
  #published = 0;
  #expected = 0;
  #delivered = 0;
  #duplicates = 0;

  /** A message was published; `audience` are the other peers that are there now. */
  published(id: string, origin: string, audience: Iterable<string>): void {
    const pending = new Set(audience);
    this.#messages.set(id, { origin, pending, delivered: new Set([origin]) });
    this.#published++;
    this.#expected += pending.size;
    for (const peer of pending) this.#peer(peer).expected++;
    if (this.#messages.size > rememberedMax) this.#messages.delete(this.#messages.keys().next().value!);
  }

  /**
   * A peer was given a message. Whoever joined later may be given it too: that is no delivery that was expected.
   *
   * @returns `complete` when it was the last that was expected
   */
  delivered(id: string, peer: string): "counted" | "complete" | "extra" | "duplicate" | "unknown" {
    const message = this.#messages.get(id);
    if (message === undefined) return "unknown";
    if (message.delivered.has(peer)) {
      this.#duplicates++;
      return "duplicate";
    }
    message.delivered.add(peer);
    if (!message.pending.delete(peer)) return "extra";
    this.#delivered++;
    this.#peer(peer).delivered++;
    return message.pending.size === 0 ? "complete" : "counted";
  }

  /** A peer was killed: what had not arrived by then is not expected any more. */
  killed(peer: string): void {
    for (const message of this.#messages.values()) {
      if (!message.pending.delete(peer)) continue;
      this.#expected--;
      this.#peer(peer).expected--;
    }
  }

  /** The counts of the whole network. */
  counts(): Counts {
    const missing = this.#expected - this.#delivered;
    return {
      messages: this.#published,
      expected: this.#expected,
      delivered: this.#delivered,
      missing,
      duplicates: this.#duplicates,
    };
  }

  /** The counts of one peer, as a listener. */
  countsOf(peer: string): PeerCounts {
    const { expected, delivered } = this.#peer(peer);
    return { expected, delivered };
  }

  #peer(name: string): { expected: number; delivered: number } {
    let counts = this.#peers.get(name);
    if (counts === undefined) {
      counts = { expected: 0, delivered: 0 };
      this.#peers.set(name, counts);
    }
    return counts;
  }
}
