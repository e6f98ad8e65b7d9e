import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Numbered } from "../../src/core/numbered.js";

describe("numbered things", () => {
  const numbers = fc.oneof(
    fc.integer({ min: 1, max: 60 }),
    fc.maxSafeNat().map((number) => number + 1),
  );

  test("are found as in a Map, near or far apart", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(numbers, fc.boolean()), { maxLength: 200 }), (steps) => {
        const things = new Numbered<string>();
        const twin = new Map<number, string>();
        for (const [number, isPut] of steps) {
          if (!isPut) {
            things.remove(number);
            twin.delete(number);
          } else if (!twin.has(number)) {
            things.put(number, `#${number}`);
            twin.set(number, `#${number}`);
          }
          expect(things.get(number)).toBe(twin.get(number));
        }
        expect(things.size).toBe(twin.size);
        for (const [number, thing] of twin) expect(things.get(number)).toBe(thing);
        expect(things.all().sort()).toEqual([...twin.values()].sort());
      }),
    );
  });
});
