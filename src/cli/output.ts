/**
 * What a command prints: results on stdout, one JSON event a line when asked for, warnings on stderr.
 *
 * A reader that goes away (`| head`) is no error: what is printed after it is dropped, and the command is told, so that
 * it can leave. Anything else that keeps results from being written (a full disk) is said, and the command fails.
 */
import { writeSync } from "node:fs";
import pc from "picocolors";
import { exitFailed } from "./exit-codes.js";
import { Failure } from "./failure.js";

/** Not asked of `process.stdout`, which would make a pipe one that does not wait. */
const stdoutFile = 1;

/** Options that every command has. */
export interface OutputOptions {
  /** NDJSON on stdout in place of lines. */
  readonly json?: boolean;
  /** False after `--no-color`. */
  readonly color?: boolean;
}

/** The standard streams of one command. */
export class Output {
  /** Whether stdout carries NDJSON. */
  readonly json: boolean;
  readonly #stderrColors: ReturnType<typeof pc.createColors>;
  /** Where warnings go instead, while a live view has the terminal. */
  divertWarnings: ((line: string) => void) | undefined;
  #readerGone = false;

  /** @param onReaderGone - called once when nobody reads stdout any more */
  constructor(options: OutputOptions, onReaderGone: () => void = () => {}) {
    this.json = options.json ?? false;
    this.#stderrColors = pc.createColors(wantsColor(process.stderr, options));
    process.stdout.on("error", (error: NodeJS.ErrnoException) => {
      if (this.#readerGone) return;
      this.#readerGone = true;
      if (error.code !== "EPIPE") {
        printFailure(`cannot write to stdout: ${error.message}`, options);
        process.exit(exitFailed);
      }
      onReaderGone();
    });
    process.stderr.on("error", () => {
      // Nobody listens to warnings any more; there is nowhere left to say so.
    });
  }

  /** A result, for people; nothing when stdout carries JSON. */
  line(text: string): void {
    if (!this.json) this.#write(`${text}\n`);
  }

  /** An event, for programs; nothing without `--json`. */
  event(type: string, fields: object = {}): void {
    if (this.json) this.#write(`${JSON.stringify({ time: new Date().toISOString(), event: type, ...fields })}\n`);
  }

  /** A line of JSON of its own form. */
  jsonLine(value: object): void {
    if (this.json) this.#write(`${JSON.stringify(value)}\n`);
  }

  /** A question: on stdout as the original asks it, on stderr when stdout carries JSON. */
  question(text: string): void {
    if (this.json) process.stderr.write(text);
    else this.#write(text);
  }

  /** What is wrong, for people, whatever stdout carries. */
  warning(text: string): void {
    if (this.divertWarnings !== undefined) this.divertWarnings(text);
    else process.stderr.write(`${this.#stderrColors.yellow("warning:")} ${text}\n`);
  }

  /** What is going on, for people; nothing when stdout carries JSON. */
  note(text: string): void {
    if (this.json) return;
    if (this.divertWarnings !== undefined) this.divertWarnings(text);
    else process.stderr.write(`${text}\n`);
  }

  /** A result as it is, without a line end of its own; nothing when stdout carries JSON. */
  text(text: string): void {
    if (!this.json) this.#write(text);
  }

  /** Waits while more is waiting to be written than stdout likes; not for a reader that is gone. */
  async room(): Promise<void> {
    const { stdout } = process;
    if (this.#readerGone || !stdout.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      const settle = () => {
        stdout.off("drain", settle);
        stdout.off("error", settle);
        resolve();
      };
      stdout.on("drain", settle);
      stdout.on("error", settle);
    });
  }

  /** Waits until what was printed has gone out, for at most a second. */
  async flush(): Promise<void> {
    if (this.#readerGone) return;
    await new Promise<void>((resolve) => {
      const limit = setTimeout(resolve, 1_000);
      process.stdout.write("", () => {
        clearTimeout(limit);
        resolve();
      });
    });
  }

  #write(text: string): void {
    if (!this.#readerGone) process.stdout.write(text);
  }
}

/** Prints the one line that a failed command leaves behind. */
export function printFailure(message: string, options: OutputOptions): void {
  const { red } = pc.createColors(wantsColor(process.stderr, options));
  process.stderr.write(`${red("error:")} ${message}\n`);
}

/** Whether to color what goes to a stream: only terminals, never with `--no-color` or `NO_COLOR` (no-color.org). */
export function wantsColor(stream: { readonly isTTY?: boolean }, options: OutputOptions): boolean {
  if (options.color === false || (process.env.NO_COLOR ?? "") !== "") return false;
  return stream.isTTY === true && process.env.TERM !== "dumb";
}

/**
 * Writes to stdout before anything else happens. A reader that is gone is no error.
 *
 * @throws Failure when it cannot be written
 */
export function writeNow(text: string): void {
  try {
    writeWhole(stdoutFile, text);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "EPIPE") throw new Failure(`cannot write to stdout: ${message}`, exitFailed);
  }
}

/** Writes all of it to an open file. A disk that is nearly full takes a part at first, and fails with the rest. */
export function writeWhole(file: number, text: string): void {
  let bytes = Buffer.from(text);
  while (bytes.length > 0) bytes = bytes.subarray(writeSync(file, bytes));
}
