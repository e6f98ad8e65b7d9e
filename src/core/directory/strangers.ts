/**
 * Peers that a seed names and the directory does not.
 *
 * A newcomer is one for a moment, until the rumor of it has arrived. One that stays a stranger belongs to another part of
 * the network: both parts are whole and full, each has buried the other long ago, and nobody in either would call anybody in
 * the other again. So it is called, as a neighbor: one link between the parts makes them one.
 */
import type { Contact, PeerId } from "../identity.js";
import type { Random } from "../random.js";
import type { DirectoryTable } from "./table.js";

/** How long the rumor of a newcomer may take, with much to spare. */
const newMs = 5_000;
/** Calls of all who wonder are spread over this: the first one that succeeds makes the others needless. */
const spreadMs = 10_000;
/** Strangers that are remembered. */
const strangersMax = 64;

/** The strangers that one peer has heard of. */
export class Strangers {
  readonly #table: Pick<DirectoryTable, "isPresent">;
  readonly #random: Random;
  readonly #all = new Map<PeerId, Contact>();
  #lookAt = Number.POSITIVE_INFINITY;

  constructor(table: Pick<DirectoryTable, "isPresent">, random: Random) {
    this.#table = table;
    this.#random = random;
  }

  /** When {@link next} is wanted. */
  get nextWake(): number {
    return this.#lookAt;
  }

  /** A seed names these. */
  met(now: number, contacts: readonly Contact[]): void {
    for (const contact of contacts) {
      if (this.#table.isPresent(contact.id) || this.#all.size >= strangersMax) continue;
      this.#all.set(contact.id, contact);
      if (this.#lookAt === Number.POSITIVE_INFINITY) this.#plan(now);
    }
  }

  /** Whom to call, if anybody is still a stranger. */
  next(now: number): Contact | undefined {
    this.#lookAt = Number.POSITIVE_INFINITY;
    for (const [id, contact] of this.#all) {
      this.#all.delete(id);
      if (this.#table.isPresent(id)) continue;
      if (this.#all.size > 0) this.#plan(now);
      return contact;
    }
    return undefined;
  }

  /** No more calls. */
  stop(): void {
    this.#all.clear();
    this.#lookAt = Number.POSITIVE_INFINITY;
  }

  #plan(now: number): void {
    this.#lookAt = now + newMs + this.#random.below(spreadMs);
  }
}
