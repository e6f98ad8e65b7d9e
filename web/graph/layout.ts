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
/** So many stand in one column. */
const standingMax = 12;
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
  #left: readonly string[] = [];
  #right: readonly string[] = [];

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
    const open = lines.filter(({ isCut }) => !isCut);
    const isLinked = new Set(open.flatMap(({ a, b }) => [a, b]));
    const keys = points.map(({ key }) => key).filter((key) => isLinked.has(key));
    // What has no link would be driven out to where it makes all the rest small: it stands in a row at the side.
    const unlinked = points.filter(({ key }) => !isLinked.has(key));
    this.#left = unlinked.filter(({ role }) => role === "seed").map(({ key }) => key);
    this.#right = unlinked.filter(({ role }) => role === "peer").map(({ key }) => key);
    const signature = `${keys.join(",")};${open.map(({ key }) => key).join(",")}`;
    if (signature !== this.#signature) {
      this.#signature = signature;
      this.#keys = keys;
      this.#begin(keys, open);
      this.#post(open);
    }
    return this.#all();
  }

  /** Lets the thread go. */
  close(): void {
    this.#worker.terminate();
  }

  #post(lines: Picture["lines"]): void {
    const index = new Map(this.#keys.map((key, at) => [key, at]));
    this.#isSettled = false;
    this.#worker.postMessage({
      number: ++this.#number,
      places: Float32Array.from(this.#keys.flatMap((key) => [this.#places.get(key)!.x, this.#places.get(key)!.y])),
      ends: Uint32Array.from(lines.flatMap(({ a, b }) => [index.get(a)!, index.get(b)!])),
      weights: Float32Array.from(lines.map(({ kind }) => weights[kind])),
    } satisfies LayoutTask);
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
    this.#onPlaces(this.#all());
  }

  /** Those without links stand beside the others: seeds at the left, peers at the right. */
  #all(): ReadonlyMap<string, Place> {
    const all = new Map(this.#places);
    let [left, right, top, bottom] = [Infinity, -Infinity, -Infinity, Infinity];
    for (const key of this.#keys) {
      const { x, y } = this.#places.get(key)!;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.max(top, y);
      bottom = Math.min(bottom, y);
    }
    if (this.#keys.length < 2) [left, right, top, bottom] = [-1, 1, 1, -1];
    const size = Math.max(right - left, top - bottom, 1);
    const middle = (top + bottom) / 2;
    const stand = (keys: readonly string[], edge: number, outward: number) => {
      const perColumn = Math.min(keys.length, standingMax);
      keys.forEach((key, at) => {
        const [column, row] = [Math.floor(at / perColumn), at % perColumn];
        const x = edge + outward * size * (0.16 + 0.09 * column);
        all.set(key, { x, y: middle + size * Math.min(0.25, 0.9 / perColumn) * ((perColumn - 1) / 2 - row) });
      });
    };
    stand(this.#left, left, -1);
    stand(this.#right, right, 1);
    return all;
  }
}
