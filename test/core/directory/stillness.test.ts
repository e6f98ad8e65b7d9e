import { describe, expect, test } from "vitest";
import { Stillness } from "../../../src/core/directory/stillness.js";
import { ExperimentWorld } from "../../../src/sim/experiments/world.js";

describe("stillness", () => {
  test("begins 30 s after the last change, and the next one ends it", () => {
    const stillness = new Stillness();
    expect(stillness.factor(0)).toBe(4);
    expect(stillness.stir(100)).toBe(true);
    expect(stillness.stir(200)).toBe(false);
    expect(stillness.factor(30_199)).toBe(1);
    expect(stillness.factor(30_200)).toBe(4);
    expect(stillness.stir(30_300)).toBe(true);
    expect(stillness.factor(30_300)).toBe(1);
  });

  test("makes peers look at strangers seldom, and a death makes them look again", () => {
    const world = new ExperimentWorld(7, {}, { seeds: 0 });
    world.grow(12, { settleMs: 10_000 });
    const dialsIn = (forMs: number) => {
      const before = world.network.counters.dials;
      world.network.run(forMs);
      return world.network.counters.dials - before;
    };
    const young = dialsIn(15_000);
    world.network.run(60_000);
    const still = dialsIn(15_000);
    world.peers[2]!.process.crash();
    world.network.run(3_000);
    const afterDeath = dialsIn(15_000);
    expect(still).toBeLessThan(young / 2);
    expect(afterDeath).toBeGreaterThan(2 * still);
  });
});
