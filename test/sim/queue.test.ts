import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventQueue, type Queued } from "../../src/sim/queue.js";

class Item implements Queued<Item> {
  at = 0;
  order = 0;
  next: Item | undefined = undefined;
  readonly name: number;
  constructor(name: number) {
    this.name = name;
  }
}

/** The same, as dumb as it gets. */
class SortedArray {
  now = 0;
  #waiting: { at: number; name: number }[] = [];
  schedule(name: number, at: number): void {
    this.#waiting.push({ at, name });
    this.#waiting.sort((a, b) => a.at - b.at || a.name - b.name);
  }
  next(limit: number): number | undefined {
    const first = this.#waiting[0];
    if (first === undefined || first.at > limit) {
      this.now = Math.max(this.now, limit);
      return undefined;
    }
    this.#waiting.shift();
    this.now = first.at;
    return first.name;
  }
  get size(): number {
    return this.#waiting.length;
  }
}

describe("the event queue", () => {
  test("gives what a sorted array gives, whatever is asked of it", () => {
    const delay = fc.oneof(fc.nat(3), fc.nat(20), fc.integer({ min: 14, max: 18 }), fc.nat(200));
    const step = fc.record({ schedule: fc.boolean(), delay });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.constantFrom(1, 2, 16, 64), (steps, ringMs) => {
        const queue = new EventQueue<Item>(ringMs);
        const twin = new SortedArray();
        for (const [name, { schedule, delay }] of steps.entries()) {
          if (schedule) {
            queue.schedule(new Item(name), queue.now + delay);
            twin.schedule(name, twin.now + delay);
          } else expect(queue.next(queue.now + delay)?.name).toBe(twin.next(twin.now + delay));
          expect([queue.now, queue.size]).toEqual([twin.now, twin.size]);
        }
        while (twin.size > 0) expect(queue.next(1_000_000)?.name).toBe(twin.next(1_000_000));
        expect(queue.next(1_000_000)).toBeUndefined();
      }),
      { numRuns: 1_000 },
    );
  });

  test("keeps schedule order between an event from far ahead and one scheduled later for the same time", () => {
    const queue = new EventQueue<Item>(16);
    queue.schedule(new Item(1), 100);
    queue.schedule(new Item(2), 90);
    expect(queue.next(1_000)?.name).toBe(2);
    queue.schedule(new Item(3), 100);
    queue.schedule(new Item(4), 100);
    expect([1, 2, 3].map(() => queue.next(1_000)?.name)).toEqual([1, 3, 4]);
  });

  test("stops at its limit and never goes back", () => {
    const queue = new EventQueue<Item>();
    queue.schedule(new Item(1), 10_000);
    expect(queue.next(9_999)).toBeUndefined();
    expect(queue.now).toBe(9_999);
    expect(queue.next(5)).toBeUndefined();
    expect(queue.now).toBe(9_999);
    expect(queue.next(10_000)?.name).toBe(1);
  });

  test("refuses the past, fractions and a ring that is no power of two", () => {
    const queue = new EventQueue<Item>();
    queue.next(10);
    expect(() => queue.schedule(new Item(1), 9)).toThrow(RangeError);
    expect(() => queue.schedule(new Item(1), 10.5)).toThrow(RangeError);
    expect(() => queue.schedule(new Item(1), Number.NaN)).toThrow(RangeError);
    expect(() => new EventQueue<Item>(1_000)).toThrow(RangeError);
  });
});
