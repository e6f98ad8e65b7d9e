/**
 * What a broadcast costs, and how long it takes to the last peer: Hearsay beside js-libp2p's gossipsub and a bare tree
 * of TCP connections.
 *
 * The goals are those of the project: 50 times the throughput of gossipsub with its defaults, 0.3 of the bare tree's,
 * half of the messages at the last of 32 peers within twice the bare tree's time; nothing lost, nothing delivered twice.
 *
 * Every system has a process of its own for all its peers. They take turns, and are compared turn by turn: what else
 * the machine is doing meets all of them.
 */
import { type Measured, type Round, type Row, rows } from "./broadcast/rows.js";
import { SystemProcess } from "./broadcast/system-process.js";
import { installRivals, isRival, type SystemName, system } from "./broadcast/systems.js";

/** What to measure, and for how long. */
export interface BroadcastBenchOptions {
  readonly systems: readonly SystemName[];
  /** Sizes of the network, each 2 to 1,000. */
  readonly peers: readonly number[];
  /** Payload sizes, each from 4 on. */
  readonly bytes: readonly number[];
  /** Turns of each system. */
  readonly rounds: number;
  /** Of each turn: at full speed … */
  readonly throughputMs: number;
  /** … and at ten messages a second. */
  readonly latencyMs: number;
  /** Messages under way at full speed, at most: published, and not yet delivered everywhere. */
  readonly window: number;
  /** Folder for a CPU profile of each process. */
  readonly profileDir?: string | undefined;
  /** Hears what is being done. */
  readonly progress: (line: string) => void;
}

const messagesPerSecond = 10;
/** Before each measurement at full speed: pipes fill, code is compiled, trees find their shape. */
const warmUpMs = 1_000;

/**
 * All figures, in the order of measuring.
 *
 * @throws Error when a system doesn't start, dies, or doesn't answer, and when the rivals can't be installed
 */
export async function benchBroadcast(options: BroadcastBenchOptions): Promise<Row[]> {
  if (options.systems.some(isRival)) await installRivals(options.progress);
  const all: Row[] = [];
  for (const peers of options.peers) {
    try {
      all.push(...rows(await measure(options, peers)));
    } finally {
      await SystemProcess.endAll();
    }
  }
  return all;
}

async function measure(options: BroadcastBenchOptions, peers: number): Promise<Measured[]> {
  const { progress } = options;
  const processes: SystemProcess[] = [];
  for (const name of options.systems) {
    progress(`${peers} peers: starting ${name}`);
    processes.push(await SystemProcess.start(system(name), peers, options.profileDir));
  }
  const taken = new Map(processes.map((one) => [one, new Map(options.bytes.map((bytes) => [bytes, [] as Round[]]))]));
  for (const bytes of options.bytes) {
    for (let round = 1; round <= options.rounds; round++) {
      for (const one of processes) {
        const result = await turn(one, options, bytes);
        taken.get(one)!.get(bytes)!.push(result);
        progress(`${peers} peers, ${bytes} bytes, round ${round}: ${one.system.name} ${summary(result)}`);
      }
    }
  }
  return Promise.all(processes.map((one) => books(one, taken.get(one)!)));
}

async function turn(one: SystemProcess, options: BroadcastBenchOptions, bytes: number): Promise<Round> {
  const { window, throughputMs, latencyMs } = options;
  const throughput = await one.throughput({ bytes, window, warmUpMs, lastsMs: throughputMs });
  const count = Math.max(1, Math.round((latencyMs * messagesPerSecond) / 1_000));
  return { throughput, latency: await one.latency({ bytes, count, intervalMs: 1_000 / messagesPerSecond }) };
}

async function books(one: SystemProcess, rounds: Measured["rounds"]): Promise<Measured> {
  const { before, after } = one.growth;
  const end = await one.memory();
  return {
    name: one.system.name,
    peers: one.peers,
    runtime: one.runtime,
    usedBytes: after.usedBytes - before.usedBytes,
    rssBytes: after.rssBytes - before.rssBytes,
    usedBytesAfter: end.usedBytes - before.usedBytes,
    rounds,
  };
}

function summary({ throughput, latency }: Round): string {
  const perSecond = Math.round((1_000 * throughput.deliveries) / throughput.elapsedMs);
  const sorted = latency.lastMs.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)]?.toFixed(2) ?? "–";
  const lost = throughput.lost + latency.lost;
  const problem = throughput.problem ?? latency.problem;
  const faults = `${lost === 0 ? "" : `, ${lost} LOST`}${problem === null ? "" : `, refused: ${problem}`}`;
  return `${perSecond.toLocaleString("en")}/s, last after ${middle} ms${faults}`;
}
