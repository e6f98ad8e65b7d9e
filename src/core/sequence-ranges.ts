/**
 * Which numbers of a sequence have been seen, as ranges: `1–17, 19–23`. Messages of one origin come nearly in order, so
 * there is one range almost always, whatever the numbers are; a hole is a gap that can be named and asked for.
 */
export class SequenceRanges {
  /** Alternating first and last of each range, ascending. */
  readonly #bounds: number[] = [];

  /** How many ranges there are: one more than there are holes. */
  get size(): number {
    return this.#bounds.length / 2;
  }

  /** The highest number seen; 0 when none is. */
  get last(): number {
    return this.#bounds.at(-1) ?? 0;
  }

  /** Whether the number has been seen. */
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

  /** Closes the lowest hole, as if all in it had been seen. Returns how many numbers it held. */
  closeLowestHole(): number {
    if (this.#bounds.length < 4) return 0;
    const held = this.#bounds[2]! - this.#bounds[1]! - 1;
    this.#bounds.splice(1, 2);
    return held;
  }
}
