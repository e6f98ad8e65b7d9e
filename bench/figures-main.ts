/**
 * Measures in the simulator what the project claims of its protocol. `npm run -s figures -- broadcast`; exits with 1 when a
 * goal is missed.
 */
import { Command, InvalidArgumentError } from "commander";
import type { Values } from "../src/sim/experiments/broadcast.js";
import { type Row, row } from "../src/sim/experiments/rows.js";

// The built files: names that a loader gives to every function at run time would cost half of a simulation's time.
const built = (file: string) => import(new URL(`../dist/sim/experiments/${file}.js`, import.meta.url).href);
const { crashRun, goalOf, steadyRun }: typeof import("../src/sim/experiments/broadcast.js") = await built("broadcast");
const { reconcileGoalOf, reconcileRun }: typeof import("../src/sim/experiments/reconcile.js") =
  await built("reconcile");

/** The kinds of runs, by name: what is measured in one network from its beginning. */
const kindNames = ["steady", "50%", "80%", "90%", "95%"] as const;
type KindName = (typeof kindNames)[number];

interface Flags {
  readonly peers: readonly number[];
  readonly runs: number;
  readonly randomSeed: number;
  readonly kinds: readonly KindName[];
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
  .option("--kinds <list>", "only some of steady, 50%, 80%, 90%, 95%: the last four are crashes", kinds, [...kindNames])
  .option("--json", "one row a figure, as JSON")
  .action(async (flags: Flags) => {
    const report = (one: Row) => {
      if (one.met === false) process.exitCode = 1;
      process.stdout.write(flags.json === true ? `${JSON.stringify(one)}\n` : `${lineOf(one)}\n`);
    };
    for (const one of measureReconciliation(flags)) report(one);
    for (const peers of flags.peers) for (const one of measure(peers, flags)) report(one);
  });

await program.parseAsync();

function* measure(peers: number, { runs, randomSeed, kinds }: Flags): Generator<Row> {
  const values = new Map<string, number[]>();
  for (const [index, kind] of kinds.entries()) {
    for (let run = 0; run < runs; run++) {
      const number = randomSeed + run;
      const progress = (what: string) =>
        process.stderr.write(
          `${Math.round(performance.now() / 1000)} s: ${peers} peers, ${kind} (${index + 1}/${kinds.length}), run ${run + 1}/${runs} (number ${number}): ${what}\n`,
        );
      for (const [figure, value] of Object.entries(runOf(kind, number, peers, progress))) {
        values.set(figure, [...(values.get(figure) ?? []), value]);
      }
    }
  }
  for (const [figure, all] of values) yield row(figure, peers, all, goalOf(figure, peers));
}

function runOf(kind: string, number: number, peers: number, progress: (what: string) => void): Values {
  if (kind === "steady") return steadyRun(number, peers, progress);
  return crashRun(number, peers, Number.parseInt(kind, 10) / 100, progress);
}

/** The same for networks of any size: it is between two neighbors. */
function* measureReconciliation({ runs, randomSeed }: Flags): Generator<Row> {
  const values = new Map<string, number[]>();
  for (let run = 0; run < runs; run++) {
    for (const [figure, value] of Object.entries(reconcileRun(randomSeed + run))) {
      values.set(figure, [...(values.get(figure) ?? []), value]);
    }
  }
  for (const [figure, all] of values) yield row(figure, 2, all, reconcileGoalOf(figure));
}

function lineOf({ figure, peers, runs, median, p99, goal, met }: Row): string {
  const verdict = met === null ? "" : met ? "met" : "MISSED";
  const cells = [figure.padEnd(32), String(peers).padStart(7), String(runs).padStart(4)];
  return [...cells, String(median).padStart(9), String(p99).padStart(9), String(goal ?? "–").padStart(7), verdict]
    .join("  ")
    .trimEnd();
}

function kinds(text: string): KindName[] {
  return text.split(",").map((part) => {
    const found = kindNames.find((name) => name === part);
    if (found === undefined) throw new InvalidArgumentError(`must be some of ${kindNames.join(", ")}`);
    return found;
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
