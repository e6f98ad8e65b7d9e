import { describe, expect, test } from "vitest";
import { worldRegions } from "../../src/sim/scenario/latency.js";
import { runScenario, ScenarioRun } from "../../src/sim/scenario/run.js";
import {
  at,
  count,
  crash,
  freeze,
  heal,
  join,
  leave,
  partition,
  restart,
  type Scenario,
  scenario,
  share,
  these,
} from "../../src/sim/scenario/scenario.js";
import { shrinkScenario } from "../../src/sim/scenario/shrink.js";
import { swarmScenario } from "../../src/sim/scenario/swarm.js";
import type { TraceLine } from "../../src/sim/scenario/trace-lines.js";
import type { AnyMessage } from "../../src/sim/virtual-peer.js";
import { codecs } from "../../src/wire/native/messages.js";
import { encodeNative, NativeReader, nativePreamble } from "../../src/wire/native.js";

/** Everything that can befall a network, in forty seconds. */
const eventful = scenario({
  randomSeed: 7,
  peers: 8,
  forMs: 40_000,
  network: { latency: worldRegions, lossRate: 0.01 },
  steps: [
    at(8_000, partition(share(0.5))),
    at(15_000, heal()),
    at(18_000, crash(count(2))),
    at(20_000, freeze(count(1), 4_000)),
    at(26_000, restart(1)),
    at(28_000, restart(1, { identity: "new", address: "new" })),
    at(30_000, join(1)),
    at(33_000, leave(count(1))),
  ],
});

function throughTheWire(message: AnyMessage): AnyMessage {
  // The classic texts have a reader of their own.
  if (!(message.type in codecs) || (message.type === "gossip" && !("envelope" in message))) return message;
  const reader = new NativeReader();
  reader.push(nativePreamble());
  const { messages } = reader.push(encodeNative(message as never).slice());
  return messages[0]!;
}

describe("a scenario", () => {
  test("is carried out, its promises are kept, and the same number makes the same run", () => {
    const lines: TraceLine[] = [];
    const report = runScenario(eventful, { trace: (line) => lines.push(line) });
    expect(report.violations).toEqual([]);
    expect(report.peers).toBe(8);
    expect(report.lastedMs).toBe(60_000);
    expect(lines.filter(({ peer }) => peer === 0).map(({ event }) => event)).toEqual([
      "partition",
      "heal",
      "crash",
      "freeze",
      "restart",
      "restart",
      "join",
      "leave",
    ]);
    expect(lines.some(({ event }) => event === "dead")).toBe(true);
    expect(runScenario(eventful).hash).toBe(report.hash);
    expect(runScenario({ ...eventful, randomSeed: 8 }).hash).not.toBe(report.hash);
  });

  test("runs the same when every message goes through its bytes", () => {
    const short = { ...eventful, forMs: 10_000, calmMs: 5_000 };
    expect(runScenario(short, { recheck: throughTheWire }).hash).toBe(runScenario(short).hash);
  });

  test("tells how far messages have come, of the peers that were there", () => {
    const quiet = scenario({
      peers: 5,
      forMs: 10_000,
      calmMs: 5_000,
      workload: { everyMs: 1_000, bytes: 0, from: "one" },
    });
    const { coverage } = runScenario(quiet);
    expect(coverage.length).toBeGreaterThan(7);
    for (const one of coverage.slice(2)) expect(one.reachedMs).toHaveLength(5);
  });

  test("names peers by their numbers", () => {
    const run = new ScenarioRun(scenario({ peers: 4, forMs: 5_000, steps: [at(2_000, crash(these(2, 3)))] }));
    run.to(3_000);
    expect(run.lives.map(({ number, isUp }) => [number, isUp])).toEqual([
      [1, true],
      [2, false],
      [3, false],
      [4, true],
    ]);
  });
});

describe("the judge", () => {
  test("finds that a message comes twice, and tells both lines", () => {
    const run = new ScenarioRun(scenario({ peers: 3, forMs: 5_000 }));
    run.to(3_000);
    const life = run.lives[0]!;
    const [envelope] = life.core.retained(undefined, "any");
    run.owner.arrived(life, envelope!, 1);
    expect(run.report().violations).toMatchObject([
      { promise: "once", lines: [{ event: "published" }, { event: "given", peer: life.number }] },
    ]);
    expect(run.isOver).toBe(true);
  });
});

describe("a swarm", () => {
  test("draws the same scenario from the same number, and another one from another", () => {
    expect(swarmScenario(5)).toEqual(swarmScenario(5));
    expect(swarmScenario(5)).not.toEqual(swarmScenario(6));
  });
});

describe("shrinking", () => {
  test("leaves of a scenario what its failure needs, and never goes back to a larger one", async () => {
    const fails = ({ steps, peers }: Scenario) => peers >= 5 && steps.some((step) => step.do === "freeze");
    const sizes: number[] = [];
    const progress = (smaller: Scenario) => sizes.push(smaller.peers + smaller.steps.length);
    const smallest = await shrinkScenario({ ...eventful, peers: 40 }, fails, { runsMax: 500, progress });
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    expect(smallest.steps.map((step) => step.do)).toEqual(["freeze"]);
    expect(smallest.peers).toBe(5);
    expect(smallest.workload.everyMs).toBe(0);
  });
});
