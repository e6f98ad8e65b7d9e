/**
 * A word that goes everywhere now and then, from one peer for all.
 *
 * Two parts of a network that know of each other and have no link between them have the same directories as long as nothing
 * happens: nobody notices, and what is published in one part does not get to the other. So the peer with the lowest id of
 * those that are there says its record anew. Where that does not arrive the directories differ, and `islands.ts` sees it.
 * It costs a few bytes a second on each link.
 */
import type { PeerId } from "../identity.js";
import type { Stillness } from "./stillness.js";
import type { DirectoryTable } from "./table.js";

/** From one word to the next, and from one look at whose turn it is to the next; four times as long while it is still. */
const pulseMs = 10_000;

/** Whether and when one peer is the one to speak. */
export class Pulse {
  readonly #ownId: PeerId;
  readonly #table: Pick<DirectoryTable, "isPresent" | "records">;
  readonly #stillness: Stillness;
  #nextAt = Number.POSITIVE_INFINITY;

  constructor(ownId: PeerId, table: Pick<DirectoryTable, "isPresent" | "records">, stillness: Stillness) {
    this.#ownId = ownId;
    this.#table = table;
    this.#stillness = stillness;
  }

  /** When {@link isDue} is to be asked. */
  get nextWake(): number {
    return this.#nextAt;
  }

  /** From now on. */
  start(now: number): void {
    this.#nextAt = now + pulseMs;
  }

  /** Whether this peer is to speak. Most find somebody with a lower id after a few. */
  isDue(now: number): boolean {
    this.#nextAt = now + pulseMs * this.#stillness.factor(now);
    for (const { id } of this.#table.records()) if (id < this.#ownId && this.#table.isPresent(id)) return false;
    return true;
  }
}
