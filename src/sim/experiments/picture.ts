/** What is to be seen of an experiment: figures on axes, without a word about colors and places. */

/** Several charts that belong together. */
export interface Picture {
  readonly title: string;
  /** What was measured, in a line. */
  readonly subtitle: string;
  /** Where the published figures come from. */
  readonly source: string | null;
  readonly panels: readonly Panel[];
}

/** One chart. */
export interface Panel {
  readonly title: string;
  readonly x: Axis;
  readonly y: NumberAxis;
  readonly series: readonly Series[];
  /** Values that must not be passed: lines across the chart. */
  readonly limits?: readonly Limit[];
}

/** What stands on an axis. */
export type Axis = NumberAxis | NameAxis;

/** Numbers on an axis. */
export interface NumberAxis {
  /** With its unit. */
  readonly label: string;
  readonly kind: "linear" | "log";
  /** The least value shown. Default: 0, or on a logarithmic axis the least there is. */
  readonly min?: number;
  /** The greatest value shown. Default: the greatest there is. */
  readonly max?: number;
  /** Whether shares of 1 are written as per cent. */
  readonly isShare?: boolean;
}

/** Names on an axis, in the order of their first use. */
export interface NameAxis {
  readonly label: string;
  readonly kind: "names";
}

/** Values of one kind. */
export interface Series {
  readonly label: string;
  /** Measured here; published by others; or measured here of somebody else's protocol. */
  readonly whose: "ours" | "published" | "theirs";
  readonly mark: "line" | "bar";
  /** Names or numbers, as the x axis wants them. */
  readonly points: readonly (readonly [x: string | number, y: number])[];
}

/** A value that must not be passed. */
export interface Limit {
  readonly label: string;
  readonly at: number;
}
