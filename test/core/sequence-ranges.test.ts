import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countOf, holesOf, intersect, isBounds, lastOf, subtract, union } from "../../src/core/bounds.js";
import { SequenceRanges } from "../../src/core/sequence-ranges.js";

const few = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 });

function rangesOf(numbers: Iterable<number>): SequenceRanges {
  const ranges = new SequenceRanges();
  for (const number of numbers) ranges.add(number);
  return ranges;
}

function numbersIn(bounds: readonly number[]): number[] {
  const numbers: number[] = [];
  for (let i = 0; i < bounds.length; i += 2) for (let n = bounds[i]!; n <= bounds[i + 1]!; n++) numbers.push(n);
  return numbers;
}

describe("sequence ranges", () => {
  test("know what a plain set knows, in as few ranges as there can be", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -40, max: 40 }), { maxLength: 80 }), (numbers) => {
        const ranges = new SequenceRanges();
        const twin = new Set<number>();
        for (const number of numbers.map((one) => (one === 0 ? 1 : one))) {
          if (number > 0) expect(ranges.add(number)).toBe(!twin.has(number));
          else expect(ranges.remove(-number)).toBe(twin.delete(-number));
          if (number > 0) twin.add(number);
          expect(isBounds(ranges.bounds)).toBe(true);
        }
        for (let number = 0; number <= 41; number++) expect(ranges.has(number)).toBe(twin.has(number));
        const starts = [...twin].filter((number) => !twin.has(number - 1));
        expect(ranges.size).toBe(starts.length);
        expect(ranges.last).toBe(Math.max(0, ...twin));
        expect(ranges.first).toBe(twin.size === 0 ? 0 : Math.min(...twin));
        const missing = Array.from({ length: 42 }, (_, i) => i + 1).find((number) => !twin.has(number))!;
        expect(ranges.frontier).toBe(missing - 1);
        expect(ranges.isWhole).toBe(ranges.last === ranges.frontier);
        if (!ranges.isWhole) expect(ranges.lowestHole![0]).toBe(missing);
      }),
    );
  });

  test("take ranges of any size at once", () => {
    const ranges = rangesOf([5, 9]);
    ranges.addAll([1, 2, 6, 8, 20, 2 ** 53 - 1]);
    expect(ranges.bounds).toEqual([1, 2, 5, 9, 20, 2 ** 53 - 1]);
  });
});

describe("bounds", () => {
  test("are combined as sets are", () => {
    fc.assert(
      fc.property(few, few, (one, other) => {
        const a = rangesOf(one).bounds;
        const b = rangesOf(other).bounds;
        const as = new Set(one);
        const bs = new Set(other);
        const sorted = (numbers: Iterable<number>) => [...numbers].sort((x, y) => x - y);
        const results = { intersect: intersect(a, b), subtract: subtract(a, b), union: union(a, b), holes: holesOf(a) };
        expect(numbersIn(results.intersect)).toEqual(sorted([...as].filter((n) => bs.has(n))));
        expect(numbersIn(results.subtract)).toEqual(sorted([...as].filter((n) => !bs.has(n))));
        expect(numbersIn(results.union)).toEqual(sorted(new Set([...one, ...other])));
        expect(countOf(results.holes)).toBe(lastOf(a) - as.size);
        for (const bounds of Object.values(results)) expect(isBounds(bounds)).toBe(true);
      }),
    );
  });

  test("are refused when they are none", () => {
    const bad = [
      [1],
      [0, 1],
      [2, 1],
      [1, 2, 3, 4],
      [1, 2, 2, 3],
      [1, 2 ** 53],
      [1.5, 2],
      [Number.NaN, 3],
      [5, 6, 1, 2],
    ];
    for (const bounds of bad) expect(isBounds(bounds), String(bounds)).toBe(false);
    const many = Array.from({ length: 514 }, (_, i) => 2 * i + 1 - (i % 2));
    expect(isBounds(many.slice(0, 512).map((_, i) => 3 * (i >> 1) + 1 + (i % 2)))).toBe(true);
    expect(isBounds(many.map((_, i) => 3 * (i >> 1) + 1 + (i % 2)))).toBe(false);
  });
});
