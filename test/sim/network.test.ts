import { describe, expect, test } from "vitest";
import type { Effects } from "../../src/core/effects.js";
import { VirtualNetwork } from "../../src/sim/network.js";
import { repeatCommand, seededRuns } from "../seeded.js";
import { addressOf, Flooder, Stage, say } from "./toys.js";

function flood(randomSeed: number, count: number) {
  const network = new VirtualNetwork<number>({ randomSeed, lossRate: 0.01 });
  let delivered = 0;
  const processes = Array.from({ length: count }, (_, index) => {
    const address = addressOf(index + 1);
    return network.start(
      address,
      (effects: Effects<number, number>, random) => new Flooder(effects, random, address, count),
      () => delivered++,
    );
  });
  network.run(5_000);
  processes[0]!.call((core) => core.publish(1));
  const reached = network.runUntil(() => delivered === count, 60_000);
  return { network, processes, reached };
}

describe("a virtual network", () => {
  seededRuns("carries a flood to each of 100 cores once", 10, (randomSeed) => {
    const { processes, reached } = flood(randomSeed, 100);
    expect(reached).toBe(true);
    expect(processes.every(({ core }) => core.heard.has(1))).toBe(true);
  });

  test("does the same for the same number, and something else for another", () => {
    const [one, same, other] = [flood(1, 100), flood(1, 100), flood(2, 100)];
    expect(same.network.traceHash).toBe(one.network.traceHash);
    expect(same.network.counters).toEqual(one.network.counters);
    expect(same.network.now).toBe(one.network.now);
    expect(other.network.traceHash).not.toBe(one.network.traceHash);
  });

  test("lets exactly the time pass that it is told to", () => {
    const network = new VirtualNetwork<string>({ randomSeed: 1, startMs: 1_000_000 });
    expect(network.now).toBe(1_000_000);
    network.run(0);
    network.run(12_345);
    expect(network.now).toBe(1_012_345);
  });

  test("stops at the millisecond in which the condition comes true, or at the limit", () => {
    const stage = new Stage();
    const { a, b, toB } = stage.pair();
    expect(stage.network.runUntil(() => true, 1_000)).toBe(true);
    expect(stage.network.now - stage.startMs).toBe(20);
    say(a, toB, "1", "2");
    expect(stage.network.runUntil(() => b.core.log.length > 0, 1_000)).toBe(true);
    expect(stage.network.now - stage.startMs).toBe(30);
    expect(b.core.log).toEqual(["30 1", "30 2"]);
    expect(stage.network.runUntil(() => false, 1_000)).toBe(false);
    expect(stage.network.now - stage.startMs).toBe(1_030);
  });

  test("counts what happens", () => {
    const stage = new Stage();
    const { a, toB } = stage.pair();
    say(a, toB, "1", "2");
    stage.network.run(100);
    expect(stage.network.counters).toEqual({ events: 4, inputs: 6, dials: 1, messages: 2, retransmissions: 0 });
  });

  test("refuses options out of their range", () => {
    for (const options of [
      { latencyMs: [0, 5] as const },
      { latencyMs: [5, 4] as const },
      { latencyMs: [1.5, 4] as const },
      { lossRate: 1.1 },
      { lossRate: Number.NaN },
      { startMs: 0.5 },
    ]) {
      expect(() => new VirtualNetwork({ randomSeed: 1, ...options }), JSON.stringify(options)).toThrow(RangeError);
    }
  });
});

describe("a seeded run that fails", () => {
  test("says how to repeat it", () => {
    expect(repeatCommand("it's all (or nothing)", 17)).toBe(
      "HEARSAY_RANDOM_SEED=17 npx vitest run test/sim/network.test.ts -t 'it'\\''s all \\(or nothing\\)'",
    );
  });
});
