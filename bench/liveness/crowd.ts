/** A whole network of peers in processes of their own, or all in one, and what each of them says of the others. */
import { setTimeout as pause } from "node:timers/promises";
import { Place, steadyNow, type Told } from "./place.js";

/** Where the peers of a network are. */
export type Layout = "separate" | "together";

/** One peer of the network. */
export interface Seat {
  readonly id: string;
  readonly address: string;
  readonly place: Place;
}

/** One peer's opinion of the others. */
interface Opinion {
  alive: number;
  /** When it said so of those it takes for dead. */
  readonly deadAt: Map<string, number>;
  /** When it last said of a peer that it is alive. */
  readonly aliveAt: Map<string, number>;
}

/** Processes that start at the same time: more would only get into each other's way. */
const startsMax = 4;
const formLimitMs = 120_000;

/** A running network. */
export class Crowd {
  /** Those that are there. */
  readonly seats: Seat[] = [];
  /** Deaths of peers that ran at that time: `observer subject`. */
  readonly falseDeaths: string[] = [];
  /** How often anybody was suspected. */
  suspicions = 0;
  readonly #layout: Layout;
  readonly #opinions = new Map<string, Opinion>();
  /** Killed or stopped: it is no error to take these for dead. */
  readonly #silenced = new Set<string>();
  #shared: Place | undefined;

  private constructor(layout: Layout) {
    this.#layout = layout;
  }

  /**
   * Starts so many peers, and waits until everybody knows everybody.
   *
   * @throws Error when that takes more than two minutes
   */
  static async start(count: number, layout: Layout): Promise<Crowd> {
    const crowd = new Crowd(layout);
    await crowd.add();
    while (crowd.seats.length < count) {
      const starting = Math.min(startsMax, count - crowd.seats.length);
      await Promise.all(Array.from({ length: starting }, () => crowd.add()));
    }
    if (!(await crowd.isComplete(formLimitMs))) throw new Error(`after two minutes: ${crowd.disagreement()}`);
    return crowd;
  }

  /** One more peer, which joins through two that are there. */
  async add(): Promise<Seat> {
    const contacts = [this.any(), this.any()].flatMap((seat) => (seat === undefined ? [] : [seat.address]));
    const place = this.#place();
    const { id, address } = await place.start(contacts);
    const seat = { id, address, place };
    this.seats.push(seat);
    return seat;
  }

  /** One of those that are there. */
  any(): Seat | undefined {
    return this.seats[Math.floor(Math.random() * this.seats.length)];
  }

  /** Kills a peer: its process, or the peer alone when all are in one. @returns when */
  async kill(seat: Seat): Promise<number> {
    this.#silenced.add(seat.id);
    this.seats.splice(this.seats.indexOf(seat), 1);
    return this.#layout === "separate" ? seat.place.signal("SIGKILL") : await seat.place.crash(seat.id);
  }

  /** Stops a process. @returns when */
  stop(seat: Seat): number {
    this.#silenced.add(seat.id);
    return seat.place.signal("SIGSTOP");
  }

  /** It goes on. @returns when */
  resume(seat: Seat): number {
    const at = seat.place.signal("SIGCONT");
    for (const { aliveAt } of this.#opinions.values()) aliveAt.delete(seat.id);
    return at;
  }

  /** From now on it is an error again to take it for dead. */
  isBack(seat: Seat): void {
    this.#silenced.delete(seat.id);
  }

  /** When the last of the others said that it is dead; undefined while one of them has not. */
  deadEverywhereAt({ id }: Seat): number | undefined {
    return this.#last(id, ({ deadAt }) => deadAt);
  }

  /** When the last of the others said that it is alive again; undefined while one of them has not. */
  aliveEverywhereAt({ id }: Seat): number | undefined {
    return this.#last(id, ({ aliveAt }) => aliveAt);
  }

  /** Waits until everybody takes all that are there for alive, and nobody else. @returns whether that was so in time */
  isComplete(limitMs: number): Promise<boolean> {
    const count = () => this.seats.length;
    return until(() => this.seats.every(({ id }) => this.#opinions.get(id)?.alive === count()), limitMs);
  }

  /** Who counts how many, for people. */
  disagreement(): string {
    const counts = this.seats.map(({ id }) => this.#opinions.get(id)?.alive ?? 1);
    return `${this.seats.length} are there, and they count ${counts.join(" ")}`;
  }

  /** Ends all of it. */
  end(): void {
    for (const { place } of this.seats.splice(0)) place.signal("SIGKILL");
  }

  #place(): Place {
    if (this.#layout === "separate") return new Place((told) => this.#told(told));
    this.#shared ??= new Place((told) => this.#told(told));
    return this.#shared;
  }

  #told({ at, observer, type, subject, alive }: Told): void {
    const opinion = this.#opinionOf(observer);
    opinion.alive = alive;
    if (type === "suspect") this.suspicions++;
    if (type === "dead") {
      opinion.deadAt.set(subject, at);
      if (!this.#silenced.has(subject)) this.falseDeaths.push(`${observer.slice(0, 8)} ${subject.slice(0, 8)}`);
    } else if (type === "alive" || type === "join") {
      opinion.deadAt.delete(subject);
      opinion.aliveAt.set(subject, at);
    }
  }

  #opinionOf(observer: string): Opinion {
    const known = this.#opinions.get(observer) ?? { alive: 1, deadAt: new Map(), aliveAt: new Map() };
    this.#opinions.set(observer, known);
    return known;
  }

  #last(subject: string, times: (opinion: Opinion) => ReadonlyMap<string, number>): number | undefined {
    let last = 0;
    for (const { id } of this.seats) {
      if (id === subject) continue;
      const at = times(this.#opinionOf(id)).get(subject);
      if (at === undefined) return undefined;
      last = Math.max(last, at);
    }
    return last;
  }
}

/** Waits until something is so. @returns whether that was in time */
export async function until(condition: () => boolean, limitMs: number): Promise<boolean> {
  const limit = steadyNow() + limitMs;
  while (!condition()) {
    if (steadyNow() > limit) return false;
    await pause(20);
  }
  return true;
}
