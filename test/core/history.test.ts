import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { History } from "../../src/core/history.js";
import { parsePeerId } from "../../src/core/identity.js";
import type { Envelope } from "../../src/core/message.js";
import { SequenceRanges } from "../../src/core/sequence-ranges.js";

const limits = { retainedMax: 100, holesMax: 8, originsMax: 50 };

function envelope(origin: number, epoch: number, seq: number): Envelope {
  const id = parsePeerId(origin.toString(16).padStart(32, "0"))!;
  return { origin: id, epoch, seq, publishedAt: 0, topic: "t", payload: new Uint8Array(0) };
}

describe("sequence ranges", () => {
  test("know what a plain set knows, in as few ranges as there can be", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 }), (numbers) => {
        const ranges = new SequenceRanges();
        const twin = new Set<number>();
        for (const number of numbers) {
          expect(ranges.add(number)).toBe(!twin.has(number));
          twin.add(number);
        }
        for (let number = 0; number <= 41; number++) expect(ranges.has(number)).toBe(twin.has(number));
        const starts = [...twin].filter((number) => !twin.has(number - 1));
        expect(ranges.size).toBe(starts.length);
        expect(ranges.last).toBe(Math.max(0, ...twin));
      }),
    );
  });

  test("close their lowest hole, and say how much was in it", () => {
    const ranges = new SequenceRanges();
    for (const number of [1, 2, 6, 9]) ranges.add(number);
    expect(ranges.closeLowestHole()).toBe(3);
    expect(ranges.has(4)).toBe(true);
    expect(ranges.has(7)).toBe(false);
    expect(ranges.closeLowestHole()).toBe(2);
    expect(ranges.closeLowestHole()).toBe(0);
  });
});

describe("the history", () => {
  test("takes a message once, in whatever order messages come", () => {
    const history = new History(limits);
    for (const seq of [3, 1, 2, 3, 1]) history.add(envelope(1, 1, seq), 1, 0);
    expect(history.size).toBe(3);
    expect(history.add(envelope(1, 1, 2), 5, 0)).toBe(false);
    expect(history.get(envelope(1, 1, 2))?.round).toBe(1);
  });

  test("keeps a bounded number whole, and remembers of the others that they were seen", () => {
    const history = new History(limits);
    for (let seq = 1; seq <= 5_000; seq++)
      expect(history.add(envelope(seq % 3, 1, Math.ceil(seq / 3)), 1, 0)).toBe(true);
    expect(history.size).toBe(100);
    expect(history.has(envelope(1, 1, 1))).toBe(true);
    expect(history.get(envelope(1, 1, 1))).toBeUndefined();
    expect(history.get(envelope(5_000 % 3, 1, Math.ceil(5_000 / 3)))).toBeDefined();
  });

  test("tells two lives of an origin apart, and lets go of older ones", () => {
    const history = new History(limits);
    for (const epoch of [10, 20, 30]) expect(history.add(envelope(1, epoch, 1), 1, 0)).toBe(true);
    expect(history.add(envelope(1, 30, 1), 1, 0)).toBe(false);
    expect(history.add(envelope(1, 20, 1), 1, 0)).toBe(false);
    expect(history.has(envelope(1, 10, 7))).toBe(true);
  });

  test("bounds the origins it remembers", () => {
    const history = new History(limits);
    for (let origin = 1; origin <= 60; origin++) history.add(envelope(origin, 1, 1), 1, 0);
    expect(history.has(envelope(1, 1, 1))).toBe(false);
    expect(history.has(envelope(60, 1, 1))).toBe(true);
  });
});
