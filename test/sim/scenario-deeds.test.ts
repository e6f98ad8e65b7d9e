/** Whom a deed befalls, for how long, and what the trace tells of it. */
import { describe, expect, test } from "vitest";
import { joinAddress } from "../../src/core/address.js";
import { runScenario, ScenarioRun } from "../../src/sim/scenario/run.js";
import {
  at,
  bandwidth,
  clog,
  corrupt,
  count,
  crash,
  cut,
  type Deed,
  freeze,
  heal,
  join,
  latency,
  leave,
  loss,
  partition,
  restart,
  type ScenarioParts,
  type Step,
  scenario,
  share,
  slow,
  suspend,
  these,
} from "../../src/sim/scenario/scenario.js";
import { Spells } from "../../src/sim/scenario/spells.js";
import { fieldsOf, type TraceLine } from "../../src/sim/scenario/trace-lines.js";

const plain: ScenarioParts = {
  peers: 8,
  forMs: 60_000,
  calmMs: 5_000,
  network: { latency: { kind: "constant", ms: 10 } },
  workload: { everyMs: 100 },
};

interface Heard {
  readonly from: string;
  readonly to: string;
  readonly at: number;
  readonly tookMs: number;
}

/** What was heard in a run, and its trace. */
function runOf(
  steps: readonly Step[],
  more: ScenarioParts = {},
): { heard: Heard[]; lines: TraceLine[]; run: ScenarioRun } {
  const heard: Heard[] = [];
  const lines: TraceLine[] = [];
  const run = new ScenarioRun(scenario({ ...plain, ...more, steps }), {
    trace: (line) => lines.push(line),
    travelled: ({ from, to, sentAt, at }) => heard.push({ from, to, at, tookMs: at - sentAt }),
  });
  run.toEnd();
  return { heard, lines, run };
}

function lineOf(lines: readonly TraceLine[], deed: Deed["do"]): TraceLine {
  return lines.find((line) => line.peer === 0 && line.event === deed)!;
}

const addressOf = (number: number) => `10.0.0.${number}:5000`;

describe("ways from several to several", () => {
  test("are all of those from the first to the second", () => {
    const { lines, heard } = runOf([at(20_000, cut(share(1), count(1)))], { forMs: 40_000 });
    const { peers, toPeers } = lineOf(lines, "cut") as unknown as { peers: number[]; toPeers: number[] };
    expect(peers).toHaveLength(8);
    expect(toPeers).toHaveLength(1);
    // Nobody is heard by it, but the seeds, which are no peers.
    const deaf = addressOf(toPeers[0]!);
    const meanwhile = heard.filter((one) => one.at > 20_500 && one.at < 40_000);
    expect(meanwhile.filter(({ from, to }) => to === deaf && from.startsWith("10.0.0."))).toEqual([]);
    expect(meanwhile.filter(({ from }) => from === deaf).length).toBeGreaterThan(0);
  });

  test("clogged, hold back what all of them say to one", () => {
    const { lines, heard } = runOf([at(20_000, clog(share(1), 8_000, count(1)))], { forMs: 40_000 });
    const [to] = lineOf(lines, "clog").toPeers as number[];
    const late = heard.filter(({ tookMs }) => tookMs > 1_000);
    expect(new Set(late.map((one) => one.to))).toEqual(new Set([addressOf(to!)]));
    expect(new Set(late.map(({ from }) => from)).size).toBeGreaterThan(2);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])("lead from one to another one, not to itself (number %i)", (randomSeed) => {
    const { lines } = runOf([at(5_000, cut(count(1), count(1)))], { randomSeed, peers: 3, forMs: 6_000 });
    const { peers, toPeers } = lineOf(lines, "cut");
    expect(toPeers).not.toEqual(peers);
    expect(toPeers).toHaveLength(1);
  });
});

describe("what lasts", () => {
  test("covers what it began over, and uncovers it", () => {
    const seen: string[] = [];
    const spells = new Spells("otherwise", (value) => seen.push(value));
    const endFirst = spells.begin("first");
    const endSecond = spells.begin("second");
    const endThird = spells.begin("third");
    endSecond();
    expect(spells.current).toBe("third");
    endThird();
    expect(spells.current).toBe("first");
    endThird();
    endFirst();
    expect(seen).toEqual(["first", "second", "third", "first", "otherwise"]);
    const endFourth = spells.begin("fourth");
    spells.replace("new");
    endFourth();
    expect(spells.current).toBe("new");
  });

  const long = 500;
  test.each<[string, Deed, Deed, Deed]>([
    [
      "latency",
      latency({ kind: "constant", ms: long }, 20_000),
      latency({ kind: "constant", ms: long }, 20_000),
      heal(),
    ],
    [
      "an inner latency",
      latency({ kind: "constant", ms: long }, 35_000),
      latency({ kind: "constant", ms: 20 }, 5_000),
      heal(),
    ],
    ["slow", slow(share(1), 2 * long, 35_000), slow(share(1), 100, 2_000), heal()],
  ])("%s: the end of one does not end another", (_what, outer, inner) => {
    const { heard } = runOf([at(10_000, outer), at(25_000, inner)], { peers: 3, workload: { everyMs: 2_000 } });
    const took = (from: number, to: number) =>
      Math.max(0, ...heard.filter((one) => one.at > from && one.at < to).map(({ tookMs }) => tookMs));
    expect(took(35_000, 44_000)).toBeGreaterThanOrEqual(long);
    expect(took(55_000, 60_000)).toBeLessThan(long);
  });

  test("loss: nothing comes until the last one that began ends", () => {
    const { heard } = runOf([at(10_000, loss(1, 20_000, these(2))), at(25_000, loss(1, 20_000, these(2)))]);
    const came = heard.filter(({ to }) => to === addressOf(2));
    expect(came.filter((one) => one.at > 11_000 && one.at < 45_000)).toEqual([]);
    expect(came.some((one) => one.at > 45_000)).toBe(true);
  });

  test("bandwidth: an inner one gives back the outer one's", () => {
    const steps = [
      at(20_000, bandwidth({ linkBytesPerS: 20_000 }, 30_000, these(1))),
      at(30_000, bandwidth({ linkBytesPerS: 10_000_000 }, 2_000, these(1))),
    ];
    const { heard } = runOf(steps, { peers: 3, workload: { everyMs: 500, bytes: 5_000, from: "one" } });
    const tookOf = (from: number, to: number) =>
      heard.filter((one) => one.from === addressOf(1) && one.at > from && one.at < to).map(({ tookMs }) => tookMs);
    expect(Math.max(...tookOf(31_000, 32_000))).toBeLessThan(100);
    expect(Math.max(...tookOf(40_000, 49_000))).toBeGreaterThan(200);
    expect(Math.max(...tookOf(52_000, 60_000))).toBeLessThan(100);
  });

  test("partitions: one that is replaced does not end the one that replaced it", () => {
    const steps = [at(10_000, partition(these(1), 10_000)), at(15_000, partition(these(1, 2, 3), 30_000))];
    const { heard, lines } = runOf(steps);
    // The first one's end says nothing, the second one's that nobody is cut off any more.
    const told = lines.filter(({ event }) => event === "partition").map(({ at, peers }) => [at, peers]);
    expect(told).toEqual([
      [10_000, [1]],
      [15_000, [1, 2, 3]],
      [45_000, []],
    ]);
    const across = (from: number, to: number) =>
      heard.filter((one) => {
        const sides = [one.from, one.to].map((address) => [1, 2, 3].some((number) => address === addressOf(number)));
        return (
          one.at > from &&
          one.at < to &&
          one.from.startsWith("10.0.0.") &&
          one.to.startsWith("10.0.0.") &&
          sides[0] !== sides[1]
        );
      });
    expect(across(16_000, 45_000)).toEqual([]);
    expect(across(46_000, 60_000).length).toBeGreaterThan(0);
  });

  test("a partition without a length is replaced, and ended by healing", () => {
    const steps = [at(10_000, partition(these(1), 40_000)), at(15_000, partition(these(2))), at(25_000, heal())];
    const { heard } = runOf(steps);
    const came = (to: number, from: number, until: number) =>
      heard.filter(
        (one) => one.to === addressOf(to) && one.from.startsWith("10.0.0.") && one.at > from && one.at < until,
      ).length;
    expect(came(1, 11_000, 15_000)).toBe(0);
    expect(came(2, 16_000, 25_000)).toBe(0);
    expect(came(1, 26_000, 50_000)).toBeGreaterThan(0);
    expect(came(2, 26_000, 50_000)).toBeGreaterThan(0);
  });
});

describe("whom a deed can befall", () => {
  test.each<[string, Deed]>([
    ["stopped", freeze(these(3), 20_000)],
    ["suspended", suspend(these(3), 20_000)],
    ["mean harm", corrupt(these(3), "flooder")],
  ])("those that are %s can be killed", (_state, deed) => {
    const { lines, run } = runOf([at(5_000, deed), at(10_000, crash(these(3)))], { forMs: 40_000, calmMs: 20_000 });
    expect(lineOf(lines, "crash").peers).toEqual([3]);
    expect(run.report().peers).toBe(7);
    expect(run.report().violations).toEqual([]);
  });

  test("a share is one of all that are there", () => {
    const { run } = runOf([at(5_000, freeze(count(3), 20_000)), at(10_000, crash(share(1)))], { forMs: 12_000 });
    expect(run.report().peers).toBe(0);
  });

  test("a machine that was suspended when it lost its power is there for the next life", () => {
    const steps = [at(5_000, suspend(these(3), 40_000)), at(10_000, crash(these(3))), at(20_000, restart(1))];
    const { heard, run } = runOf(steps, { calmMs: 20_000 });
    expect(heard.some((one) => one.to === addressOf(3) && one.at > 20_000 && one.at < 25_000)).toBe(true);
    expect(run.report().violations).toEqual([]);
  });

  test("those that are stopped do nothing by themselves", () => {
    const { lines } = runOf([at(5_000, freeze(these(3), 20_000)), at(10_000, leave(these(3)))], { forMs: 12_000 });
    expect(lineOf(lines, "leave").peers).toEqual([]);
  });

  test("whoever has said goodbye may come back", () => {
    const { lines, run } = runOf([at(5_000, leave(these(3))), at(10_000, restart(1))], {
      forMs: 20_000,
      calmMs: 20_000,
    });
    expect(lines.filter((line) => line.event === "started" && line.peer === 3)).toHaveLength(2);
    expect(run.report().violations).toEqual([]);
  });

  test("a new address takes nobody's number", () => {
    const steps = [at(5_000, crash(these(2))), at(8_000, restart(1, { address: "new" })), at(12_000, join(1))];
    const { lines } = runOf([...steps, at(20_000, crash(these(6)))], { peers: 5, forMs: 30_000, calmMs: 20_000 });
    expect(lines.filter(({ event }) => event === "started").map(({ peer }) => peer)).toEqual([1, 2, 3, 4, 5, 2, 6]);
    expect(lines.filter(({ event }) => event === "crash").at(-1)!.peers).toEqual([6]);
  });
});

describe("the trace", () => {
  test("says whom it befell, also where ways lead to somebody", () => {
    const { lines } = runOf([at(5_000, loss(0.5, 1_000, count(2))), at(6_000, clog(count(1), 500))], { forMs: 10_000 });
    expect(lineOf(lines, "loss").peers).toHaveLength(2);
    expect(lineOf(lines, "clog").peers).toHaveLength(1);
    expect(lineOf(lines, "clog")).not.toHaveProperty("toPeers");
  });

  test("has what flooders publish, which the report counts apart", () => {
    const { lines, run } = runOf([at(5_000, corrupt(these(1), "flooder"))], { forMs: 10_000 });
    const report = run.report();
    const of = (event: string) => lines.filter((line) => line.event === event).length;
    expect(report.flooded).toBeGreaterThan(300);
    expect(of("published")).toBe(report.coverage.length + report.flooded);
    // Everybody is given its own messages too, which are no deliveries.
    expect(of("arrived") - of("published")).toBe(report.delivered);
  });

  test("says whether a neighbor began to be slow, or ceased to be", () => {
    const neighbor = { id: undefined, address: joinAddress("10.0.0.1", 5000)!, dialect: "classic", since: 0 } as const;
    const fields = fieldsOf({ type: "slow", neighbor: { ...neighbor, rttMs: 5, isCongested: true }, isSlow: true });
    expect(fields).toEqual({ neighbor: undefined, address: "10.0.0.1:5000", isSlow: true });
  });

  test("has the two lines that contradict a promise", () => {
    const lines: string[] = [];
    // Everything is lost to the end, so they can't agree.
    const lossy = scenario({ ...plain, peers: 12, forMs: 20_000, network: { lossRate: 0.7 } });
    const { violations } = runScenario(lossy, { trace: (line) => lines.push(JSON.stringify(line)) });
    expect(violations.length).toBeGreaterThan(0);
    for (const line of violations.flatMap((violation) => violation.lines)) {
      expect(lines.filter((one) => one === JSON.stringify(line))).toHaveLength(1);
    }
  });
});
