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
  // All four are kept as signed numbers: those need no memory of their own.
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

  /** The lower half of the element's hash, for what has been seen: its first `length` bounds. Signed. */
  hashLower(seen: Bounds, length = seen.length): number {
    if (this.#lowerBase === 0) this.#hashName();
    let hash = this.#lowerBase;
    for (let i = 0; i < length; i++) hash = mixNumber(hash, seen[i]!, lowerFactor);
    return hash | 0;
  }

  /** The upper half. */
  hashUpper(seen: Bounds, length = seen.length): number {
    if (this.#lowerBase === 0) this.#hashName();
    let hash = this.#upperBase;
    for (let i = 0; i < length; i++) hash = mixNumber(hash, seen[i]!, upperFactor);
    return hash | 0;
  }

  #hashName(): void {
    let lower = 1;
    let upper = 2;
    for (let i = 0; i < 32; i += 8) {
      const word = Number.parseInt(this.origin.slice(i, i + 8), 16);
      lower = mix(lower, word, lowerFactor);
      upper = mix(upper, word, upperFactor);
    }
    this.#lowerBase = mixNumber(lower, this.epoch, lowerFactor) | 0;
    this.#upperBase = mixNumber(upper, this.epoch, upperFactor) | 0;
  }
}

/** The lower half of a hash of which all bounds but the last have been taken in. Signed. */
export function closeLower(hash: number, last: number): number {
  return mixNumber(hash, last, lowerFactor) | 0;
}

/** A set of summands, in one array: by origin, then epoch. */
export class Digests<Element extends Summand & { readonly seen: { readonly bounds: Bounds } }> {
  readonly #elements: Element[] = [];
  readonly #stale: Element[] = [];
  /** The sum over all. */
  #lower = 0;
  #upper = 0;

  /** How many elements there are. */
  get size(): number {
    return this.#elements.length;
  }

  /** Puts an element into the set. */
  insert(element: Element): void {
    if (element.isSummed) return;
    element.isSummed = true;
    this.#elements.splice(placeOf(this.#elements, element.origin, element.epoch), 0, element);
    this.changed(element);
  }

  /** Takes an element out of the set. */
  remove(element: Element): void {
    if (!element.isSummed) return;
    element.isSummed = false;
    this.#elements.splice(placeOf(this.#elements, element.origin, element.epoch), 1);
    this.#count(element, 0, 0);
  }

  /** Notes that more has been seen of an element. */
  changed(element: Element): void {
    if (element.isStale || !element.isSummed) return;
    element.isStale = true;
    this.#stale.push(element);
    // Those that left the set in the meantime: only many of them are worth a look.
    if (this.#stale.length > 2 * this.size + 1_024) this.#refresh();
  }

  /** The sum over all elements whose origin begins with the prefix: 0 to 32 hex digits. */
  sum(prefix: string): { readonly lower: number; readonly upper: number } {
    this.#refresh();
    if (prefix === "") return { lower: this.#lower >>> 0, upper: this.#upper >>> 0 };
    return sumOf(this.#elements, ...rangeOf(this.#elements, prefix));
  }

  /** How many elements have an origin that begins with the prefix. */
  count(prefix: string): number {
    if (prefix === "") return this.size;
    const [from, to] = rangeOf(this.#elements, prefix);
    return to - from;
  }

  /** The elements whose origin begins with the prefix. */
  under(prefix: string): readonly Element[] {
    return prefix === "" ? this.#elements.slice() : this.#elements.slice(...rangeOf(this.#elements, prefix));
  }

  /** The sums of all prefixes one digit longer that have elements. */
  children(prefix: string): DigestPart[] {
    this.#refresh();
    const parts: DigestPart[] = [];
    for (const digit of hexDigits) {
      const child = prefix + digit;
      const [from, to] = rangeOf(this.#elements, child);
      if (to > from) parts.push({ prefix: child, ...sumOf(this.#elements, from, to) });
    }
    return parts;
  }

  #refresh(): void {
    for (const element of this.#stale) {
      element.isStale = false;
      if (!element.isSummed) continue;
      const { bounds } = element.seen;
      this.#count(element, element.hashLower(bounds), element.hashUpper(bounds));
    }
    this.#stale.length = 0;
  }

  #count(element: Element, lower: number, upper: number): void {
    this.#lower = (this.#lower + lower - element.lower) | 0;
    this.#upper = (this.#upper + upper - element.upper) | 0;
    element.lower = lower;
    element.upper = upper;
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

function sumOf(elements: readonly Summand[], from: number, to: number): { lower: number; upper: number } {
  let lower = 0;
  let upper = 0;
  for (let i = from; i < to; i++) {
    lower = (lower + elements[i]!.lower) | 0;
    upper = (upper + elements[i]!.upper) | 0;
  }
  return { lower: lower >>> 0, upper: upper >>> 0 };
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
