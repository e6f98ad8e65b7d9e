import { expect, test } from "vitest";
import { Questions } from "../../../src/core/directory/questions.js";

/** How many of these questions, asked in one moment, are answered. */
function answered(questions: Questions, now: number, entries: number): number {
  let count = 0;
  while (count < 10_000 && questions.take(now, entries)) count++;
  return count;
}

test("all pages of 10,000 peers are told at once, and the budget grows again with time", () => {
  const questions = new Questions();
  const now = 1_700_000_000_000;
  expect(answered(questions, now, 10_000)).toBeGreaterThanOrEqual(Math.ceil(10_000 / 128));
  expect(answered(questions, now, 10_000)).toBe(0);
  expect(answered(questions, now + 100, 10_000)).toBeLessThan(12);
  expect(answered(questions, now + 60_000, 10_000)).toBe(answered(new Questions(), now, 10_000));
});

test("the largest directory is told page by page, and the smallest no thousand times a moment", () => {
  const now = 1_700_000_000_000;
  expect(answered(new Questions(), now, 250_000)).toBeGreaterThan(0);
  expect(answered(new Questions(), now, 1)).toBeLessThanOrEqual(500);
});

test("a clock that is set back gives nothing, and takes nothing", () => {
  const questions = new Questions();
  expect(answered(questions, 1_000_000, 10_000)).toBeGreaterThan(0);
  expect(answered(questions, 500_000, 10_000)).toBe(0);
  expect(answered(questions, 502_000, 10_000)).toBeGreaterThan(0);
});
