/**
 * Who is registered with a seed, in order of arrival, each for the length of a lease.
 *
 * Everything a registration needs takes constant time: three indexes stand over the same records. A map in order of
 * arrival (what the classic list shows), a map in order of lease (the first is the next to end), and a dense array to
 * draw random samples from.
 */
import type { Address } from "../address.js";
import type { Random } from "../random.js";

interface Registered {
  readonly address: Address;
  leaseEndsAt: number;
  /** Place in the dense array. */
  index: number;
}

/** The registrations of one seed. */
export class Registry {
  readonly #arrivals = new Map<Address, Registered>();
  readonly #leases = new Map<Address, Registered>();
  readonly #dense: Registered[] = [];
  readonly #leaseMs: number;
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
      address,
      leaseEndsAt: now + this.#leaseMs,
      index: this.#dense.length,
    };
    this.#arrivals.set(address, registered);
    this.#leases.set(address, registered);
    this.#dense.push(registered);
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
    this.#leases.delete(address);
    const last = this.#dense.pop()!;
    if (last !== registered) {
      this.#dense[registered.index] = last;
      last.index = registered.index;
    }
    this.#listBytes -= address.length + 1;
    return true;
  }

  /** The registration whose lease ends (or has ended) first, and when. */
  nextToEnd(): { readonly address: Address; readonly leaseEndsAt: number } | undefined {
    return this.#leases.values().next().value;
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

  /** All leases are equally long, so the one renewed last ends last: the map stays in order of lease. */
  #renew(registered: Registered, now: number): void {
    registered.leaseEndsAt = now + this.#leaseMs;
    this.#leases.delete(registered.address);
    this.#leases.set(registered.address, registered);
  }

  #inOrder(asker: Address): Address[] {
    const list: Address[] = [];
    for (const address of this.#arrivals.keys()) if (address !== asker) list.push(address);
    return list;
  }

  /** A partial shuffle in place: the order of the dense array means nothing, so nothing has to be copied. */
  #sample(asker: Address, maxListBytes: number, random: Random): Address[] {
    const list: Address[] = [];
    let room = maxListBytes - asker.length;
    for (let i = 0; i < this.#dense.length; i++) {
      const j = i + random.below(this.#dense.length - i);
      const drawn = this.#dense[j]!;
      const swapped = this.#dense[i]!;
      this.#dense[i] = drawn;
      drawn.index = i;
      this.#dense[j] = swapped;
      swapped.index = j;
      if (drawn.address === asker) continue;
      room -= drawn.address.length + 1;
      if (room < 0) break;
      list.push(drawn.address);
    }
    return list;
  }
}
