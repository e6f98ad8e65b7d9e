/**
 * Warnings, bounded: a flood of garbage must not become a flood of log lines. A few a second are said as they are; the
 * rest are counted, and the count is said.
 */
import { now } from "./clock.js";

const perSecondMax = 10;

/** Passes on up to ten warnings a second, and how many more there were. */
export class Warnings {
  readonly #say: (line: string) => void;
  #second = 0;
  #said = 0;
  #unsaid = 0;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /** Says it, or counts it. */
  warn(line: string): void {
    const second = Math.floor(now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#said = 0;
      this.flush();
    }
    if (this.#said >= perSecondMax) {
      this.#unsaid++;
      return;
    }
    this.#said++;
    this.#say(line);
  }

  /** Says how many were not said. */
  flush(): void {
    if (this.#unsaid === 0) return;
    this.#say(`… and ${this.#unsaid} more warnings like these`);
    this.#unsaid = 0;
  }
}
