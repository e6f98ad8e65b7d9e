/**
 * The peers that a peer knows: its neighbors, its contacts in reserve, and the neighbors it has lost.
 *
 * All are small arrays: with 30 entries a scan is faster than a Map, and takes a fifth of its memory.
 */
import type { LinkId } from "./effects.js";
import type { Contact, PeerId } from "./identity.js";
import type { Random } from "./random.js";

/** Slots of neighbors: the bits of a mask of them. */
export const slotsMax = 8;

/** A peer that this one has a link to. */
export interface Neighbor {
  readonly contact: Contact;
  readonly link: LinkId;
  /** 0 to 7: the lowest that was free. Nobody else's for as long as this is a neighbor. */
  readonly slot: number;
  /** The life of the neighbor's process. */
  readonly epoch: number;
  /** When it became one. */
  readonly since: number;
}

/** The neighbors. */
export class ActiveView {
  /** In the order in which they came. Not to be changed from outside. */
  readonly neighbors: Neighbor[] = [];
  /** Their links, at the same places: each message that comes is looked up, and most neighbors need not be looked at for it. */
  readonly #links: LinkId[] = [];
  readonly #random: Random;
  /** Slots in use, as bits. */
  #slots = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A new neighbor, in the lowest free slot. */
  add(now: number, contact: Contact, link: LinkId, epoch: number): Neighbor {
    let slot = 0;
    while ((this.#slots & (1 << slot)) !== 0) slot++;
    this.#slots |= 1 << slot;
    const neighbor = { contact, link, slot, epoch, since: now };
    this.neighbors.push(neighbor);
    this.#links.push(link);
    return neighbor;
  }

  /** No longer a neighbor. */
  remove(neighbor: Neighbor): void {
    const index = this.neighbors.indexOf(neighbor);
    this.neighbors.splice(index, 1);
    this.#links.splice(index, 1);
    this.#slots &= ~(1 << neighbor.slot);
  }

  /** The neighbor at the other side of a link. */
  on(link: LinkId): Neighbor | undefined {
    const links = this.#links;
    for (let i = 0; i < links.length; i++) if (links[i] === link) return this.neighbors[i];
    return undefined;
  }

  /** The neighbor of this id. */
  find(id: PeerId): Neighbor | undefined {
    const { neighbors } = this;
    for (let i = 0; i < neighbors.length; i++) if (neighbors[i]!.contact.id === id) return neighbors[i];
    return undefined;
  }

  /** Any neighbor; undefined when there is none. */
  any(): Neighbor | undefined {
    return this.neighbors.length === 0 ? undefined : this.neighbors[this.#random.below(this.neighbors.length)];
  }

  /** Where a walk goes next: to any neighbor but the one it comes from and the peer it speaks of. */
  nextStep(from: Neighbor, about: PeerId): Neighbor | undefined {
    const { neighbors } = this;
    const count = neighbors.length;
    const first = count === 0 ? 0 : this.#random.below(count);
    for (let step = 0; step < count; step++) {
      const neighbor = neighbors[(first + step) % count]!;
      if (neighbor !== from && neighbor.contact.id !== about) return neighbor;
    }
    return undefined;
  }
}

/** Contacts to turn to when a neighbor is lost: at most so many, one for each id, never this peer itself. */
export class PassiveView {
  /** In no order. Not to be changed from outside. */
  readonly contacts: Contact[] = [];
  /** The round in which each contact was last tried, at the same index. */
  readonly #tried: number[] = [];
  readonly #self: Contact;
  readonly #max: number;
  readonly #random: Random;
  #round = 1;

  constructor(self: Contact, max: number, random: Random) {
    this.#self = self;
    this.#max = max;
    this.#random = random;
  }

  /** Remembers a contact; an id known under another address takes this one. When full, one of `expendable` makes room. */
  add(contact: Contact, expendable: readonly Contact[] = []): void {
    const { contacts } = this;
    if (contact.id === this.#self.id || contact.address === this.#self.address || this.#max === 0) return;
    let index = this.#indexOf(contact.id);
    if (index >= 0) {
      if (contacts[index]!.address !== contact.address) contacts[index] = contact;
      return;
    }
    if (contacts.length < this.#max) {
      contacts.push(contact);
      this.#tried.push(0);
      return;
    }
    for (let i = 0; i < expendable.length && index < 0; i++) index = this.#indexOf(expendable[i]!.id);
    if (index < 0) index = this.#random.below(contacts.length);
    contacts[index] = contact;
    this.#tried[index] = 0;
  }

  /** Forgets a contact. */
  remove(id: PeerId): void {
    const index = this.#indexOf(id);
    if (index < 0) return;
    const lastContact = this.contacts.pop()!;
    const lastTried = this.#tried.pop()!;
    if (index === this.contacts.length) return;
    this.contacts[index] = lastContact;
    this.#tried[index] = lastTried;
  }

  /** From now on everybody is untried. */
  newRound(): void {
    this.#round++;
  }

  /** A random contact that has not been tried in this round, now taken as tried; undefined when there is none. */
  try(): Contact | undefined {
    const { contacts } = this;
    const count = contacts.length;
    if (count === 0) return undefined;
    const from = this.#random.below(count);
    for (let step = 0; step < count; step++) {
      const index = (from + step) % count;
      if (this.#tried[index] === this.#round) continue;
      this.#tried[index] = this.#round;
      return contacts[index];
    }
    return undefined;
  }

  /** Any contact; undefined when there is none. */
  any(): Contact | undefined {
    return this.contacts.length === 0 ? undefined : this.contacts[this.#random.below(this.contacts.length)];
  }

  /** Takes a contact as tried in this round. */
  markTried(id: PeerId): void {
    const index = this.#indexOf(id);
    if (index >= 0) this.#tried[index] = this.#round;
  }

  #indexOf(id: PeerId): number {
    const { contacts } = this;
    for (let i = 0; i < contacts.length; i++) if (contacts[i]!.id === id) return i;
    return -1;
  }
}

/** A neighbor whose link broke without a word. */
export interface LostNeighbor {
  readonly contact: Contact;
  /** Its life at that time: whoever answers with another one has restarted, and has joined anew by itself. */
  readonly epoch: number;
  tries: number;
}

/** Neighbors whose link broke, to be called again in turn: at most so many, the oldest are forgotten. */
export class LostNeighbors {
  readonly #queue: LostNeighbor[] = [];
  readonly #max: number;
  readonly #triesMax: number;

  constructor(max: number, triesMax: number) {
    this.#max = max;
    this.#triesMax = triesMax;
  }

  /** How many there are. */
  get count(): number {
    return this.#queue.length;
  }

  /** Remembers a neighbor that has just been lost. */
  add(contact: Contact, epoch: number): void {
    this.remove(contact.id);
    if (this.#max === 0) return;
    if (this.#queue.length >= this.#max) this.#queue.shift();
    this.#queue.push({ contact, epoch, tries: 0 });
  }

  /** Forgets one. */
  remove(id: PeerId): void {
    const index = this.#queue.findIndex(({ contact }) => contact.id === id);
    if (index >= 0) this.#queue.splice(index, 1);
  }

  /** The one of this id. */
  find(id: PeerId): LostNeighbor | undefined {
    return this.#queue.find(({ contact }) => contact.id === id);
  }

  /** The next one to call, counted as called; after its last call it is forgotten. */
  next(): LostNeighbor | undefined {
    const lost = this.#queue.shift();
    if (lost === undefined) return undefined;
    if (++lost.tries < this.#triesMax) this.#queue.push(lost);
    return lost;
  }
}
