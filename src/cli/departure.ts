/**
 * Leaving on request. The first Ctrl-C (or SIGTERM, or a closed terminal) lets a command finish cleanly, the second one
 * ends it at once.
 */
import { exitInterrupted } from "./exit-codes.js";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** One Ctrl-C may come twice: from the terminal, and again from npm, which passes on what it got. */
const sameRequestMs = 300;

/** A request to leave, from wherever it comes. */
export class Departure {
  /** Resolves when leaving is asked for. */
  readonly requested: Promise<void>;
  /** Called before the process is ended at once: puts the terminal back in order. */
  onAtOnce: () => void = () => {};
  #resolve: () => void = () => {};
  #requestedAt: number | undefined;

  constructor() {
    this.requested = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    for (const signal of signals) process.on(signal, () => this.request());
  }

  /** Whether leaving was asked for. */
  get isRequested(): boolean {
    return this.#requestedAt !== undefined;
  }

  /** Asks to leave; asked again, ends the process at once. */
  request(): void {
    const at = performance.now();
    if (this.#requestedAt === undefined) {
      this.#requestedAt = at;
      this.#resolve();
    } else if (at - this.#requestedAt > sameRequestMs) {
      this.onAtOnce();
      process.exit(exitInterrupted);
    }
  }

  /** Asks to leave, once: not to be taken for impatience when it comes again. */
  requestOnce(): void {
    if (!this.isRequested) this.request();
  }
}
