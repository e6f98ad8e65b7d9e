/** How the latest messages of a local network came to whom. */

/** One peer was given a message. */
export interface WayHop {
  readonly peer: string;
  /** Who brought it; null at the origin, and where it cannot be told. */
  readonly from: string | null;
  readonly round: number | null;
  readonly at: number;
}

/** A message and its way. */
export interface MessageWay {
  readonly id: string;
  readonly origin: string;
  readonly topic: string;
  readonly body: string;
  readonly publishedAt: number;
  readonly expected: number;
  delivered: number;
  readonly hops: WayHop[];
}

const messagesMax = 100;
const hopsMax = 1_000;

/** Remembers a hundred messages, with a thousand hops of each. */
export class MessageWays {
  readonly #ways = new Map<string, MessageWay>();

  /** A message was published. */
  published(way: Omit<MessageWay, "delivered" | "hops">, round: number | null): void {
    const hop = { peer: way.origin, from: null, round, at: way.publishedAt };
    this.#ways.set(way.id, { ...way, delivered: 0, hops: [hop] });
    if (this.#ways.size > messagesMax) this.#ways.delete(this.#ways.keys().next().value!);
  }

  /** It came to a peer. `isCounted`: one that should get it. */
  delivered(id: string, hop: WayHop, isCounted: boolean): void {
    const way = this.#ways.get(id);
    if (way === undefined) return;
    if (isCounted) way.delivered++;
    if (way.hops.length < hopsMax) way.hops.push(hop);
  }

  /** So many of the latest, newest first. */
  latest(count: number): MessageWay[] {
    return [...this.#ways.values()].slice(-Math.max(1, count)).reverse().slice(0, count);
  }
}
