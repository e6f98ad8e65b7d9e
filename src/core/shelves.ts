/**
 * Which messages are kept since when: they stand on shelves, one for each step of time. One that goes from the middle
 * leaves its place to be tidied when more is gone than is there. What goes in the order in which it came, as most does, is
 * let go at once.
 */

/** Knows which messages of a life are still kept. */
export interface Keeper {
  has(seq: number): boolean;
}

/** A message on a shelf. */
export interface Shelved<Life> {
  readonly life: Life;
  readonly seq: number;
  /** Counts arrivals. */
  readonly turn: number;
}

/**
 * Messages in order of arrival, as runs: of a life that has much to say many come in a row. Columns, not objects: see
 * `kept-messages.ts`.
 */
interface Shelf<Life> {
  readonly number: number;
  lives: (Life | undefined)[];
  /** First and last number of each run, and the turn of the first; the others' turns follow. */
  firsts: number[];
  lasts: number[];
  turns: number[];
  /** Where the runs begin that have not gone from the front. */
  at: number;
}

/** Shelves for the messages of the last `steps` times `stepMs`. */
export class Shelves<Life extends { readonly messages: Keeper }> {
  readonly #stepMs: number;
  readonly #steps: number;
  readonly #shelves = new Map<number, Shelf<Life>>();
  #recent: Shelf<Life> | undefined;
  #oldest: Shelf<Life> | undefined;
  #size = 0;
  #turns = 0;
  /** Kept no more, but still on a shelf. */
  #gone = 0;

  constructor(stepMs: number, steps: number) {
    this.#stepMs = stepMs;
    this.#steps = steps;
  }

  /** How many messages there are. */
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

  /** Puts a message, which its life keeps, on the shelf of its time. */
  put(arrivedAt: number, life: Life, seq: number): void {
    const number = Math.floor(arrivedAt / this.#stepMs);
    let shelf = this.#recent;
    if (shelf === undefined || shelf.number !== number) {
      shelf = this.#shelves.get(number) ?? this.#begin(number);
      this.#recent = shelf;
    }
    append(shelf, life, seq, this.#turns++);
    this.#size++;
  }

  /** A message is kept no more: to be told once for each, after its life has let go of it. */
  removed(life: Life, seq: number): void {
    this.#size--;
    this.#gone++;
    const oldest = this.#oldest;
    if (oldest?.firsts[oldest.at] === seq && oldest.lives[oldest.at] === life) this.#letGo(oldest);
    else if (this.#gone > this.#size + 1_024) this.#tidy();
  }

  /** A message of the oldest shelf, if that is due by then; undefined when there is none. */
  oldest(dueAt = Number.POSITIVE_INFINITY): Shelved<Life> | undefined {
    while (this.#oldest !== undefined && this.nextDueAt <= dueAt) {
      const shelf = this.#oldest;
      this.#letGo(shelf);
      const { at } = shelf;
      if (at < shelf.lives.length) return { life: shelf.lives[at]!, seq: shelf.firsts[at]!, turn: shelf.turns[at]! };
      this.#clear(shelf);
    }
    return undefined;
  }

  /** All messages, shelf by shelf. */
  *all(): Iterable<Shelved<Life>> {
    for (const shelf of this.#shelves.values()) yield* keptOn(shelf);
  }

  /** Lets go of what has gone from the front. */
  #letGo(shelf: Shelf<Life>): void {
    const { lives, firsts, lasts, turns } = shelf;
    while (shelf.at < lives.length && !lives[shelf.at]!.messages.has(firsts[shelf.at]!)) {
      this.#gone--;
      if (firsts[shelf.at]! < lasts[shelf.at]!) {
        firsts[shelf.at]!++;
        turns[shelf.at]!++;
      } else lives[shelf.at++] = undefined;
    }
    if (shelf.at <= 1_024 || 2 * shelf.at <= lives.length) return;
    shelf.lives = lives.slice(shelf.at);
    shelf.firsts = firsts.slice(shelf.at);
    shelf.lasts = lasts.slice(shelf.at);
    shelf.turns = turns.slice(shelf.at);
    shelf.at = 0;
  }

  #begin(number: number): Shelf<Life> {
    const shelf: Shelf<Life> = { number, lives: [], firsts: [], lasts: [], turns: [], at: 0 };
    this.#shelves.set(number, shelf);
    if (this.#oldest === undefined || number < this.#oldest.number) this.#oldest = shelf;
    return shelf;
  }

  #clear(shelf: Shelf<Life>): void {
    this.#shelves.delete(shelf.number);
    if (this.#recent === shelf) this.#recent = undefined;
    this.#oldest = undefined;
    for (const other of this.#shelves.values()) {
      if (this.#oldest === undefined || other.number < this.#oldest.number) this.#oldest = other;
    }
  }

  #tidy(): void {
    for (const shelf of [...this.#shelves.values()]) {
      const kept = [...keptOn(shelf)];
      shelf.lives = [];
      shelf.firsts = [];
      shelf.lasts = [];
      shelf.turns = [];
      shelf.at = 0;
      for (const { life, seq, turn } of kept) append(shelf, life, seq, turn);
      if (kept.length === 0) this.#clear(shelf);
    }
    this.#gone = 0;
  }
}

/** Puts a message at the end: of the last run, if it is the next of it in number and turn. */
function append<Life>({ lives, firsts, lasts, turns }: Shelf<Life>, life: Life, seq: number, turn: number): void {
  const last = lives.length - 1;
  if (last >= 0 && lives[last] === life && lasts[last] === seq - 1 && turns[last]! + seq - firsts[last]! === turn) {
    lasts[last] = seq;
    return;
  }
  lives.push(life);
  firsts.push(seq);
  lasts.push(seq);
  turns.push(turn);
}

/** What its life still keeps. */
function* keptOn<Life extends { readonly messages: Keeper }>(shelf: Shelf<Life>): Iterable<Shelved<Life>> {
  const { lives, firsts, lasts, turns } = shelf;
  for (let i = shelf.at; i < lives.length; i++) {
    const life = lives[i]!;
    for (let seq = firsts[i]!; seq <= lasts[i]!; seq++) {
      if (life.messages.has(seq)) yield { life, seq, turn: turns[i]! + seq - firsts[i]! };
    }
  }
}
