/** Where points are drawn: known ones move on from where they are, new ones begin beside somebody they are linked to. */
import type { LayoutStep, LayoutTask } from "./layout-worker.js";
import type { Picture } from "./picture.js";
import type { Bounds } from "./place.js";

/** Where all points of a picture are: x, y of each in its order. */
export interface Placed {
  readonly places: Float32Array<ArrayBuffer>;
  readonly bounds: Bounds;
}

/** Links on which messages come pull more than others: so trees can be seen. */
const weights = { eager: 1.5, lazy: 0.7, classic: 1, registered: 1 } as const;
/** So many stand in one column. */
const standingMax = 12;
/** An angle after whose turns points never come to lie in rows: the golden one. */
const turn = Math.PI * (3 - Math.sqrt(5));

/** Lays out one picture after the other. */
export class Layout {
  readonly #onPlaces: (placed: Placed) => void;
  #worker: Worker | undefined;
  /** Points that have links, by key: their number among those that the worker places. */
  #index = new Map<string, number>();
  #linked = new Float32Array(0);
  #links: readonly string[] = [];
  /** Of each point of the picture, its number among the linked ones; below 0: it stands at a side. */
  #order = new Int32Array(0);
  #left: readonly number[] = [];
  #right: readonly number[] = [];
  #number = 0;
  #isSettled = true;

  constructor(onPlaces: (placed: Placed) => void) {
    this.#onPlaces = onPlaces;
  }

  /** Whether nothing moves any more. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** The place of every point of the picture; the moves follow, unless it is linked as before. */
  show({ points, lines }: Picture): Placed {
    const open = lines.filter(({ isCut }) => !isCut);
    const linked = new Set<string>();
    for (const { a, b } of open) linked.add(a).add(b);
    const keys: string[] = [];
    const [left, right]: [number[], number[]] = [[], []];
    this.#order = Int32Array.from(points, ({ key, role }, at) => {
      if (linked.has(key)) return keys.push(key) - 1;
      // What has no link would be driven out to where it makes all the rest small: it stands in a row at the side.
      (role === "seed" ? left : right).push(at);
      return -1;
    });
    [this.#left, this.#right] = [left, right];
    const links = open.map(({ key }) => key);
    const isKnown = keys.length === this.#index.size && keys.every((key, at) => this.#index.get(key) === at);
    if (!isKnown || !isSame(links, this.#links)) {
      this.#links = links;
      this.#begin(keys, open);
      this.#post(open);
    }
    return this.#all();
  }

  /** Lets the thread go. */
  close(): void {
    this.#worker?.terminate();
  }

  #post(lines: Picture["lines"]): void {
    this.#isSettled = lines.length === 0;
    if (lines.length === 0) return;
    if (this.#worker === undefined) {
      this.#worker = new Worker(new URL("./layout-worker.ts", import.meta.url), { type: "module" });
      this.#worker.onmessage = (event: MessageEvent<LayoutStep>) => this.#move(event.data);
    }
    const ends = new Uint32Array(2 * lines.length);
    lines.forEach(({ a, b }, at) => {
      ends[2 * at] = this.#index.get(a)!;
      ends[2 * at + 1] = this.#index.get(b)!;
    });
    this.#worker.postMessage({
      number: ++this.#number,
      places: this.#linked.slice(),
      ends,
      weights: Float32Array.from(lines, ({ kind }) => weights[kind]),
    } satisfies LayoutTask);
  }

  #begin(keys: readonly string[], lines: Picture["lines"]): void {
    const spread = 30 * Math.sqrt(keys.length + 1);
    const [before, were] = [this.#index, this.#linked];
    const neighborOf = new Map<string, number>();
    for (const { a, b } of lines) {
      const [knownA, knownB] = [before.get(a), before.get(b)];
      if (knownA !== undefined && knownB === undefined) neighborOf.set(b, knownA);
      if (knownB !== undefined && knownA === undefined) neighborOf.set(a, knownB);
    }
    const places = new Float32Array(2 * keys.length);
    keys.forEach((key, at) => {
      const known = before.get(key);
      if (known !== undefined) {
        places.set([were[2 * known]!, were[2 * known + 1]!], 2 * at);
        return;
      }
      const neighbor = neighborOf.get(key);
      const radius = neighbor === undefined ? spread * Math.sqrt((at + 0.5) / keys.length) : spread / 8;
      const [x, y] = neighbor === undefined ? [0, 0] : [were[2 * neighbor]!, were[2 * neighbor + 1]!];
      places.set([x + radius * Math.cos(at * turn), y + radius * Math.sin(at * turn)], 2 * at);
    });
    this.#index = new Map(keys.map((key, at) => [key, at]));
    this.#linked = places;
  }

  #move({ number, places, isLast }: LayoutStep): void {
    if (number !== this.#number) return;
    this.#isSettled = isLast;
    this.#linked = places;
    this.#onPlaces(this.#all());
  }

  /** Those without links stand beside the others: seeds at the left, peers at the right. */
  #all(): Placed {
    const all = new Float32Array(2 * this.#order.length);
    let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
    this.#order.forEach((linked, at) => {
      if (linked < 0) return;
      const [x, y] = [this.#linked[2 * linked]!, this.#linked[2 * linked + 1]!];
      all[2 * at] = x;
      all[2 * at + 1] = y;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    });
    const bounds = { left, right, top, bottom };
    if (this.#linked.length < 4) [left, right, top, bottom] = [-1, 1, -1, 1];
    const size = Math.max(right - left, bottom - top, 1);
    const middle = (top + bottom) / 2;
    const stand = (points: readonly number[], edge: number, outward: number) => {
      const perColumn = Math.min(points.length, standingMax);
      points.forEach((point, nth) => {
        const [column, row] = [Math.floor(nth / perColumn), nth % perColumn];
        const x = edge + outward * size * (0.16 + 0.09 * column);
        const y = middle + size * Math.min(0.25, 0.9 / perColumn) * (row - (perColumn - 1) / 2);
        all.set([x, y], 2 * point);
        bounds.left = Math.min(bounds.left, x);
        bounds.right = Math.max(bounds.right, x);
        bounds.top = Math.min(bounds.top, y);
        bounds.bottom = Math.max(bounds.bottom, y);
      });
    };
    stand(this.#left, left, -1);
    stand(this.#right, right, 1);
    return { places: all, bounds };
  }
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((one, at) => one === others[at]);
}
