/** What is printed of a simulated run. */
import { scenarioFragment } from "../../sim/scenario/fragment.js";
import type { ScenarioReport } from "../../sim/scenario/run.js";
import type { Output } from "../output.js";
import { summaryOf } from "./coverage.js";
import { curve } from "./curve.js";

const curveColumns = 60;
const curveRows = 6;

/** The summary of a run for programs. */
export function reportFields(report: ScenarioReport): object {
  const { scenario, hash, lastedMs, counters, violations, flooded, delivered, duplicates, peers } = report;
  const { curve: _curve, ...coverage } = summaryOf(report.coverage, 1);
  return {
    name: scenario.name,
    randomSeed: scenario.randomSeed,
    hash,
    peers,
    lastedMs,
    events: counters.events,
    flooded,
    delivered,
    duplicates,
    coverage,
    violations: violations.map(({ promise, message, lines }) => ({ promise, message, lines })),
  };
}

/** The whole result, for people and for programs; `command` repeats the run. */
export function printReport(report: ScenarioReport, output: Output, command: string): void {
  const fragment = `#${scenarioFragment(report.scenario)}`;
  output.event("summary", { ...reportFields(report), playground: fragment });
  if (output.json) return;
  const { scenario, hash, counters, lastedMs, flooded, delivered, duplicates } = report;
  const floods = flooded === 0 ? "" : `, ${number(flooded)} by flooders`;
  const summary = summaryOf(report.coverage, curveColumns);
  if (summary.messages > 0) {
    output.line("messages that had arrived, by time since they were published");
    const lines = curve(summary.curve, { columns: curveColumns, rows: curveRows });
    for (const [index, line] of lines.entries()) {
      const label = index === 0 ? "100 %" : index === lines.length - 1 ? "  0 %" : "     ";
      output.line(`${label} │${line}`);
    }
    const right = `${Math.round(summary.curveMs)} ms`;
    output.line(`      └${"─".repeat(curveColumns)}`);
    output.line(`       0 ms${right.padStart(curveColumns - 4)}`);
    output.line("");
  }
  const rows: [string, string][] = [
    ["peers", `${scenario.peers} at the beginning, ${report.peers} at the end`],
    ["time", `${seconds(lastedMs)} virtual s, ${number(counters.events)} events`],
    [
      "messages",
      `${number(summary.messages)} published${floods}, ${number(delivered)} deliveries, ${number(duplicates)} copies too many`,
    ],
  ];
  if (summary.messages > 0) {
    rows.push(
      ["reached", `${((100 * summary.reached) / Math.max(1, summary.possible)).toFixed(2)} % of those that were there`],
      [
        "latency",
        `${summary.p50Ms} ms to half, ${summary.p99Ms} ms to 99 %, ${summary.lastMs} ms to the last (medians)`,
      ],
      ["last hop", String(summary.lastHop)],
    );
  }
  rows.push(["hash", hash], ["again", command], ["playground", fragment]);
  for (const [name, value] of rows) output.line(`${name.padEnd(11)}${value}`);
  output.line("");
  if (report.violations.length === 0) output.line("all promises kept");
  else printViolations(report, output, command);
}

/** What was broken: the promise, the two lines that contradict it, and the command that repeats it. */
export function printViolations({ violations }: ScenarioReport, output: Output, command: string): void {
  for (const { promise, message, lines } of violations.slice(0, 3)) {
    output.line(`BROKEN  ${promise}: ${message}`);
    for (const line of lines) output.line(`        ${JSON.stringify(line)}`);
  }
  if (violations.length > 3) output.line(`        … and ${violations.length - 3} more`);
  output.line(`        repeat it: ${command}`);
}

function number(value: number): string {
  return value.toLocaleString("en");
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(ms % 1_000 === 0 ? 0 : 1);
}
