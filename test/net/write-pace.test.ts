import { expect, test } from "vitest";
import { Waits, WritePace } from "../../src/net/write-pace.js";

const shortPaceMs = new Waits().paceMs;

/** How many of the writes that are wanted at these times wait. */
function waiting(times: readonly number[], bytes = 300, paces = new Waits()): number {
  const pace = new WritePace(paces);
  let waits = 0;
  for (const at of times) {
    if (pace.shouldWait(at, bytes)) waits++;
    else pace.wrote();
  }
  return waits;
}

test("on a link that is seldom written to nothing waits, not even a burst", () => {
  expect(waiting(Array.from({ length: 1_000 }, (_, i) => 100 * i))).toBe(0);
  expect(waiting(Array.from({ length: 1_000 }, (_, i) => shortPaceMs * i))).toBe(0);
  expect(waiting(Array.from({ length: 800 }, (_, i) => 100 * Math.floor(i / 8)))).toBe(0);
});

test("on a busy link there is one small write in a pace, in the long run", () => {
  const times = Array.from({ length: 10_000 }, (_, i) => Math.floor(i / 10));
  const written = 10_000 - waiting(times);
  expect(written).toBeGreaterThanOrEqual(1_000 / shortPaceMs);
  expect(written).toBeLessThanOrEqual(1_000 / shortPaceMs + 10);
});

test("what is large enough never waits", () => {
  expect(waiting(new Array(1_000).fill(5), 4_096)).toBe(0);
});

test("waits grow with the lateness of timers, and are short again when those are on time", () => {
  const waits = new Waits();
  for (let i = 0; i < 100; i++) waits.late(i % 2);
  expect(waits.paceMs).toBe(shortPaceMs);
  for (let i = 0; i < 100; i++) waits.late(6);
  expect(waits.paceMs).toBeGreaterThanOrEqual(shortPaceMs + 9);
  const times = Array.from({ length: 10_000 }, (_, i) => Math.floor(i / 10));
  expect(10_000 - waiting(times, 4_096, waits)).toBeLessThan(1_000 / 9);
  for (let i = 0; i < 1_000; i++) waits.late(3_600_000);
  expect(waits.paceMs).toBe(16);
  for (let i = 0; i < 60; i++) waits.late(0);
  expect(waits.paceMs).toBe(shortPaceMs);
});
