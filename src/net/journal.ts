/**
 * Where everything that happens at one seed or peer ends up: with its owner, on the screen, in its log file; and what is
 * wrong as warnings, a bounded number a second.
 */
import { join } from "node:path";
import type { DriverOwner, Turned } from "./driver.js";
import type { JournalOptions } from "./journal-options.js";
import { LogFile } from "./log-file.js";
import { turnedWarning } from "./log-lines.js";
import { Warnings } from "./warnings.js";

/** How events become text. */
export interface JournalWords<Event> {
  readonly linesOf: (event: Event) => string[];
  readonly warningOf: (event: Event) => string | undefined;
}

/** The journal of one seed or peer. */
export class Journal<Event> implements DriverOwner<Event> {
  readonly #options: JournalOptions<Event>;
  readonly #words: JournalWords<Event>;
  readonly #warnings: Warnings;
  #log: LogFile | undefined;

  constructor(options: JournalOptions<Event>, words: JournalWords<Event>) {
    this.#options = options;
    this.#words = words;
    this.#warnings = new Warnings((line) => {
      this.#log?.line(line);
      options.onWarning?.(line);
    });
  }

  /**
   * Opens the log file, if there is to be one.
   *
   * @throws the file system's error when it can't be opened
   */
  async open(fileName: string): Promise<void> {
    const { logDir } = this.#options;
    if (logDir === undefined) return;
    this.#log = await LogFile.open(join(logDir, fileName), (line) => this.#warnings.warn(line));
  }

  event(event: Event): void {
    this.#options.onEvent?.(event);
    for (const line of this.#words.linesOf(event)) {
      this.#log?.line(line);
      this.#options.onLine?.(line);
    }
    const warning = this.#words.warningOf(event);
    if (warning !== undefined) this.#warnings.warn(warning);
  }

  turned(turned: Turned): void {
    this.#warnings.warn(turnedWarning(turned));
  }

  /** Says what has not been said yet, and closes the log. */
  async close(): Promise<void> {
    this.#warnings.flush();
    await this.#log?.close();
  }
}
