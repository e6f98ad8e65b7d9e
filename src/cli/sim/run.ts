/** `hearsay sim`: the protocol on a virtual network, in virtual time, with the faults one asks for. */
import { closeSync, openSync, writeFileSync } from "node:fs";
import { createLogUpdate } from "log-update";
import type { PeerTuning } from "../../core/peer-config.js";
import { randomSeedMax } from "../../sim/scenario/checks.js";
import { type ScenarioReport, ScenarioRun } from "../../sim/scenario/run.js";
import { type Scenario, type Step, scenario } from "../../sim/scenario/scenario.js";
import { shrinkScenario } from "../../sim/scenario/shrink.js";
import { swarmScenario } from "../../sim/scenario/swarm.js";
import type { TraceLine } from "../../sim/scenario/trace-lines.js";
import { Departure } from "../departure.js";
import { exitFailed, exitFine, exitInterrupted, exitLog } from "../exit-codes.js";
import { Failure, usageFailure } from "../failure.js";
import { Output, type OutputOptions, writeWhole } from "../output.js";
import { checkMemory } from "./memory.js";
import { printReport, printViolations, reportFields } from "./report.js";
import { readScenario } from "./scenario-file.js";
import { SpacetimeRecorder } from "./spacetime.js";
import { spacetimeSvg } from "./spacetime-svg.js";
import type { MessageName } from "./trace-filter.js";

/** The options of `hearsay sim`. Times are virtual milliseconds. */
export interface SimCommandOptions extends OutputOptions {
  readonly peers: number;
  readonly seeds: number;
  readonly loss: number;
  readonly latency: readonly [minMs: number, maxMs: number];
  readonly for: number;
  readonly calm: number;
  readonly every?: number;
  readonly messages?: number;
  readonly bytes: number;
  /** Bytes a second. */
  readonly bandwidth?: number;
  readonly linkBandwidth?: number;
  readonly directory?: "full" | "neighbors";
  /** Default: 1, or what the scenario file says. */
  readonly randomSeed?: number;
  readonly scenario?: string;
  /** Draw the scenario from its number; so many numbers. */
  readonly swarm?: number;
  /** After so many real milliseconds no further run of a swarm begins. */
  readonly swarmTime?: number;
  readonly without?: readonly string[];
  readonly trace?: string;
  readonly spacetime?: string;
  readonly window?: readonly [fromMs: number, toMs: number];
  readonly highlight?: MessageName;
  readonly shrink?: boolean;
  readonly kill?: readonly Step[];
  readonly freeze?: readonly Step[];
  readonly restart?: readonly Step[];
  readonly join?: readonly Step[];
  readonly leave?: readonly Step[];
  readonly partition?: readonly Step[];
  readonly deafen?: readonly Step[];
  readonly suspend?: readonly Step[];
  readonly clog?: readonly Step[];
  readonly slow?: readonly Step[];
  readonly redial?: readonly Step[];
  readonly reset?: readonly Step[];
  readonly corrupt?: readonly Step[];
}

/** Between two looks at whether somebody wants to stop, in real milliseconds. */
const sliceMs = 100;
const shrinkRunsMax = 400;

/** Runs a scenario, or a swarm of them. Resolves with the exit code: 1 when a promise was broken. */
export async function runSim(options: SimCommandOptions): Promise<number> {
  const departure = new Departure();
  const output = new Output(options, () => departure.requestOnce());
  const isStopped = () => departure.isRequested;
  const { spacetime, window, highlight } = options;
  checkSwarm(options);
  if (spacetime === undefined && (window ?? highlight) !== undefined) {
    throw usageFailure("--window and --highlight say what --spacetime draws");
  }
  if (options.swarm !== undefined) return runSwarm(options, output, isStopped);
  const chosen = rangeChecked(() => scenarioOf(options));
  checkMemory(chosen);
  if (window !== undefined && window[0] >= chosen.forMs + chosen.calmMs) {
    throw usageFailure(`--window begins after the end, which is at ${chosen.forMs + chosen.calmMs} ms`);
  }
  const recorder = spacetime === undefined ? undefined : new SpacetimeRecorder(chosen, { window, highlight });
  const report = await runOne(chosen, options, output, isStopped, undefined, recorder);
  if (report === undefined) return exitInterrupted;
  if (recorder !== undefined) draw(spacetime!, recorder, report);
  printReport(report, output, repeatCommand(chosen));
  await output.flush();
  if (report.violations.length > 0 && options.shrink === true) {
    if (!(await shrink(report, output, isStopped))) return exitInterrupted;
    await output.flush();
  }
  return report.violations.length > 0 ? exitFailed : exitFine;
}

/** What makes no sense with a swarm, or without one. */
function checkSwarm(options: SimCommandOptions): void {
  const { swarm, swarmTime, without, scenario: file, spacetime, trace } = options;
  if (swarm === undefined) {
    const alone = swarmTime !== undefined ? "--swarm-time" : without !== undefined ? "--without" : undefined;
    if (alone !== undefined) throw usageFailure(`${alone} is for a --swarm`);
    return;
  }
  if (spacetime !== undefined) throw usageFailure("--spacetime draws one run, not a swarm");
  if (trace !== undefined && swarm > 1) throw usageFailure("--trace writes one run: use --swarm 1");
  if (file !== undefined) throw usageFailure("a --swarm draws its scenarios itself");
}

async function runSwarm(options: SimCommandOptions, output: Output, isStopped: () => boolean): Promise<number> {
  let failed = 0;
  let runs = 0;
  const { without = [], swarmTime = Number.POSITIVE_INFINITY, randomSeed = 1 } = options;
  const end = randomSeed + options.swarm!;
  if (end - 1 > randomSeedMax) throw usageFailure(`the numbers of a swarm end at ${randomSeedMax}`);
  const endAt = performance.now() + swarmTime;
  const left = without.map((name) => ` --without ${name}`).join("");
  for (let number = randomSeed; number < end; number++) {
    if (performance.now() >= endAt) break;
    const report = await runOne(
      swarmScenario(number, { without }),
      options,
      output,
      isStopped,
      `run ${runs + 1}/${options.swarm}`,
    );
    if (report === undefined) break;
    runs++;
    const { violations, hash } = report;
    output.event("run", { number, ...reportFields(report) });
    if (violations.length === 0) continue;
    failed++;
    output.line(`number ${number} (hash ${hash}):`);
    printViolations(report, output, `hearsay sim --swarm 1 --random-seed ${number}${left}`);
    if (options.shrink === true && !(await shrink(report, output, isStopped))) break;
    await output.flush();
  }
  output.line(`${runs - failed} runs kept all promises, ${failed} did not`);
  output.event("swarm", { runs, failed });
  await output.flush();
  if (isStopped()) return exitInterrupted;
  return failed > 0 ? exitFailed : exitFine;
}

/** One run to its end, with a word about how far it is; undefined when somebody has stopped it. */
async function runOne(
  chosen: Scenario,
  options: SimCommandOptions,
  output: Output,
  isStopped: () => boolean,
  name?: string,
  recorder?: SpacetimeRecorder,
): Promise<ScenarioReport | undefined> {
  const trace = options.trace === undefined ? undefined : new TraceFile(options.trace);
  const bar = process.stderr.isTTY && !output.json ? createLogUpdate(process.stderr) : undefined;
  const endMs = chosen.forMs + chosen.calmMs;
  const startedAt = performance.now();
  const isHeard = trace !== undefined || recorder !== undefined;
  const listen = (line: TraceLine) => {
    trace?.write(line);
    recorder?.line(line);
  };
  const travelled = recorder === undefined ? undefined : recorder.travel.bind(recorder);
  const run = rangeChecked(() => new ScenarioRun(chosen, { trace: isHeard ? listen : undefined, travelled }));
  try {
    const isEnded = await runToEnd(run, isStopped, () => {
      if (performance.now() - startedAt > 1_000) bar?.(progressLine(run.at, endMs, name));
    });
    return isEnded ? run.report() : undefined;
  } finally {
    bar?.clear();
    trace?.close();
  }
}

/** In slices, between which signals have their turn. @returns false when somebody has stopped it */
async function runToEnd(run: ScenarioRun, isStopped: () => boolean, sliceOver = () => {}): Promise<boolean> {
  while (!run.isOver) {
    const sliceEnd = performance.now() + sliceMs;
    while (!run.isOver && performance.now() < sliceEnd) run.step();
    sliceOver();
    await new Promise((resolve) => setImmediate(resolve));
    if (isStopped()) return false;
  }
  return true;
}

function draw(path: string, recorder: SpacetimeRecorder, { scenario, hash, lastedMs }: ScenarioReport): void {
  const title = `${scenario.name}, random seed ${scenario.randomSeed}, hash ${hash}`;
  const svg = spacetimeSvg(recorder.finish(lastedMs), title);
  try {
    writeFileSync(path, svg);
  } catch (error) {
    throw new Failure(`cannot write the picture ${path}: ${(error as Error).message}`, exitLog, error);
  }
}

/** What is out of its range is wrong usage. */
function rangeChecked<Result>(make: () => Result): Result {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError) throw usageFailure(error.message);
    throw error;
  }
}

function progressLine(at: number, endMs: number, name: string | undefined): string {
  const width = 30;
  const done = Math.min(width, Math.round((at / endMs) * width));
  const label = name === undefined ? "" : `${name}  `;
  return `${label}${"█".repeat(done)}${"░".repeat(width - done)} ${(at / 1_000).toFixed(0)} of ${(endMs / 1_000).toFixed(0)} virtual s`;
}

/** Prints the smallest scenario found. @returns false when somebody has stopped it */
async function shrink(report: ScenarioReport, output: Output, isStopped: () => boolean): Promise<boolean> {
  const { promise } = report.violations[0]!;
  const fails = async (smaller: Scenario) => {
    if (isStopped()) return false;
    try {
      const run = new ScenarioRun(smaller);
      if (!(await runToEnd(run, isStopped))) return false;
      return run.report().violations.some((violation) => violation.promise === promise);
    } catch {
      return false;
    }
  };
  const progress = (smaller: Scenario, runs: number) =>
    output.note(`after ${runs} runs: ${smaller.peers} peers, ${smaller.steps.length} steps`);
  const smallest = await shrinkScenario(report.scenario, fails, { runsMax: shrinkRunsMax, progress });
  if (isStopped()) return false;
  output.line("the smallest scenario found that breaks it, for hearsay sim --scenario FILE:");
  output.line(JSON.stringify(smallest, undefined, 2));
  output.event("shrunk", { scenario: smallest });
  return true;
}

function deedsOf(options: SimCommandOptions): Step[] {
  const { kill, freeze, restart, join, leave, partition, deafen, suspend, clog, slow, redial, reset, corrupt } =
    options;
  const deeds = [kill, freeze, restart, join, leave, partition, deafen, suspend, clog, slow, redial, reset, corrupt];
  return deeds.flatMap((some) => some ?? []);
}

function scenarioOf(options: SimCommandOptions): Scenario {
  if (options.scenario !== undefined) return readScenario(options.scenario, options.randomSeed);
  const { peers, seeds, loss: lossRate, latency, bytes, randomSeed = 1, directory, messages } = options;
  const [minMs, maxMs] = latency;
  const steps = deedsOf(options);
  const last = Math.max(0, ...steps.map((step) => step.atMs));
  if (last > options.for) throw usageFailure(`something is to happen at ${last} ms, after the end (--for)`);
  const config: PeerTuning = directory === undefined ? {} : { directory: { directory } };
  return scenario({
    name: "command line",
    randomSeed,
    peers,
    seeds,
    joinEveryMs: Math.min(50, Math.floor(5_000 / peers)),
    forMs: options.for,
    calmMs: options.calm,
    network: { latency: { kind: "uniform", minMs, maxMs }, lossRate, ...bandwidthOf(options) },
    workload: { everyMs: paceOf(options), bytes, ...(messages === undefined ? {} : { messagesMax: messages }) },
    config,
    steps,
  });
}

function bandwidthOf({ bandwidth: peerBytesPerS, linkBandwidth: linkBytesPerS }: SimCommandOptions): object {
  if (peerBytesPerS === undefined && linkBytesPerS === undefined) return {};
  return { bandwidth: { peerBytesPerS, linkBytesPerS } };
}

/** From one message to the next: a given number of messages is spread over the time there is. */
function paceOf({ every, messages, for: forMs }: SimCommandOptions): number {
  if (every !== undefined) return every;
  return messages === undefined ? 1_000 : Math.max(1, Math.floor(forMs / (messages + 1)));
}

/** The command line that was given, as it can be given again. */
function repeatCommand({ randomSeed }: Scenario): string {
  const words = process.argv.slice(2).filter((word) => word !== "--json");
  const hasSeed = words.some((word) => word.startsWith("--random-seed"));
  const quoted = words.map((word) => (/^[\w@%+:.,=/-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`));
  return ["hearsay", ...quoted, ...(hasSeed ? [] : ["--random-seed", String(randomSeed)])].join(" ");
}

/** The trace as NDJSON, in large writes. */
class TraceFile {
  readonly #path: string;
  readonly #file: number;
  #text = "";

  constructor(path: string) {
    this.#path = path;
    try {
      this.#file = openSync(path, "w");
    } catch (error) {
      throw new Failure(`cannot write the trace ${path}: ${(error as Error).message}`, exitLog, error);
    }
  }

  write(line: TraceLine): void {
    this.#text += `${JSON.stringify(line)}\n`;
    if (this.#text.length > 65_536) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    const text = this.#text;
    this.#text = "";
    try {
      writeWhole(this.#file, text);
    } catch (error) {
      throw new Failure(`cannot write the trace ${this.#path}: ${(error as Error).message}`, exitLog, error);
    }
  }
}
