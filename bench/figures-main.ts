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
const {
  asymmetricRun,
  deathRun,
  largeRun,
  livenessGoalOf,
  lossRun,
}: typeof import("../src/sim/experiments/liveness.js") = await built("liveness");
const { stallsRun }: typeof import("../src/sim/experiments/stalls.js") = await built("stalls");
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

interface LivenessFlags extends Flags {
  readonly full?: boolean;
  readonly only?: string;
}

type Run = (number: number, progress: (what: string) => void) => Values;

/** Peers of Rapid's experiment. */
const asymmetricPeers = 1_000;

const livenessKinds: Readonly<Record<string, (flags: LivenessFlags) => Iterable<Row>>> = {
  deaths: (flags) => measureKind("deaths", 32, flags.runs, flags, (number, progress) => deathRun(number, 32, progress)),
  loss: (flags) => measureKind("loss", 32, flags.runs, flags, (number, progress) => lossRun(number, 32, progress)),
  *stalls(flags) {
    for (const kind of ["blocked", "frozen"] as const) {
      yield* measureKind(`stalls, ${kind}`, 128, fewer(flags), flags, (number, progress) =>
        stallsRun(number, kind, flags.full === true, progress),
      );
    }
  },
  *large(flags) {
    for (const peers of flags.peers) {
      yield* measureKind("large", peers, fewer(flags), flags, (number, progress) => largeRun(number, peers, progress));
    }
  },
  *asymmetric(flags) {
    for (const kind of ["incoming-loss", "on-off"] as const) {
      yield* measureKind(kind, asymmetricPeers, fewer(flags), flags, (number, progress) =>
        asymmetricRun(number, asymmetricPeers, kind, progress),
      );
    }
  },
};

function fewer({ runs }: Flags): number {
  return Math.ceil(runs / 10);
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
    for (const one of measureReconciliation(flags)) report(one, flags);
    for (const peers of flags.peers) for (const one of measure(peers, flags)) report(one, flags);
  });

program
  .command("liveness")
  .description("how soon deaths, goodbyes and joins are known everywhere; false deaths; bad ways; the idle load")
  .option("--peers <list>", "sizes of the network for joins, load and goodbyes, with commas", counts, [32, 1_000])
  .option("--runs <count>", "networks of each small kind; of the large kinds a tenth", count, 30)
  .option("--random-seed <number>", "the first run's number; the next ones follow", count, 1)
  .option("--full", "all of Lifeguard's grid, which takes an hour, instead of a part")
  .option("--only <kind>", `one of ${Object.keys(livenessKinds).join(", ")}`)
  .option("--json", "one row a figure, as JSON")
  .action(async (flags: LivenessFlags) => {
    for (const [name, kind] of Object.entries(livenessKinds)) {
      if (flags.only === undefined || flags.only === name) for (const one of kind(flags)) report(one, flags);
    }
  });

await program.parseAsync();

function report(one: Row, { json }: Flags): void {
  if (one.met === false) process.exitCode = 1;
  process.stdout.write(json === true ? `${JSON.stringify(one)}\n` : `${lineOf(one)}\n`);
}

/** The figures of one kind of run, over several numbers. */
function* measureKind(kind: string, peers: number, runs: number, { randomSeed }: Flags, run: Run): Generator<Row> {
  const values = new Map<string, number[]>();
  for (let number = randomSeed; number < randomSeed + runs; number++) {
    const progress = (what: string) =>
      process.stderr.write(
        `${Math.round(performance.now() / 1000)} s: ${kind}, ${peers} peers, number ${number}: ${what}\n`,
      );
    collect(values, run(number, progress));
  }
  for (const [figure, all] of values) yield row(figure, peers, all, livenessGoalOf(figure));
}

function collect(values: Map<string, number[]>, one: Values): void {
  for (const [figure, value] of Object.entries(one)) values.set(figure, [...(values.get(figure) ?? []), value]);
}

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
