/**
 * What a seed costs: at rest, over time, and for each registration; ours beside a naive one that keeps one list.
 *
 * The goals are those of the project: with 10,000 registered peers, under 1 % of a core at rest, memory flat over
 * 100,000 connections, and a time per registration that does not depend on how many are registered.
 */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { quantile } from "../src/sim/experiments/rows.js";
import { type Figure, figure } from "./figures.js";
import { LivePeers, run } from "./seed/load.js";
import { type Maker, SeedProcess, type Usage } from "./seed/seed-process.js";

/** How long to measure. */
export interface SeedBenchOptions {
  /** A first impression in half a minute instead of the figures to quote. */
  readonly quick: boolean;
  /** Folder for a CPU profile of each seed process. */
  readonly profileDir?: string | undefined;
  /** Hears what is being done. */
  readonly progress: (line: string) => void;
}

interface Plan {
  /** Ours tests a peer when its lease has ended: the interesting half of its rest begins then. */
  readonly leaseMs: number;
  readonly restMs: number;
  readonly connections: number;
  /** A naive seed takes so much longer that it gets a share of the connections. */
  readonly naiveConnections: number;
  readonly rounds: number;
  /** Registrations with each seed in one round: a fifth of them alone, the others 16 at a time. */
  readonly perRound: number;
  /** Whether code has run often enough to be compiled, and memory to have found its size. Else only rest is judged. */
  readonly warm: boolean;
}

const plans: Readonly<Record<"full" | "quick", Plan>> = {
  full: {
    leaseMs: 25_000,
    restMs: 15_000,
    connections: 100_000,
    naiveConnections: 10_000,
    rounds: 10,
    perRound: 1_000,
    warm: true,
  },
  quick: {
    leaseMs: 5_000,
    restMs: 3_000,
    connections: 5_000,
    naiveConnections: 500,
    rounds: 1,
    perRound: 300,
    warm: false,
  },
};

/** Twice what it takes on two idle cores. */
const limitMs = 300_000;
const mebibyte = 2 ** 20;
/** The longest life of a connection to our seed. */
const connectionLifeMs = 10_000;
const manyPeers = 10_000;
/**
 * The list stops growing at some 500 peers: it must fit the 10,240 bytes that an original reads. So the time per
 * registration is compared between two sizes with the same length of answer.
 */
const sizes = [100, 1_000, manyPeers];

/** All figures, in the order of measuring. Takes under four minutes, `quick` under 40 seconds. */
export async function benchSeed(options: SeedBenchOptions): Promise<Figure[]> {
  const logDir = await mkdtemp(join(tmpdir(), "hearsay-bench-"));
  const live = await LivePeers.start();
  try {
    return await Promise.race([new SeedBench(options, logDir, live).all(), tooLong()]);
  } finally {
    live.close();
    await SeedProcess.endAll();
    await rm(logDir, { recursive: true, force: true });
  }
}

async function tooLong(): Promise<never> {
  await pause(limitMs, undefined, { ref: false });
  throw new Error(`not done after ${limitMs / 1000} s: the machine is too busy to measure on`);
}

class SeedBench {
  readonly #options: SeedBenchOptions;
  readonly #plan: Plan;
  readonly #logDir: string;
  readonly #live: LivePeers;

  constructor(options: SeedBenchOptions, logDir: string, live: LivePeers) {
    this.#options = options;
    this.#plan = plans[options.quick ? "quick" : "full"];
    this.#logDir = logDir;
    this.#live = live;
  }

  async all(): Promise<Figure[]> {
    this.#say(`registering ${manyPeers} peers with each of three seeds`);
    const [dead, naive] = await Promise.all([this.#filled("ours", manyPeers, 1), this.#filled("naive", manyPeers)]);
    const ours = await this.#filled("ours", manyPeers);
    const rest = await this.#rest(ours, dead, naive);
    await dead.end();
    // Silent connections stand open from here on: a seed without limits keeps them.
    const silent = [...(await silentConnections(ours.port)), ...(await silentConnections(naive.port))];
    const silentSince = performance.now();
    const busy = [...(await this.#registrations(ours, naive)), ...(await this.#memory(ours, naive))];
    await pause(Math.max(0, silentSince + connectionLifeMs + 500 - performance.now()));
    const left = [await socketsLeft(ours), await socketsLeft(naive)] as const;
    for (const socket of silent) socket.destroy();
    return [...rest, ...busy, figure("seed-connections-left-of-100-silent", manyPeers, ...left, 0)];
  }

  /**
   * All seeds at the same time: each one's processor time is its own. `ours` was filled last and has its first leases
   * still before it; the peers of `dead` refuse connections.
   */
  async #rest(ours: SeedProcess, dead: SeedProcess, naive: SeedProcess): Promise<Figure[]> {
    const { leaseMs, restMs } = this.#plan;
    const seeds = [ours, dead, naive];
    const filledAt = performance.now();
    this.#say(`at rest: ${restMs / 1000} s`);
    const first = await this.#atRest(seeds);
    const untilEnded = Math.max(0, filledAt + leaseMs - performance.now());
    this.#say(`waiting for all leases to end: ${(untilEnded / 1000).toFixed(0)} s`);
    await pause(untilEnded);
    this.#say(`at rest, with the peers of ended leases being tested: ${restMs / 1000} s`);
    const answeredBefore = this.#live.answered;
    const sizeBefore = (await dead.usage()).size;
    const testing = await this.#atRest(seeds);
    const perSecond = (count: number) => (1000 * count) / restMs;
    const tested = perSecond(this.#live.answered - answeredBefore);
    const removed = perSecond(sizeBefore - (await dead.usage()).size);
    return [
      figure("seed-idle-cpu-percent", manyPeers, first[0]!, first[2]!, 1),
      figure("seed-idle-testing-cpu-percent", manyPeers, testing[0]!, testing[2]!, 1),
      figure("seed-idle-peers-tested-per-second", manyPeers, tested, 0),
      figure("seed-idle-removing-cpu-percent", manyPeers, testing[1]!, testing[2]!, 1),
      figure("seed-idle-peers-removed-per-second", manyPeers, removed, 0),
    ];
  }

  /** All seeds and sizes take turns in each round, so that whatever else the machine does hits all of them. */
  async #registrations(ours: SeedProcess, naive: SeedProcess): Promise<Figure[]> {
    const { rounds, warm } = this.#plan;
    const columns: Column[] = [];
    for (const size of sizes) {
      for (const maker of ["ours", "naive"] as const) {
        const large = maker === "ours" ? ours : naive;
        const seed = size === manyPeers ? large : await this.#filled(maker, size);
        columns.push({ maker, size, seed, times: [], rates: [], cpuMs: [] });
      }
    }
    // The first round warms up: code is compiled while it runs.
    for (let round = 0; round <= rounds; round++) {
      this.#say(round === 0 ? "renewals, warming up" : `renewals, round ${round} of ${rounds}`);
      for (const column of columns) await this.#renewals(column, round);
    }
    for (const { seed, size } of columns) if (size !== manyPeers) await seed.end();
    return registrationFigures(columns, warm ? 1.5 : undefined);
  }

  async #memory(ours: SeedProcess, naive: SeedProcess): Promise<Figure[]> {
    const { connections, naiveConnections, warm } = this.#plan;
    const goal = warm ? 10 : undefined;
    const grown = [
      await this.#grow("ours", ours, connections),
      await this.#grow("naive", naive, naiveConnections),
    ] as const;
    const both = (pick: (growth: Growth) => number) => [pick(grown[0]), pick(grown[1])] as const;
    const percent = (early: number, late: number) => 100 * (late / early - 1);
    return [
      figure("seed-connections-served", manyPeers, connections, naiveConnections),
      figure("seed-heap-mib", manyPeers, ...both(({ late }) => late.heapUsed / mebibyte)),
      figure("seed-heap-growth-percent", manyPeers, ...both((g) => percent(g.early.heapUsed, g.late.heapUsed)), goal),
      figure("seed-rss-mib", manyPeers, ...both(({ late }) => late.rss / mebibyte)),
      figure("seed-rss-growth-percent", manyPeers, ...both((g) => percent(g.early.rss, g.late.rss)), goal),
    ];
  }

  async #renewals({ seed, size, times, rates, cpuMs }: Column, round: number): Promise<void> {
    const { perRound } = this.#plan;
    const alone = perRound / 5;
    const from = round * perRound;
    const load = { seedPort: seed.port, peerPort: this.#live.port, peers: size };
    const before = await seed.usage();
    const single = await run({ ...load, from, count: alone, parallel: 1 });
    const many = await run({ ...load, from: from + alone, count: perRound - alone, parallel: 16 });
    const after = await seed.usage();
    if (after.size !== size) throw new Error(`${after.size} peers registered, not ${size}`);
    if (round === 0) return;
    times.push(...single.timesMs);
    rates.push(many.perSecond);
    cpuMs.push((after.cpuMs - before.cpuMs) / perRound);
  }

  async #grow(maker: Maker, seed: SeedProcess, connections: number): Promise<Growth> {
    const fifth = connections / 5;
    const usages: Usage[] = [];
    for (let part = 0; part < 5; part++) {
      const load = { seedPort: seed.port, peerPort: this.#live.port, peers: manyPeers, from: part * fifth };
      await run({ ...load, count: fifth, parallel: 16 });
      const usage = await seed.memory();
      const [heap, rss] = [usage.heapUsed, usage.rss].map((bytes) => (bytes / mebibyte).toFixed(1));
      this.#say(`${maker}: ${(part + 1) * fifth} connections, heap ${heap} MiB, process ${rss} MiB`);
      usages.push(usage);
    }
    return { early: usages[0]!, late: usages[4]! };
  }

  /** A seed with this many peers registered, by default such as answer. */
  async #filled(maker: Maker, peers: number, peerPort = this.#live.port): Promise<SeedProcess> {
    const { leaseMs } = this.#plan;
    const seed = await SeedProcess.start(maker, {
      seed: { config: { leaseMs }, logDir: this.#logDir },
      profileDir: this.#options.profileDir,
    });
    await run({ seedPort: seed.port, peerPort, peers, count: peers, parallel: 16 });
    return seed;
  }

  /** Processor time of each seed while nobody speaks to it, in per cent of one core. */
  async #atRest(seeds: readonly SeedProcess[]): Promise<number[]> {
    const { restMs } = this.#plan;
    // Filling leaves garbage behind: the cost of collecting it is not a cost of rest.
    await Promise.all(seeds.map((seed) => seed.memory()));
    const before = await Promise.all(seeds.map((seed) => seed.usage()));
    const startedAt = performance.now();
    await pause(restMs);
    const after = await Promise.all(seeds.map((seed) => seed.usage()));
    const elapsedMs = performance.now() - startedAt;
    return after.map(({ cpuMs }, index) => (100 * (cpuMs - before[index]!.cpuMs)) / elapsedMs);
  }

  #say(line: string): void {
    this.#options.progress(line);
  }
}

/** Memory after a fifth of the connections, and after all. */
interface Growth {
  readonly early: Usage;
  readonly late: Usage;
}

/** One seed with its number of peers, and what was measured of it. */
interface Column {
  readonly maker: Maker;
  readonly size: number;
  readonly seed: SeedProcess;
  /** Of each registration made alone. */
  readonly times: number[];
  /** Registrations a second with 16 at a time, one for each round. */
  readonly rates: number[];
  /** Processor time of the seed for one registration, one for each round. */
  readonly cpuMs: number[];
}

function registrationFigures(columns: readonly Column[], goal: number | undefined): Figure[] {
  const of = (maker: Maker, size: number) => columns.find((column) => column.maker === maker && column.size === size)!;
  const both = (size: number, pick: (column: Column) => number) =>
    [pick(of("ours", size)), pick(of("naive", size))] as const;
  const ratio = (pick: (column: Column) => number) => {
    const [large, small] = [both(manyPeers, pick), both(1_000, pick)];
    return [large[0] / small[0], large[1] / small[1]] as const;
  };
  const p50 = ({ times }: Column) => quantile(times, 0.5);
  const cpu = ({ cpuMs }: Column) => quantile(cpuMs, 0.5);
  return [
    ...sizes.flatMap((size) => [
      figure("seed-registration-p50-ms", size, ...both(size, p50)),
      figure("seed-registration-p99-ms", size, ...both(size, ({ times }) => quantile(times, 0.99))),
      figure("seed-registration-cpu-ms", size, ...both(size, cpu)),
      figure("seed-registrations-per-second", size, ...both(size, ({ rates }) => quantile(rates, 0.5))),
    ]),
    figure("seed-registration-p50-10000-to-1000-ratio", manyPeers, ...ratio(p50), goal),
    figure("seed-registration-cpu-10000-to-1000-ratio", manyPeers, ...ratio(cpu), goal),
  ];
}

/** Ours opens a connection of its own now and then, to test a peer: what is left for good is the least of several looks. */
async function socketsLeft(seed: SeedProcess): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let look = 0; look < 10 && least > 0; look++) {
    least = Math.min(least, (await seed.usage()).sockets);
    await pause(20);
  }
  return least;
}

/** A hundred connections that say nothing. */
function silentConnections(port: number): Promise<Socket[]> {
  const open = async () => {
    const socket = connect({ port, host: "127.0.0.1" });
    await once(socket, "connect");
    return socket.on("error", () => {}).resume();
  };
  return Promise.all(Array.from({ length: 100 }, open));
}
