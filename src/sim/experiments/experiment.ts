/** What all experiments have in common: a name, figures, a picture, and runs by their numbers. */
import type { Progress, Values } from "./broadcast.js";
import type { Picture } from "./picture.js";
import { type ExperimentRow, experimentRow, type Target } from "./rows.js";

/** How an experiment is to be run. */
export interface ExperimentOptions {
  /** Sizes of the network; undefined: those that the experiment has when none is named. */
  readonly peers?: readonly number[] | undefined;
  /** Networks of each kind. */
  readonly runs: number;
  /** The first run's number; the next ones follow. */
  readonly randomSeed: number;
  /** Which of the experiment's kinds of runs. */
  readonly kinds: readonly string[];
  /** All of a large grid instead of a part that stands for it. */
  readonly isFull: boolean;
}

/** One experiment: something that was published, or that the project claims. */
export interface Experiment {
  readonly name: string;
  /** What it is about, in a few words. */
  readonly summary: string;
  /** The publication whose figures stand beside ours; null when they are held against goals of our own. */
  readonly source: string | null;
  /** The sizes that it has when none is named. */
  readonly peers: readonly number[];
  /** Networks of each kind, when nothing else is said. */
  readonly runs: number;
  /** What can be left out. */
  readonly kinds: readonly string[];
  /** The size that a kind is defined by; undefined for one that makes sense in others. */
  ownSize(kind: string): number | undefined;
  /** The least size that a kind can have: in a smaller network some of its figures would be of nobody. */
  leastPeers(kind: string): number;
  /** The figures, as they are measured. Takes its time. */
  measure(options: ExperimentOptions, progress: Progress): Iterable<ExperimentRow>;
  /** What there is to see of them. */
  picture(rows: readonly ExperimentRow[]): Picture;
}

/** One network, from its number. */
export type Run = (number: number, progress: Progress) => Values;

/**
 * The values of several runs, by figure.
 *
 * @param label - what is said of the progress before the rest: which kind of network it is
 */
export function valuesOf(
  label: string,
  { randomSeed, runs }: Pick<ExperimentOptions, "randomSeed" | "runs">,
  progress: Progress,
  run: Run,
): Map<string, number[]> {
  const values = new Map<string, number[]>();
  for (let i = 0; i < runs; i++) {
    const number = randomSeed + i;
    const one = run(number, (what) => progress(`${label}, run ${i + 1}/${runs} (number ${number}): ${what}`));
    for (const [figure, value] of Object.entries(one)) values.set(figure, [...(values.get(figure) ?? []), value]);
  }
  return values;
}

/** The rows of all figures that were measured. */
export function* rowsOf(
  experiment: string,
  peers: number,
  values: ReadonlyMap<string, readonly number[]>,
  targetOf: (figure: string) => Target,
): Generator<ExperimentRow, void, void> {
  for (const [figure, all] of values) yield experimentRow(experiment, figure, peers, all, targetOf(figure));
}

/** "1,000 peers", or several sizes. */
export function sizesOf(rows: readonly ExperimentRow[]): string {
  const sizes = [...new Set(rows.map(({ peers }) => peers))].sort((a, b) => a - b);
  return `${sizes.map((size) => size.toLocaleString("en")).join(" and ")} peers`;
}

/** "1 run", or so many. */
export function runsOf(rows: readonly ExperimentRow[]): string {
  const runs = Math.max(0, ...rows.map((row) => row.runs));
  return `${runs} ${runs === 1 ? "run" : "runs"}`;
}
