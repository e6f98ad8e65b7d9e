/** The latest messages and their ways, as answers and events tell them. */
import type { Hop, MessagePath, StreamEvent } from "../../src/http/schemas.js";

/** One message. */
export interface Message {
  readonly id: string;
  readonly origin: string;
  readonly topic: string;
  readonly preview: string;
  readonly publishedAt: number;
  /** Other peers that should get it; null where nobody can know. */
  readonly expected: number | null;
  /** In the order they happened, the origin's first. */
  readonly hops: readonly Hop[];
  /** When the endpoint's own peer got it; null where that is told by hops. */
  readonly receivedAt: number | null;
}

/** So many are remembered. */
export const messagesMax = 50;
/** So many ways are remembered of one message: what the endpoint remembers. */
const hopsMax = 1_000;

interface Entry {
  message: Message;
  readonly hops: Map<string, Hop>;
}

/** Collects; a hop that comes before its message waits for it. */
export class Messages {
  readonly #entries = new Map<string, Entry>();

  /** Newest first. */
  get latest(): Message[] {
    const all = [...this.#entries.values()].map(({ message, hops }) => ({ ...message, hops: [...hops.values()] }));
    return all.sort((a, b) => b.publishedAt - a.publishedAt);
  }

  /** What the endpoint remembers: hops that were told meanwhile stay. */
  answer(paths: readonly MessagePath[]): void {
    for (const { hops, delivered: _, ...path } of [...paths].reverse()) {
      const entry = this.#entry({ ...path, hops: [], receivedAt: null });
      for (const hop of hops) add(entry, hop);
    }
    this.#forget();
  }

  /** Something that happened; anything but a message or a hop changes nothing, and gives false. */
  happen(event: StreamEvent): boolean {
    if (event.type === "message") {
      const { id, topic, preview, publishedAt, expected } = event;
      const origin = event.origin.name ?? event.origin.address;
      const receivedAt = expected === null ? event.at : null;
      const entry = this.#entry({ id, origin, topic, preview, publishedAt, expected, hops: [], receivedAt });
      // Hops are told of those who were given it; it began at its origin.
      if (expected !== null) add(entry, { peer: origin, from: null, round: 0, at: publishedAt });
    } else if (event.type === "hop") {
      const { message: id, origin, to: peer, from, round, at } = event;
      const unheard = { topic: "", preview: "", publishedAt: at, expected: null, hops: [], receivedAt: null };
      const entry = this.#entries.get(id) ?? this.#entry({ id, origin, ...unheard });
      add(entry, { peer, from, round, at });
    } else return false;
    this.#forget();
    return true;
  }

  #entry(message: Message): Entry {
    const known = this.#entries.get(message.id);
    if (known === undefined) {
      const entry = { message, hops: new Map<string, Hop>() };
      this.#entries.set(message.id, entry);
      return entry;
    }
    // A hop may have come first: then only this tells what it was about.
    if (known.message.expected === null) known.message = message;
    return known;
  }

  #forget(): void {
    for (const id of this.#entries.keys()) {
      if (this.#entries.size <= messagesMax) break;
      this.#entries.delete(id);
    }
  }
}

/** How many have a message, beside its origin. */
export function deliveredOf({ hops, origin }: Message): number {
  let count = 0;
  for (const { peer } of hops) if (peer !== origin) count++;
  return count;
}

function add({ hops }: Entry, hop: Hop): void {
  if (!hops.has(hop.peer) && hops.size < hopsMax) hops.set(hop.peer, hop);
}
