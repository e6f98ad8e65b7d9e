/**
 * Where one is in a trace that is read step by step. Going on reads on; going back reads again from a place that was noted
 * on the way, so that a trace of any size needs little memory.
 */
import type { TraceLine } from "../../sim/scenario/trace-lines.js";
import { type PlacedLine, readTrace, type TracePlace, traceStart } from "./trace-file.js";
import { isWanted, TraceNames, type TraceWanted } from "./trace-filter.js";

/** A place is noted every so many wanted lines. */
const noteEvery = 256;
/** So many lines before the present one are kept at hand. */
const keptMax = 2 * noteEvery;

/** A reader in a trace. The present line is the last one of {@link view}. */
export class Stepper {
  readonly names = new TraceNames();
  readonly #path: string;
  readonly #wanted: TraceWanted;
  #lines: Generator<PlacedLine, void>;
  /** Places of the wanted lines number 0, 256, 512, … */
  readonly #places: TracePlace[] = [];
  /** The wanted lines that are at hand, and the number of the first of them. */
  #kept: TraceLine[] = [];
  #firstKept = 0;
  /** The number of the present line: -1 before the first. */
  #present = -1;
  /** How many wanted lines there are, once the end has been seen. */
  #count: number | undefined;

  constructor(path: string, wanted: TraceWanted) {
    this.#path = path;
    this.#wanted = wanted;
    this.#lines = readTrace(path);
  }

  /** The number of the present line among those that are wanted, from 1 on; 0 when there is none. */
  get number(): number {
    return this.#present + 1;
  }

  /** The present line. */
  get line(): TraceLine | undefined {
    return this.#kept[this.#present - this.#firstKept];
  }

  /** Whether there is no further line, as far as it is known. */
  get isAtEnd(): boolean {
    return this.#count !== undefined && this.#present >= this.#count - 1;
  }

  /** Goes on by so many lines, or to the last one. */
  forward(steps = 1): void {
    for (let i = 0; i < steps && this.#reach(this.#present + 1); i++) this.#present++;
  }

  /** Goes back by so many lines, or to the first one. */
  back(steps = 1): void {
    const target = Math.max(0, this.#present - steps);
    if (this.#present < 0) return;
    if (target < this.#firstKept) this.#reopen(target);
    this.#present = target;
  }

  /** Goes to the first line at or after a time, or to the last one. */
  toTime(atMs: number): void {
    if (this.line !== undefined && this.line.at >= atMs) {
      this.#reopen(0);
      this.#present = 0;
    }
    while ((this.line?.at ?? -1) < atMs && this.#reach(this.#present + 1)) this.#present++;
  }

  /** The present line and up to so many before it, oldest first. */
  view(rows: number): readonly TraceLine[] {
    const from = Math.max(0, this.#present - rows + 1);
    if (from < this.#firstKept) {
      const present = this.#present;
      this.#reopen(from);
      this.#reach(present);
    }
    return this.#kept.slice(from - this.#firstKept, this.#present - this.#firstKept + 1);
  }

  /** Reads on until the wanted line of this number is at hand. Whether there is one. */
  #reach(number: number): boolean {
    while (number >= this.#firstKept + this.#kept.length) {
      const next = this.#lines.next();
      if (next.done === true) {
        this.#count = this.#firstKept + this.#kept.length;
        return false;
      }
      const { line, place } = next.value;
      this.names.note(line);
      if (!isWanted(line, this.#wanted, this.names)) continue;
      const own = this.#firstKept + this.#kept.length;
      if (own % noteEvery === 0) this.#places[own / noteEvery] = place;
      this.#kept.push(line);
      if (this.#kept.length <= 2 * keptMax) continue;
      this.#kept = this.#kept.slice(keptMax);
      this.#firstKept += keptMax;
    }
    return true;
  }

  /** Begins to read again, at a place before the wanted line of this number. */
  #reopen(number: number): void {
    const noted = Math.max(0, Math.floor(number / noteEvery) - 1);
    this.#lines.return();
    this.#lines = readTrace(this.#path, this.#places[noted] ?? traceStart);
    this.#kept = [];
    this.#firstKept = noted * noteEvery;
    this.#reach(number);
  }
}
