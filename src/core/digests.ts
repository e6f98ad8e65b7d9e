/**
 * Sums that tell whether two peers remember the same: one for all, one for each prefix of an origin's id.
 *
 * Range-based set reconciliation (A. Meyer, *Range-Based Set Reconciliation*, 2022): the elements are hashed, and the hash
 * of a set is the sum of its elements' hashes, so that it follows each change at the cost of that change. Two peers
 * compare sums, and look closer only where they differ: sixteen sums of sixteen longer prefixes, and so on.
 *
 * An element is one life of an origin and all that has been seen of it; one more message, or one hole less, makes it
 * another element. Lives change all the time and are compared now and then, so a life that changes is only marked, and
 * hashed anew when somebody asks.
 *
 * Sums are added, lane by lane of 32 bits, not xored. Among honest peers both mistake two sets for equal once in 2⁶⁴;
 * but sets that xor to a given number are found by solving 64 linear equations, sums take a search. Neither stops
 * somebody who means harm and has the time: what such a peer can do is to hide a message from its own neighbors.
 */
import type { PeerId } from "./identity.js";
import type { Bounds, DigestPart } from "./message.js";

/** One element of the compared set. */
export class Summand {
  readonly origin: PeerId;
  readonly epoch: number;
  /** What counts in the sums now; 0 while it is in none. */
  lower = 0;
  /** The other 32 bits. */
  upper = 0;
  /** Whether it has changed since it was hashed. */
  isStale = false;
  /** Whether it is in the set. */
  isSummed = false;
  #lowerBase = 0;
  #upperBase = 0;

  constructor(origin: PeerId, epoch: number) {
    this.origin = origin;
    this.epoch = epoch;
  }

  /** The element's hash, for what has been seen. */
  hash(seen: Bounds): readonly [lower: number, upper: number] {
    if (this.#lowerBase === 0) this.#hashName();
    let lower = this.#lowerBase;
    let upper = this.#upperBase;
    for (let i = 0; i < seen.length; i++) {
      lower = mixNumber(lower, seen[i]!, lowerFactor);
      upper = mixNumber(upper, seen[i]!, upperFactor);
    }
    return [lower >>> 0, upper >>> 0];
  }

  #hashName(): void {
    let lower = 1;
    let upper = 2;
    for (let i = 0; i < 32; i += 8) {
      const word = Number.parseInt(this.origin.slice(i, i + 8), 16);
      lower = mix(lower, word, lowerFactor);
      upper = mix(upper, word, upperFactor);
    }
    this.#lowerBase = mixNumber(lower, this.epoch, lowerFactor);
    this.#upperBase = mixNumber(upper, this.epoch, upperFactor);
  }
}

interface Bucket<Element> {
  /** By origin, then epoch. */
  readonly elements: Element[];
  lower: number;
  upper: number;
}

/** A set of summands, in 256 buckets by the first two digits of their origins. */
export class Digests<Element extends Summand & { readonly seen: { readonly bounds: Bounds } }> {
  /** By the number of its two digits; only those that have been used. */
  readonly #buckets = new Map<number, Bucket<Element>>();
  #stale: Element[] = [];
  #size = 0;

  /** How many elements there are. */
  get size(): number {
    return this.#size;
  }

  /** Puts an element into the set. */
  insert(element: Element): void {
    if (element.isSummed) return;
    element.isSummed = true;
    const place = bucketNumber(element.origin);
    if (!this.#buckets.has(place)) this.#buckets.set(place, { elements: [], lower: 0, upper: 0 });
    const { elements } = this.#bucketOf(element);
    elements.splice(placeOf(elements, element.origin, element.epoch), 0, element);
    this.#size++;
    this.changed(element);
  }

  /** Takes an element out of the set. */
  remove(element: Element): void {
    if (!element.isSummed) return;
    element.isSummed = false;
    const bucket = this.#bucketOf(element);
    bucket.elements.splice(placeOf(bucket.elements, element.origin, element.epoch), 1);
    this.#size--;
    bucket.lower = (bucket.lower - element.lower) >>> 0;
    bucket.upper = (bucket.upper - element.upper) >>> 0;
    element.lower = 0;
    element.upper = 0;
  }

  /** Notes that more has been seen of an element. */
  changed(element: Element): void {
    if (element.isStale || !element.isSummed) return;
    element.isStale = true;
    this.#stale.push(element);
    // Those that left the set in the meantime: only many of them are worth a look.
    if (this.#stale.length > 2 * this.#size + 1_024) this.#refresh();
  }

  /** The sum over all elements whose origin begins with the prefix: 0 to 32 hex digits. */
  sum(prefix: string): { readonly lower: number; readonly upper: number } {
    this.#refresh();
    let lower = 0;
    let upper = 0;
    const add = (part: { readonly lower: number; readonly upper: number }) => {
      lower = (lower + part.lower) >>> 0;
      upper = (upper + part.upper) >>> 0;
    };
    if (prefix.length <= 2) for (const bucket of this.#bucketsUnder(prefix)) add(bucket);
    else for (const element of this.under(prefix)) add(element);
    return { lower, upper };
  }

  /** How many elements have an origin that begins with the prefix. */
  count(prefix: string): number {
    if (prefix.length <= 2) return this.#bucketsUnder(prefix).reduce((sum, { elements }) => sum + elements.length, 0);
    const elements = this.#bucketsUnder(prefix.slice(0, 2))[0]?.elements ?? [];
    const [from, to] = rangeOf(elements, prefix);
    return to - from;
  }

  /** The elements whose origin begins with the prefix. */
  under(prefix: string): readonly Element[] {
    if (prefix.length <= 2) return this.#bucketsUnder(prefix).flatMap(({ elements }) => elements);
    const elements = this.#bucketsUnder(prefix.slice(0, 2))[0]?.elements ?? [];
    return elements.slice(...rangeOf(elements, prefix));
  }

  /** The sums of all prefixes one digit longer that have elements. */
  children(prefix: string): DigestPart[] {
    const parts: DigestPart[] = [];
    for (const digit of hexDigits) {
      const child = prefix + digit;
      if (this.count(child) > 0) parts.push({ prefix: child, ...this.sum(child) });
    }
    return parts;
  }

  #refresh(): void {
    for (const element of this.#stale) {
      element.isStale = false;
      if (!element.isSummed) continue;
      const [lower, upper] = element.hash(element.seen.bounds);
      const bucket = this.#bucketOf(element);
      bucket.lower = (bucket.lower + lower - element.lower) >>> 0;
      bucket.upper = (bucket.upper + upper - element.upper) >>> 0;
      element.lower = lower;
      element.upper = upper;
    }
    this.#stale = [];
  }

  #bucketOf({ origin }: Element): Bucket<Element> {
    return this.#buckets.get(bucketNumber(origin))!;
  }

  #bucketsUnder(prefix: string): readonly Bucket<Element>[] {
    if (prefix === "") return [...this.#buckets.values()];
    const first = bucketNumber(prefix.padEnd(2, "0"));
    const found: Bucket<Element>[] = [];
    for (let number = first; number < first + (prefix.length === 1 ? 16 : 1); number++) {
      const bucket = this.#buckets.get(number);
      if (bucket !== undefined) found.push(bucket);
    }
    return found;
  }
}

/** The digits of a prefix, ascending. */
export const hexDigits = "0123456789abcdef";

/** Odd numbers with well-mixed bits, of MurmurHash3 (Appleby, 2011). */
const lowerFactor = 0x85ebca6b;
const upperFactor = 0xcc9e2d51;

function mix(hash: number, word: number, factor: number): number {
  let mixed = Math.imul(hash ^ word, factor);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 13)) + 0x9e3779b9;
}

/** Up to 2⁵³ − 1. */
function mixNumber(hash: number, number: number, factor: number): number {
  return mix(mix(hash, number | 0, factor), Math.floor(number / 0x1_0000_0000), factor);
}

function bucketNumber(id: string): number {
  return Number.parseInt(id.slice(0, 2), 16);
}

function rangeOf(elements: readonly Summand[], prefix: string): readonly [from: number, to: number] {
  // "g" sorts after every hex digit.
  return [placeOf(elements, prefix, -1), placeOf(elements, `${prefix}g`, -1)];
}

/** Where an element of this name is, or would be. */
function placeOf(elements: readonly Summand[], origin: string, epoch: number): number {
  let low = 0;
  let high = elements.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const element = elements[middle]!;
    if (element.origin < origin || (element.origin === origin && element.epoch < epoch)) low = middle + 1;
    else high = middle;
  }
  return low;
}
