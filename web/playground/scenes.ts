/** What there is to watch, and what can be set. */
import {
  at,
  count,
  crash,
  freeze,
  heal,
  type LatencyModel,
  partition,
  type Scenario,
  type ScenarioParts,
  scenario,
  share,
  slow,
} from "../../src/sim/scenario/scenario.js";

/** A scenario with its story. */
export interface Scene {
  /** The name of its scenario, too. */
  readonly name: string;
  readonly title: string;
  /** What to look for. */
  readonly story: string;
  readonly parts: ScenarioParts;
}

const calm = { calmMs: 20_000 };
const besideClassic = "beside-classic";

/** All of them, in the order in which they are best looked at. */
export const scenes: readonly Scene[] = [
  {
    name: "flood-tree",
    title: "Flood, then tree",
    story:
      "The first message floods: each peer hears it from several neighbors, and prunes all but the quickest. What is left is a " +
      "tree. Watch the copies of each message fall, and the links that still carry it stand out.",
    parts: { peers: 60, joinEveryMs: 20, workload: { everyMs: 3_000, from: "one" }, forMs: 60_000, ...calm },
  },
  {
    name: "join-storm",
    title: "Join storm",
    story:
      "Two hundred peers start within a second, all knowing nothing but the seeds. They find neighbors, and the first " +
      "messages already reach everybody.",
    parts: { peers: 200, joinEveryMs: 5, workload: { everyMs: 2_000 }, forMs: 40_000, ...calm },
  },
  {
    name: "partition",
    title: "Partition and heal",
    story:
      "At 8 s half of the network is cut off from the other. Messages stay on their side, and each side gives the other up. " +
      "At 20 s the ways open again: both find each other, and what was missed is repaired.",
    parts: {
      peers: 40,
      steps: [at(8_000, partition(share(0.5))), at(20_000, heal())],
      forMs: 60_000,
      ...calm,
    },
  },
  {
    name: "mass-crash",
    title: "Mass crash",
    story:
      "At 8 s half of all peers are killed in the same moment. The others notice within a second, link anew from their passive " +
      "views, and messages reach every survivor.",
    parts: { peers: 120, joinEveryMs: 10, steps: [at(8_000, crash(share(0.5)))], forMs: 40_000, ...calm },
  },
  {
    name: "slow-peer",
    title: "Slow peers refute",
    story:
      "At 8 s and at 13 s three peers stop for two seconds: they are suspected, hear of it when they go on, and refute. At 20 s " +
      "three become so slow that no answer comes in time for ten seconds. Those are given up, and come back.",
    parts: {
      peers: 30,
      steps: [
        at(8_000, freeze(count(3), 2_000)),
        at(13_000, freeze(count(3), 2_000)),
        at(20_000, slow(count(3), 300, 10_000)),
      ],
      forMs: 50_000,
      ...calm,
    },
  },
  {
    name: besideClassic,
    title: "Beside the classic network",
    story:
      "Twenty peers of ours, and twenty of the original programs, to whom the same happens. There a refused link stays " +
      "one-way, so some hear little from the first moment on; when five are killed at 12 s, whoever loses its neighbors is " +
      "cut off for ever. Deaths are known after 26 s and more, and to the neighbors only.",
    parts: {
      peers: 20,
      joinEveryMs: 50,
      workload: { everyMs: 1_000 },
      steps: [at(12_000, crash(count(5))), at(35_000, partition(share(0.5))), at(45_000, heal())],
      forMs: 60_000,
      ...calm,
    },
  },
];

/** Whether the original classic network is to be seen beside ours. */
export function isBesideClassic({ name }: Pick<Scenario, "name">): boolean {
  return name === besideClassic;
}

/** The scene of a scenario; undefined for one from elsewhere. */
export function sceneOf({ name }: Pick<Scenario, "name">): Scene | undefined {
  return scenes.find((scene) => scene.name === name);
}

/** What a slider sets. */
export interface Slider {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  /** The values that it has, ascending. */
  readonly values: readonly number[];
  readonly unit: string;
  get(scenario: Scenario): number;
  set(scenario: Scenario, value: number): ScenarioParts;
}

/** All of them. */
export const sliders: readonly Slider[] = [
  {
    name: "peers",
    label: "Peers",
    hint: "How many start",
    values: [5, 10, 20, 30, 40, 60, 80, 120, 200, 300, 500, 1_000],
    unit: "",
    get: ({ peers }) => peers,
    set: (_scenario, peers) => ({ peers, joinEveryMs: Math.min(50, Math.max(1, Math.floor(2_000 / peers))) }),
  },
  {
    name: "view",
    label: "Active view",
    hint: "Neighbors of each peer: the fanout",
    values: [2, 3, 4, 5, 6, 7, 8],
    unit: "",
    get: ({ config }) => config.overlay?.activeViewMax ?? 5,
    set: ({ config }, activeViewMax) => ({ config: { ...config, overlay: { ...config.overlay, activeViewMax } } }),
  },
  {
    name: "loss",
    label: "Loss",
    hint: "Transmissions lost by chance; TCP repairs them, late",
    values: [0, 1, 2, 5, 10, 20, 30],
    unit: "%",
    get: ({ network }) => Math.round(100 * network.lossRate),
    set: ({ network }, percent) => ({ network: { ...network, lossRate: percent / 100 } }),
  },
  {
    name: "latency",
    label: "Latency",
    hint: "Median of one way; each packet takes half to one and a half times as long",
    values: [2, 5, 10, 20, 30, 50, 75, 100, 150, 200, 300],
    unit: "ms",
    get: ({ network }) => Math.round(medianOf(network.latency)),
    set: ({ network }, ms) => ({
      network: { ...network, latency: { kind: "uniform", minMs: Math.ceil(ms / 2), maxMs: Math.round(1.5 * ms) } },
    }),
  },
  {
    name: "probe",
    label: "Probe interval",
    hint: "How long a neighbor may be silent before it is asked whether it lives",
    values: [250, 500, 1_000, 2_000, 5_000, 13_000],
    unit: "ms",
    get: ({ config }) => config.links?.probeIntervalMs ?? 1_000,
    set: ({ config }, probeIntervalMs) => ({
      config: {
        ...config,
        links: {
          ...config.links,
          probeIntervalMs,
          probeTimeoutMs: Math.round(0.6 * probeIntervalMs),
          deafMaxMs: 6 * probeIntervalMs,
        },
      },
    }),
  },
];

/** The scenario with one thing set otherwise. Throws a RangeError when that is impossible. */
export function withSlider(whole: Scenario, slider: Slider, value: number): Scenario {
  return scenario({ ...whole, ...slider.set(whole, value) });
}

/** The scenario of a scene, with what the sliders of another one say. */
export function ofScene(scene: Scene, randomSeed: number): Scenario {
  return scenario({ ...scene.parts, name: scene.name, randomSeed });
}

/** Half of all packets take at most so many milliseconds one way. */
export function medianOf(model: LatencyModel): number {
  switch (model.kind) {
    case "constant":
      return model.ms;
    case "uniform":
      return (model.minMs + model.maxMs) / 2;
    case "normal":
      return model.meanMs;
    case "log-normal":
      return model.medianMs;
    case "regions": {
      const all = model.ms.flat().sort((a, b) => a - b);
      return all[Math.floor(all.length / 2)] ?? 1;
    }
  }
}
