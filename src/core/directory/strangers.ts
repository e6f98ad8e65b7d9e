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
/** Peers whose business each stranger is. */
const callersWanted = 3;
/** Strangers that are remembered. */
const strangersMax = 64;

/** The strangers that one peer has heard of. */
export class Strangers {
  readonly #ownId: PeerId;
  readonly #table: Pick<DirectoryTable, "isPresent" | "present">;
  readonly #random: Random;
  readonly #all = new Map<PeerId, Contact>();
  #lookAt = Number.POSITIVE_INFINITY;

  constructor(ownId: PeerId, table: Pick<DirectoryTable, "isPresent" | "present">, random: Random) {
    this.#ownId = ownId;
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
      if (drawOf(this.#ownId, contact.id) * this.#table.present >= callersWanted) continue;
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

/** A number from 0 to 1 for two peers, always the same, as if it had been drawn. */
function drawOf(one: PeerId, other: PeerId): number {
  let hash = 0;
  for (let i = 0; i < 32; i += 8) {
    hash = Math.imul(hash ^ Number.parseInt(one.slice(i, i + 8), 16), 0x9e37_79b1);
    hash = Math.imul((hash ^ (hash >>> 15)) + Number.parseInt(other.slice(i, i + 8), 16), 0x85eb_ca77);
    hash ^= hash >>> 13;
  }
  return (hash >>> 0) / 0x1_0000_0000;
}
