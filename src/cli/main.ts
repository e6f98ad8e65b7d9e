#!/usr/bin/env node
/** The command line's entry: runs one command, and turns whatever went wrong into one line and an exit code. */
import { type Command, CommanderError } from "commander";
import { exitFailed, exitFine, exitUsage } from "./exit-codes.js";
import { failureOf } from "./failure.js";
import { printFailure } from "./output.js";
import { makeProgram } from "./program.js";

const color = !process.argv.includes("--no-color");

process.on("uncaughtException", (error) => leave(error));
process.on("unhandledRejection", (error) => leave(error));

const program = makeProgram((exitCode) => process.exit(exitCode));
try {
  if (process.argv.slice(2).every((argument) => argument === "--no-color")) program.outputHelp();
  else await program.parseAsync();
} catch (error) {
  leave(error);
}

function leave(error: unknown): never {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) process.exit(exitFine);
    printFailure(`${oneLine(error.message)}; see ${helpFor(process.argv.slice(2))}`, { color });
    process.exit(exitUsage);
  }
  const failure = failureOf(error);
  printFailure(failure.message, { color });
  if (failure.exitCode === exitFailed && process.env.HEARSAY_DEBUG) console.error(error);
  process.exit(failure.exitCode);
}

function oneLine(message: string): string {
  return message
    .replace(/^error: /, "")
    .replace(/\s*\n\s*/g, " ")
    .replace(/\.$/, "");
}

/** The help of the command that was called, or of the command within it. */
function helpFor(words: readonly string[]): string {
  let command: Command = program;
  let line = "hearsay";
  for (const word of words) {
    const named = command.commands.find((known) => known.name() === word);
    if (named === undefined) break;
    command = named;
    line += ` ${word}`;
  }
  return `${line} --help`;
}
