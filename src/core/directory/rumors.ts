/**
 * How news of peers travels: from neighbor to neighbor, by everybody who did not know it.
 *
 * There is little of it, each piece is small, and it must be quick and arrive even where trees are broken, for it is what
 * tells of breakage: so it takes every link, in batches. The first news after a calm goes on at once; what follows waits
 * for more. What gets lost all the same is found by comparison.
 */
import type { PeerId } from "../identity.js";
import type { News } from "./messages.js";
import { newsOf } from "./news.js";
import type { Accusation, PeerRecord } from "./record.js";

interface Rumor<Word> {
  readonly word: Word;
  /** The slots that are to hear it, as bits. */
  mask: number;
}

/** What one peer is about to tell its neighbors. */
export class Rumors {
  readonly #holdMs: number;
  readonly #send: (slot: number, news: News) => void;
  readonly #records = new Map<PeerId, Rumor<PeerRecord>>();
  readonly #accusations = new Map<string, Rumor<Accusation>>();
  #toldAt = Number.NEGATIVE_INFINITY;
  #tellAt = Number.POSITIVE_INFINITY;

  constructor(holdMs: number, send: (slot: number, news: News) => void) {
    this.#holdMs = holdMs;
    this.#send = send;
  }

  /** When {@link flush} is wanted. */
  get nextWake(): number {
    return this.#tellAt;
  }

  /** A record is to be told on these slots; an older one of the same peer no more. */
  addRecord(now: number, record: PeerRecord, mask: number): void {
    if (mask === 0) return;
    this.#records.set(record.id, { word: record, mask });
    this.#plan(now);
  }

  /** An accusation is to be told on these slots. */
  addAccusation(now: number, accusation: Accusation, mask: number): void {
    if (mask === 0) return;
    this.#accusations.set(`${accusation.subject}${accusation.accuser}`, { word: accusation, mask });
    this.#plan(now);
  }

  /** A neighbor is gone: what it was to hear, nobody is told in its place. */
  neighborDown(slot: number): void {
    const others = ~(1 << slot);
    for (const rumor of this.#records.values()) rumor.mask &= others;
    for (const rumor of this.#accusations.values()) rumor.mask &= others;
  }

  /** Tells everything. */
  flush(now: number): void {
    this.#tellAt = Number.POSITIVE_INFINITY;
    if (this.#records.size + this.#accusations.size === 0) return;
    this.#toldAt = now;
    const records = [...this.#records.values()];
    const accusations = [...this.#accusations.values()];
    this.#records.clear();
    this.#accusations.clear();
    for (let slot = 0; slot < 8; slot++) {
      const telling = { records: wordsFor(slot, records), ended: [], accusations: wordsFor(slot, accusations) };
      for (const news of newsOf(telling)) this.#send(slot, news);
    }
  }

  #plan(now: number): void {
    this.#tellAt = Math.min(this.#tellAt, Math.max(now, this.#toldAt + this.#holdMs));
  }
}

function wordsFor<Word>(slot: number, rumors: readonly Rumor<Word>[]): Word[] {
  const bit = 1 << slot;
  return rumors.filter(({ mask }) => (mask & bit) !== 0).map(({ word }) => word);
}
