/**
 * The broadcast as its paper measured it: J. Leitão, J. Pereira, L. Rodrigues, *Epidemic broadcast trees*, SRDS 2007. How
 * many payloads come to a peer beyond the one that it needs (the relative message redundancy, RMR: of a flood over five
 * links it is three, of a perfect tree nothing); how many hops the last delivery takes; and what is left of it when many crash.
 *
 * The paper shows curves and few numbers. What it says in words is that with one sender nothing is redundant once the tree is
 * there; a flood over the same links is what it compares with, and so it is measured here, on the same overlay.
 */
import { seededRandom } from "../../core/random.js";
import { crashRun, goalOf, leastToTalk, type Progress, steadyRun, type Values } from "./broadcast.js";
import { type Experiment, rowsOf, runsOf, sizesOf, valuesOf } from "./experiment.js";
import { floodFrom, graphOf } from "./overlay-graph.js";
import type { Panel } from "./picture.js";
import { type ExperimentRow, mean, type Target } from "./rows.js";
import type { ExperimentWorld } from "./world.js";

const source = "Leitão, Pereira, Rodrigues, SRDS 2007, section 4, 10,000 peers";
const crashes = ["50%", "80%", "90%", "95%"];
const floods = 30;

/** What a flood over the links of a network costs: each peer sends on all of them but the one on which it was told. */
export function floodOn(world: ExperimentWorld, randomSeed: number): Values {
  const graph = graphOf(world);
  const random = seededRandom(randomSeed ^ 0xf100d);
  const links = graph.reduce((sum, others) => sum + others.length, 0);
  const copies = links - (graph.length - 1);
  const hops = Array.from({ length: floods }, () => floodFrom(graph, random.below(graph.length)).lastHop);
  return { "rmr-flood": copies / (graph.length - 1) - 1, "last-hop-flood": mean(hops) };
}

/** What a figure is held against, and what the paper says of it. */
export function plumtreeTarget(figure: string, peers: number): Target {
  if (figure === "rmr-steady-sender") return { published: 0, source, goal: 0.02 };
  return goalOf(figure, peers);
}

function plumtreeRun(kind: string, number: number, peers: number, progress: Progress): Values {
  if (kind === "steady") return steadyRun(number, peers, progress, (world) => floodOn(world, number));
  const { "all-retained-at-all-survivors": retained, ...values } = crashRun(
    number,
    peers,
    Number.parseInt(kind, 10) / 100,
    progress,
  );
  return { ...values, [`all-retained-after-${kind}-crash`]: retained! };
}

/** `hearsay sim experiment plumtree`. */
export const plumtreeExperiment: Experiment = {
  name: "plumtree",
  summary: "broadcast on trees: redundancy, hops to the last delivery, and healing",
  source,
  peers: [1_000],
  runs: 1,
  kinds: ["steady", ...crashes],
  ownSize: () => undefined,
  leastPeers: leastToTalk,
  *measure(options, progress) {
    for (const peers of options.peers ?? this.peers) {
      for (const kind of options.kinds) {
        const values = valuesOf(`${peers} peers, ${kind}`, options, progress, (number, told) =>
          plumtreeRun(kind, number, peers, told),
        );
        yield* rowsOf("plumtree", peers, values, (figure) => plumtreeTarget(figure, peers));
      }
    }
  },
  picture: (rows) => ({
    title: "Plumtree: broadcast on trees, beside a flood over the same links",
    subtitle: `${sizesOf(rows)}, ${runsOf(rows)}; one peer sends, or a random one each time`,
    source,
    panels: [
      barsPanel(rows, "rmr", "Redundancy", "payloads beyond the first, per peer"),
      barsPanel(rows, "last-hop", "Last delivery", "hops"),
      crashesPanel(rows),
    ],
  }),
};

const senders = [
  ["flood", "flood"],
  ["steady-sender", "one sender"],
  ["random-sender", "any sender"],
] as const;

function barsPanel(rows: readonly ExperimentRow[], name: string, title: string, label: string): Panel {
  const largest = Math.max(...rows.map(({ peers }) => peers));
  const of = (value: (row: ExperimentRow) => number | null) =>
    senders.flatMap(([ending, shown]) => {
      const row = rows.find(({ figure, peers }) => figure === `${name}-${ending}` && peers === largest);
      const one = row === undefined ? null : value(row);
      return one === null ? [] : [[shown, one] as const];
    });
  const measured = of(({ median }) => median);
  return {
    title,
    x: { label: "", kind: "names" },
    y: { label, kind: "linear" },
    series: [
      {
        label: "a flood, run here",
        whose: "theirs",
        mark: "bar",
        points: measured.filter(([shown]) => shown === "flood"),
      },
      { label: "ours", whose: "ours", mark: "bar", points: measured.filter(([shown]) => shown !== "flood") },
      { label: "published", whose: "published", mark: "bar", points: of(({ published }) => published) },
    ],
  };
}

function crashesPanel(rows: readonly ExperimentRow[]): Panel {
  const largest = Math.max(...rows.map(({ peers }) => peers));
  const of = (pattern: RegExp) =>
    rows.flatMap(({ figure, peers, median }) => {
      const match = pattern.exec(figure);
      return match === null || peers !== largest ? [] : [[Number(match[1]) / 100, median] as const];
    });
  return {
    title: "Messages after a crash",
    x: { label: "peers that crash at once", kind: "linear", min: 0, max: 1, isShare: true },
    y: { label: "share of the survivors", kind: "linear", min: 0, max: 1, isShare: true },
    series: [
      {
        label: "get it",
        whose: "ours",
        mark: "line",
        points: of(/^(?:first-message|two-repairs)-after-(\d+)%-crash$/),
      },
      { label: "have all in the end", whose: "ours", mark: "line", points: of(/^all-retained-after-(\d+)%-crash$/) },
    ],
  };
}
