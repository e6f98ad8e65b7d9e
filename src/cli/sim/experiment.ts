/** `hearsay sim experiment`: what others have published, measured again, and what the project claims of itself. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { createLogUpdate } from "log-update";
import type { Experiment, ExperimentOptions } from "../../sim/experiments/experiment.js";
import { experimentNamed, experiments } from "../../sim/experiments/registry.js";
import type { ExperimentRow } from "../../sim/experiments/rows.js";
import { Departure } from "../departure.js";
import { exitFailed, exitFine, exitInterrupted, exitLog } from "../exit-codes.js";
import { Failure, usageFailure } from "../failure.js";
import { Output, type OutputOptions } from "../output.js";
import { experimentLines, experimentTable, lackOf } from "./experiment-table.js";
import type { ExperimentNews, ExperimentTask } from "./experiment-worker.js";
import { svgOf } from "./picture/svg.js";

/** The options of `hearsay sim experiment`. */
export interface ExperimentCommandOptions extends OutputOptions {
  readonly peers?: readonly number[];
  readonly runs?: number;
  readonly randomSeed: number;
  readonly kinds?: readonly string[];
  readonly full?: boolean;
  /** The folder that gets `NAME.json` and `NAME.svg`. */
  readonly out?: string;
}

/** What 10,000 peers take, with room for more; a thread that has less is ended by V8. */
const memoryLimits = { maxOldGenerationSizeMb: 16_384, maxYoungGenerationSizeMb: 96 };
/** Where nobody sees a line replaced by the next, lines come no faster than this. */
const progressPauseMs = 2_000;

/** Runs an experiment, or lists them. Resolves with the exit code: 1 when a goal is missed. */
export async function runExperiment(name: string | undefined, options: ExperimentCommandOptions): Promise<number> {
  const departure = new Departure();
  const output = new Output(options, () => departure.requestOnce());
  if (name === undefined) {
    for (const line of experimentLines(experiments)) output.line(line);
    for (const { name, summary, source, peers, runs, kinds } of experiments) {
      output.jsonLine({ experiment: name, summary, source, peers, runs, kinds });
    }
    await output.flush();
    return exitFine;
  }
  const experiment = experimentNamed(name);
  if (experiment === undefined) {
    throw usageFailure(`there is no experiment "${name}": ${experiments.map((one) => one.name).join(", ")}`);
  }
  const task = { name, options: optionsOf(experiment, options) };
  if (options.out !== undefined) makeFolder(options.out);
  const rows: ExperimentRow[] = [];
  const isComplete = await measured(task, departure, (row) => {
    rows.push(row);
    const warning = lackOf(row);
    if (warning !== undefined) output.warning(warning);
    output.jsonLine(row);
  });
  if (!isComplete) return exitInterrupted;
  for (const line of experimentTable(experiment, rows)) output.line(line);
  if (options.out !== undefined) {
    for (const path of writeFiles(options.out, experiment, task.options, rows)) output.note(`written: ${path}`);
  }
  await output.flush();
  return rows.some(({ met }) => met === false) ? exitFailed : exitFine;
}

function optionsOf(experiment: Experiment, options: ExperimentCommandOptions): ExperimentOptions {
  const { name, runs: usualRuns, kinds: allKinds } = experiment;
  const { peers, runs = usualRuns, randomSeed, kinds = allKinds, full: isFull = false } = options;
  const unknown = kinds.find((kind) => !allKinds.includes(kind));
  if (unknown !== undefined) throw usageFailure(`--kinds: ${name} has ${allKinds.join(", ")}, not "${unknown}"`);
  if (peers !== undefined) checkPeers(experiment, kinds, peers);
  return { peers, runs, randomSeed, kinds, isFull };
}

/** Not every kind of runs makes sense in a network of every size. */
function checkPeers(experiment: Experiment, kinds: readonly string[], peers: readonly number[]): void {
  const { name } = experiment;
  const own = kinds.find((kind) => experiment.ownSize(kind) !== undefined);
  if (own !== undefined) {
    const isWhole = experiment.kinds.every((kind) => experiment.ownSize(kind) !== undefined);
    const [what, hint] = isWhole
      ? [`the experiment ${name}`, ""]
      : [`the kind ${own} of ${name}`, "; name others with --kinds"];
    throw usageFailure(`--peers: ${what} is defined by its size, ${experiment.ownSize(own)}${hint}`);
  }
  const needs = (kind: string) => experiment.leastPeers(kind);
  const least = Math.max(...kinds.map(needs));
  const tooSmall = peers.find((size) => size < least);
  if (tooSmall === undefined) return;
  const kind = kinds.find((one) => needs(one) === least);
  throw usageFailure(`--peers: the kind ${kind} of ${name} needs ${least} peers at least, not ${tooSmall}`);
}

/** Lets a thread do the work. @returns whether it came to its end: false when somebody wanted to leave */
async function measured(
  task: ExperimentTask,
  departure: Departure,
  found: (row: ExperimentRow) => void,
): Promise<boolean> {
  const worker = new Worker(new URL("./experiment-worker.js", import.meta.url), {
    workerData: task,
    resourceLimits: memoryLimits,
  });
  const progress = new ProgressLine();
  try {
    return await new Promise<boolean>((resolve, reject) => {
      worker.on("message", (news: ExperimentNews) => {
        if ("row" in news) found(news.row);
        else progress.show(`${task.name}: ${news.progress}`);
      });
      worker.on("error", reject);
      worker.on("exit", () => resolve(true));
      departure.requested.then(() => resolve(false));
    });
  } finally {
    progress.clear();
    await worker.terminate();
  }
}

/** A word about how far it is: one line that changes on a terminal, now and then a line elsewhere. */
class ProgressLine {
  readonly #startedAt = performance.now();
  readonly #bar = process.stderr.isTTY ? createLogUpdate(process.stderr) : undefined;
  #shownAt = Number.NEGATIVE_INFINITY;

  show(text: string): void {
    const now = performance.now();
    const line = `${Math.round((now - this.#startedAt) / 1_000)} s  ${text}`;
    if (this.#bar !== undefined) this.#bar(line);
    else if (now - this.#shownAt >= progressPauseMs) {
      this.#shownAt = now;
      process.stderr.write(`${line}\n`);
    }
  }

  clear(): void {
    this.#bar?.clear();
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new Failure(`cannot make the folder ${folder}: ${(error as Error).message}`, exitLog, error);
  }
}

/** Writes what was measured, for programs and for the eye. @returns the paths */
function writeFiles(
  folder: string,
  experiment: Experiment,
  options: ExperimentOptions,
  rows: readonly ExperimentRow[],
): string[] {
  const { name, summary, source } = experiment;
  const peers = [...new Set(rows.map((row) => row.peers))];
  const texts = {
    json: `${JSON.stringify({ experiment: name, summary, source, options: { ...options, peers }, rows }, undefined, 2)}\n`,
    svg: svgOf(experiment.picture(rows)),
  };
  return Object.entries(texts).map(([ending, text]) => {
    const path = join(folder, `${name}.${ending}`);
    try {
      writeFileSync(path, text);
    } catch (error) {
      throw new Failure(`cannot write ${path}: ${(error as Error).message}`, exitLog, error);
    }
    return path;
  });
}
