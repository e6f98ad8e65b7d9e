/** What the project claims of its own protocol, as experiments: their goals are ours, and so nothing is published. */
import { crashRun, goalOf, leastToTalk, type Progress, steadyRun, type Values } from "./broadcast.js";
import { type Experiment, type ExperimentOptions, rowsOf, runsOf, sizesOf, valuesOf } from "./experiment.js";
import { asymmetricRun, deathRun, idleRun, largeRun, livenessGoalOf, lossRun } from "./liveness.js";
import type { Picture } from "./picture.js";
import { reconcileGoalOf, reconcileRun } from "./reconcile.js";
import type { ExperimentRow, Goal } from "./rows.js";
import { leastNetwork } from "./sizes.js";
import { stallsRun } from "./stalls.js";

/** `hearsay sim experiment broadcast`: one sender and many, churn, and crashes of so many peers at once. */
export const broadcastExperiment: Experiment = {
  name: "broadcast",
  summary: "copies, hops and announcements in steady state and under churn; mass failure",
  source: null,
  peers: [1_000],
  runs: 3,
  kinds: ["steady", "50%", "80%", "90%", "95%"],
  ownSize: () => undefined,
  leastPeers: leastToTalk,
  *measure(options, progress) {
    for (const peers of options.peers ?? this.peers) {
      const values = new Map<string, number[]>();
      for (const [index, kind] of options.kinds.entries()) {
        const label = `${peers} peers, ${kind} (${index + 1}/${options.kinds.length})`;
        const measured = valuesOf(label, options, progress, (number, told) => broadcastRun(kind, number, peers, told));
        for (const [figure, all] of measured) values.set(figure, [...(values.get(figure) ?? []), ...all]);
      }
      yield* rowsOf("broadcast", peers, values, (figure) => goalOf(figure, peers));
    }
  },
  picture: (rows) => goalsPicture("Broadcast: figures against their goals", rows, goalOf),
};

function broadcastRun(kind: string, number: number, peers: number, progress: Progress): Values {
  if (kind === "steady") return steadyRun(number, peers, progress);
  return crashRun(number, peers, Number.parseInt(kind, 10) / 100, progress);
}

/** `hearsay sim experiment reconcile`: between two neighbors, and so the same for networks of any size. */
export const reconcileExperiment: Experiment = {
  name: "reconcile",
  summary: "what it costs two peers to find and repair what one of them lacks",
  source: null,
  peers: [2],
  runs: 3,
  kinds: ["histories"],
  ownSize: () => 2,
  leastPeers: () => 2,
  *measure(options, progress) {
    const values = valuesOf("2 peers", options, progress, (number) => reconcileRun(number));
    yield* rowsOf("reconcile", 2, values, reconcileGoalOf);
  },
  picture: (rows) => goalsPicture("Reconciliation: figures against their goals", rows, reconcileGoalOf),
};

/** Peers of SWIM's and Lifeguard's experiments, whose grid stalls so and so many of them. */
const stallsPeers = 128;

/** The sizes of each kind when none is named. Of a death every peer must hear, and so these are small; Rapid's are large. */
const usualPeers: Readonly<Record<string, readonly number[]>> = {
  deaths: [32],
  loss: [32],
  stalls: [stallsPeers],
  large: [32, 1_000],
  idle: [32, 1_000],
  asymmetric: [1_000],
};

/** Kinds that take long are run in a tenth of the networks. */
const longKinds = ["stalls", "large", "idle", "asymmetric"];

/** `hearsay sim experiment liveness`. */
export const livenessExperiment: Experiment = {
  name: "liveness",
  summary: "how soon deaths, goodbyes and joins are known everywhere; false deaths; the idle load",
  source: null,
  peers: [32, stallsPeers, 1_000],
  runs: 3,
  kinds: Object.keys(usualPeers),
  ownSize: (kind) => (kind === "stalls" ? stallsPeers : undefined),
  leastPeers: (kind) => (kind === "stalls" ? stallsPeers : leastNetwork),
  *measure(options, progress) {
    for (const kind of options.kinds) yield* livenessKind(kind, options, progress);
  },
  picture: (rows) => goalsPicture("Liveness: figures against their goals", rows, livenessGoalOf),
};

function* livenessKind(kind: string, options: ExperimentOptions, progress: Progress): Generator<ExperimentRow> {
  const runs = longKinds.includes(kind) ? Math.ceil(options.runs / 10) : options.runs;
  const usual = usualPeers[kind]!;
  const sizes = kind === "stalls" ? usual : (options.peers ?? usual);
  const of = function* (label: string, run: (number: number, peers: number, progress: Progress) => Values) {
    for (const peers of sizes) {
      const values = valuesOf(`${label}, ${peers} peers`, { ...options, runs }, progress, (number, told) =>
        run(number, peers, told),
      );
      yield* rowsOf("liveness", peers, values, livenessGoalOf);
    }
  };
  if (kind === "deaths") yield* of(kind, deathRun);
  if (kind === "loss") yield* of(kind, lossRun);
  if (kind === "stalls") {
    for (const stall of ["blocked", "frozen"] as const) {
      yield* of(`stalls, ${stall}`, (number, _peers, told) => stallsRun(number, stall, options.isFull, told));
    }
  }
  if (kind === "large") yield* of(kind, largeRun);
  if (kind === "idle") yield* of(kind, idleRun);
  if (kind === "asymmetric") {
    for (const fault of ["incoming-loss", "on-off"] as const) {
      yield* of(fault, (number, peers, told) => asymmetricRun(number, peers, fault, told));
    }
  }
}

/** Every figure that has a goal, as a share of what it may be. */
function goalsPicture(
  title: string,
  rows: readonly ExperimentRow[],
  goalOfRow: (figure: string, peers: number) => Goal,
): Picture {
  const judged = rows.filter(({ goal }) => goal !== null);
  const used = (one: ExperimentRow) => usedOf(one, goalOfRow(one.figure, one.peers).isShare === true);
  return {
    title,
    subtitle: `${sizesOf(rows)}, ${runsOf(rows)}; of shares, what is missing`,
    source: null,
    panels: [
      {
        title: "How much of what is allowed",
        x: { label: "", kind: "names" },
        y: { label: "median, as a share of the goal", kind: "linear", max: overMax, isShare: true },
        series: [
          {
            label: "ours",
            whose: "ours",
            mark: "bar",
            points: judged.map((one) => [`${one.figure}, ${one.peers.toLocaleString("en")} peers`, used(one)]),
          },
        ],
        limits: [{ label: "goal", at: 1 }],
      },
    ],
  };
}

/** What is beyond this is as bad as this. */
const overMax = 1.5;

/** A figure as a share of its goal; of shares, what is missing as a share of what may be. */
function usedOf({ median, goal }: ExperimentRow, isShare: boolean): number {
  const [value, limit] = isShare ? [1 - median, 1 - goal!] : [median, goal!];
  if (value <= 0) return 0;
  return Math.min(overMax, limit <= 0 ? overMax : value / limit);
}
