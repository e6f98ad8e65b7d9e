import { describe, expect, test } from "vitest";
import { OwnHealth } from "../../src/core/own-health.js";

describe("a peer's opinion of itself", () => {
  test.each([
    [149, false, 1, 0],
    [150, true, 2, 500],
    [1_000, true, 3, 2_000],
    [3_000, true, 5, 6_000],
    [60_000, true, 8, 10_000],
  ])("after a timer that was %i ms late", (lateMs, isSign, patience, doubtMs) => {
    const health = new OwnHealth();
    expect(health.timerLate(0, lateMs)).toBe(isSign);
    expect(health.patience).toBe(patience);
    expect(health.isDoubtful(doubtMs)).toBe(false);
    if (doubtMs > 0) expect(health.isDoubtful(doubtMs - 1)).toBe(true);
  });

  test("gets better with every answer in time", () => {
    const health = new OwnHealth();
    health.timerLate(0, 1_000);
    for (let i = 0; i < 5; i++) health.answered();
    expect(health.patience).toBe(1);
  });

  test("is worse when several are silent at once and nobody answers", () => {
    const health = new OwnHealth();
    health.heardByNobody(0);
    expect(health.patience).toBe(2);
    expect(health.isDoubtful(1_999)).toBe(true);
  });

  test("silences it for ever longer while its accusations are refuted, and no more after a long time without", () => {
    const health = new OwnHealth();
    let now = 0;
    const pauses: number[] = [];
    for (let i = 0; i < 9; i++) {
      health.wasWrong(now);
      // What comes from the same fault counts once.
      health.wasWrong(now);
      const begin = now;
      while (health.isDoubtful(now)) now += 1_000;
      pauses.push(now - begin);
    }
    expect(pauses).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 120_000, 120_000, 120_000]);
    now += 1_000_000;
    health.wasWrong(now);
    expect(health.isDoubtful(now + 2_000)).toBe(false);
  });
});
