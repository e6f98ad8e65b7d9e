import { describe, expect, test } from "vitest";
import { gridOf, oursUnder, type Stall, swimUnder } from "../../src/sim/experiments/stalls.js";

const peers = 32;
const stall: Stall = { kind: "blocked", concurrent: 6, durationMs: 16_384, intervalMs: 64 };

describe("peers whose sends and receives are blocked, again and again", () => {
  test("make SWIM's healthy peers take each other for dead, and ours not", () => {
    expect(swimUnder(1, stall, false, peers).healthy).toBeGreaterThan(1_000);
    expect(oursUnder(1, stall, peers).healthy).toBe(0);
  });

  test("harm SWIM less where the loops that send wait as well", () => {
    const waiting = swimUnder(1, stall, true, peers);
    const others = swimUnder(1, stall, false, peers);
    expect(waiting.anywhere).toBeGreaterThan(0);
    expect(waiting.anywhere).toBeLessThan(others.anywhere / 10);
    expect(waiting.healthy).toBeLessThan(others.healthy / 10);
  });

  test("are taken for dead by nobody while they stall for a moment only", () => {
    const short: Stall = { ...stall, durationMs: 128 };
    expect(swimUnder(2, short, false, peers)).toMatchObject({ anywhere: 0, healthy: 0 });
    expect(oursUnder(2, short, peers)).toMatchObject({ anywhere: 0, healthy: 0 });
  });

  test("are those of the paper's 432 cells, or of some", () => {
    expect(gridOf("blocked", true)).toHaveLength(9 * 6 * 8);
    const full = new Set(gridOf("frozen", true).map((cell) => JSON.stringify(cell)));
    for (const cell of gridOf("frozen", false)) expect(full).toContain(JSON.stringify(cell));
  });
});
