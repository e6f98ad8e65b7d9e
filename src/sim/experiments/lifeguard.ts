/**
 * Lifeguard's experiment as a row of its own: what the stalls of `stalls.ts` make healthy peers believe of healthy ones, ours
 * as a share of plain SWIM's on the same schedule, beside the share that Lifeguard was published with.
 */
import { type Experiment, rowsOf, runsOf, valuesOf } from "./experiment.js";
import { livenessGoalOf } from "./liveness.js";
import type { ExperimentRow, Target } from "./rows.js";
import { stallsRun } from "./stalls.js";

/** Peers of the paper. */
const peers = 128;
const source =
  "Dadgar, Phillips, Currey, Lifeguard, DSN-W 2018: false positives fall to a fiftieth of SWIM's; 128 peers";
const lifeguardShare = 0.02;
/** What healthy peers believe of healthy ones, where what is sent and received stalls, as in the paper. */
const oursFigure = /^stalls-blocked-healthy$/;
const swimFigure = /^stalls-blocked-healthy-swim$/;

/** What a figure is held against; SWIM's share was published, both counts follow from which part of the grid is run. */
export function lifeguardTarget(figure: string): Target {
  const goal = livenessGoalOf(figure);
  return figure === "false-deaths-of-swim" ? { ...goal, published: lifeguardShare, source } : goal;
}

/** `hearsay sim experiment lifeguard`. */
export const lifeguardExperiment: Experiment = {
  name: "lifeguard",
  summary: "false deaths while others stall again and again, beside plain SWIM on the same schedule",
  source,
  peers: [peers],
  runs: 1,
  kinds: ["blocked", "frozen"],
  ownSize: () => peers,
  leastPeers: () => peers,
  *measure(options, progress) {
    for (const kind of ["blocked", "frozen"] as const) {
      if (!options.kinds.includes(kind)) continue;
      const values = valuesOf(`${peers} peers, ${kind}`, options, progress, (number, told) =>
        stallsRun(number, kind, options.isFull, told),
      );
      yield* rowsOf("lifeguard", peers, values, lifeguardTarget);
    }
  },
  picture: (rows) => ({
    title: "Lifeguard: healthy peers taken for dead by healthy peers",
    subtitle: `${peers} peers, some of which stall together again and again; ${runsOf(rows)}`,
    source,
    panels: [
      {
        title: "False deaths, all cells together",
        x: { label: "", kind: "names" },
        y: { label: "false deaths", kind: "linear" },
        series: [
          {
            label: "SWIM, run here",
            whose: "theirs",
            mark: "bar",
            points: named(rows, swimFigure, "SWIM"),
          },
          { label: "Hearsay", whose: "ours", mark: "bar", points: named(rows, oursFigure, "Hearsay") },
        ],
      },
      {
        title: "As a share of SWIM's",
        x: { label: "", kind: "names" },
        y: { label: "share of SWIM's false deaths", kind: "linear", isShare: true },
        series: [
          { label: "published", whose: "published", mark: "bar", points: [["Lifeguard", lifeguardShare]] },
          { label: "Hearsay", whose: "ours", mark: "bar", points: named(rows, /^false-deaths-of-swim$/, "Hearsay") },
        ],
      },
    ],
  }),
};

function named(rows: readonly ExperimentRow[], figure: RegExp, name: string): (readonly [string, number])[] {
  return rows.filter((row) => figure.test(row.figure)).map(({ median }) => [name, median] as const);
}
