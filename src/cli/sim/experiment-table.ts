/** Experiments and their figures as lines for people. */
import stringWidth from "string-width";
import type { Experiment } from "../../sim/experiments/experiment.js";
import type { ExperimentRow } from "../../sim/experiments/rows.js";

/** All experiments, with what they are measured against, and what of each can be left out. */
export function experimentLines(experiments: readonly Experiment[]): string[] {
  const widest = Math.max(...experiments.map(({ name }) => name.length));
  const indent = " ".repeat(widest + 2);
  return experiments.flatMap(({ name, summary, source, kinds }) => [
    `${name.padEnd(widest)}  ${summary}`,
    `${indent}${source ?? "goals of our own"}`,
    `${indent}kinds: ${kinds.join(", ")}`,
  ]);
}

/** The figures of an experiment: ours, the published ones, goals and verdicts; then where they come from. */
export function experimentTable(experiment: Experiment, rows: readonly ExperimentRow[]): string[] {
  const head = ["figure", "peers", "runs", "ours", "worst", "published", "goal", ""];
  const cells = rows.map(({ figure, peers, runs, median, p99, published, goal, met }) => [
    figure,
    peers.toLocaleString("en"),
    String(runs),
    shown(median),
    shown(p99),
    published === null ? "–" : shown(published),
    goal === null ? "" : shown(goal),
    met === null ? "" : met ? "met" : "MISSED",
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...cells].map((row) => stringWidth(row[column]!))));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const room = " ".repeat(widths[column]! - stringWidth(cell));
        return column === 0 || column === head.length - 1 ? cell + room : room + cell;
      })
      .join("  ")
      .trimEnd();
  const sources = [...new Set(rows.flatMap(({ source }) => source ?? []))];
  return [
    line(head),
    widths
      .map((width) => "─".repeat(width))
      .join("  ")
      .trimEnd(),
    ...cells.map(line),
    "",
    ...(sources.length > 0 ? sources : [experiment.source ?? "goals of our own"]).map(
      (source) => `published: ${source}`,
    ),
  ].filter((text) => text !== "published: goals of our own");
}

/** What is to be said of a figure that is no number, for which JSON has nothing but null. */
export function lackOf({ figure, peers, median, p99 }: ExperimentRow): string | undefined {
  if (Number.isFinite(median) && Number.isFinite(p99)) return undefined;
  // Of nobody; or of what did not happen while anybody waited.
  const what = Number.isNaN(median) || Number.isNaN(p99) ? "has no value" : "never came about";
  return `${figure} of ${peers.toLocaleString("en")} peers ${what} in one run at least`;
}

function shown(value: number): string {
  // Of nobody, as when nobody has survived.
  if (Number.isNaN(value)) return "–";
  return Number.isFinite(value) ? value.toLocaleString("en", { maximumSignificantDigits: 4 }) : String(value);
}
