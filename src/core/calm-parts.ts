/**
 * Those parts of a peer that most inputs do not concern. Asking all of them for their next wake after every message would
 * cost more than some messages do, so the answer is kept until an input has touched one of them.
 */

/** Something that wants to be woken now and then. */
export interface Part {
  readonly nextWake: number;
  wake(now: number): void;
}

/** The calm parts of one peer. */
export class CalmParts {
  readonly #parts: readonly Part[];
  #nextWake = Number.POSITIVE_INFINITY;
  #isStale = true;
  /** Whether the input that is being dealt with concerns them. Somebody may ask in the middle of it. */
  #isTouched = false;

  constructor(parts: readonly Part[]) {
    this.#parts = parts;
  }

  /** The soonest of their wakes. */
  get nextWake(): number {
    if (this.#isStale || this.#isTouched) {
      this.#isStale = false;
      this.#nextWake = Number.POSITIVE_INFINITY;
      for (const { nextWake } of this.#parts) if (nextWake < this.#nextWake) this.#nextWake = nextWake;
    }
    return this.#nextWake;
  }

  /** Wakes those that are due. */
  wake(now: number): void {
    this.touch();
    for (const part of this.#parts) if (part.nextWake <= now) part.wake(now);
  }

  /** The input that is being dealt with concerns them. */
  touch(): void {
    this.#isTouched = true;
  }

  /** An input has been dealt with. */
  inputOver(): void {
    if (this.#isTouched) this.#isStale = true;
    this.#isTouched = false;
  }
}
