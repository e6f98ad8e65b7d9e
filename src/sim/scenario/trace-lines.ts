/** What happened in a run, line by line: for people to read, and for promises to be held against. */

/** One line. Fields beside these say what happened; all of them are JSON. */
export interface TraceLine {
  /** Virtual milliseconds since the start of the run. */
  readonly at: number;
  /** The number of the peer that it happened at; 0 for the network itself. */
  readonly peer: number;
  readonly event: string;
  readonly [field: string]: unknown;
}

/** Hears every line, in order. */
export type TraceWriter = (line: TraceLine) => void;
