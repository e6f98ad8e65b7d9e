/**
 * Things that are kept for a time, on one shelf for each step of it. A thing taken out from the middle only loses its
 * mark; the shelves are tidied when more is gone than is there. What goes in the order in which it came, as most does, is
 * let go at once.
 */

/** Something that stands on a shelf. */
export interface Shelved {
  /** Milliseconds since 1970. */
  readonly arrivedAt: number;
  /** False as soon as it has been taken. */
  isKept: boolean;
}

interface Shelf<Thing> {
  readonly number: number;
  things: (Thing | undefined)[];
  /** Where those begin that have not been taken from the front. */
  at: number;
}

/** Shelves for things of the last `steps` times `stepMs`. */
export class Shelves<Thing extends Shelved> {
  readonly #stepMs: number;
  readonly #steps: number;
  readonly #shelves = new Map<number, Shelf<Thing>>();
  #recent: Shelf<Thing> | undefined;
  #oldest: Shelf<Thing> | undefined;
  #size = 0;
  /** Taken, but still on a shelf. */
  #gone = 0;

  constructor(stepMs: number, steps: number) {
    this.#stepMs = stepMs;
    this.#steps = steps;
  }

  /** How many things there are. */
  get size(): number {
    return this.#size;
  }

  /** When the oldest shelf is due; Infinity without any. */
  get nextDueAt(): number {
    if (this.#oldest === undefined) return Number.POSITIVE_INFINITY;
    return (this.#oldest.number + this.#steps + 1) * this.#stepMs;
  }

  /** Whether something that arrived then is due: it is older than `steps` whole steps. */
  isDue(arrivedAt: number, now: number): boolean {
    return Math.floor(arrivedAt / this.#stepMs) + this.#steps < Math.floor(now / this.#stepMs);
  }

  /** Puts something on the shelf of its time. */
  put(thing: Thing): void {
    const number = Math.floor(thing.arrivedAt / this.#stepMs);
    let shelf = this.#recent;
    if (shelf === undefined || shelf.number !== number) {
      shelf = this.#shelves.get(number) ?? this.#begin(number);
      this.#recent = shelf;
    }
    shelf.things.push(thing);
    this.#size++;
  }

  /** Takes something from wherever it stands. Things that were taken already are left alone. */
  remove(thing: Thing): void {
    if (!thing.isKept) return;
    thing.isKept = false;
    this.#size--;
    this.#gone++;
    if (this.#oldest?.things[this.#oldest.at] === thing) this.#letGo(this.#oldest);
    else if (this.#gone > this.#size + 1_024) this.#tidy();
  }

  /** Takes something of the oldest shelf; undefined when there is nothing. */
  takeOldest(): Thing | undefined {
    return this.#takeUntil(Number.POSITIVE_INFINITY);
  }

  /** Takes something that is due, if anything is. */
  takeDue(now: number): Thing | undefined {
    return this.#takeUntil(now);
  }

  /** All things, shelf by shelf. */
  *all(): Iterable<Thing> {
    for (const { things, at } of this.#shelves.values()) {
      for (let i = at; i < things.length; i++) if (things[i]!.isKept) yield things[i]!;
    }
  }

  #takeUntil(dueAt: number): Thing | undefined {
    while (this.#oldest !== undefined && this.nextDueAt <= dueAt) {
      const thing = this.#takeFrom(this.#oldest);
      if (thing !== undefined) return thing;
      this.#clear(this.#oldest);
    }
    return undefined;
  }

  #takeFrom(shelf: Shelf<Thing>): Thing | undefined {
    this.#letGo(shelf);
    if (shelf.at === shelf.things.length) return undefined;
    const thing = shelf.things[shelf.at]!;
    shelf.things[shelf.at++] = undefined;
    thing.isKept = false;
    this.#size--;
    return thing;
  }

  /** Lets go of what has been taken from the front. */
  #letGo(shelf: Shelf<Thing>): void {
    const { things } = shelf;
    while (shelf.at < things.length && !things[shelf.at]!.isKept) {
      things[shelf.at++] = undefined;
      this.#gone--;
    }
    if (shelf.at > 1_024 && 2 * shelf.at > things.length) {
      shelf.things = things.slice(shelf.at);
      shelf.at = 0;
    }
  }

  #begin(number: number): Shelf<Thing> {
    const shelf: Shelf<Thing> = { number, things: [], at: 0 };
    this.#shelves.set(number, shelf);
    if (this.#oldest === undefined || number < this.#oldest.number) this.#oldest = shelf;
    return shelf;
  }

  #clear(shelf: Shelf<Thing>): void {
    this.#shelves.delete(shelf.number);
    if (this.#recent === shelf) this.#recent = undefined;
    this.#oldest = undefined;
    for (const other of this.#shelves.values()) {
      if (this.#oldest === undefined || other.number < this.#oldest.number) this.#oldest = other;
    }
  }

  #tidy(): void {
    for (const shelf of [...this.#shelves.values()]) {
      shelf.things = shelf.things.slice(shelf.at).filter((thing) => thing!.isKept);
      shelf.at = 0;
      if (shelf.things.length === 0) this.#clear(shelf);
    }
    this.#gone = 0;
  }
}
