/**
 * Standard input, line by line, for questions first and a chat after. Nothing is read before somebody wants it: lines
 * wait in the pipe or terminal, so a line typed early is not lost between two readers.
 */
import { createInterface, type Interface } from "node:readline";
import { usageFailure } from "./failure.js";
import type { Output } from "./output.js";
import { readPort } from "./values.js";

/** The lines of standard input. */
export class StandardInput {
  readonly #waiting: string[] = [];
  #lines: Interface | undefined;
  #ended = false;
  #take: ((line: string | undefined) => void) | undefined;

  /** The next line; undefined at the end of the input. */
  next(): Promise<string | undefined> {
    const line = this.#waiting.shift();
    if (line !== undefined) return Promise.resolve(line);
    if (this.#ended) return Promise.resolve(undefined);
    this.#open().resume();
    return new Promise((resolve) => {
      this.#take = resolve;
    });
  }

  /** Lets go of standard input, so that it keeps nothing running. */
  close(): void {
    this.#ended = true;
    this.#lines?.close();
    process.stdin.pause();
  }

  #open(): Interface {
    if (this.#lines !== undefined) return this.#lines;
    const lines = createInterface({ input: process.stdin, terminal: false, crlfDelay: Number.POSITIVE_INFINITY });
    this.#lines = lines;
    process.stdin.on("error", () => lines.close());
    lines.on("line", (line) => {
      if (this.#take === undefined) this.#waiting.push(line);
      else this.#give(line);
      // One read of a pipe may hold many lines; the rest can wait there.
      if (this.#waiting.length > 0) lines.pause();
    });
    lines.on("close", () => {
      this.#ended = true;
      this.#give(undefined);
    });
    return lines;
  }

  #give(line: string | undefined): void {
    const take = this.#take;
    this.#take = undefined;
    take?.(line);
  }
}

/**
 * Asks for the port, in the words of the original programs.
 *
 * @throws {@link Failure} when the input ends without an answer, or the answer is no port
 */
export async function askPort(input: StandardInput, what: "seed" | "peer", output: Output): Promise<number> {
  output.question(`Enter port number for ${what}: `);
  const line = await input.next();
  // A terminal has shown the line end that was typed; a pipe shows none.
  if (!process.stdin.isTTY || line === undefined) output.question("\n");
  if (line === undefined) {
    throw usageFailure("no port number came on standard input; give it there, or with --port");
  }
  const answer = line.trim();
  const port = readPort(answer);
  if (port !== undefined) return port;
  const shown = JSON.stringify(answer.length > 40 ? `${answer.slice(0, 40)}…` : answer);
  throw usageFailure(`${shown} is no port; expected a number from 0 (any free one) to 65535`);
}
