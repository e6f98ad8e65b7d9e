/**
 * Measures in the simulator what the project claims of its protocol. `npm run -s figures -- broadcast`; exits with 1 when a
 * goal is missed. The same experiments as `hearsay sim experiment`, at sizes and numbers of runs that take hours.
 */
import { Command, InvalidArgumentError } from "commander";
import type { Experiment } from "../src/sim/experiments/experiment.js";
import type { ExperimentRow } from "../src/sim/experiments/rows.js";

// The built file: names that a loader gives to every function at run time would cost half of a simulation's time.
const { experimentNamed }: typeof import("../src/sim/experiments/registry.js") = await import(
  new URL("../dist/sim/experiments/registry.js", import.meta.url).href
);
const broadcast = experimentNamed("broadcast")!;
const liveness = experimentNamed("liveness")!;
const reconcile = experimentNamed("reconcile")!;

interface Flags {
  readonly peers?: readonly number[];
  readonly runs: number;
  readonly randomSeed: number;
  readonly kinds?: readonly string[];
  readonly full?: boolean;
  readonly only?: string;
  readonly json?: boolean;
}

const program = new Command("figures").description("Measures in the simulator what Hearsay claims of its protocol.");

program
  .command("broadcast")
  .description(
    "reconciliation between two; copies, hops and announcements in steady state and under churn; mass failure",
  )
  .option("--peers <list>", "sizes of the network, with commas", counts, [1_000, 10_000])
  .option("--runs <count>", "networks of each kind", count, 30)
  .option("--random-seed <number>", "the first run's number; the next ones follow", count, 1)
  .option("--kinds <list>", "only some of steady, 50%, 80%, 90%, 95%: the last four are crashes", kinds)
  .option("--json", "one row a figure, as JSON")
  .action((flags: Flags) => {
    measure(reconcile, flags, reconcile.kinds);
    measure(broadcast, flags, flags.kinds ?? broadcast.kinds);
  });

program
  .command("liveness")
  .description("how soon deaths, goodbyes and joins are known everywhere; false deaths; bad ways; the idle load")
  .option("--peers <list>", "sizes of the network, with commas, but for stalls (default: those of each kind)", counts)
  .option("--runs <count>", "networks of each small kind; of the large kinds a tenth", count, 30)
  .option("--random-seed <number>", "the first run's number; the next ones follow", count, 1)
  .option("--full", "all of Lifeguard's grid, which takes an hour, instead of a part")
  .option("--only <kind>", `one of ${liveness.kinds.join(", ")}`)
  .option("--json", "one row a figure, as JSON")
  .action((flags: Flags) => {
    measure(
      liveness,
      flags,
      liveness.kinds.filter((kind) => flags.only === undefined || flags.only === kind),
    );
  });

await program.parseAsync();

function measure(experiment: Experiment, flags: Flags, kinds: readonly string[]): void {
  const { peers, runs, randomSeed, full: isFull = false } = flags;
  const progress = (what: string) =>
    process.stderr.write(`${Math.round(performance.now() / 1000)} s: ${experiment.name}, ${what}\n`);
  for (const one of experiment.measure({ peers, runs, randomSeed, kinds, isFull }, progress)) report(one, flags);
}

function report(one: ExperimentRow, { json }: Flags): void {
  if (one.met === false) process.exitCode = 1;
  process.stdout.write(json === true ? `${JSON.stringify(one)}\n` : `${lineOf(one)}\n`);
}

function lineOf({ figure, peers, runs, median, p99, goal, met }: ExperimentRow): string {
  const verdict = met === null ? "" : met ? "met" : "MISSED";
  const cells = [figure.padEnd(32), String(peers).padStart(7), String(runs).padStart(4)];
  return [...cells, String(median).padStart(9), String(p99).padStart(9), String(goal ?? "–").padStart(7), verdict]
    .join("  ")
    .trimEnd();
}

function kinds(text: string): string[] {
  return text.split(",").map((part) => {
    if (!broadcast.kinds.includes(part)) {
      throw new InvalidArgumentError(`must be some of ${broadcast.kinds.join(", ")}`);
    }
    return part;
  });
}

function counts(text: string): number[] {
  return text.split(",").map((part) => count(part));
}

function count(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("must be whole numbers from 1 on");
  return number;
}
