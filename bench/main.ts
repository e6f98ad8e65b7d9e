/** Measures what the project claims. `npm run -s bench -- seed`, `broadcast`, `liveness`, `sim` or `dashboard`; exits with 1 when a goal is missed. */
import { Command, InvalidArgumentError, Option } from "commander";
import { broadcastTable } from "./broadcast/rows.js";
import { isRival, type SystemName, systemNames } from "./broadcast/systems.js";
import { benchBroadcast } from "./broadcast.js";
import { benchDashboard, dashboardTable } from "./dashboard.js";
import { table } from "./figures.js";
import { benchLiveness, type LivenessPart, livenessParts, livenessTable } from "./liveness.js";
import { benchPlayground, playgroundTable } from "./playground.js";
import { benchSeed } from "./seed.js";
import { benchSim, simTable } from "./sim.js";

interface SeedFlags {
  readonly json?: boolean;
  readonly quick?: boolean;
  readonly profile?: string;
}

interface BroadcastFlags {
  readonly json?: boolean;
  readonly quick?: boolean;
  readonly profile?: string;
  readonly peers: readonly number[];
  readonly bytes: readonly number[];
  readonly systems: readonly SystemName[];
  readonly rivals: boolean;
  readonly rounds: number;
  readonly throughputSeconds: number;
  readonly latencySeconds: number;
  readonly window: number;
}

interface LivenessFlags {
  readonly json?: boolean;
  readonly quick?: boolean;
  readonly peers: number;
  readonly trials: number;
  readonly watchSeconds: number;
  readonly idleSeconds: number;
  readonly parts: readonly LivenessPart[];
}

interface PlaygroundFlags {
  readonly peers: number[];
  readonly seconds: number;
  readonly browser: string;
  readonly json?: boolean;
}

interface SimFlags {
  readonly json?: boolean;
  readonly peers: readonly number[];
  readonly seconds: number;
  readonly runs: number;
}

interface DashboardFlags {
  readonly json?: boolean;
  readonly peers: readonly number[];
  readonly links: number;
  readonly seconds: number;
}

const program = new Command("bench").description("Measures what Hearsay claims, side by side with a naive program.");

program
  .command("seed")
  .description("a seed with 10,000 peers: at rest, per registration, and over 100,000 connections (Linux)")
  .option("--json", "one row a figure, as JSON")
  .option("--quick", "a first impression, in half a minute")
  .option("--profile <dir>", "also write a CPU profile of each seed process there")
  .action(async ({ json, quick = false, profile }: SeedFlags) => {
    report(await benchSeed({ quick, profileDir: profile, progress }), table, json);
  });

program
  .command("broadcast")
  .description("latency, throughput and cost of a message to all peers, beside js-libp2p's gossipsub and bare TCP")
  .option("--peers <list>", "sizes of the network", integers(2, 1_000), [8, 32, 64])
  .option("--bytes <list>", "sizes of a payload", integers(4, 1_048_576), [256, 1_024])
  .option("--rounds <n>", "turns that each system gets; medians are told", integer(1, 1_000), 3)
  .option("--throughput-seconds <n>", "of each turn, at full speed", integer(1, 60), 3)
  .option("--latency-seconds <n>", "of each turn, at ten messages a second", integer(1, 60), 5)
  .option("--window <n>", "messages under way at full speed", integer(1, 65_536), 256)
  .option("--no-rivals", "without gossipsub, which would be installed first")
  .addOption(new Option("--systems <list>", "what to measure").argParser(systems).default(systemNames, "all"))
  .option("--quick", "a first impression: one round, and a second or two of each")
  .option("--json", "one row a figure and system, as JSON")
  .option("--profile <dir>", "also write a CPU profile of each process there")
  .action(async ({ json, quick = false, profile, rivals, ...plan }: BroadcastFlags) => {
    const measured = await benchBroadcast({
      systems: plan.systems.filter((name) => rivals || !isRival(name)),
      peers: plan.peers,
      bytes: plan.bytes,
      rounds: quick ? 1 : plan.rounds,
      throughputMs: quick ? 1_000 : 1_000 * plan.throughputSeconds,
      latencyMs: quick ? 2_000 : 1_000 * plan.latencySeconds,
      window: plan.window,
      profileDir: profile,
      progress,
    });
    report(measured, broadcastTable, json);
  });

program
  .command("liveness")
  .description("how soon a killed or stopped process is dead everywhere, false deaths, and the cost of watching")
  .option("--peers <n>", "size of the network", integer(3, 1_000), 32)
  .option("--trials <n>", "peers that are killed, and as many that are stopped", integer(1, 1_000), 20)
  .option("--watch-seconds <n>", "of a blocked event loop, and of busy processors", integer(1, 86_400), 300)
  .option("--idle-seconds <n>", "of doing nothing", integer(1, 86_400), 60)
  .addOption(new Option("--parts <list>", "what to measure").argParser(parts).default(livenessParts, "all"))
  .option("--quick", "a first impression: three trials, and half a minute of each trouble")
  .option("--json", "one row a figure, as JSON")
  .action(async ({ json, quick = false, ...plan }: LivenessFlags) => {
    const measured = await benchLiveness({
      parts: plan.parts,
      peers: plan.peers,
      trials: quick ? 3 : plan.trials,
      watchMs: quick ? 30_000 : 1_000 * plan.watchSeconds,
      idleMs: quick ? 15_000 : 1_000 * plan.idleSeconds,
      progress,
    });
    report(measured, livenessTable, json);
  });

program
  .command("sim")
  .description("how fast the simulator runs, what an event costs and a peer weighs")
  .option("--peers <list>", "sizes of the network", integers(10, 1_000_000), [100, 1_000, 10_000])
  .option("--seconds <n>", "virtual seconds that are measured", integer(1, 3_600), 20)
  .option("--runs <n>", "networks of each size", integer(1, 100), 1)
  .option("--json", "one row a figure, as JSON")
  .action(async ({ json, ...plan }: SimFlags) => {
    report(await benchSim({ ...plan, progress }), simTable, json);
  });

program
  .command("playground")
  .description("how smoothly the page of the simulator draws, in a browser without a window")
  .option("--peers <list>", "sizes of the network", integers(10, 5_000), [100, 1_000])
  .option("--seconds <n>", "real seconds that are measured", integer(1, 600), 10)
  .option("--browser <file>", "chromium's program", "/usr/bin/chromium")
  .option("--json", "one row a figure, as JSON")
  .action(async ({ json, ...plan }: PlaygroundFlags) => {
    report(await benchPlayground({ ...plan, progress }), playgroundTable, json);
  });

program
  .command("dashboard")
  .description("frames a second of the dashboard in chromium without a window or a graphics card")
  .option("--peers <list>", "sizes of the network", integers(10, 20_000), [100, 1_000, 10_000])
  .option("--links <n>", "links for each peer", integer(1, 20), 10)
  .option("--seconds <n>", "of each figure", integer(1, 60), 6)
  .option("--json", "one row a figure, as JSON")
  .action(async ({ json, ...plan }: DashboardFlags) => {
    report(await benchDashboard({ ...plan, progress }), dashboardTable, json);
  });

await program.parseAsync();

function progress(line: string): void {
  process.stderr.write(`${(performance.now() / 1000).toFixed(0)} s: ${line}\n`);
}

function systems(text: string): SystemName[] {
  const names = text.split(",");
  const unknown = names.find((name) => !systemNames.some((one) => one === name));
  if (unknown !== undefined) throw new InvalidArgumentError(`Systems are ${systemNames.join(", ")}.`);
  return systemNames.filter((name) => names.includes(name));
}

function parts(text: string): LivenessPart[] {
  const names = text.split(",");
  const unknown = names.find((name) => !livenessParts.some((one) => one === name));
  if (unknown !== undefined) throw new InvalidArgumentError(`Parts are ${livenessParts.join(", ")}.`);
  return livenessParts.filter((name) => names.includes(name));
}

function integers(min: number, max: number): (text: string) => number[] {
  return (text) => text.split(",").map(integer(min, max));
}

function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`From ${min} to ${max}.`);
  };
}

function report<Figure extends { readonly met: boolean | null }>(
  figures: readonly Figure[],
  table: (figures: readonly Figure[]) => string,
  json = false,
): void {
  const lines = json ? figures.map((figure) => JSON.stringify(figure)) : [table(figures)];
  process.stdout.write(`${lines.join("\n")}\n`);
  if (figures.some(({ met }) => met === false)) process.exitCode = 1;
}
