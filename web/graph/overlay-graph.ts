/**
 * The overlay. Up to some hundred lines it is drawn with a pen, with widths, dashes and all labels. More are a field of
 * thin lines and small points for the graphics card, and the pen draws above it what is selected. Above both lies a
 * canvas for messages on their way, and on top labels, where there is room for them.
 */
import { Field, type LineGroup } from "./field.js";
import { drawFine, drawLabels, type FineLine, markOf } from "./fine-drawing.js";
import { labelsFor } from "./labels.js";
import { Layout, type Placed } from "./layout.js";
import { LineBudget } from "./line-budget.js";
import { type Palette, palettes, type Theme } from "./palette.js";
import { emptyPicture, type Picture } from "./picture.js";
import type { Place } from "./place.js";
import { type PulseHop, Pulses } from "./pulses.js";
import { Viewport } from "./viewport.js";

/** More lines, or points, are a field. */
const fineLinesMax = 400;
const finePointsMax = 250;
/** So many lines the pen draws quickly enough to begin with. */
const penLinesMax = 20_000;
/** Up to so many points all are labelled. */
const labelledMax = 60;
/** What has not moved for so long stands still. */
const stillMs = 200;
/** A click so far from a point still means it, in CSS pixels. */
const nearPx = 10;
const fieldKinds = ["registered", "lazy", "classic", "eager", "cut"] as const;

/** Draws pictures into an element. */
export class OverlayGraph {
  readonly #container: HTMLElement;
  readonly #view: Viewport;
  readonly #layout: Layout;
  readonly #pulses: Pulses;
  readonly #fieldCanvas = document.createElement("canvas");
  readonly #fineCanvas = document.createElement("canvas");
  readonly #pulseCanvas = document.createElement("canvas");
  readonly #labelCanvas = document.createElement("canvas");
  readonly #observer: ResizeObserver;
  readonly #ending = new AbortController();
  readonly #budget = new LineBudget();
  #field: Field | undefined;
  #hasField = true;
  #picture: Picture = emptyPicture;
  #index = new Map<string, number>();
  #lines: readonly FineLine[] = [];
  #placed: Placed = { places: new Float32Array(0), bounds: { left: -1, right: 1, top: -1, bottom: 1 } };
  #palette: Palette;
  #selected: string | undefined;
  #hovered: number | undefined;
  #width = 1;
  #height = 1;
  #isStale = true;
  #areLooksStale = true;
  #arePlacesStale = true;
  #frame: number | undefined;
  #stillTimer: ReturnType<typeof setTimeout> | undefined;
  #isMoving = false;

  /** @param onSelect - is given the key of a point that was clicked, or undefined for the space between */
  constructor(container: HTMLElement, theme: Theme, onSelect: (key: string | undefined) => void) {
    this.#container = container;
    this.#palette = palettes[theme];
    this.#fieldCanvas.className = "field";
    this.#fineCanvas.className = "fine";
    this.#pulseCanvas.className = "pulses";
    this.#labelCanvas.className = "labels";
    container.append(...this.#canvases);
    this.#pulses = new Pulses(this.#pulseCanvas, this.#palette, (key) => this.placeOf(key));
    this.#layout = new Layout((placed) => this.#place(placed));
    this.#view = new Viewport(container, () => this.#move());
    const { signal } = this.#ending;
    container.addEventListener("click", (event) => onSelect(this.#keyAt(event)), { signal });
    container.addEventListener("pointermove", (event) => this.#hover(event), { signal });
    container.addEventListener("pointerleave", () => this.#hover(undefined), { signal });
    this.#fieldCanvas.addEventListener("webglcontextlost", (event) => event.preventDefault(), { signal });
    this.#fieldCanvas.addEventListener("webglcontextrestored", () => this.#renewField(), { signal });
    this.#observer = new ResizeObserver(() => this.#resize());
    this.#observer.observe(container);
    this.#resize();
  }

  /** Hops drawn since the start. */
  get drawnHops(): number {
    return this.#pulses.drawn;
  }

  /** Where a point is, in CSS pixels from the element's upper left corner; undefined when it is not on the picture. */
  placeOf(key: string): Place | undefined {
    const index = this.#index.get(key);
    return index === undefined ? undefined : this.#screenPlaceOf(index);
  }

  /** Draws this from now on. */
  show(picture: Picture): void {
    const isFirst = this.#picture.points.length === 0;
    this.#picture = picture;
    this.#index = new Map(picture.points.map(({ key }, at) => [key, at]));
    this.#lines = picture.lines.map((line) => ({ line, a: this.#index.get(line.a)!, b: this.#index.get(line.b)! }));
    this.#hovered = undefined;
    this.#areLooksStale = true;
    this.#container.dataset.points = String(picture.points.length);
    this.#place(this.#layout.show(picture));
    if (isFirst && picture.points.length > 0) this.#draw(performance.now());
  }

  /** Marks one point, and the lines that end at it. */
  select(key: string | undefined): void {
    if (key === this.#selected) return;
    this.#selected = key;
    this.#redraw();
  }

  /** Changes the colours. */
  set theme(theme: Theme) {
    this.#palette = palettes[theme];
    this.#pulses.palette = this.#palette;
    this.#areLooksStale = true;
    this.#redraw();
  }

  /** A message has gone from one to another. */
  pulse(hop: PulseHop): void {
    if (document.visibilityState !== "visible") return;
    this.#pulses.add(hop, performance.now());
    this.#schedule();
  }

  /** Draws the whole way of a message; none for an empty list. */
  trace(hops: readonly PulseHop[]): void {
    this.#pulses.trace(hops);
    this.#schedule();
  }

  /** Comes nearer (above 1), or goes away. */
  zoom(factor: number): void {
    this.#view.approach(factor);
  }

  /** Shows all of it. */
  showAll(): void {
    this.#view.showAll();
  }

  /** Gives the element back. */
  close(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    clearTimeout(this.#stillTimer);
    this.#ending.abort();
    this.#observer.disconnect();
    this.#layout.close();
    this.#view.close();
    for (const canvas of this.#canvases) canvas.remove();
  }

  /** Somebody moves the picture, or its points still look for their places: between two steps nothing is finished. */
  get #isAstir(): boolean {
    return this.#isMoving || !this.#layout.isSettled;
  }

  /** From the lowest to the highest. */
  get #canvases(): readonly HTMLCanvasElement[] {
    return [this.#fieldCanvas, this.#fineCanvas, this.#pulseCanvas, this.#labelCanvas];
  }

  /** Whether there are too many for the pen, and the graphics card can be had. */
  get #isField(): boolean {
    const { points, lines } = this.#picture;
    return this.#hasField && (lines.length > fineLinesMax || points.length > finePointsMax);
  }

  /** The first time: getting hold of the graphics card takes longer than drawing some thousand lines without it. */
  get #isPenSooner(): boolean {
    return this.#container.dataset.settled === undefined && this.#picture.lines.length <= penLinesMax;
  }

  #place(placed: Placed): void {
    this.#placed = placed;
    this.#arePlacesStale = true;
    this.#fit();
    this.#move();
  }

  #fit(): void {
    const { points } = this.#picture;
    // Labels of those at the edge must not be cut: addresses are longer than names.
    const padding = points.length > labelledMax ? 40 : Math.max(40, 8 + 3.8 * longestLabel(this.#picture));
    this.#view.fit(this.#placed.bounds, this.#width, this.#height, padding);
  }

  /** While everything moves less is drawn: the rest follows when it stands still. */
  #move(): void {
    this.#isMoving = true;
    clearTimeout(this.#stillTimer);
    this.#stillTimer = setTimeout(() => {
      this.#isMoving = false;
      this.#budget.rest();
      this.#redraw();
    }, stillMs);
    this.#redraw();
  }

  #redraw(): void {
    this.#isStale = true;
    this.#schedule();
  }

  /** All that changes until the next frame is drawn once. */
  #schedule(): void {
    this.#frame ??= requestAnimationFrame((now) => {
      this.#frame = undefined;
      if (this.#isStale) this.#draw(now);
      this.#pulses.draw(performance.now());
      if (this.#pulses.isBusy) this.#schedule();
    });
  }

  #draw(now: number): void {
    this.#isStale = false;
    const { points } = this.#picture;
    const selected = this.#selected === undefined ? undefined : this.#index.get(this.#selected);
    const radiusPx = radiusFor(points.length) * Math.min(2, Math.max(0.7, this.#view.nearness ** 0.6));
    const { places } = this.#placed;
    const isField = this.#isField && !this.#isPenSooner;
    if (isField) this.#drawField(now, radiusPx);
    this.#fieldCanvas.hidden = !isField;
    const special = [selected, this.#hovered].filter((index) => index !== undefined);
    const everybody = isField ? special : points.map((_, index) => index);
    const lines = isField ? this.#lines.filter(({ a, b }) => a === selected || b === selected) : this.#lines;
    const labelled = this.#labelled(special, isField);
    const part = { points, places, shown: everybody, lines, labelled, selected, radiusPx };
    drawFine(this.#penOf(this.#fineCanvas), this.#view, this.#palette, part);
    drawLabels(this.#penOf(this.#labelCanvas), this.#view, this.#palette, part);
    if (points.length === 0) return;
    if (this.#container.dataset.settled === undefined) {
      performance.mark("graph-drawn");
      this.#redraw();
    }
    this.#container.dataset.settled = String(this.#layout.isSettled);
    this.#container.dataset.drawing = isField ? "field" : "pen";
  }

  #penOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
    const pen = canvas.getContext("2d")!;
    const ratio = globalThis.devicePixelRatio;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, this.#width, this.#height);
    return pen;
  }

  #labelled(special: readonly number[], isField: boolean): number[] {
    const { points } = this.#picture;
    if (points.length <= labelledMax) return points.map((_, index) => index);
    if (this.#isAstir && isField) return [...special];
    const screenPlaceOf = (index: number) => this.#screenPlaceOf(index);
    const lettersOf = (index: number) => points[index]!.key.length;
    const [count, width, height] = [points.length, this.#width, this.#height];
    return labelsFor({ count, first: special, lettersOf, screenPlaceOf, width, height });
  }

  #drawField(now: number, radiusPx: number): void {
    if (this.#field === undefined) {
      try {
        this.#field = new Field(this.#fieldCanvas);
      } catch {
        // The pen can draw them all, only slower.
        this.#hasField = false;
        this.#redraw();
        return;
      }
      this.#areLooksStale = this.#arePlacesStale = true;
    }
    if (this.#areLooksStale) this.#fillField(this.#field);
    if (this.#arePlacesStale) this.#field.places = this.#placed.places;
    this.#areLooksStale = this.#arePlacesStale = false;
    const { x, y, scale } = this.#view;
    const [width, height, ratio] = [this.#width, this.#height, globalThis.devicePixelRatio];
    const lines = this.#isAstir ? this.#budget.next(now, this.#field.lines) : this.#field.lines;
    this.#field.draw({ x, y, scale, width, height, ratio }, radiusPx, lines);
  }

  #fillField(field: Field): void {
    const { line: colors, status, seed } = this.#palette;
    field.groups = fieldKinds.map((kind): LineGroup => {
      const lines = this.#lines.filter(({ line }) => (line.isCut ? "cut" : line.kind) === kind);
      const ends = new Uint32Array(2 * lines.length);
      lines.forEach(({ a, b }, at) => {
        ends[2 * at] = a;
        ends[2 * at + 1] = b;
      });
      return { color: colors[kind], ends };
    });
    field.looks = this.#picture.points.map((point) => {
      const mark = markOf(point);
      return { mark, color: mark === "seed" ? seed : status[mark] };
    });
  }

  #renewField(): void {
    this.#field = undefined;
    this.#redraw();
  }

  #screenPlaceOf(index: number): Place {
    const { places } = this.#placed;
    return this.#view.toScreen({ x: places[2 * index]!, y: places[2 * index + 1]! });
  }

  #indexAt({ clientX, clientY }: MouseEvent): number | undefined {
    const { left, top } = this.#container.getBoundingClientRect();
    const [x, y] = [clientX - left, clientY - top];
    let nearest: number | undefined;
    let best = (radiusFor(this.#picture.points.length) + nearPx) ** 2;
    for (let index = 0; index < this.#picture.points.length; index++) {
      const place = this.#screenPlaceOf(index);
      const distance = (place.x - x) ** 2 + (place.y - y) ** 2;
      if (distance < best) [best, nearest] = [distance, index];
    }
    return nearest;
  }

  #keyAt(event: MouseEvent): string | undefined {
    const index = this.#indexAt(event);
    return index === undefined ? undefined : this.#picture.points[index]!.key;
  }

  #hover(event: PointerEvent | undefined): void {
    // Nobody looks for a peer while moving the picture about.
    const hovered = event === undefined || event.buttons !== 0 ? undefined : this.#indexAt(event);
    if (hovered === this.#hovered) return;
    this.#hovered = hovered;
    this.#container.classList.toggle("on-point", hovered !== undefined);
    if (this.#picture.points.length > labelledMax) this.#redraw();
  }

  #resize(): void {
    const { clientWidth, clientHeight } = this.#container;
    [this.#width, this.#height] = [Math.max(1, clientWidth), Math.max(1, clientHeight)];
    for (const canvas of this.#canvases) {
      canvas.width = this.#width * globalThis.devicePixelRatio;
      canvas.height = this.#height * globalThis.devicePixelRatio;
    }
    this.#fit();
    // Changed canvases are empty: nobody should see that.
    if (this.#picture.points.length > 0) this.#draw(performance.now());
    this.#redraw();
  }
}

/** Letters of the longest label; of many points they are about as long as those of the first. */
function longestLabel({ points }: Picture): number {
  return Math.max(0, ...points.slice(0, labelledMax + 1).map(({ key }) => key.length));
}

/** Points of large networks are smaller: they must not hide each other. */
function radiusFor(count: number): number {
  if (count <= 30) return 11;
  if (count <= 120) return 8;
  if (count <= 400) return 6;
  return count <= 2_000 ? 4 : 2.5;
}
