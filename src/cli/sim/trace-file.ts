/** Reads the traces that `hearsay sim --trace` writes, a piece at a time, however large they are. */
import { closeSync, openSync, readSync } from "node:fs";
import type { TraceLine } from "../../sim/scenario/trace-lines.js";
import { type Failure, usageFailure } from "../failure.js";

/** A line of a trace, and where it stands. */
export interface PlacedLine {
  readonly line: TraceLine;
  readonly place: TracePlace;
}

/** Where a line begins. */
export interface TracePlace {
  /** The first line is 1. */
  readonly number: number;
  readonly byte: number;
}

const chunkBytes = 65_536;
/** No line of a trace is longer. */
const lineMaxBytes = 1_048_576;
const newline = 10;
/** The beginning of a trace. */
export const traceStart: TracePlace = { number: 1, byte: 0 };

/**
 * The lines of a trace from a place on. Keeps no more than a line and a piece of the file.
 *
 * @throws {@link Failure} for a file that can't be read, and for a line that is none of a trace: it names the line
 */
export function* readTrace(path: string, from: TracePlace = traceStart): Generator<PlacedLine, void> {
  const file = opened(path);
  try {
    let { number, byte } = from;
    let rest: Uint8Array = new Uint8Array(0);
    let at = from.byte;
    let before = 0;
    for (;;) {
      const chunk = new Uint8Array(chunkBytes);
      const length = read(file, chunk, at, path);
      at += length;
      const bytes = Buffer.concat([rest, chunk.subarray(0, length)]);
      let start = 0;
      for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
        const line = parsed(bytes.toString("utf8", start, end), path, number, before);
        before = line.at;
        yield { line, place: { number, byte } };
        number++;
        byte += end + 1 - start;
        start = end + 1;
      }
      rest = bytes.subarray(start);
      if (rest.length > lineMaxBytes) throw broken(path, number, "it is too long");
      if (length > 0) continue;
      // A run that was ended at once may have left half a line.
      if (rest.length > 0) yield { line: parsed(rest.toString(), path, number, before), place: { number, byte } };
      return;
    }
  } finally {
    closeSync(file);
  }
}

function opened(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    throw usageFailure(`cannot read the trace ${path}: ${(error as Error).message}`);
  }
}

function read(file: number, into: Uint8Array, at: number, path: string): number {
  try {
    return readSync(file, into, 0, into.length, at);
  } catch (error) {
    throw usageFailure(`cannot read the trace ${path}: ${(error as Error).message}`);
  }
}

function parsed(text: string, path: string, number: number, before: number): TraceLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw broken(path, number, "it is not JSON");
  }
  const { at, peer, event } = (value ?? {}) as { readonly [name: string]: unknown };
  if (typeof at !== "number" || !(at >= 0)) throw broken(path, number, "it has no time (at)");
  if (typeof peer !== "number" || !Number.isInteger(peer))
    throw broken(path, number, "it has no number of a peer (peer)");
  if (typeof event !== "string") throw broken(path, number, "it does not say what happened (event)");
  if (at < before) throw broken(path, number, `its time goes back, from ${before} to ${at}`);
  return value as TraceLine;
}

function broken(path: string, number: number, why: string): Failure {
  return usageFailure(`${path}, line ${number}, is no line of a trace: ${why}`);
}
