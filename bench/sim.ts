/**
 * How fast the simulator is: virtual seconds in a second, what an event costs, and the memory of a peer, by the size of the
 * network. Peers have a directory, watch each other, and one of them publishes each second; of more than 10,000, once.
 *
 * The goals are those of the project: 1,000 peers at 100 times real time, 10,000 at 10 times, on one core; 100,000, with
 * directories of neighbors, in 8 GB and five minutes for a broadcast and a minute of life. Whether an event costs the same in
 * all sizes is told, not judged: with more peers less of each is in the processor's cache.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Goal, type Row, row } from "../src/sim/experiments/rows.js";
import { columns } from "./figures.js";

/** What to measure. */
export interface SimBenchOptions {
  /** Sizes of the network, each from 10 on. */
  readonly peers: readonly number[];
  /** Virtual seconds that are measured of 1,000 peers and more, from 1 on. Of fewer as many more, or compiling would be measured. */
  readonly seconds: number;
  readonly runs: number;
  /** Hears what is being done. */
  readonly progress: (line: string) => void;
}

/** What one network tells of itself: `sim/world.mjs`. */
interface Told {
  readonly seconds: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly events: number;
  readonly bytesPerPeer: number;
  readonly rssBytes: number;
  /** The share of all peers that the first measured message got to. */
  readonly reached: number;
  readonly allMs: number;
}

/** With more peers a directory of all of them, at all of them, does not fit into memory. */
const fullDirectoryMax = 10_000;
/** What the collector lets grow: it takes all that it is allowed. Networks beyond are to run in 8 GB. */
const heapMegabytes = { full: 16_384, neighbors: 7_168 };
const gigabyte = 1e9;

const reported: Goal = { goal: null };

/** Figures of which more is better. */
function isShare(figure: string): boolean {
  return figure === "times-real-time" || figure === "reached";
}

function goalOf(figure: string, peers: number): Goal {
  if (figure === "times-real-time") {
    const goal = peers <= 1_000 ? 100 : peers <= 10_000 ? 10 : null;
    return { goal, isShare: isShare(figure) };
  }
  if (figure === "reached") return { goal: 1, isShare: isShare(figure) };
  if (figure === "memory-gigabytes") return peers > fullDirectoryMax ? { goal: 8 } : reported;
  if (figure === "minutes-in-all") return peers > fullDirectoryMax ? { goal: 5 } : reported;
  return reported;
}

/**
 * All figures, in the order of measuring.
 *
 * @throws Error when a network's process fails
 */
export async function benchSim({ peers, seconds, runs, progress }: SimBenchOptions): Promise<Row[]> {
  const rows: Row[] = [];
  for (const count of peers) {
    const values = new Map<string, number[]>();
    for (let run = 1; run <= runs; run++) {
      progress(`${count} peers, run ${run}/${runs}`);
      const measured = await told(count, seconds * Math.max(1, Math.round(1_000 / count)), progress);
      for (const [figure, value] of figuresOf(count, measured)) {
        values.set(figure, [...(values.get(figure) ?? []), value]);
      }
    }
    for (const [figure, measured] of values) rows.push(row(figure, count, measured, goalOf(figure, count)));
  }
  return rows;
}

function figuresOf(peers: number, { seconds, wallMs, cpuMs, events, ...rest }: Told): [string, number][] {
  return [
    // The collector of garbage works on other cores: what it does there is in the next row.
    ["times-real-time", (1_000 * seconds) / wallMs],
    ["times-real-time-by-processor-time", (1_000 * seconds) / cpuMs],
    ["events-per-peer-and-second", events / peers / seconds],
    ["microseconds-per-event", (1_000 * cpuMs) / events],
    ["kilobytes-per-peer", rest.bytesPerPeer / 1_000],
    ["memory-gigabytes", rest.rssBytes / gigabyte],
    ["reached", rest.reached],
    ["minutes-in-all", rest.allMs / 60_000],
  ];
}

async function told(peers: number, seconds: number, progress: (line: string) => void): Promise<Told> {
  const program = fileURLToPath(new URL("./sim/world.mjs", import.meta.url));
  const directory = peers <= fullDirectoryMax ? "full" : "neighbors";
  const flags = ["--expose-gc", `--max-old-space-size=${heapMegabytes[directory]}`, "--max-semi-space-size=32"];
  const child = spawn(process.execPath, [...flags, program, String(peers), String(seconds), directory], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let answer = "";
  let said = "";
  child.stdout.on("data", (chunk) => {
    answer += String(chunk);
  });
  child.stderr.on("data", (chunk) => {
    said = (said + String(chunk)).slice(-4_096);
    const [last] = said.trim().split("\n").slice(-1);
    if (last !== "") progress(`${peers} peers, ${last}`);
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`the network of ${peers} peers failed (${code ?? "killed"}): ${said}`);
  return JSON.parse(answer) as Told;
}

/** The rows as a table for people. */
export function simTable(rows: readonly Row[]): string {
  const head = ["figure", "peers", "runs", "median", "worst", "goal", ""];
  const cells = rows.map(({ figure, peers, runs, median, p99, goal, met }) => [
    figure,
    peers.toLocaleString("en"),
    String(runs),
    median.toLocaleString("en"),
    p99.toLocaleString("en"),
    goal === null ? "" : `${isShare(figure) ? "≥" : "≤"} ${goal}`,
    met === null ? "" : met ? "met" : "MISSED",
  ]);
  return columns(head, cells);
}
