/**
 * A log file that is never in the way: lines are appended in the background, a disk that is full or gone is reported
 * once and tried again later, and what waits to be written is bounded.
 */
import { createWriteStream, existsSync, type WriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { now } from "./clock.js";

/** Text waiting for a slow disk; beyond, lines are dropped and counted. */
const maxWaitingBytes = 4_194_304;
const reopenPauseMs = 5_000;

/** Appends lines to one file. */
export class LogFile {
  /** Where it writes. */
  readonly path: string;
  readonly #onTrouble: (message: string) => void;
  #stream: WriteStream | undefined;
  #reopenAt = 0;
  #dropped = 0;
  /** Lines given to the stream and not known to be on the disk. */
  #unwritten = 0;
  #isBroken = false;

  private constructor(path: string, onTrouble: (message: string) => void) {
    this.path = path;
    this.#onTrouble = onTrouble;
  }

  /**
   * Opens the file, making its folder if need be.
   *
   * @param onTrouble - told in plain words when lines can't be written, and again when they can
   * @throws the file system's error when the file can't be opened at all
   */
  static async open(path: string, onTrouble: (message: string) => void): Promise<LogFile> {
    await makeFolder(dirname(path));
    const file = new LogFile(path, onTrouble);
    await new Promise<void>((resolve, reject) => {
      const stream = createWriteStream(path, { flags: "a" });
      stream.once("error", reject);
      stream.once("open", () => {
        stream.off("error", reject);
        file.#use(stream);
        resolve();
      });
    });
    return file;
  }

  /** Appends one line. Never throws, never waits. */
  line(text: string): void {
    if (this.#stream === undefined && now() >= this.#reopenAt) this.#use(createWriteStream(this.path, { flags: "a" }));
    if (this.#stream === undefined || this.#stream.writableLength > maxWaitingBytes) {
      this.#dropped++;
      return;
    }
    if (this.#dropped > 0) this.#noteMissing(this.#stream);
    this.#unwritten++;
    this.#stream.write(`${text}\n`, (error) => {
      if (!error) this.#unwritten--;
    });
  }

  #noteMissing(stream: WriteStream): void {
    const count = this.#dropped;
    this.#dropped = 0;
    // A line may have been cut in the middle when the disk was full.
    stream.write(`${this.#isBroken ? "\n" : ""}(${count} lines are missing here)\n`, (error) => {
      if (error) {
        this.#dropped += count;
      } else if (this.#isBroken) {
        this.#isBroken = false;
        this.#onTrouble(`${this.path}: can be written again; ${count} lines are missing`);
      }
    });
  }

  /** Writes what waits, and closes; gives up after `limitMs`. */
  async close(limitMs = 2_000): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    this.#reopenAt = Number.POSITIVE_INFINITY;
    if (stream === undefined) return;
    await new Promise<void>((resolve) => {
      const limit = setTimeout(resolve, limitMs);
      stream.once("close", () => {
        clearTimeout(limit);
        resolve();
      });
      stream.end();
    });
  }

  #use(stream: WriteStream): void {
    this.#stream = stream;
    stream.on("error", (error) => {
      if (this.#stream !== stream) return;
      this.#stream = undefined;
      this.#dropped += this.#unwritten;
      this.#unwritten = 0;
      this.#reopenAt = now() + reopenPauseMs;
      if (this.#isBroken) return;
      this.#isBroken = true;
      this.#onTrouble(`${this.path}: ${error.message}; going on without it, next try in ${reopenPauseMs / 1000} s`);
    });
  }
}

/** Makes a folder and those above it. (Node's own recursive way never ends on file systems that make none, like /proc.) */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    const above = dirname(path);
    if (code !== "ENOENT" || above === path || existsSync(above)) throw error;
    await makeFolder(above);
    await mkdir(path);
  }
}
