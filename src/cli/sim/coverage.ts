/** How fast messages reached everybody, over all of them. */
import type { Coverage } from "../../sim/scenario/run.js";

/** The spread of all messages of a run. */
export interface CoverageSummary {
  readonly messages: number;
  /** Deliveries that were possible: peers that were there, for each message. */
  readonly possible: number;
  readonly reached: number;
  /** Milliseconds from publishing to half of, nearly all and all of those that were reached: medians over the messages. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly lastMs: number;
  readonly lastHop: number;
  /** The share of all deliveries that was done after each of so many equal steps. */
  readonly curve: readonly number[];
  /** How long the curve is, in milliseconds. */
  readonly curveMs: number;
}

/** Sums up the messages of a run; `steps`: points of the curve. */
export function summaryOf(coverage: readonly Coverage[], steps: number): CoverageSummary {
  const all = coverage.flatMap(({ reachedMs }) => reachedMs).sort((a, b) => a - b);
  const possible = coverage.reduce((sum, { peers }) => sum + peers, 0);
  const curveMs = Math.max(1, at(all, 0.995));
  const points: number[] = [];
  let done = 0;
  for (let step = 1; step <= steps; step++) {
    while (done < all.length && all[done]! <= (curveMs * step) / steps) done++;
    points.push(possible === 0 ? 0 : done / possible);
  }
  const medianOf = (value: (one: Coverage) => number) =>
    at(
      coverage.map(value).sort((a, b) => a - b),
      0.5,
    );
  return {
    messages: coverage.length,
    possible,
    reached: all.length,
    p50Ms: medianOf(({ reachedMs }) => at(reachedMs, 0.5)),
    p99Ms: medianOf(({ reachedMs }) => at(reachedMs, 0.99)),
    lastMs: medianOf(({ reachedMs }) => reachedMs.at(-1) ?? 0),
    lastHop: medianOf(({ lastHop }) => lastHop),
    curve: points,
    curveMs,
  };
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
