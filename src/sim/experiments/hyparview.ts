/**
 * The overlay as its paper measured it: J. Leitão, J. Pereira, L. Rodrigues, *HyParView: a membership protocol for reliable
 * gossip-based broadcast*, DSN 2007. The links of a network that has settled, as a graph; then a share of all peers crashes
 * in one moment, and what matters is how many of the survivors a flood reaches: over the links that are left, before
 * anybody has done anything about it, and after two intervals of shuffles.
 *
 * Our overlay is HyParView with calmer searches, and visits that mix parts; all tunables are the defaults. As in the paper
 * there are no seeds to turn to: each peer joins through a random other one. Directories are of neighbors, and silent links
 * are probed every 10 s: neither has a part in it. The paper has 10,000 peers; both measures of the graph follow from the
 * size, and so each stands beside that of a random graph with the same degrees.
 */
import { seededRandom } from "../../core/random.js";
import type { Progress, Values } from "./broadcast.js";
import { type Experiment, rowsOf, runsOf, sizesOf, valuesOf } from "./experiment.js";
import { clusteringOf, type Graph, graphOf, pathsOf, reachedWithout, shuffledGraph } from "./overlay-graph.js";
import type { Panel } from "./picture.js";
import type { ExperimentRow, Target } from "./rows.js";
import { leastWithSurvivors } from "./sizes.js";
import { ExperimentWorld } from "./world.js";

const publishedPeers = 10_000;
const source = `Leitão, Pereira, Rodrigues, DSN 2007, table 1, ${publishedPeers.toLocaleString("en")} peers`;

/** The paper's figures of the graph: HyParView's row, with active views of 5. */
const published: Readonly<Record<string, number>> = {
  clustering: 0.00092,
  "shortest-path": 6.385,
};

/** How near ours must come, in a network of the paper's size: better is not wanted either, it would be another graph. */
const within: Readonly<Record<string, number>> = { clustering: 0.5, "shortest-path": 0.05 };

/** Shares of all peers that crash. */
const shares = [0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95];
const settleMs = 120_000;
/** Two intervals of shuffles: what our overlay takes to forget most of the dead. */
const healMs = 20_000;
/** Whose shortest paths are looked at: of more the average is the same. */
const pathSamples = 300;
const floodSamples = 30;

/** The graph of a network that has settled, and what is left of it at once when some are gone. */
export function overlayRun(randomSeed: number, peers: number, progress: Progress): Values {
  const random = seededRandom(randomSeed ^ 0x6ea9);
  const graph = graphOf(settled(randomSeed, peers, progress));
  progress("paths and clusters");
  const paths = pathsOf(graph, random, pathSamples);
  const mixed = shuffledGraph(graph, random);
  const values: Record<string, number> = {
    clustering: clusteringOf(graph),
    "clustering-of-random-graph": clusteringOf(mixed),
    "shortest-path": paths.average,
    "shortest-path-of-random-graph": pathsOf(mixed, random, pathSamples).average,
    "longest-path": paths.longest,
    degree: graph.reduce((sum, others) => sum + others.length, 0) / graph.length,
    "in-largest-part": reachedWithout(graph, 0, random, floodSamples),
  };
  for (let degree = 1; degree <= degreeMax; degree++) values[`degree-${degree}-share`] = shareWith(graph, degree);
  for (const share of shares) {
    values[`flood-at-once-after-${percentOf(share)}-crash`] = reachedWithout(graph, share, random, floodSamples);
  }
  return values;
}

/** Our default for an active view. */
const degreeMax = 5;

/** What is left of a network when it has had time to heal. */
export function healingRun(randomSeed: number, peers: number, share: number, progress: Progress): Values {
  const random = seededRandom(randomSeed ^ 0x6ea9);
  const world = settled(randomSeed, peers, progress);
  progress(`${percentOf(share)} crash`);
  world.killShare(share);
  const survivors = world.peers.length;
  const message = world.publish(world.any());
  world.network.run(healMs);
  return {
    [`message-at-once-after-${percentOf(share)}-crash`]: message.reached / survivors,
    [`flood-healed-after-${percentOf(share)}-crash`]: reachedWithout(graphOf(world), 0, random, floodSamples),
  };
}

function settled(randomSeed: number, peers: number, progress: Progress): ExperimentWorld {
  const tuning = { links: { probeIntervalMs: 10_000 }, directory: { directory: "neighbors" } } as const;
  const world = new ExperimentWorld(randomSeed, tuning);
  progress("growing");
  world.grow(peers, { settleMs });
  return world;
}

function shareWith(graph: Graph, degree: number): number {
  return graph.filter((others) => others.length === degree).length / graph.length;
}

function percentOf(share: number): string {
  return `${Math.round(share * 100)}%`;
}

/** What a figure is held against: the graph's own in a network of the paper's size. */
export function hyparviewTarget(figure: string, peers: number): Target {
  const value = published[figure];
  const isShare = /^(flood|message)-|^in-largest-part$/.test(figure);
  if (value === undefined) return { goal: null, isShare };
  if (peers !== publishedPeers) return { published: value, source, goal: null, isShare };
  return { published: value, source, goal: value, within: within[figure]!, isShare };
}

/** `hearsay sim experiment hyparview`. */
export const hyparviewExperiment: Experiment = {
  name: "hyparview",
  summary: "the overlay as a graph, and whom a flood reaches when many crash at once",
  source,
  peers: [1_000],
  runs: 1,
  kinds: ["graph", ...shares.map(percentOf)],
  ownSize: () => undefined,
  leastPeers: (kind) => leastWithSurvivors(kind === "graph" ? Math.max(...shares) : Number.parseInt(kind, 10) / 100),
  *measure(options, progress) {
    for (const peers of options.peers ?? this.peers) {
      for (const kind of options.kinds) {
        const values = valuesOf(`${peers} peers, ${kind}`, options, progress, (number, told) =>
          kind === "graph"
            ? overlayRun(number, peers, told)
            : healingRun(number, peers, Number.parseInt(kind, 10) / 100, told),
        );
        yield* rowsOf("hyparview", peers, values, (figure) => hyparviewTarget(figure, peers));
      }
    }
  },
  picture: (rows) => ({
    title: "HyParView: the overlay, and what mass failure leaves of it",
    subtitle: `${sizesOf(rows)}, ${runsOf(rows)}; active views of 5; no seeds`,
    source,
    panels: [failuresPanel(rows), degreesPanel(rows), pathsPanel(rows)],
  }),
};

function largestOf(rows: readonly ExperimentRow[]): ExperimentRow[] {
  const largest = Math.max(...rows.map(({ peers }) => peers));
  return rows.filter(({ peers }) => peers === largest);
}

function failuresPanel(rows: readonly ExperimentRow[]): Panel {
  const of = (name: string) =>
    largestOf(rows).flatMap(({ figure, median }) => {
      const match = new RegExp(`^${name}-after-(\\d+)%-crash$`).exec(figure);
      return match === null ? [] : [[Number(match[1]) / 100, median] as const];
    });
  return {
    title: "Survivors that are reached",
    x: { label: "peers that crash at once", kind: "linear", min: 0, max: 1, isShare: true },
    y: { label: "share of the survivors", kind: "linear", max: 1, isShare: true },
    series: [
      { label: "flood, links left", whose: "ours", mark: "line", points: of("flood-at-once") },
      { label: "flood, 20 s later", whose: "ours", mark: "line", points: of("flood-healed") },
      { label: "message sent at the crash", whose: "ours", mark: "line", points: of("message-at-once") },
    ],
  };
}

function degreesPanel(rows: readonly ExperimentRow[]): Panel {
  const points = largestOf(rows).flatMap(({ figure, median }) => {
    const match = /^degree-(\d)-share$/.exec(figure);
    return match === null ? [] : [[match[1]!, median] as const];
  });
  return {
    title: "Links of a peer",
    x: { label: "neighbors", kind: "names" },
    y: { label: "share of all peers", kind: "linear", max: 1, isShare: true },
    series: [{ label: "ours", whose: "ours", mark: "bar", points }],
  };
}

function pathsPanel(rows: readonly ExperimentRow[]): Panel {
  const sizes = [...new Set(rows.map(({ peers }) => peers))].sort((a, b) => a - b);
  const of = (figure: string) =>
    rows
      .filter((row) => row.figure === figure)
      .map(({ peers, median }) => [peers.toLocaleString("en"), median] as const);
  const size = publishedPeers.toLocaleString("en");
  return {
    title: "Shortest paths",
    x: { label: "peers", kind: "names" },
    y: { label: "hops, average over pairs", kind: "linear", max: 8 },
    series: [
      { label: "ours", whose: "ours", mark: "bar", points: sizes.length > 0 ? of("shortest-path") : [] },
      { label: "random graph", whose: "theirs", mark: "bar", points: of("shortest-path-of-random-graph") },
      { label: "published", whose: "published", mark: "bar", points: [[size, published["shortest-path"]!]] },
    ],
  };
}
