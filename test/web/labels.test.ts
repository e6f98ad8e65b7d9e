import { describe, expect, test } from "vitest";
import { labelsFor } from "../../web/graph/labels.js";
import { LineBudget } from "../../web/graph/line-budget.js";

describe("labels of many points", () => {
  const labelled = (places: readonly (readonly [number, number])[], letters = 3, first: readonly number[] = []) =>
    labelsFor({
      count: places.length,
      first,
      lettersOf: () => letters,
      screenPlaceOf: (index) => ({ x: places[index]![0], y: places[index]![1] }),
      width: 400,
      height: 300,
    });

  test("do not lie upon each other, and the first has the room", () => {
    expect(
      labelled([
        [100, 100],
        [104, 103],
        [200, 100],
        [100, 160],
      ]),
    ).toEqual([0, 2, 3]);
    // Longer ones need more.
    expect(
      labelled(
        [
          [100, 100],
          [200, 100],
        ],
        15,
      ),
    ).toEqual([0]);
  });

  test("are given first to those that must have one, who take the room of others", () => {
    const places = [
      [100, 100],
      [104, 103],
      [900, 100],
    ] as const;
    expect(labelled(places, 3, [1, 2])).toEqual([1, 2]);
  });

  test("are not cut off at the edges, and nobody outside has one", () => {
    expect(
      labelled([
        [5, 100],
        [395, 100],
        [200, 295],
        [200, -5],
        [900, 100],
      ]),
    ).toEqual([]);
  });
});

describe("lines of a moving picture", () => {
  const linesAfter = (frameMs: number, frames: number) => {
    const budget = new LineBudget();
    let lines = 0;
    for (let frame = 0; frame < frames; frame++) lines = budget.next(frame * frameMs, 100_000);
    return lines;
  };

  test("become fewer where frames come seldom, and more where they come often, within limits", () => {
    expect(linesAfter(60, 3)).toBeLessThan(3_000);
    expect(linesAfter(60, 100)).toBe(400);
    expect(linesAfter(16, 3)).toBeGreaterThan(3_000);
    expect(linesAfter(16, 200)).toBe(100_000);
    expect(linesAfter(25, 100)).toBe(3_000);
  });

  test("are not judged by the time in which nothing moved", () => {
    const budget = new LineBudget();
    budget.next(0, 10_000);
    budget.rest();
    expect(budget.next(100, 10_000)).toBe(3_000);
    expect(budget.next(5_000, 10_000)).toBe(3_000);
  });
});
