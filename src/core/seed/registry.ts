/**
 * Who is registered with a seed, in order of arrival, each for the length of a lease.
 *
 * Everything a registration needs takes constant time: a few indexes stand over the same records. A map in order of
 * arrival (what the classic list shows), a map by id (of the peers that have one), a chain in order of lease (the first
 * is the next to end), and dense arrays to draw random samples from: of all addresses, of the native peers, of the
 * others.
 *
 * The chain is not a second map, though a map would be in order too: each renewal would leave a hole at its front, and
 * looking for the first one would walk over thousands of holes.
 */
import type { Address } from "../address.js";
import type { Contact, PeerId } from "../identity.js";
import type { Random } from "../random.js";

interface Registered {
  readonly address: Address;
  /** When it came. */
  readonly since: number;
  leaseEndsAt: number;
  /** Place in the dense array of all. */
  index: number;
  /** Undefined for a peer that is only known by the classic texts. */
  native: Native | undefined;
  /** Place in the dense array of its dialect. */
  dialectIndex: number;
  /** Whose lease ends just before this one's. */
  before: Registered | undefined;
  /** Whose lease ends next after this one's. */
  after: Registered | undefined;
}

interface Native {
  readonly contact: Contact;
  epoch: number;
  /** When the lease of its last native registration ends, whatever has renewed it since. */
  endsAt: number;
}

/** One registration. */
export interface RegisteredView {
  /** Undefined for a peer that is only known by the classic texts. */
  readonly id: PeerId | undefined;
  readonly address: Address;
  readonly epoch: number;
  /** When it came. */
  readonly since: number;
  /** When it last registered, or answered this seed. */
  readonly renewedAt: number;
}

/**
 * What a native registration did. `moved`: the peer was registered under another address, which is off the list.
 * `stale`: nothing, for a later life of that peer is registered elsewhere.
 */
export type Outcome =
  | { readonly type: "new" | "renewed" | "stale" }
  | { readonly type: "moved"; readonly from: Address };

/** The registrations of one seed. */
export class Registry {
  readonly #arrivals = new Map<Address, Registered>();
  readonly #byId = new Map<PeerId, Registered>();
  /** Of the addresses alone: a sample reads hundreds of places all over memory, and should not read twice as many. */
  readonly #dense: Address[] = [];
  readonly #natives: Contact[] = [];
  readonly #classics: Address[] = [];
  readonly #leaseMs: number;
  #firstToEnd: Registered | undefined;
  #lastToEnd: Registered | undefined;
  /** Length of all addresses, each with one comma. */
  #listBytes = 0;

  /** @param leaseMs - how long a registration stands without renewal */
  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs;
  }

  /** How many peers are registered. */
  get size(): number {
    return this.#arrivals.size;
  }

  /** How many of them speak Hearsay's own protocol. */
  get nativeSize(): number {
    return this.#natives.length;
  }

  /** Whether this address is registered. */
  has(address: Address): boolean {
    return this.#arrivals.has(address);
  }

  /** Whether this peer is registered, by its id or at this address: it takes no more room than it has. */
  knows({ id, address }: Contact): boolean {
    return this.#byId.has(id) || this.#arrivals.has(address);
  }

  /** All of them, in order of arrival. */
  addresses(): IterableIterator<Address> {
    return this.#arrivals.keys();
  }

  /** Everything that is known of each, in order of arrival. */
  *views(): Iterable<RegisteredView> {
    for (const { address, native, leaseEndsAt, since } of this.#arrivals.values()) {
      yield {
        id: native?.contact.id,
        address,
        epoch: native?.epoch ?? 0,
        since,
        renewedAt: leaseEndsAt - this.#leaseMs,
      };
    }
  }

  /** Registers by address alone, or renews. True when the address is new. */
  register(now: number, address: Address): boolean {
    const known = this.#arrivals.get(address);
    if (known === undefined) {
      this.#add(now, address, undefined);
      return true;
    }
    this.#renew(known, now);
    // A native peer may register in both dialects. One that has only done so by text for a whole lease is another one.
    if (known.native !== undefined && known.native.endsAt < now) this.#setNative(known, undefined);
    return false;
  }

  /** Registers a peer of Hearsay's own protocol, or renews. An id has one address, and an address one id: the latest. */
  registerNative(now: number, contact: Contact, epoch: number): Outcome {
    const before = this.#byId.get(contact.id);
    const endsAt = now + this.#leaseMs;
    if (before !== undefined && before.address === contact.address) {
      // Whatever its epoch says: only one life can listen there.
      before.native!.epoch = epoch;
      before.native!.endsAt = endsAt;
      this.#renew(before, now);
      return renewed;
    }
    if (before !== undefined && epoch < before.native!.epoch) return stale;
    if (before !== undefined) this.remove(before.address);
    const there = this.#arrivals.get(contact.address);
    if (there === undefined) this.#add(now, contact.address, { id: contact.id, epoch, endsAt });
    else {
      this.#setNative(there, { id: contact.id, epoch, endsAt });
      this.#renew(there, now);
    }
    if (before !== undefined) return { type: "moved", from: before.address };
    return there === undefined ? added : renewed;
  }

  /** The peer has shown that it lives: a fresh lease. */
  renew(now: number, address: Address): void {
    const registered = this.#arrivals.get(address);
    if (registered !== undefined) this.#renew(registered, now);
  }

  /** True when it was there. */
  remove(address: Address): boolean {
    const registered = this.#arrivals.get(address);
    if (registered === undefined) return false;
    this.#leaveDialect(registered);
    this.#arrivals.delete(address);
    this.#unchain(registered);
    const last = this.#dense.pop()!;
    if (last !== address) {
      this.#dense[registered.index] = last;
      this.#arrivals.get(last)!.index = registered.index;
    }
    this.#listBytes -= address.length + 1;
    return true;
  }

  /** Removes a peer that leaves, and tells its address; undefined when it is not there, or a later life of it is. */
  removeNative(id: PeerId, epoch: number): Address | undefined {
    const registered = this.#byId.get(id);
    if (registered === undefined || epoch < registered.native!.epoch) return undefined;
    this.remove(registered.address);
    return registered.address;
  }

  /** The registration whose lease ends (or has ended) first, and when. */
  nextToEnd(): { readonly address: Address; readonly leaseEndsAt: number } | undefined {
    return this.#firstToEnd;
  }

  /**
   * The answer to `asker`: all registered peers in order of arrival, the asker last. When their text would be longer
   * than `maxListBytes`, a random sample that fits, drawn anew for each asker.
   */
  listFor(asker: Address, maxListBytes: number, random: Random): Address[] {
    const own = this.#arrivals.has(asker) ? 0 : asker.length + 1;
    const list =
      this.#listBytes + own - 1 <= maxListBytes ? this.#inOrder(asker) : this.#sample(asker, maxListBytes, random);
    list.push(asker);
    return list;
  }

  /**
   * A random sample of the native peers, without this one, in random order.
   *
   * @param isDoubted - peers that somebody says are dead: named only when there are too few others
   */
  sampleNatives(asker: PeerId, most: number, random: Random, isDoubted: (address: Address) => boolean): Contact[] {
    const own = this.#byId.get(asker)?.dialectIndex;
    const contacts: Contact[] = [];
    const doubted: Contact[] = [];
    draw(this.#natives, own, random, (contact) => {
      if (contacts.length >= most) return false;
      (isDoubted(contact.address) ? doubted : contacts).push(contact);
      return true;
    });
    return contacts.length < most ? contacts.concat(doubted.slice(0, most - contacts.length)) : contacts;
  }

  /** A random sample of the peers that only speak the classic dialect, in random order. */
  sampleClassics(most: number, random: Random): Address[] {
    const addresses: Address[] = [];
    draw(this.#classics, undefined, random, (address) => addresses.length < most && addresses.push(address) > 0);
    return addresses;
  }

  #add(now: number, address: Address, native: NativeClaim | undefined): void {
    const registered: Registered = {
      address: flat(address),
      since: now,
      leaseEndsAt: now + this.#leaseMs,
      index: this.#dense.length,
      native: undefined,
      dialectIndex: 0,
      before: undefined,
      after: undefined,
    };
    this.#arrivals.set(registered.address, registered);
    this.#chain(registered);
    this.#dense.push(registered.address);
    this.#enterDialect(registered, native);
    this.#listBytes += address.length + 1;
  }

  #setNative(registered: Registered, native: NativeClaim | undefined): void {
    this.#leaveDialect(registered);
    this.#enterDialect(registered, native);
  }

  #enterDialect(registered: Registered, native: NativeClaim | undefined): void {
    if (native === undefined) {
      registered.dialectIndex = this.#classics.push(registered.address) - 1;
      return;
    }
    const { id, epoch, endsAt } = native;
    const contact: Contact = { id, address: registered.address };
    registered.native = { contact, epoch, endsAt };
    registered.dialectIndex = this.#natives.push(contact) - 1;
    this.#byId.set(id, registered);
  }

  #leaveDialect(registered: Registered): void {
    const { native, dialectIndex } = registered;
    if (native === undefined) {
      const last = this.#classics.pop()!;
      if (dialectIndex === this.#classics.length) return;
      this.#classics[dialectIndex] = last;
      this.#arrivals.get(last)!.dialectIndex = dialectIndex;
      return;
    }
    registered.native = undefined;
    this.#byId.delete(native.contact.id);
    const last = this.#natives.pop()!;
    if (dialectIndex === this.#natives.length) return;
    this.#natives[dialectIndex] = last;
    this.#byId.get(last.id)!.dialectIndex = dialectIndex;
  }

  /** All leases are equally long, so the one renewed last ends last: the chain stays in order of lease. */
  #renew(registered: Registered, now: number): void {
    registered.leaseEndsAt = now + this.#leaseMs;
    this.#unchain(registered);
    this.#chain(registered);
  }

  #chain(registered: Registered): void {
    registered.before = this.#lastToEnd;
    if (this.#lastToEnd === undefined) this.#firstToEnd = registered;
    else this.#lastToEnd.after = registered;
    this.#lastToEnd = registered;
  }

  #unchain(registered: Registered): void {
    const { before, after } = registered;
    if (before === undefined) this.#firstToEnd = after;
    else before.after = after;
    if (after === undefined) this.#lastToEnd = before;
    else after.before = before;
    registered.before = undefined;
    registered.after = undefined;
  }

  #inOrder(asker: Address): Address[] {
    const list: Address[] = [];
    for (const address of this.#arrivals.keys()) if (address !== asker) list.push(address);
    return list;
  }

  #sample(asker: Address, maxListBytes: number, random: Random): Address[] {
    const list: Address[] = [];
    let room = maxListBytes - asker.length;
    draw(this.#dense, this.#arrivals.get(asker)?.index, random, (address) => {
      room -= address.length + 1;
      return room >= 0 && list.push(address) > 0;
    });
    return list;
  }
}

/** What a native registration says. */
interface NativeClaim {
  readonly id: PeerId;
  readonly epoch: number;
  readonly endsAt: number;
}

const added: Outcome = { type: "new" };
const renewed: Outcome = { type: "renewed" };
const stale: Outcome = { type: "stale" };

/**
 * Draws one after the other in random order, until `take` wants no more of them. A partial shuffle in place, undone at
 * the end: nothing is copied, and no record learns of a new place. What lies at `own` is moved to the front first and
 * not drawn.
 */
function draw<T>(dense: T[], own: number | undefined, random: Random, take: (drawn: T) => boolean): void {
  const swaps: number[] = [];
  if (own !== undefined) swap(dense, 0, own);
  const first = own === undefined ? 0 : 1;
  for (let i = first; i < dense.length; i++) {
    const j = i + random.below(dense.length - i);
    if (!take(dense[j]!)) break;
    swap(dense, i, j);
    swaps.push(j);
  }
  for (let k = swaps.length - 1; k >= 0; k--) swap(dense, first + k, swaps[k]!);
  if (own !== undefined) swap(dense, 0, own);
}

function swap<T>(dense: T[], i: number, j: number): void {
  const kept = dense[i]!;
  dense[i] = dense[j]!;
  dense[j] = kept;
}

/**
 * The same text in one piece. Engines keep a text that was put together from others as a tree of its parts; these texts
 * stay for long and are joined into lists by the hundred, which is faster when they are whole.
 */
function flat(address: Address): Address {
  return address.split(":").join(":") as Address;
}
