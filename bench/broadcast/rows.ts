/** What was measured of each system, as rows to print, and whether the goals are met. */
import { quantile } from "../../src/sim/experiments/rows.js";
import type { Faults, Latency, Throughput } from "./system-process.js";
import { type SystemName, systemNames } from "./systems.js";

/** One figure of one system. Hearsay has a row for each system that it is compared with. */
export interface Row {
  /** What was measured, with its unit. */
  readonly figure: string;
  readonly system: SystemName;
  readonly peers: number;
  /** Payload of a message; null for a figure that has nothing to do with messages. */
  readonly bytes: number | null;
  /** The median of all rounds, and for latencies the quantile of all messages; null when it can't be told. */
  readonly value: number | null;
  /** The system that the ratio compares with. */
  readonly to: SystemName | null;
  /** Value to that of the other system: the median of the ratios within each round. */
  readonly ratio: number | null;
  /** What the ratio (or, without one, the value) must reach or must not exceed; which of the two, the figure decides. */
  readonly goal: number | null;
  readonly met: boolean | null;
  /** The version of Node.js. */
  readonly runtime: string;
}

/** Everything measured of one system with so many peers. */
export interface Measured {
  readonly name: SystemName;
  readonly peers: number;
  readonly runtime: string;
  /** Of the process with its peers, less those without. */
  readonly usedBytes: number;
  readonly rssBytes: number;
  /** The first of these at the end, with everything that a peer keeps of the messages. */
  readonly usedBytesAfter: number;
  /** By payload size; one entry a round. */
  readonly rounds: ReadonlyMap<number, readonly Round[]>;
}

/** One round of measurements. */
export interface Round {
  readonly throughput: Throughput;
  readonly latency: Latency;
}

interface Goal {
  readonly to: SystemName;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** Only with so many peers. */
  readonly peers?: number;
}

/** A figure that each round has one of, or that all rounds together have one of. */
interface FigureOfRounds {
  readonly figure: string;
  of(round: Round): number | null;
  all?(rounds: readonly Round[]): number;
  readonly goals?: readonly Goal[];
}

const last =
  (share: number) =>
  (rounds: readonly Round[]): number =>
    quantile(
      rounds.flatMap(({ latency }) => latency.lastMs),
      share,
    );

const figures: readonly FigureOfRounds[] = [
  {
    figure: "deliveries-per-second",
    of: ({ throughput }) => (1_000 * throughput.deliveries) / throughput.elapsedMs,
    goals: [
      { to: "gossipsub", atLeast: 50 },
      { to: "bare-tree", atLeast: 0.3 },
    ],
  },
  {
    figure: "cpu-ms-per-1000-deliveries",
    of: ({ throughput }) => (1_000 * throughput.cpuMs) / throughput.deliveries,
  },
  {
    figure: "latency-to-last-p50-ms",
    of: ({ latency }) => quantile(latency.lastMs, 0.5),
    all: last(0.5),
    goals: [{ to: "bare-tree", atMost: 2, peers: 32 }],
  },
  { figure: "latency-to-last-p99-ms", of: ({ latency }) => quantile(latency.lastMs, 0.99), all: last(0.99) },
  {
    figure: "duplicates-per-delivery",
    of: ({ throughput: { duplicates, deliveries } }) => (duplicates === null ? null : duplicates / deliveries),
  },
];

/** What Hearsay promises never to do, and what is counted of others as well. */
const faults: readonly (readonly [figure: string, of: (faults: Faults) => number])[] = [
  ["lost-deliveries", ({ lost }) => lost],
  ["doubled-deliveries", ({ doubled }) => doubled],
  ["refused-publishes", ({ failed }) => failed],
];

/** All rows of one network size. */
export function rows(measured: readonly Measured[]): Row[] {
  const sizes = [...(measured[0]?.rounds.keys() ?? [])];
  return [...sizes.flatMap((bytes) => rowsOfSize(measured, bytes)), ...memoryRows(measured)];
}

function rowsOfSize(measured: readonly Measured[], bytes: number): Row[] {
  const ofRounds = figures.flatMap((figure) =>
    measured.flatMap((one) => {
      const rounds = one.rounds.get(bytes)!;
      const values = rounds.map((round) => figure.of(round));
      const value = figure.all?.(rounds) ?? median(values);
      const plain = row(figure.figure, one, bytes, value);
      const others = one.name === "hearsay" ? measured.filter(({ name }) => name !== "hearsay") : [];
      if (others.length === 0) return [plain];
      return others.map((other) => {
        const theirs = other.rounds.get(bytes)!.map((round) => figure.of(round));
        const ratio = rounded(median(values.map((ours, i) => quotient(ours, theirs[i]))));
        return { ...plain, to: other.name, ratio, ...judged(figure, other, ratio) };
      });
    }),
  );
  const ofFaults = faults.flatMap(([figure, of]) =>
    measured.map((one) => {
      const parts = one.rounds.get(bytes)!.flatMap(({ throughput, latency }) => [throughput, latency]);
      const value = parts.reduce((sum, part) => sum + of(part), 0);
      return { ...row(figure, one, bytes, value), ...(one.name === "hearsay" && { goal: 0, met: value === 0 }) };
    }),
  );
  return [...ofRounds, ...ofFaults];
}

function memoryRows(measured: readonly Measured[]): Row[] {
  const kinds = [
    ["memory-per-peer-kib", "usedBytes"],
    ["memory-per-peer-after-load-kib", "usedBytesAfter"],
    ["process-memory-per-peer-kib", "rssBytes"],
  ] as const;
  return kinds.flatMap(([figure, field]) =>
    measured.map((one) => row(figure, one, null, one[field] / one.peers / 1_024)),
  );
}

function row(figure: string, { name, peers, runtime }: Measured, bytes: number | null, value: number | null): Row {
  const empty = { to: null, ratio: null, goal: null, met: null };
  return { figure, system: name, peers, bytes, value: rounded(value), ...empty, runtime };
}

function judged({ goals = [] }: FigureOfRounds, { name, peers }: Measured, ratio: number | null) {
  const goal = goals.find((one) => one.to === name && (one.peers ?? peers) === peers);
  if (goal === undefined) return {};
  const { atLeast, atMost } = goal;
  const met = ratio !== null && ratio >= (atLeast ?? 0) && ratio <= (atMost ?? Number.POSITIVE_INFINITY);
  return { goal: atLeast ?? atMost ?? null, met };
}

/** The rows as a table for people: one line a figure, one column a system, and what there is to judge behind. */
export function broadcastTable(all: readonly Row[]): string {
  const names = systemNames.filter((name) => all.some(({ system }) => system === name));
  const runtimes = names.map((name) => all.find(({ system }) => system === name)!.runtime);
  const lines = new Map<string, Row[]>();
  for (const row of all) {
    const key = `${row.figure} ${row.peers} ${row.bytes}`;
    lines.set(key, [...(lines.get(key) ?? []), row]);
  }
  const cells = [...lines.values()].map((line) => {
    const { figure, peers, bytes } = line[0]!;
    const values = names.map((name) => line.find(({ system }) => system === name)?.value?.toLocaleString("en") ?? "–");
    return [figure, String(peers), bytes === null ? "" : String(bytes), ...values, line.flatMap(verdict).join("; ")];
  });
  const head = ["figure", "peers", "bytes", ...names, "Hearsay's ratio, and the goal"];
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((line) => line[column]!.length)));
  const text = (line: readonly string[]) =>
    line
      .map((cell, i) => (i === 0 || i === head.length - 1 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join("  ")
      .trimEnd();
  const under = names.map((name, i) => `${name} on Node.js ${runtimes[i]}`).join(", ");
  return [text(head), text(widths.map((width) => "─".repeat(width))), ...cells.map(text), "", under].join("\n");
}

function verdict({ to, ratio, goal, met, figure, value }: Row): string[] {
  if (to === null) return goal === null ? [] : [`${value} ≤ ${goal} ${word(met)}`];
  if (goal === null) return ratio === null ? [] : [`${ratio} × ${to}`];
  const isUpper = figures.some((one) => one.figure === figure && one.goals?.some(({ atMost }) => atMost !== undefined));
  return [`${ratio ?? "–"} × ${to} ${isUpper ? "≤" : "≥"} ${goal} ${word(met)}`];
}

function word(met: boolean | null): string {
  return met === true ? "met" : "MISSED";
}

function median(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : quantile(known, 0.5);
}

function quotient(a: number | null, b: number | null | undefined): number | null {
  return a === null || b === null || b === undefined || b === 0 ? null : a / b;
}

function rounded(value: number | null): number | null {
  return value === null || !Number.isFinite(value) ? null : Number(value.toPrecision(3));
}
