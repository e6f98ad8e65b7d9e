/** Figures that experiments measure over many runs, what they are held against, and what others have published. */

/** One measured figure. */
export interface Row {
  readonly figure: string;
  readonly peers: number;
  readonly runs: number;
  readonly median: number;
  /** The worst of a hundred runs; of fewer, the worst. For shares, where more is better, the lowest. */
  readonly p99: number;
  /** What it is held against; null when it is only reported. */
  readonly goal: number | null;
  readonly met: boolean | null;
}

/** A figure of an experiment, beside what was published. */
export interface ExperimentRow extends Row {
  /** The name of the experiment. */
  readonly experiment: string;
  /** The same figure as somebody else measured it; null when nobody has published it. */
  readonly published: number | null;
  /** Where it was published, and for how many peers. */
  readonly source: string | null;
}

/** What a figure is held against. */
export interface Goal {
  readonly goal: number | null;
  /** Whether more is better. Default: less. */
  readonly isShare?: boolean;
  /** What the worst of a hundred is held against as well. Default: nothing. */
  readonly goalOfWorst?: number;
  /** The goal is to be as near as this, as a share of it: for figures that are reproduced. Default: not to be worse. */
  readonly within?: number;
}

/** What a figure of an experiment is held against, and what was published. */
export interface Target extends Goal {
  readonly published?: number;
  readonly source?: string;
}

/** The row of a figure, judged by its median, and by its worst where there is a goal for that. */
export function row(figure: string, peers: number, values: readonly number[], goalOf: Goal): Row {
  const { goal, goalOfWorst, isShare = false, within } = goalOf;
  // What has no value is the worst that there is: between numbers it would make the order of all of them random.
  const sorted = values.toSorted(
    (a, b) => Number(Number.isNaN(a)) - Number(Number.isNaN(b)) || (isShare ? b - a : a - b),
  );
  const median = rounded(valueAt(sorted, 0.5));
  const p99 = rounded(valueAt(sorted, 0.99));
  const isWithin = (value: number, limit: number) => {
    if (within !== undefined) return Math.abs(value - limit) <= within * limit;
    return isShare ? value >= limit : value <= limit;
  };
  const isMet = (limit: number) => isWithin(median, limit) && (goalOfWorst === undefined || isWithin(p99, goalOfWorst));
  const met = goal === null ? null : isMet(goal);
  return { figure, peers, runs: values.length, median, p99, goal, met };
}

/** The row of a figure of an experiment. */
export function experimentRow(
  experiment: string,
  figure: string,
  peers: number,
  values: readonly number[],
  target: Target,
): ExperimentRow {
  const { goal, met, ...measured } = row(figure, peers, values, target);
  const { published = null, source = null } = target;
  return { experiment, ...measured, published, source, goal, met };
}

/** The value that a share of all is not above; 0.5 for the median. */
export function quantile(values: readonly number[], share: number): number {
  return valueAt(
    values.toSorted((a, b) => a - b),
    share,
  );
}

/** The average; NaN of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function valueAt(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
