/**
 * How soon a network of real processes knows who is dead, and whether it ever errs: killed and stopped processes, blocked
 * event loops, a busy machine, and what all that watching costs at rest. All with the defaults.
 *
 * The goals are those of the project: a killed peer is dead at every survivor within 1 s (99 % within 2 s), a stopped one
 * within 4 s (6 s); nobody who lives is dead anywhere; 2 KB a second.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { availableParallelism, loadavg } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { type Goal, type Row, row } from "../src/sim/experiments/rows.js";
import { columns } from "./figures.js";
import { Crowd, type Layout, type Seat, until } from "./liveness/crowd.js";
import type { Place } from "./liveness/place.js";

/** The parts of this bench, in order. */
export const livenessParts = ["killed", "together", "frozen", "blocked", "saturated", "idle"] as const;

/** One of them. */
export type LivenessPart = (typeof livenessParts)[number];

/** What to measure, and for how long. */
export interface LivenessBenchOptions {
  readonly parts: readonly LivenessPart[];
  /** From 3 on. */
  readonly peers: number;
  /** Peers that are killed, and as many that are stopped. */
  readonly trials: number;
  /** How long an event loop is blocked now and then, and then how long all processors are busy. */
  readonly watchMs: number;
  readonly idleMs: number;
  /** Hears what is being done. */
  readonly progress: (line: string) => void;
}

/** A figure that has a goal, and what it is. */
const goals: Readonly<Record<string, Goal>> = {
  "killed-known-everywhere-ms": { goal: 1_000, goalOfWorst: 2_000 },
  "killed-in-one-process-known-everywhere-ms": { goal: 1_000, goalOfWorst: 2_000 },
  "frozen-known-everywhere-ms": { goal: 4_000, goalOfWorst: 6_000 },
  "false-deaths-meanwhile": { goal: 0, goalOfWorst: 0 },
  "blocked-false-deaths": { goal: 0, goalOfWorst: 0 },
  "saturated-false-deaths": { goal: 0, goalOfWorst: 0 },
  "idle-bytes-per-second": { goal: 2_048, goalOfWorst: 2_048 },
};

/** The longest that a death, or a return, is waited for; what takes longer counts as this. */
const trialLimitMs = 60_000;
/** A network that has just changed is left alone for a while: this, and a random part of it. */
const calmMs = 1_500;
const blockMs = 2_000;
const blockEveryMs = 5_000;

type Values = Map<string, number[]>;

/**
 * All figures, in the order of measuring.
 *
 * @throws Error when a network does not form within two minutes, or a process dies that should not
 */
export async function benchLiveness(options: LivenessBenchOptions): Promise<Row[]> {
  const has = (...parts: LivenessPart[]) => parts.some((part) => options.parts.includes(part));
  const values: Values = new Map();
  if (has("killed", "frozen", "blocked", "saturated", "idle")) {
    await withCrowd(options, "separate", async (crowd) => {
      if (has("idle")) await idle(crowd, options, values);
      if (has("killed")) await killed(crowd, options, values, "killed-known-everywhere-ms");
      if (has("frozen")) await frozen(crowd, options, values);
      keep(values, "false-deaths-meanwhile", crowd.falseDeaths.splice(0).length);
      if (has("blocked")) await blocked(crowd, options, values);
      if (has("saturated")) await saturated(crowd, options, values);
    });
  }
  if (has("together")) {
    await withCrowd(options, "together", async (crowd) => {
      await killed(crowd, options, values, "killed-in-one-process-known-everywhere-ms");
      keep(values, "false-deaths-meanwhile", crowd.falseDeaths.length);
    });
  }
  return [...values].map(([figure, all]) => row(figure, options.peers, all, goals[figure] ?? { goal: null }));
}

async function withCrowd(
  { peers, progress }: LivenessBenchOptions,
  layout: Layout,
  measure: (crowd: Crowd) => Promise<void>,
): Promise<void> {
  progress(`starting ${peers} peers, ${layout === "separate" ? "each in a process of its own" : "all in one process"}`);
  const crowd = await Crowd.start(peers, layout);
  try {
    await measure(crowd);
  } finally {
    crowd.end();
  }
}

/** Kills one peer after the other, each in a complete and calm network. */
async function killed(crowd: Crowd, options: LivenessBenchOptions, values: Values, figure: string): Promise<void> {
  for (let trial = 1; trial <= options.trials; trial++) {
    await calm(crowd);
    const victim = crowd.any()!;
    const at = await crowd.kill(victim);
    const ms = await timeUntil(at, () => crowd.deadEverywhereAt(victim));
    keep(values, figure, ms);
    tell(options, `${figure} ${trial}/${options.trials}`, ms, crowd);
    await crowd.add();
  }
}

/** Stops one process after the other, and lets it go on when it is dead everywhere. */
async function frozen(crowd: Crowd, options: LivenessBenchOptions, values: Values): Promise<void> {
  for (let trial = 1; trial <= options.trials; trial++) {
    await calm(crowd);
    const victim = crowd.any()!;
    const stoppedAt = crowd.stop(victim);
    const deadMs = await timeUntil(stoppedAt, () => crowd.deadEverywhereAt(victim));
    keep(values, "frozen-known-everywhere-ms", deadMs);
    const resumedAt = crowd.resume(victim);
    const backMs = await timeUntil(resumedAt, () => crowd.aliveEverywhereAt(victim));
    keep(values, "frozen-back-everywhere-ms", backMs);
    crowd.isBack(victim);
    tell(options, `frozen ${trial}/${options.trials}, back after ${Math.round(backMs)} ms; dead`, deadMs, crowd);
  }
}

/** Blocks the event loop of one process for 2 s every 5 s. */
async function blocked(crowd: Crowd, options: LivenessBenchOptions, values: Values): Promise<void> {
  await calm(crowd);
  const { place } = crowd.any() as Seat;
  await watched(crowd, options, values, "blocked", async (isOver) => {
    while (!isOver()) {
      await Promise.all([place.block(blockMs), pause(blockEveryMs)]);
    }
  });
}

/** Keeps all processors busy with other programs. */
async function saturated(crowd: Crowd, options: LivenessBenchOptions, values: Values): Promise<void> {
  await calm(crowd);
  // Each ends by itself, should this process be killed.
  const code = `for (const end = Date.now() + ${options.watchMs + 10_000}; Date.now() < end; );`;
  const busy: ChildProcess[] = [];
  for (let i = 0; i < availableParallelism(); i++) {
    busy.push(spawn(process.execPath, ["-e", code], { stdio: "ignore" }));
  }
  try {
    await watched(crowd, options, values, "saturated", async (isOver) => {
      while (!isOver()) await pause(500);
    });
  } finally {
    for (const child of busy) child.kill("SIGKILL");
  }
}

/** Counts the false deaths, and the suspicions, while something is done. */
async function watched(
  crowd: Crowd,
  { watchMs, progress }: LivenessBenchOptions,
  values: Values,
  name: string,
  trouble: (isOver: () => boolean) => Promise<void>,
): Promise<void> {
  crowd.falseDeaths.length = 0;
  const before = crowd.suspicions;
  const end = performance.now() + watchMs;
  progress(`${name}: ${Math.round(watchMs / 1_000)} s`);
  await trouble(() => performance.now() >= end);
  await pause(calmMs);
  keep(values, `${name}-false-deaths`, crowd.falseDeaths.length);
  keep(values, `${name}-suspicions`, crowd.suspicions - before);
  progress(`${name}: ${crowd.falseDeaths.length} false deaths ${crowd.falseDeaths.join(", ")}; ${load()}`);
}

/** What peers use while nothing happens. */
async function idle(crowd: Crowd, { idleMs, progress }: LivenessBenchOptions, values: Values): Promise<void> {
  await calm(crowd);
  await pause(5 * calmMs);
  progress(`idle: ${Math.round(idleMs / 1_000)} s`);
  const places: Place[] = crowd.seats.map(({ place }) => place);
  const usages = () => Promise.all(places.map((place) => place.usage()));
  const before = await usages();
  await pause(idleMs);
  for (const [i, after] of (await usages()).entries()) {
    const from = before[i]!;
    const seconds = (after.at - from.at) / 1_000;
    const inBytes = (after.inBytes - from.inBytes) / seconds;
    const outBytes = (after.outBytes - from.outBytes) / seconds;
    keep(values, "idle-bytes-per-second", inBytes + outBytes);
    keep(values, "idle-bytes-in-per-second", inBytes);
    keep(values, "idle-bytes-out-per-second", outBytes);
    keep(values, "idle-cpu-ms-per-second", (after.cpuMs - from.cpuMs) / seconds);
  }
}

async function calm(crowd: Crowd): Promise<void> {
  if (!(await crowd.isComplete(trialLimitMs))) throw new Error(`no peace: ${crowd.disagreement()}`);
  await pause(calmMs * (1 + Math.random()));
}

async function timeUntil(from: number, at: () => number | undefined): Promise<number> {
  await until(() => at() !== undefined, trialLimitMs);
  return (at() ?? from + trialLimitMs) - from;
}

function keep(values: Values, figure: string, value: number): void {
  values.set(figure, [...(values.get(figure) ?? []), value]);
}

function tell({ progress }: LivenessBenchOptions, what: string, ms: number, { falseDeaths }: Crowd): void {
  const errors = falseDeaths.length === 0 ? "" : `, ${falseDeaths.length} FALSE DEATHS so far`;
  progress(`${what}: ${Math.round(ms)} ms${errors}; ${load()}`);
}

function load(): string {
  return `load ${loadavg()[0]!.toFixed(1)}`;
}

/** The rows as a table for people. */
export function livenessTable(rows: readonly Row[]): string {
  const head = ["figure", "peers", "runs", "median", "p99", "goal", "p99", ""];
  const cells = rows.map(({ figure, peers, runs, median, p99, goal, met }) => [
    figure,
    String(peers),
    String(runs),
    median.toLocaleString("en"),
    p99.toLocaleString("en"),
    goal === null ? "" : `≤ ${goal}`,
    goal === null ? "" : `≤ ${goals[figure]?.goalOfWorst ?? "–"}`,
    met === null ? "" : met ? "met" : "MISSED",
  ]);
  return columns(head, cells);
}
