/**
 * Which numbers of a sequence have been seen, as ranges: `1–17, 19–23`. Messages of one origin come nearly in order, so
 * there is one range almost always, whatever the numbers are; a hole is a gap that can be named and asked for.
 */
import { union } from "./bounds.js";
import type { Bounds } from "./message.js";

/** A set of sequence numbers that grows at its end, and shrinks at its beginning. */
export class SequenceRanges {
  /** Alternating first and last of each range, ascending. */
  #bounds: number[] = [];

  /** The ranges themselves. They change when the set does: copy what is to last. */
  get bounds(): Bounds {
    return this.#bounds;
  }

  /** How many ranges there are. */
  get size(): number {
    return this.#bounds.length / 2;
  }

  /** The lowest number; 0 when there is none. */
  get first(): number {
    return this.#bounds.length === 0 ? 0 : this.#bounds[0]!;
  }

  /** The highest number; 0 when there is none. */
  get last(): number {
    const { length } = this.#bounds;
    return length === 0 ? 0 : this.#bounds[length - 1]!;
  }

  /** Whether all numbers from 1 to the highest are there. */
  get isWhole(): boolean {
    const { length } = this.#bounds;
    return length === 0 || (length === 2 && this.#bounds[0] === 1);
  }

  /** The highest number up to which none is missing; 0 when 1 is. */
  get frontier(): number {
    return this.#bounds.length > 0 && this.#bounds[0] === 1 ? this.#bounds[1]! : 0;
  }

  /** Whether the number is there. */
  has(number: number): boolean {
    const { length } = this.#bounds;
    if (length === 0 || number > this.#bounds[length - 1]!) return false;
    for (let i = length - 2; i >= 0; i -= 2) {
      if (number >= this.#bounds[i]!) return number <= this.#bounds[i + 1]!;
    }
    return false;
  }

  /** True the first time. */
  add(number: number): boolean {
    const bounds = this.#bounds;
    // From the end: that is where numbers arrive.
    let i = bounds.length - 2;
    if (i >= 0 && bounds[i + 1]! + 1 === number) {
      bounds[i + 1] = number;
      return true;
    }
    while (i >= 0 && bounds[i]! > number) i -= 2;
    if (i >= 0 && number <= bounds[i + 1]!) return false;
    const extendsBefore = i >= 0 && bounds[i + 1] === number - 1;
    const extendsAfter = i + 2 < bounds.length && bounds[i + 2] === number + 1;
    if (extendsBefore && extendsAfter) bounds.splice(i + 1, 2);
    else if (extendsBefore) bounds[i + 1] = number;
    else if (extendsAfter) bounds[i + 2] = number;
    else bounds.splice(i + 2, 0, number, number);
    return true;
  }

  /** All of these at once. */
  addAll(others: Bounds): void {
    this.#bounds = union(this.#bounds, others);
  }

  /** True when it was there. */
  remove(number: number): boolean {
    const bounds = this.#bounds;
    // From the beginning: that is where numbers are let go.
    for (let i = 0; i < bounds.length && bounds[i]! <= number; i += 2) {
      if (number > bounds[i + 1]!) continue;
      const isFirst = bounds[i] === number;
      const isLast = bounds[i + 1] === number;
      if (isFirst && isLast) bounds.splice(i, 2);
      else if (isFirst) bounds[i] = number + 1;
      else if (isLast) bounds[i + 1] = number - 1;
      else bounds.splice(i + 1, 0, number - 1, number + 1);
      return true;
    }
    return false;
  }

  /** The lowest hole, the one before the first number included: its first and last number. Undefined without any. */
  get lowestHole(): readonly [first: number, last: number] | undefined {
    const bounds = this.#bounds;
    if (this.isWhole) return undefined;
    return bounds[0]! > 1 ? [1, bounds[0]! - 1] : [bounds[1]! + 1, bounds[2]! - 1];
  }
}
