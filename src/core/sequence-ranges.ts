/**
 * Which numbers of a sequence have been seen, as ranges: `1–17, 19–23`. Messages of one origin come nearly in order, so
 * there is one range almost always, whatever the numbers are; a hole is a gap that can be named and asked for.
 */
import { inPlace, noBounds, union } from "./bounds.js";
import type { Bounds } from "./message.js";

/** A set of sequence numbers that grows at its end, and shrinks at its beginning. */
export class SequenceRanges {
  // Thousands of lives have one range each, and an array for two numbers would be most of what is remembered of them.
  #first = 0;
  #last = 0;
  /** All ranges, alternating first and last of each, ascending, when there are several; else undefined. */
  #bounds: number[] | undefined = undefined;

  /** The ranges themselves. They may change when the set does: copy what is to last. */
  get bounds(): Bounds {
    return this.#bounds ?? (this.#last === 0 ? noBounds : [this.#first, this.#last]);
  }

  /** How many ranges there are. */
  get size(): number {
    return this.#bounds === undefined ? Math.min(this.#last, 1) : this.#bounds.length / 2;
  }

  /** The lowest number; 0 when there is none. */
  get first(): number {
    return this.#first;
  }

  /** The highest number; 0 when there is none. */
  get last(): number {
    return this.#last;
  }

  /** Whether all numbers from 1 to the highest are there. */
  get isWhole(): boolean {
    return this.#bounds === undefined && this.#first <= 1;
  }

  /** The highest number up to which none is missing; 0 when 1 is. */
  get frontier(): number {
    if (this.#first !== 1) return 0;
    return this.#bounds === undefined ? this.#last : this.#bounds[1]!;
  }

  /** Whether the number is there. */
  has(number: number): boolean {
    if (number > this.#last || number < this.#first || this.#last === 0) return false;
    const bounds = this.#bounds;
    if (bounds === undefined) return true;
    for (let i = bounds.length - 2; i >= 0; i -= 2) {
      if (number >= bounds[i]!) return number <= bounds[i + 1]!;
    }
    return false;
  }

  /** True the first time. */
  add(number: number): boolean {
    // At the end of the last range: that is where numbers arrive.
    if (number === this.#last + 1 && this.#last !== 0) {
      this.#last = inPlace(number);
      if (this.#bounds !== undefined) this.#bounds[this.#bounds.length - 1] = number;
      return true;
    }
    if (this.#last === 0) {
      this.#first = inPlace(number);
      this.#last = this.#first;
      return true;
    }
    if (this.has(number)) return false;
    const bounds = this.#bounds ?? [this.#first, this.#last];
    let i = bounds.length - 2;
    while (i >= 0 && bounds[i]! > number) i -= 2;
    const extendsBefore = i >= 0 && bounds[i + 1] === number - 1;
    const extendsAfter = i + 2 < bounds.length && bounds[i + 2] === number + 1;
    if (extendsBefore && extendsAfter) bounds.splice(i + 1, 2);
    else if (extendsBefore) bounds[i + 1] = number;
    else if (extendsAfter) bounds[i + 2] = number;
    else bounds.splice(i + 2, 0, number, number);
    this.#set(bounds);
    return true;
  }

  /** All of these at once. */
  addAll(others: Bounds): void {
    this.#set(union(this.bounds, others));
  }

  /** True when it was there. */
  remove(number: number): boolean {
    if (!this.has(number)) return false;
    if (this.#bounds === undefined && number === this.#first && number < this.#last) {
      this.#first++;
      return true;
    }
    const bounds = this.#bounds ?? [this.#first, this.#last];
    // From the beginning: that is where numbers are let go.
    let i = 0;
    while (number > bounds[i + 1]!) i += 2;
    const isFirst = bounds[i] === number;
    const isLast = bounds[i + 1] === number;
    if (isFirst && isLast) bounds.splice(i, 2);
    else if (isFirst) bounds[i] = number + 1;
    else if (isLast) bounds[i + 1] = number - 1;
    else bounds.splice(i + 1, 0, number - 1, number + 1);
    this.#set(bounds);
    return true;
  }

  /** The lowest hole, the one before the first number included: its first and last number. Undefined without any. */
  get lowestHole(): readonly [first: number, last: number] | undefined {
    if (this.isWhole) return undefined;
    return this.#first > 1 ? [1, this.#first - 1] : [this.#bounds![1]! + 1, this.#bounds![2]! - 1];
  }

  #set(bounds: number[]): void {
    this.#first = bounds.length === 0 ? 0 : inPlace(bounds[0]!);
    this.#last = bounds.length === 0 ? 0 : inPlace(bounds[bounds.length - 1]!);
    this.#bounds = bounds.length > 2 ? bounds : undefined;
  }
}
