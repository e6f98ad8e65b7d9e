/** Figures that experiments measure over many runs, and the goals they are held against. */

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

/** What a figure is held against. */
export interface Goal {
  readonly goal: number | null;
  /** Whether more is better. Default: less. */
  readonly isShare?: boolean;
}

/** The row of a figure, judged by its median. */
export function row(figure: string, peers: number, values: readonly number[], { goal, isShare = false }: Goal): Row {
  const sorted = values.toSorted((a, b) => (isShare ? b - a : a - b));
  const median = rounded(valueAt(sorted, 0.5));
  const met = goal === null ? null : isShare ? median >= goal : median <= goal;
  return { figure, peers, runs: values.length, median, p99: rounded(valueAt(sorted, 0.99)), goal, met };
}

/** The value that a share of all is not above; 0.5 for the median. */
export function quantile(values: readonly number[], share: number): number {
  return valueAt(
    values.toSorted((a, b) => a - b),
    share,
  );
}

function valueAt(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
