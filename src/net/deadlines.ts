/**
 * Things that all get the same span of time. Whoever starts later ends later, so the order of starting is the order of
 * ending, and the next deadline is always that of the first: no heap, and no timer apiece.
 */
export class Deadlines<Thing> {
  readonly #spanMs: number;
  readonly #endsAt = new Map<Thing, number>();

  /** Takes the span, in milliseconds. */
  constructor(spanMs: number) {
    this.#spanMs = spanMs;
  }

  /** How many things have time left. */
  get size(): number {
    return this.#endsAt.size;
  }

  /** When the first thing's time is over, in milliseconds since 1970; `Infinity` without any. */
  get next(): number {
    for (const endsAt of this.#endsAt.values()) return endsAt;
    return Number.POSITIVE_INFINITY;
  }

  /** The one whose time is over first. */
  get first(): Thing | undefined {
    for (const thing of this.#endsAt.keys()) return thing;
    return undefined;
  }

  /** Gives a thing its whole time, from now on, whatever it had left. */
  start(thing: Thing, now: number): void {
    this.#endsAt.delete(thing);
    this.#endsAt.set(thing, now + this.#spanMs);
  }

  /** Forgets a thing, if it is here. */
  stop(thing: Thing): void {
    this.#endsAt.delete(thing);
  }

  /** Those whose time is over; they are forgotten. */
  takeDue(now: number): Thing[] {
    const due: Thing[] = [];
    for (const [thing, endsAt] of this.#endsAt) {
      if (endsAt > now) break;
      this.#endsAt.delete(thing);
      due.push(thing);
    }
    return due;
  }

  /** Forgets all. */
  clear(): void {
    this.#endsAt.clear();
  }
}
