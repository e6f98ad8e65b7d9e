import { expect, test } from "vitest";
import { WritePace, writePaceMs } from "../../src/net/write-pace.js";

/** How many of the writes that are wanted at these times wait. */
function waiting(times: readonly number[], bytes = 300): number {
  const pace = new WritePace();
  let waits = 0;
  for (const at of times) {
    if (pace.shouldWait(at, bytes)) waits++;
    else pace.wrote();
  }
  return waits;
}

test("on a link that is seldom written to nothing waits, not even a burst", () => {
  expect(waiting(Array.from({ length: 1_000 }, (_, i) => 100 * i))).toBe(0);
  expect(waiting(Array.from({ length: 1_000 }, (_, i) => writePaceMs * i))).toBe(0);
  expect(waiting(Array.from({ length: 800 }, (_, i) => 100 * Math.floor(i / 8)))).toBe(0);
});

test("on a busy link there is one small write in a pace, in the long run", () => {
  const times = Array.from({ length: 10_000 }, (_, i) => Math.floor(i / 10));
  const written = 10_000 - waiting(times);
  expect(written).toBeGreaterThanOrEqual(1_000 / writePaceMs);
  expect(written).toBeLessThanOrEqual(1_000 / writePaceMs + 10);
});

test("what is large enough never waits", () => {
  expect(waiting(new Array(1_000).fill(5), 4_096)).toBe(0);
});
