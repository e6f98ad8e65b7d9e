/** Where points are drawn: known ones move on from where they are, new ones begin beside somebody they are linked to. */
import type { LayoutStep, LayoutTask } from "./layout-worker.js";
import type { Picture } from "./picture.js";

/** A place in the graph's own coordinates. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Links on which messages come pull more than others: so trees can be seen. */
const weights = { eager: 1.5, lazy: 0.7, classic: 1, registered: 1 } as const;
/** An angle after whose turns points never come to lie in rows: the golden one. */
const turn = Math.PI * (3 - Math.sqrt(5));

/** Lays out one picture after the other. */
export class Layout {
  readonly #worker: Worker;
  readonly #onPlaces: (places: ReadonlyMap<string, Place>) => void;
  #places = new Map<string, Place>();
  #keys: string[] = [];
  #signature = "";
  #number = 0;
  #isSettled = true;

  constructor(onPlaces: (places: ReadonlyMap<string, Place>) => void) {
    this.#onPlaces = onPlaces;
    this.#worker = new Worker(new URL("./layout-worker.ts", import.meta.url), { type: "module" });
    this.#worker.onmessage = (event: MessageEvent<LayoutStep>) => this.#move(event.data);
  }

  /** Whether nothing moves any more. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** The place of every point of the picture; the moves follow, unless it is linked as before. */
  show({ points, lines }: Picture): ReadonlyMap<string, Place> {
    // Seeds have no links: they stand beside the overlay, and others move without them.
    const linked = lines.some(({ kind }) => kind === "registered")
      ? points
      : points.filter(({ role }) => role === "peer");
    const keys = linked.map(({ key }) => key);
    const index = new Map(keys.map((key, at) => [key, at]));
    const pulling = lines.filter(({ a, b, isCut }) => !isCut && index.has(a) && index.has(b));
    const signature = `${keys.join(",")};${pulling.map(({ key, kind }) => `${key}${kind[0]}`).join(",")}`;
    if (signature !== this.#signature) {
      this.#signature = signature;
      this.#keys = keys;
      this.#begin(keys, pulling);
      this.#isSettled = false;
      this.#worker.postMessage({
        number: ++this.#number,
        places: Float32Array.from(keys.flatMap((key) => [this.#places.get(key)!.x, this.#places.get(key)!.y])),
        ends: Uint32Array.from(pulling.flatMap(({ a, b }) => [index.get(a)!, index.get(b)!])),
        weights: Float32Array.from(pulling.map(({ kind }) => weights[kind])),
      } satisfies LayoutTask);
    }
    const beside = points.filter(({ key }) => !index.has(key)).map(({ key }) => key);
    return this.#withSeeds(beside);
  }

  /** Lets the thread go. */
  close(): void {
    this.#worker.terminate();
  }

  #begin(keys: readonly string[], lines: Picture["lines"]): void {
    const spread = 30 * Math.sqrt(keys.length + 1);
    const before = this.#places;
    const places = new Map<string, Place>();
    const neighborOf = new Map<string, string>();
    for (const { a, b } of lines) {
      if (before.has(a)) neighborOf.set(b, a);
      if (before.has(b)) neighborOf.set(a, b);
    }
    keys.forEach((key, at) => {
      const neighbor = before.get(neighborOf.get(key) ?? "");
      const radius = neighbor === undefined ? spread * Math.sqrt((at + 0.5) / keys.length) : spread / 8;
      const angle = at * turn;
      const x = (neighbor?.x ?? 0) + radius * Math.cos(angle);
      const y = (neighbor?.y ?? 0) + radius * Math.sin(angle);
      places.set(key, before.get(key) ?? { x, y });
    });
    this.#places = places;
  }

  #move({ number, places, isLast }: LayoutStep): void {
    if (number !== this.#number) return;
    this.#isSettled = isLast;
    this.#keys.forEach((key, at) => {
      this.#places.set(key, { x: places[2 * at]!, y: places[2 * at + 1]! });
    });
    this.#onPlaces(this.#withSeeds(this.#beside));
  }

  #beside: readonly string[] = [];

  /** Seeds in a column at the left. */
  #withSeeds(seeds: readonly string[]): ReadonlyMap<string, Place> {
    this.#beside = seeds;
    const all = new Map(this.#places);
    let [left, right, top, bottom] = [Infinity, -Infinity, -Infinity, Infinity];
    for (const key of this.#keys) {
      const { x, y } = this.#places.get(key)!;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.max(top, y);
      bottom = Math.min(bottom, y);
    }
    if (this.#keys.length === 0) [left, right, top, bottom] = [0, 1, 1, 0];
    const size = Math.max(right - left, top - bottom, 1);
    seeds.forEach((key, at) => {
      const y = (top + bottom) / 2 + (seeds.length < 2 ? 0 : (0.5 - at / (seeds.length - 1)) * size * 0.5);
      all.set(key, { x: left - size * 0.16, y });
    });
    return all;
  }
}
