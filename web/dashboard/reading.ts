/** Reads something again and again: soon after it is said to have changed, else at rest, and never twice at once. */

/** How often. */
export interface ReadingPace {
  /** After it is said to have changed. */
  readonly soonMs: number;
  /** When nothing is said. */
  readonly restMs: number;
}

/** After an answer that took long, so many times as long nothing is asked; but not for ever. */
const pauseShare = 3;
const pauseMaxMs = 3_000;

/** One thing that is read. */
export class Reading {
  readonly #read: () => Promise<void>;
  readonly #pace: ReadingPace;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #earliestAt = 0;
  #isRunning = false;
  #isWanted = false;
  #isStopped = true;

  constructor(read: () => Promise<void>, pace: ReadingPace) {
    this.#read = read;
    this.#pace = pace;
  }

  /** Reads at once; rejects when it fails. */
  async now(): Promise<void> {
    const startedAt = performance.now();
    await this.#read();
    const tookMs = performance.now() - startedAt;
    this.#earliestAt = performance.now() + Math.min(pauseMaxMs, pauseShare * tookMs);
  }

  /** Begins to read by itself. */
  start(): void {
    this.#isStopped = false;
    this.#plan(this.#earliestAt === 0 ? 0 : this.#pace.restMs);
  }

  /** It has changed. */
  soon(): void {
    if (this.#isRunning) this.#isWanted = true;
    else if (!this.#isStopped) this.#plan(this.#pace.soonMs);
  }

  /** Reads no more until it is started again. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#dueAt = Number.POSITIVE_INFINITY;
  }

  #plan(afterMs: number): void {
    const at = Math.max(performance.now() + afterMs, this.#earliestAt);
    if (at >= this.#dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = at;
    this.#timer = setTimeout(() => void this.#run(), at - performance.now());
  }

  async #run(): Promise<void> {
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.#isRunning = true;
    this.#isWanted = false;
    try {
      await this.now();
    } catch {
      // The stream of events tells when the endpoint is gone; one answer less is no reason to say so.
    }
    this.#isRunning = false;
    if (!this.#isStopped) this.#plan(this.#isWanted ? this.#pace.soonMs : this.#pace.restMs);
  }
}
