import { describe, expect, test } from "vitest";
import { lackOf } from "../../src/cli/sim/experiment-table.js";
import { joinAddress } from "../../src/core/address.js";
import { seededRandom } from "../../src/core/random.js";
import { demersRun, demersTable } from "../../src/sim/experiments/demers.js";
import type { ExperimentOptions } from "../../src/sim/experiments/experiment.js";
import { steadyLatency } from "../../src/sim/experiments/gossipsub.js";
import { GossipsubCore, type GossipsubMessage } from "../../src/sim/experiments/gossipsub-core.js";
import { lifeguardTarget } from "../../src/sim/experiments/lifeguard.js";
import {
  clusteringOf,
  floodFrom,
  type Graph,
  pathsOf,
  reachedWithout,
  shuffledGraph,
} from "../../src/sim/experiments/overlay-graph.js";
import { experimentNamed, experiments } from "../../src/sim/experiments/registry.js";
import { type ExperimentRow, experimentRow, row } from "../../src/sim/experiments/rows.js";
import { addressOf, ExperimentWorld } from "../../src/sim/experiments/world.js";

/** The figures of a small network, by name. */
function measure(name: string, options: Partial<ExperimentOptions>): Map<string, ExperimentRow> {
  const experiment = experimentNamed(name)!;
  const { peers, kinds } = experiment;
  const all = { peers, kinds, runs: 1, randomSeed: 1, isFull: false, ...options };
  return new Map([...experiment.measure(all, () => {})].map((one) => [one.figure, one]));
}

describe("Demers' table", () => {
  test.each(Object.entries(demersTable))(
    "k = %s: residue, traffic and the last delay are the published ones",
    (k, table) => {
      const values = demersRun(1, 1_000, [Number(k)]);
      expect(Math.abs(values[`residue-k${k}`]! - table.residue) / table.residue).toBeLessThan(0.15);
      expect(Math.abs(values[`traffic-k${k}`]! - table.traffic) / table.traffic).toBeLessThan(0.05);
      expect(Math.abs(values[`last-delay-k${k}`]! - table.lastDelay) / table.lastDelay).toBeLessThan(0.05);
    },
  );

  test("is a goal at its own size only, and stands beside ours at others", () => {
    expect(measure("demers", { kinds: ["k1"] }).get("residue-k1")).toMatchObject({
      published: 0.18,
      goal: 0.18,
      met: true,
    });
    expect(measure("demers", { kinds: ["k1"], peers: [100] }).get("residue-k1")).toMatchObject({
      published: 0.18,
      goal: null,
      met: null,
    });
  });
});

describe("measures of a graph", () => {
  const ring: Graph = Array.from({ length: 10 }, (_, peer) => [(peer + 9) % 10, (peer + 1) % 10]);
  const complete: Graph = Array.from({ length: 5 }, (_, peer) => [0, 1, 2, 3, 4].filter((other) => other !== peer));

  test("clustering: of all friends none, some, or all are friends", () => {
    expect(clusteringOf(ring)).toBe(0);
    expect(clusteringOf(complete)).toBe(1);
    // A triangle with a tail: 1/3 at the corner with the tail, 1 at two, nothing at the end.
    expect(clusteringOf([[1, 2, 3], [0, 2], [0, 1], [0]])).toBeCloseTo((1 / 3 + 1 + 1) / 4);
  });

  test("paths: of a ring they are known", () => {
    const { average, longest } = pathsOf(ring, seededRandom(1), 10);
    expect(average).toBeCloseTo((2 * (1 + 2 + 3 + 4) + 5) / 9);
    expect(longest).toBe(5);
    expect(floodFrom(ring, 3, (peer) => peer !== 5 && peer !== 1)).toEqual({ reached: 3, hops: 2, lastHop: 1 });
  });

  test("what a flood reaches when some are gone: all of a complete graph, less of a ring", () => {
    expect(reachedWithout(complete, 0.4, seededRandom(1), 5)).toBe(1);
    const left = reachedWithout(ring, 0.5, seededRandom(1), 5);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(1);
  });

  test("a graph with the same degrees, mixed: nobody has more links, hardly any is lost", () => {
    const large: Graph = Array.from({ length: 500 }, (_, peer) => [1, 2, 498, 499].map((step) => (peer + step) % 500));
    const mixed = shuffledGraph(large, seededRandom(1));
    expect(Math.max(...mixed.map((others) => others.length))).toBe(4);
    expect(mixed.flat().length).toBeGreaterThan(0.98 * large.flat().length);
    expect(clusteringOf(large)).toBeGreaterThan(0.4);
    expect(clusteringOf(mixed)).toBeLessThan(0.05);
    for (const [peer, others] of mixed.entries()) for (const other of others) expect(mixed[other]).toContain(peer);
  });
});

describe("experiments in small networks", () => {
  test("hyparview: one part, five links each, paths as short as those of a random graph; it heals", () => {
    const rows = measure("hyparview", { peers: [80], kinds: ["graph", "50%"] });
    const value = (figure: string) => rows.get(figure)!.median;
    expect(value("in-largest-part")).toBe(1);
    expect(value("degree")).toBeGreaterThan(4.7);
    expect(value("degree-5-share")).toBeGreaterThan(0.85);
    expect(value("shortest-path") / value("shortest-path-of-random-graph")).toBeCloseTo(1, 1);
    expect(value("flood-at-once-after-10%-crash")).toBeGreaterThan(0.95);
    expect(value("flood-at-once-after-80%-crash")).toBeLessThan(0.8);
    expect(value("flood-healed-after-50%-crash")).toBe(1);
    expect(value("message-at-once-after-50%-crash")).toBe(1);
    expect(rows.get("shortest-path")).toMatchObject({ published: 6.385, goal: null });
  });

  test("plumtree: nothing is redundant with one sender, where a flood over the same links sends three too many", () => {
    const rows = measure("plumtree", { peers: [24], kinds: ["steady", "80%"] });
    expect(rows.get("rmr-steady-sender")).toMatchObject({ published: 0, met: true });
    expect(rows.get("rmr-flood")!.median).toBeGreaterThan(2.5);
    expect(rows.get("rmr-flood")!.median).toBeLessThanOrEqual(3.3);
    expect(rows.get("last-hop-steady-sender")!.median).toBeLessThanOrEqual(rows.get("last-hop-flood")!.median + 2);
    expect(rows.get("first-message-after-80%-crash")!.met).toBe(true);
    expect(rows.get("all-retained-after-80%-crash")!.median).toBe(1);
  });

  test("gossipsub: its mesh costs what was counted, five payloads too many for each peer; ours next to nothing", () => {
    const rows = measure("gossipsub", { peers: [150], kinds: ["gossipsub"] });
    // The mesh is of the same degree in networks of any size.
    expect(rows.get("rmr-gossipsub")!.median).toBeGreaterThan(5.216 * 0.95);
    expect(rows.get("rmr-gossipsub")!.median).toBeLessThan(5.216 * 1.05);
    expect(rows.get("ihave-per-message-gossipsub")!.median).toBeCloseTo(1.984, 0);
    expect(rows.get("reached-gossipsub")!.median).toBe(1);
    const ours = measure("gossipsub", { peers: [40], kinds: ["hearsay"] });
    expect(ours.get("rmr-hearsay")!.median).toBeLessThan(0.05);
    expect(ours.get("reached-hearsay")!.met).toBe(true);
  });

  test("maelstrom: both parts of the challenge are met by a settled network, with its defaults and tuned", () => {
    const rows = measure("maelstrom", { randomSeed: 2, kinds: ["defaults", "tuned"] });
    expect([...rows.values()].filter(({ met }) => met === false)).toEqual([]);
    expect(rows.get("3e-messages-per-operation-defaults")).toMatchObject({ peers: 25, published: 20, goal: 20 });
    const cost = (kind: string) => rows.get(`3d-messages-per-operation-${kind}`)!.median;
    // 24 deliveries for every other operation are the least there can be.
    expect(cost("tuned")).toBeGreaterThan(12);
    expect(cost("tuned")).toBeLessThan(cost("defaults"));
    expect(rows.get("reached-everybody-tuned")!.median).toBe(1);
    // No reader can notice a delivery that is later than the last one; over three hops it takes 300 ms.
    expect(rows.get("3d-max-latency-ms-tuned")!.median).toBeLessThanOrEqual(
      rows.get("max-last-delivery-ms-tuned")!.median,
    );
    expect(rows.get("median-last-delivery-ms-tuned")!.median).toBeGreaterThanOrEqual(200);
  });

  test.each(experiments.filter(({ ownSize, kinds }) => ownSize(kinds[0]!) === undefined).map(({ name }) => name))(
    "%s: in the least network that a kind can have each figure has a value",
    (name) => {
      const { kinds, ownSize, leastPeers } = experimentNamed(name)!;
      // An hour with losses says no more than a minute with deaths.
      for (const kind of kinds.filter((one) => ownSize(one) === undefined && one !== "loss")) {
        for (const randomSeed of [1, 2]) {
          const rows = [...measure(name, { peers: [leastPeers(kind)], kinds: [kind], randomSeed }).values()];
          expect(rows.length).toBeGreaterThan(0);
          expect(rows.filter(({ median }) => !Number.isFinite(median))).toEqual([]);
        }
      }
    },
  );

  test("a network is too small where nobody would be left", () => {
    const least = (name: string) => {
      const { kinds, leastPeers } = experimentNamed(name)!;
      return Object.fromEntries(kinds.map((kind) => [kind, leastPeers(kind)]));
    };
    const crashes = { "50%": 2, "80%": 3, "90%": 6, "95%": 11 };
    expect(least("broadcast")).toEqual({ steady: 3, ...crashes });
    expect(least("plumtree")).toEqual({ steady: 3, ...crashes });
    expect(least("hyparview")).toMatchObject({ graph: 11, "10%": 2, ...crashes });
    expect(() => measure("broadcast", { peers: [10], kinds: ["95%"] })).toThrow();
    expect(measure("hyparview", { peers: [10], kinds: ["graph"] }).get("flood-at-once-after-95%-crash")).toMatchObject({
      median: Number.NaN,
    });
  });

  test("peers have an address each, up to the largest network that can be asked for", () => {
    expect(new Set(Array.from({ length: 100_000 }, (_, index) => addressOf(index))).size).toBe(100_000);
    expect(addressOf(99_999)).toBe("10.1.134.159:6000");
  });

  test("the same number makes the same figures", () => {
    const once = () => [...measure("gossipsub", { randomSeed: 7, peers: [30], kinds: ["gossipsub"] }).values()];
    expect(once()).toEqual(once());
  });

  test("lifeguard: SWIM's share stands beside the published one", () => {
    expect(lifeguardTarget("false-deaths-of-swim")).toMatchObject({ published: 0.02, goal: 0.01 });
    expect(lifeguardTarget("stalls-frozen-anywhere-swim")).toEqual({ goal: null });
  });
});

describe("GossipSub's mesh", () => {
  test("passes on what is new to everybody in the mesh but the one it came from, and asks for what it lacks", () => {
    const sent: [number, GossipsubMessage][] = [];
    const delivered: number[] = [];
    const core = new GossipsubCore(0, [1, 2, 3, 4, 5, 6, 7, 8], seededRandom(1), {
      post: (to, message) => sent.push([to, message]),
      delivered: (id) => delivered.push(id),
    });
    core.start(0);
    core.wake(core.nextWake);
    expect(core.degree).toBe(6);
    const grafts = sent.splice(0);
    expect(new Set(grafts.map(([, { type }]) => type))).toEqual(new Set(["graft"]));
    const mesh = grafts.map(([to]) => to);
    core.receive(3_000, 0, { type: "publish", from: mesh[0]!, ids: [7] });
    core.receive(3_000, 0, { type: "publish", from: mesh[1]!, ids: [7] });
    expect(
      sent
        .splice(0)
        .map(([to]) => to)
        .sort(),
    ).toEqual(mesh.slice(1).sort());
    expect(delivered).toEqual([7]);
    core.receive(3_000, 0, { type: "ihave", from: 8, ids: [7, 9] });
    expect(sent.splice(0)).toEqual([[8, { type: "iwant", from: 0, ids: [9] }]]);
    core.receive(3_000, 0, { type: "iwant", from: 8, ids: [7, 9] });
    expect(sent.splice(0)).toEqual([[8, { type: "publish", from: 0, ids: [7] }]]);
    core.receive(3_000, 0, { type: "prune", from: mesh[0]!, ids: [] });
    expect(core.degree).toBe(5);
  });

  test("packets between two addresses always take the same time, both ways, within the bounds", () => {
    const draw = steadyLatency(1);
    const addresses = Array.from({ length: 40 }, (_, index) => joinAddress(`10.0.0.${index}`, 6000)!);
    const drawn = addresses.flatMap((from) => addresses.map((to) => draw(seededRandom(1), from, to)));
    const turned = addresses.flatMap((from) => addresses.map((to) => steadyLatency(1)(seededRandom(2), to, from)));
    expect(turned).toEqual(drawn);
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...drawn)).toBeLessThanOrEqual(150);
    const average = drawn.reduce((sum, one) => sum + one, 0) / drawn.length;
    expect(Math.abs(average - 80)).toBeLessThan(8);
  });
});

describe("rows", () => {
  test("less is better, or more, or as near as can be", () => {
    const met = (values: number[], goal: Parameters<typeof row>[3]) => row("f", 1, values, goal).met;
    expect(met([1, 2, 9], { goal: 2 })).toBe(true);
    expect(met([1, 2, 9], { goal: 2, goalOfWorst: 8 })).toBe(false);
    expect(met([1, 0.9], { goal: 0.95, isShare: true })).toBe(false);
    expect(met([10.4], { goal: 10, within: 0.05 })).toBe(true);
    expect(met([9.4], { goal: 10, within: 0.05 })).toBe(false);
    expect(met([Number.NaN], { goal: 10 })).toBe(false);
    expect(met([1], { goal: null })).toBe(null);
  });

  test("what has no value is the worst", () => {
    expect(row("f", 1, [3, Number.NaN, 1, 2], { goal: null })).toMatchObject({ median: 3, p99: Number.NaN });
    expect(row("f", 1, [1, Number.NaN, 3, 2], { goal: null, isShare: true })).toMatchObject({
      median: 1,
      p99: Number.NaN,
    });
  });

  test("a figure that is no number is named, for JSON has only null for it", () => {
    const of = (...values: number[]) => lackOf(experimentRow("e", "f", 1_000, values, { goal: null }));
    expect(of(1, 2, 3)).toBeUndefined();
    expect(of(1, Number.NaN)).toBe("f of 1,000 peers has no value in one run at least");
    expect(of(1, Number.POSITIVE_INFINITY)).toBe("f of 1,000 peers never came about in one run at least");
  });

  test("a row has every field, in an order for people", () => {
    const one = experimentRow("e", "f", 3, [1], { goal: 1, published: 2, source: "s" });
    expect(JSON.stringify(one)).toBe(
      '{"experiment":"e","figure":"f","peers":3,"runs":1,"median":1,"p99":1,"published":2,"source":"s","goal":1,"met":true}',
    );
    expect(experimentRow("e", "f", 3, [1], { goal: null })).toMatchObject({
      published: null,
      source: null,
      goal: null,
    });
  });

  test("experiments have names of their own, sizes, runs and kinds", () => {
    expect(new Set(experiments.map(({ name }) => name)).size).toBe(experiments.length);
    for (const { peers, runs, kinds } of experiments) {
      expect(peers.length).toBeGreaterThan(0);
      expect(runs).toBeGreaterThan(0);
      expect(kinds.length).toBeGreaterThan(0);
    }
    expect(experimentNamed("nothing")).toBeUndefined();
  });
});

describe("the network of an experiment", () => {
  test("remembers what had come to those that are killed", () => {
    const world = new ExperimentWorld(1);
    world.grow(12, { settleMs: 2_000 });
    for (let i = 0; i < 20; i++) {
      world.publish(world.any());
      world.network.run(100);
    }
    world.network.run(2_000);
    const before = world.copies();
    expect(before.delivered).toBe(11 * 20);
    world.kill(world.any());
    world.killShare(0.5);
    expect(world.copies()).toEqual(before);
  });
});
