/**
 * Who is registered with a seed, in order of arrival, each for the length of a lease.
 *
 * Everything a registration needs takes constant time: three indexes stand over the same records. A map in order of
 * arrival (what the classic list shows), a chain in order of lease (the first is the next to end), and a dense array to
 * draw random samples from.
 *
 * The chain is not a second map, though a map would be in order too: each renewal would leave a hole at its front, and
 * looking for the first one would walk over thousands of holes.
 */
import type { Address } from "../address.js";
import type { Random } from "../random.js";

interface Registered {
  readonly address: Address;
  leaseEndsAt: number;
  /** Place in the dense array. */
  index: number;
  /** Whose lease ends just before this one's. */
  before: Registered | undefined;
  /** Whose lease ends next after this one's. */
  after: Registered | undefined;
}

/** The registrations of one seed. */
export class Registry {
  readonly #arrivals = new Map<Address, Registered>();
  /** Of the addresses alone: a sample reads hundreds of places all over memory, and should not read twice as many. */
  readonly #dense: Address[] = [];
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

  /** Whether this address is registered. */
  has(address: Address): boolean {
    return this.#arrivals.has(address);
  }

  /** All of them, in order of arrival. */
  addresses(): IterableIterator<Address> {
    return this.#arrivals.keys();
  }

  /** Registers, or renews. True when the address is new. */
  register(now: number, address: Address): boolean {
    const known = this.#arrivals.get(address);
    if (known !== undefined) {
      this.#renew(known, now);
      return false;
    }
    const registered: Registered = {
      address: flat(address),
      leaseEndsAt: now + this.#leaseMs,
      index: this.#dense.length,
      before: undefined,
      after: undefined,
    };
    this.#arrivals.set(registered.address, registered);
    this.#chain(registered);
    this.#dense.push(registered.address);
    this.#listBytes += address.length + 1;
    return true;
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

  /**
   * A partial shuffle in place, undone at the end: nothing is copied, and no record learns of a new place. The asker, if
   * it is registered, is moved to the front first and not drawn.
   */
  #sample(asker: Address, maxListBytes: number, random: Random): Address[] {
    const list: Address[] = [];
    const swaps: number[] = [];
    const own = this.#arrivals.get(asker);
    if (own !== undefined) this.#swap(0, own.index);
    const first = own === undefined ? 0 : 1;
    let room = maxListBytes - asker.length;
    for (let i = first; i < this.#dense.length; i++) {
      const j = i + random.below(this.#dense.length - i);
      const drawn = this.#dense[j]!;
      room -= drawn.length + 1;
      if (room < 0) break;
      this.#swap(i, j);
      swaps.push(j);
      list.push(drawn);
    }
    for (let k = swaps.length - 1; k >= 0; k--) this.#swap(first + k, swaps[k]!);
    if (own !== undefined) this.#swap(0, own.index);
    return list;
  }

  #swap(i: number, j: number): void {
    const address = this.#dense[i]!;
    this.#dense[i] = this.#dense[j]!;
    this.#dense[j] = address;
  }
}

/**
 * The same text in one piece. Engines keep a text that was put together from others as a tree of its parts; these texts
 * stay for long and are joined into lists by the hundred, which is faster when they are whole.
 */
function flat(address: Address): Address {
  return address.split(":").join(":") as Address;
}
