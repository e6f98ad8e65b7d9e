/** Measures what the project claims. `npm run -s bench -- seed`; exits with 1 when a goal is missed. */
import { Command } from "commander";
import { type Figure, table } from "./figures.js";
import { benchSeed } from "./seed.js";

interface SeedFlags {
  readonly json?: boolean;
  readonly quick?: boolean;
  readonly profile?: string;
}

const program = new Command("bench").description("Measures what Hearsay claims, side by side with a naive program.");

program
  .command("seed")
  .description("a seed with 10,000 peers: at rest, per registration, and over 100,000 connections (Linux)")
  .option("--json", "one row a figure, as JSON")
  .option("--quick", "a first impression, in half a minute")
  .option("--profile <dir>", "also write a CPU profile of each seed process there")
  .action(async ({ json, quick = false, profile }: SeedFlags) => {
    const progress = (line: string) => process.stderr.write(`${(performance.now() / 1000).toFixed(0)} s: ${line}\n`);
    report(await benchSeed({ quick, profileDir: profile, progress }), json === true);
  });

await program.parseAsync();

function report(figures: readonly Figure[], json: boolean): void {
  const lines = json ? figures.map((figure) => JSON.stringify(figure)) : [table(figures)];
  process.stdout.write(`${lines.join("\n")}\n`);
  if (figures.some(({ met }) => met === false)) process.exitCode = 1;
}
