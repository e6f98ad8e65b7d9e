import { describe, expect, test } from "vitest";
import type { Message } from "../../src/core/message.js";
import { messageBytes } from "../../src/sim/message-bytes.js";
import { runScenario, ScenarioRun } from "../../src/sim/scenario/run.js";
import {
  at,
  bandwidth,
  clog,
  count,
  join,
  publish,
  redial,
  type ScenarioParts,
  scenario,
  share,
  slow,
  suspend,
  these,
} from "../../src/sim/scenario/scenario.js";
import { swarmNames, swarmScenario } from "../../src/sim/scenario/swarm.js";
import type { TraceLine } from "../../src/sim/scenario/trace-lines.js";
import type { AnyMessage } from "../../src/sim/virtual-peer.js";
import { encodeNative } from "../../src/wire/native.js";

const quiet: ScenarioParts = {
  peers: 6,
  forMs: 20_000,
  calmMs: 10_000,
  network: { latency: { kind: "constant", ms: 10 } },
  workload: { everyMs: 0 },
};

/** How long the messages of a run took to the last one, in milliseconds. */
function lastMs(parts: ScenarioParts): number {
  const report = runScenario(scenario(parts));
  expect(report.violations).toEqual([]);
  expect(report.coverage.length).toBeGreaterThan(0);
  for (const one of report.coverage) expect(one.reachedMs).toHaveLength(one.peers);
  return Math.max(...report.coverage.flatMap(({ reachedMs }) => reachedMs));
}

const burst = at(10_000, publish(these(1), 10, 20_000));

describe("a scenario's bandwidth", () => {
  test("makes large messages late, as much as their bytes say", () => {
    const unlimited = lastMs({ ...quiet, steps: [burst] });
    expect(unlimited).toBeLessThan(100);
    // The first one sends 200 kB to each of some neighbors, so its uplink needs at least two seconds for the first copy.
    const narrow = { ...quiet.network, bandwidth: { peerBytesPerS: 100_000 } };
    const limited = lastMs({ ...quiet, network: narrow, steps: [burst] });
    expect(limited).toBeGreaterThan(2_000);
    expect(limited).toBeLessThan(20_000);
  });

  test("may be narrow for a while, for some", () => {
    const narrow = (forMs: number) => at(9_000, bandwidth({ linkBytesPerS: 100_000 }, forMs, these(1)));
    expect(lastMs({ ...quiet, steps: [narrow(8_000), burst] })).toBeGreaterThan(2_000);
    expect(lastMs({ ...quiet, steps: [narrow(500), burst] })).toBeLessThan(100);
  });

  test("may be too narrow to send a stream to all neighbors: it goes through others, and nobody is lost over it", () => {
    // 400 kB a second from one peer, whose uplink has room for two copies.
    const network = { latency: { kind: "constant", ms: 20 }, bandwidth: { peerBytesPerS: 800_000 } } as const;
    const workload = { everyMs: 50, bytes: 20_000, from: "one" } as const;
    const report = runScenario(
      scenario({ randomSeed: 1, peers: 10, forMs: 20_000, calmMs: 10_000, network, workload }),
    );
    expect(report.violations).toEqual([]);
    expect(report.coverage.length).toBeGreaterThan(380);
    for (const one of report.coverage) expect(one.reachedMs).toHaveLength(one.peers);
    expect(report.duplicates).toBeLessThan(report.delivered / 5);
  });

  test("gives old messages the time that they need to get through, as long as they come", () => {
    const network = { latency: { kind: "constant", ms: 20 }, bandwidth: { peerBytesPerS: 1_000_000 } } as const;
    const workload = { everyMs: 50, bytes: 20_000 } as const;
    const parts = { randomSeed: 1, peers: 2, forMs: 20_000, calmMs: 2_000, network, workload };
    const report = runScenario(scenario({ ...parts, steps: [at(19_000, join(4))] }));
    expect(report.violations).toEqual([]);
    expect(report.lastedMs).toBeGreaterThan(25_000);
  });

  test("is about the bytes that the wire has", () => {
    const id = "a".repeat(32) as never;
    const messages: Message[] = [
      { type: "probe", nonce: 300 },
      { type: "want", origin: id, epoch: 1_700_000_000_000, seqs: [] },
      { type: "neighbor-request", priority: "high" },
    ];
    for (const message of messages) expect(messageBytes(message), message.type).toBe(encodeNative(message).length);
    const text = "1700000000.5:10.0.0.1:5000:GOSSIP1";
    const classic = { type: "gossip", text } as unknown as AnyMessage;
    expect(messageBytes(classic)).toBe(text.length);
    // Gossip with its payload, as it travels in a run.
    const sizes: number[] = [];
    const recheck = (message: AnyMessage) => {
      if (message.type === "gossip" && "envelope" in message) {
        sizes.push(messageBytes(message) - message.envelope.payload.length);
      }
      return message;
    };
    runScenario(scenario({ ...quiet, steps: [at(10_000, publish(these(1), 10, 500))] }), { recheck });
    expect(sizes.length).toBeGreaterThan(40);
    for (const size of sizes) expect(size).toBeLessThan(90);
    for (const size of sizes) expect(size).toBeGreaterThan(40);
  });
});

describe("deeds", () => {
  test("clog: what is said meanwhile is there when it ends", () => {
    const step = at(10_500, publish(these(1), 1, 10));
    const clogged = lastMs({ ...quiet, steps: [at(10_000, clog(these(1), 3_000)), step] });
    expect(clogged).toBeGreaterThanOrEqual(2_500);
    expect(clogged).toBeLessThan(2_700);
    // One way to all others, and its way back is open: the same, but only for what it sends.
    const oneWay = lastMs({ ...quiet, steps: [at(10_000, clog(these(1), 3_000, share(1))), step] });
    expect(oneWay).toBeGreaterThanOrEqual(2_500);
  });

  test("slow: messages queue in front of a slow process", () => {
    const many = at(10_000, publish(these(1), 100, 10));
    expect(lastMs({ ...quiet, steps: [many] })).toBeLessThan(100);
    expect(lastMs({ ...quiet, steps: [at(9_990, slow(these(2), 20, 9_000)), many] })).toBeGreaterThan(2_000);
  });

  test("suspend: a machine that was away for a minute comes back with its history, and is alive again", () => {
    const lines: TraceLine[] = [];
    const away = scenario({
      ...quiet,
      forMs: 80_000,
      calmMs: 40_000,
      workload: { everyMs: 500, bytes: 10, from: "one" },
      steps: [at(15_000, suspend(these(3), 60_000))],
    });
    const run = new ScenarioRun(away, { trace: (line) => lines.push(line) });
    run.to(70_000);
    const third = run.lives[2]!;
    expect(third.process.frozen).toBe(true);
    const before = third.had.get(`${run.lives[0]!.id}/${run.lives[0]!.epoch}`)!.size;
    expect(lines.some((line) => line.event === "dead" && line.subject === third.id)).toBe(true);
    run.toEnd();
    expect(run.report().violations).toEqual([]);
    expect(run.lives).toHaveLength(6);
    // Nothing of what it had came again, and all of what it had missed came.
    expect(before).toBeLessThan(40);
    expect(third.had.get(`${run.lives[0]!.id}/${run.lives[0]!.epoch}`)!.size).toBe(run.lives[0]!.published);
    expect(run.lives[0]!.core.peer(third.id)?.status).toBe("alive");
  });

  test("redial: whoever is dialed again has one neighbor of that name, not two", () => {
    const steps = [at(10_000, redial(share(1))), at(12_000, redial(count(3)))];
    const plain = new ScenarioRun(scenario({ ...quiet, workload: { everyMs: 100 } }));
    const twice = new ScenarioRun(scenario({ ...quiet, workload: { everyMs: 100 }, steps }));
    let most = 0;
    for (const run of [plain, twice]) {
      while (!run.isOver) {
        run.step();
        for (const life of run.lives) {
          const ids = life.core.neighbors().map(({ id }) => id);
          expect(new Set(ids).size).toBe(ids.length);
          most = Math.max(most, life.process.core.core.neighbors().length);
        }
      }
      expect(run.report().violations).toEqual([]);
    }
    expect(most).toBe(5);
    // All six dialed their neighbors again.
    expect(twice.network.counters.dials).toBeGreaterThan(plain.network.counters.dials + 20);
  });
});

describe("the workload", () => {
  test("ends after so many messages", () => {
    const { coverage } = runScenario(scenario({ ...quiet, workload: { everyMs: 100, messagesMax: 7 } }));
    expect(coverage).toHaveLength(7);
  });
});

describe("a scenario out of its range", () => {
  test.each<[ScenarioParts, RegExp]>([
    [{ peers: 0 }, /^peers must be from 1 to 1000000, not 0$/],
    [{ peers: 2.5 }, /^peers must be a whole number/],
    [{ seeds: 51 }, /^seeds/],
    [{ forMs: -1 }, /^forMs/],
    [{ network: { lossRate: 2 } }, /^network\.lossRate must be from 0 to 1/],
    [{ network: { latency: { kind: "uniform", minMs: 10, maxMs: 5 } } }, /^network\.latency\.maxMs/],
    [{ network: { latency: { kind: "regions", ms: [[1], [1]] } } }, /square matrix/],
    [{ network: { bandwidth: { peerBytesPerS: 0 } } }, /^network\.bandwidth\.peerBytesPerS/],
    [{ workload: { bytes: 2_000_000 } }, /^workload\.bytes/],
    [{ steps: [at(5, suspend(share(1.5), 10))] }, /^steps\[0\] \(suspend\)\.who\.share/],
    [{ steps: [at(5, slow(count(1), -1, 10))] }, /msPerInput/],
    [{ steps: [at(5, clog(count(1), 200_000))] }, /^steps\[0\] \(clog\)\.forMs must be from 0 to 120000/],
    [{ steps: [at(-5, redial(count(1)))] }, /^steps\[0\] \(redial\)\.atMs/],
    [{ forMs: 10, steps: [at(11, redial(count(1)))] }, /^steps\[0\] \(redial\)\.atMs is after the end, forMs: 10$/],
    // The place is where it was given, not where it comes in time.
    [{ steps: [at(9, slow(count(1), -1, 10)), at(5, redial(count(1)))] }, /^steps\[0\] \(slow\)\.msPerInput/],
    // Numbers that would make the runs of others.
    [{ randomSeed: -1 }, /^randomSeed must be from 0 to 4294967295, not -1$/],
    [{ randomSeed: 2 ** 32 + 1 }, /^randomSeed/],
  ])("is a RangeError that names the place: %j", (parts, message) => {
    expect(() => scenario(parts)).toThrow(RangeError);
    expect(() => scenario(parts)).toThrow(message);
  });
});

describe("a swarm", () => {
  test("draws every kind of deed, and narrow networks", () => {
    const drawn = Array.from({ length: 200 }, (_, index) => swarmScenario(index + 1));
    const kinds = new Set(drawn.flatMap(({ steps }) => steps.map((step) => step.do)));
    const harm = drawn.flatMap(({ steps }) => steps.flatMap((step) => (step.do === "corrupt" ? [step.misdeed] : [])));
    expect([...kinds, ...new Set(harm)].sort()).toEqual(swarmNames.toSorted());
    expect(kinds.size).toBe(20);
    expect(drawn.filter(({ network }) => network.bandwidth !== undefined).length).toBeGreaterThan(20);
  });

  // Machines that were suspended: taken for deaf, or suspected by a neighbor that did not tell them.
  test.each([685, 727, 923, 6_848_278])("keeps all promises in its run %i", (number) => {
    expect(runScenario(swarmScenario(number, { without: ["false-accuser"] })).violations).toEqual([]);
  });

  test("waits for a suspicion to pass where packets are lost to the end", () => {
    const drawn = swarmScenario(3_054, { without: ["false-accuser"] });
    expect(drawn.network.lossRate).toBeGreaterThan(0);
    expect(runScenario(drawn).violations).toEqual([]);
  });

  test("leaves out what it is told to, and nothing else of what was drawn", () => {
    const number = Array.from({ length: 200 }, (_, index) => index + 1).find((one) => {
      const { steps } = swarmScenario(one);
      return steps.some((step) => step.do === "corrupt" && step.misdeed === "false-accuser") && steps.length > 5;
    })!;
    const [all, some] = [swarmScenario(number), swarmScenario(number, { without: ["false-accuser", "heal"] })];
    const isLeftOut = (step: (typeof all.steps)[number]) =>
      step.do === "heal" || (step.do === "corrupt" && step.misdeed === "false-accuser");
    expect(some).toEqual({ ...all, steps: all.steps.filter((step) => !isLeftOut(step)) });
    expect(some.steps.length).toBeLessThan(all.steps.length);
  });
});
