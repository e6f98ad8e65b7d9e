/**
 * The broadcast challenge of *Gossip Glomers* (fly.io/dist-sys/3d and 3e), which is run with Maelstrom: 25 peers, 100 ms from
 * one to another, 100 operations a second for 20 seconds, then ten quiet seconds and one last read from each. Operations are
 * broadcasts and reads, as many of the one as of the other.
 *
 * Counted is what Maelstrom counts. **Messages per operation**: everything that one peer sends to another, from the first
 * operation to the end, whatever it is for (probes, news and comparisons of directories, announcements), over all
 * operations, reads included. **Latency** of a broadcast: from when it is acknowledged, at once, to the last read anywhere that
 * began without seeing it; the median and the longest over all broadcasts. Beside it stands what no reader sees: how long
 * it took until the last peer had it. Our peers have found each other before the clock starts, where Maelstrom's are told.
 */
import type { PeerTuning } from "../../core/peer-config.js";
import { seededRandom } from "../../core/random.js";
import type { Progress, Values } from "./broadcast.js";
import { type Experiment, rowsOf, runsOf, valuesOf } from "./experiment.js";
import type { Panel } from "./picture.js";
import { type ExperimentRow, quantile, type Target } from "./rows.js";
import { ExperimentWorld, type Spread } from "./world.js";

const peersOfChallenge = 25;
const latencyMs = 100;
const operationsPerSecond = 100;
const talkMs = 20_000;
const quietMs = 10_000;
const source = "Gossip Glomers, fly.io/dist-sys/3d and 3e: limits";

/** The limits of both parts: the first wants it soon, the second with little. */
const limits = {
  "3d": { "messages-per-operation": 30, "median-latency-ms": 400, "max-latency-ms": 600 },
  "3e": { "messages-per-operation": 20, "median-latency-ms": 1_000, "max-latency-ms": 2_000 },
} as const;

type Part = keyof typeof limits;
type Measure = keyof (typeof limits)[Part];
const parts = Object.keys(limits) as readonly Part[];

/** How peers are configured, and how old their network is. */
export interface Way {
  readonly tuning: PeerTuning;
  /** From the last join to the first operation. */
  readonly settleMs: number;
}

/**
 * Neighbors are exchanged ten seconds after a peer has started, after a minute more, and then hardly ever: a network of two
 * minutes has settled. Maelstrom's peers are hardly born when the first operation comes, and `young` is how ours do then.
 * What `tuned` does without is what a network of 25 can do without: it asks less often whether everybody is there and has
 * everything, and announces in larger batches.
 */
const ways: Readonly<Record<string, Way>> = {
  defaults: { tuning: {}, settleMs: 120_000 },
  tuned: {
    tuning: {
      links: { probeIntervalMs: 10_000 },
      directory: { compareIntervalMs: 10_000, sweepIntervalMs: 10_000 },
      reconcile: { reconcileIntervalMs: 10_000 },
      broadcast: { ihaveBatchCount: 60 },
    },
    settleMs: 120_000,
  },
  young: { tuning: {}, settleMs: 2_000 },
};

/** One run of the workload. */
export function maelstromRun(randomSeed: number, { tuning, settleMs }: Way, progress: Progress): Values {
  const random = seededRandom(randomSeed ^ 0x3ae1);
  const world = new ExperimentWorld(randomSeed, tuning);
  world.network.setLatency([latencyMs, latencyMs]);
  world.notesReceivers = true;
  progress("growing");
  world.grow(peersOfChallenge, { settleMs });
  const { network, peers } = world;
  const before = network.counters.messages;
  const begin = network.now;
  const absentMs = new Map<Spread, number>();
  const read = (peer: (typeof peers)[number]) => {
    for (const spread of absentMs.keys()) if (!peer.had.has(spread)) absentMs.set(spread, network.now - spread.at);
  };
  let operations = 0;
  progress("operations");
  while (network.now - begin < talkMs) {
    const peer = world.any();
    if (random.below(2) === 0) read(peer);
    else absentMs.set(world.publish(peer), 0);
    operations++;
    network.run(random.below((2 * 1_000) / operationsPerSecond + 1));
  }
  progress("the end");
  network.run(quietMs);
  for (const peer of peers) read(peer);
  operations += peers.length;
  const spreads = [...absentMs.keys()];
  const latencies = [...absentMs.values()];
  const deliveries = spreads.map(({ lastMs }) => lastMs);
  return {
    "messages-per-operation": (network.counters.messages - before) / operations,
    "median-latency-ms": quantile(latencies, 0.5),
    "max-latency-ms": Math.max(...latencies),
    "median-last-delivery-ms": quantile(deliveries, 0.5),
    "max-last-delivery-ms": Math.max(...deliveries),
    "reached-everybody": spreads.filter(({ reached }) => reached === peers.length).length / spreads.length,
  };
}

/** The limits that a figure is held against: both parts have the same three. */
export function maelstromTarget(part: Part, figure: string): Target {
  const limit = limits[part][figure as Measure] as number | undefined;
  return limit === undefined ? { goal: null } : { published: limit, source, goal: limit };
}

/** `hearsay sim experiment maelstrom`. */
export const maelstromExperiment: Experiment = {
  name: "maelstrom",
  summary: "the broadcast challenge of Gossip Glomers: messages per operation and latency at 25 peers",
  source,
  peers: [peersOfChallenge],
  runs: 5,
  kinds: Object.keys(ways),
  ownSize: () => peersOfChallenge,
  leastPeers: () => peersOfChallenge,
  *measure(options, progress) {
    for (const kind of options.kinds) {
      const values = valuesOf(kind, options, progress, (number, told) => maelstromRun(number, ways[kind]!, told));
      for (const part of parts) {
        const judged = new Map([...values].filter(([figure]) => figure in limits[part]));
        for (const row of rowsOf("maelstrom", peersOfChallenge, judged, (figure) => maelstromTarget(part, figure))) {
          yield { ...row, figure: `${part}-${row.figure}-${kind}` };
        }
      }
      const shown = new Map([...values].filter(([figure]) => !(figure in limits["3d"])));
      for (const row of rowsOf("maelstrom", peersOfChallenge, shown, () => ({ goal: null }))) {
        yield { ...row, figure: `${row.figure}-${kind}` };
      }
    }
  },
  picture: (rows) => ({
    title: "Gossip Glomers: efficient broadcast",
    subtitle: `25 peers, 100 ms apart, 100 operations a second; ${runsOf(rows)}, medians`,
    source,
    panels: [
      panelOf(rows, "messages-per-operation", "Cost", "messages per operation"),
      panelOf(rows, "median-latency-ms", "Median latency", "milliseconds"),
      panelOf(rows, "max-latency-ms", "Longest latency", "milliseconds"),
    ],
  }),
};

function panelOf(rows: readonly ExperimentRow[], measure: Measure, title: string, label: string): Panel {
  const points = Object.keys(ways).flatMap((kind) => {
    const row = rows.find(({ figure }) => figure === `3d-${measure}-${kind}`);
    return row === undefined ? [] : [[kind, row.median] as const];
  });
  return {
    title,
    x: { label: "", kind: "names" },
    y: { label, kind: "linear" },
    series: [{ label: "ours", whose: "ours", mark: "bar", points }],
    limits: parts.map((part) => ({ label: part, at: limits[part][measure] })),
  };
}
