/** The overlay, drawn by the graphics card: sigma draws points and lines, and a canvas over it the messages. */
import Graph from "graphology";
import Sigma from "sigma";
import { layerDashed } from "sigma/rendering";
import { Layout, type Place } from "./layout.js";
import { LineField } from "./line-field.js";
import { type Palette, palettes, type Theme } from "./palette.js";
import { isEnded, type Line, type Picture, type Point } from "./picture.js";
import { type PulseHop, Pulses } from "./pulses.js";
import { shapeOf, shapes } from "./shapes.js";

interface PointLook {
  x: number;
  y: number;
  size: number;
  color: string;
  shape: string;
  label: string;
  isLabelShown: boolean;
}

interface LineLook {
  size: number;
  color: string;
  dash: number;
  gap: number;
  zIndex: number;
}

/** Up to so many lines are drawn by sigma, with their widths and dashes; more as a field of thin ones. */
const fineLinesMax = 400;
/** Up to so many points all are labelled; with more, those for whose label there is room. */
const labelledMax = 60;
/** What has not moved for so long stands still. */
const stillMs = 250;
const family = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';

/** Whole lines are one dash that ends beyond every screen: a layer of their own would be drawn for all lines. */
const endlessDash = 100_000;

const primitives = {
  nodes: { shapes: [...shapes], label: { margin: 6, font: { family, size: 13 } } },
  edges: {
    variables: { dash: { type: "number", default: endlessDash }, gap: { type: "number", default: 1 } },
    layers: [
      layerDashed({
        dashSize: { attribute: "dash", default: endlessDash, mode: "pixels" },
        gapSize: { attribute: "gap", default: 1, mode: "pixels" },
        dashOffset: { value: endlessDash / 2, mode: "pixels" },
      }),
    ],
  },
} as const;

type Drawing = Sigma<PointLook, LineLook, object, object, object, object, typeof primitives>;

/** Draws pictures into an element. */
export class OverlayGraph {
  readonly #graph = new Graph<PointLook, LineLook>({ type: "undirected", multi: false });
  readonly #sigma: Drawing;
  readonly #layout: Layout;
  readonly #pulses: Pulses;
  readonly #canvas: HTMLCanvasElement;
  readonly #points = new Map<string, Point>();
  #lines = new Map<string, Line>();
  /** Those of them that sigma draws. */
  #fine = new Map<string, Line>();
  #field: LineField | undefined;
  #palette: Palette;
  #selected: string | undefined;
  #frame: number | undefined;
  #stillTimer: ReturnType<typeof setTimeout> | undefined;

  /** @param onSelect - is given the key of a point that was clicked, or undefined for the space between */
  constructor(container: HTMLElement, theme: Theme, onSelect: (key: string | undefined) => void) {
    this.#palette = palettes[theme];
    this.#sigma = new Sigma(this.#graph, container, {
      primitives,
      styles: {
        nodes: {
          x: { attribute: "x" },
          y: { attribute: "y" },
          size: { attribute: "size" },
          color: { attribute: "color" },
          shape: { attribute: "shape" },
          label: { attribute: "label" },
          labelColor: () => this.#palette.ink,
          labelSize: 13,
          labelVisibility: ({ isLabelShown }, { isHovered }) => (isLabelShown || isHovered ? "visible" : "auto"),
          labelPosition: "below",
          depth: "nodes",
          cursor: "pointer",
        },
        edges: {
          size: { attribute: "size" },
          color: { attribute: "color" },
          zIndex: { attribute: "zIndex" },
          depth: "edges",
          dash: { attribute: "dash" },
          gap: { attribute: "gap" },
        },
      },
      settings: {
        itemSizesReference: "screen",
        nodePickingPadding: 8,
        enableEdgeEvents: false,
        hideEdgesOnMove: false,
        stagePadding: 40,
        minEdgeThickness: 0.7,
        labelDensity: 0.6,
        enableCameraRotation: false,
        allowInvalidContainer: true,
        zoomToSizeRatioFunction: (ratio) => Math.max(0.5, ratio ** 0.6),
      },
    });
    this.#canvas = document.createElement("canvas");
    this.#canvas.className = "pulses";
    container.append(this.#canvas);
    this.#pulses = new Pulses(this.#canvas, this.#palette, (key) => this.placeOf(key));
    this.#layout = new Layout((places) => this.#move(places));
    this.#sigma.on("clickNode", (event) => onSelect(event.node));
    this.#sigma.on("clickStage", () => onSelect(undefined));
    this.#sigma.on("afterRender", () => {
      if (container.dataset.settled === undefined && this.#points.size > 0) performance.mark("graph-drawn");
      if (this.#points.size > 0) container.dataset.settled = String(this.#layout.isSettled);
      this.#pulses.draw(performance.now());
    });
    this.#sigma.addCustomLayerProgram("field", "edges", (gl) => {
      // Made again when the graphics card has lost everything.
      this.#field = new LineField(gl, (place) => this.#sigma.getNormalizationFunction()(place));
      this.#showField();
      return this.#field;
    });
    this.#sigma.getCamera().on("updated", () => this.#beBrief());
    this.#sigma.on("resize", () => this.#resize());
    this.#resize();
  }

  /** Hops drawn since the start. */
  get drawnHops(): number {
    return this.#pulses.drawn;
  }

  /** Whether every point has found its place. */
  get isSettled(): boolean {
    return this.#layout.isSettled;
  }

  /** Where a point is, in CSS pixels from the element's upper left corner. */
  placeOf(key: string): Place | undefined {
    if (!this.#graph.hasNode(key)) return undefined;
    return this.#sigma.graphToViewport(this.#graph.getNodeAttributes(key));
  }

  /** Draws this from now on. */
  show(picture: Picture): void {
    const places = this.#layout.show(picture);
    const size = sizeFor(picture.points.length);
    const keys = new Set(picture.points.map(({ key }) => key));
    const longest = Math.max(0, ...picture.points.slice(0, labelledMax + 1).map(({ key }) => key.length));
    // Labels of those at the edge must not be cut: addresses are longer than names.
    this.#set("stagePadding", picture.points.length > labelledMax ? 40 : Math.max(40, 8 + 3.6 * longest));
    this.#set("hideLabelsOnMove", picture.points.length > labelledMax);
    this.#lines = new Map(picture.lines.map((line) => [line.key, line]));
    const fine = this.#fineLines();
    for (const key of this.#fine.keys()) if (!fine.has(key)) this.#graph.dropEdge(key);
    for (const [key, line] of this.#fine) if (!fine.has(key)) this.#fine.delete(line.key);
    for (const key of this.#points.keys()) {
      if (keys.has(key)) continue;
      this.#points.delete(key);
      this.#graph.dropNode(key);
    }
    for (const point of picture.points) this.#showPoint(point, places.get(point.key)!, size, picture.points.length);
    this.#showFine(fine);
    this.#showField();
  }

  /** Marks one point, and the lines that end at it. */
  select(key: string | undefined): void {
    if (key === this.#selected) return;
    this.#selected = key;
    const fine = this.#fineLines();
    for (const line of this.#fine.keys()) if (!fine.has(line)) this.#graph.dropEdge(line);
    this.#showFine(fine);
    this.#recolor();
  }

  /** Changes the colours. */
  set theme(theme: Theme) {
    this.#palette = palettes[theme];
    this.#pulses.palette = this.#palette;
    this.#recolor();
    this.#showField();
    this.#sigma.refresh();
  }

  /** A message has gone from one to another. */
  pulse(hop: PulseHop): void {
    if (document.visibilityState !== "visible") return;
    this.#pulses.add(hop, performance.now());
    this.#animate();
  }

  /** Draws the whole way of a message; none for an empty list. */
  trace(hops: readonly PulseHop[]): void {
    this.#pulses.trace(hops);
    this.#pulses.draw(performance.now());
  }

  /** Comes nearer (below 1), or goes away. */
  zoom(factor: number): void {
    const camera = this.#sigma.getCamera();
    void camera.animate({ ratio: camera.getState().ratio * factor }, { duration: 150 });
  }

  /** Shows all of it. */
  showAll(): void {
    void this.#sigma.getCamera().animate({ x: 0.5, y: 0.5, ratio: 1, angle: 0 }, { duration: 200 });
  }

  /** Gives the element back. */
  close(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    clearTimeout(this.#stillTimer);
    this.#layout.close();
    this.#sigma.kill();
    this.#canvas.remove();
  }

  #showPoint(point: Point, { x, y }: Place, size: number, count: number): void {
    const before = this.#points.get(point.key);
    this.#points.set(point.key, point);
    const look = this.#pointLook(point, size, count <= labelledMax);
    if (before === undefined) this.#graph.addNode(point.key, { x, y, ...look });
    else if (before.status !== point.status || this.#graph.getNodeAttribute(point.key, "size") !== look.size) {
      this.#graph.mergeNodeAttributes(point.key, { x, y, ...look });
    } else if (!this.#isAt(point.key, x, y)) this.#graph.mergeNodeAttributes(point.key, { x, y });
  }

  #isAt(key: string, x: number, y: number): boolean {
    const place = this.#graph.getNodeAttributes(key);
    return place.x === x && place.y === y;
  }

  #showLine(line: Line, before: Line | undefined, count: number): void {
    if (before === undefined) this.#graph.addEdgeWithKey(line.key, line.a, line.b, this.#lineLook(line, count));
    else if (before.kind !== line.kind || before.isCut !== line.isCut) {
      this.#graph.mergeEdgeAttributes(line.key, this.#lineLook(line, count));
    }
  }

  #set(setting: "stagePadding" | "hideLabelsOnMove", value: number | boolean): void {
    if (this.#sigma.getSetting(setting) !== value) this.#sigma.setSetting(setting, value as never);
  }

  /** All of them, or of too many those at the selected point. */
  #fineLines(): Map<string, Line> {
    if (this.#lines.size <= fineLinesMax) return this.#lines;
    return new Map([...this.#lines].filter(([, { a, b }]) => a === this.#selected || b === this.#selected));
  }

  #showFine(lines: ReadonlyMap<string, Line>): void {
    const previous = this.#fine;
    this.#fine = new Map(lines);
    for (const [key, line] of lines) this.#showLine(line, previous.get(key), lines.size);
  }

  #showField(): void {
    if (this.#field === undefined) return;
    const isField = this.#lines.size > fineLinesMax;
    const { line: colors } = this.#palette;
    const rank = { registered: 0, lazy: 0, classic: 1, eager: 2 };
    const lines = isField ? [...this.#lines.values()].sort((x, y) => rank[x.kind] - rank[y.kind]) : [];
    this.#field.lines = lines.map(({ a, b, kind, isCut }) => {
      const isMain = kind !== "lazy" && kind !== "registered";
      return { a, b, color: isCut ? colors.cut : colors[kind], isMain };
    });
    this.#moveField();
  }

  /** While everything moves, the lines that matter are enough: the others follow when it stands still. */
  #beBrief(): void {
    if (this.#field === undefined || this.#lines.size <= fineLinesMax) return;
    this.#field.isBrief = true;
    clearTimeout(this.#stillTimer);
    this.#stillTimer = setTimeout(() => {
      this.#field!.isBrief = false;
      this.#sigma.scheduleRender();
    }, stillMs);
  }

  #moveField(): void {
    this.#field?.move((key) => (this.#graph.hasNode(key) ? this.#graph.getNodeAttributes(key) : undefined));
    this.#sigma.scheduleRender();
  }

  #pointLook(point: Point, size: number, isLabelShown: boolean): Omit<PointLook, "x" | "y"> {
    const { status, seed } = this.#palette;
    const isSelected = point.key === this.#selected;
    return {
      size: size * (isSelected ? 1.5 : point.role === "seed" ? 1.1 : isEnded(point.status) ? 0.85 : 1),
      color: point.role === "seed" ? seed : status[point.status],
      shape: shapeOf(point),
      label: point.key,
      isLabelShown: isLabelShown || isSelected,
    };
  }

  #lineLook({ kind, isCut, a, b }: Line, count: number): LineLook {
    const { line } = this.#palette;
    const isSelected = a === this.#selected || b === this.#selected;
    const thin = count > 2_000 ? 0.6 : count > 400 ? 0.8 : 1;
    const size = (kind === "eager" ? 4.5 : kind === "classic" ? 4 : 2) * thin * (isSelected ? 1.6 : 1);
    const [dash, gap] = isCut ? [2, 5] : kind === "classic" ? [7, 4] : [endlessDash, 1];
    const isPlain = kind !== "lazy" && kind !== "registered";
    const color = isCut ? line.cut : isSelected && !isPlain ? this.#palette.faintInk : line[kind];
    return { size, color, dash, gap, zIndex: isCut || isSelected ? 2 : isPlain ? 1 : 0 };
  }

  #recolor(): void {
    const size = sizeFor(this.#points.size);
    const isLabelled = this.#points.size <= labelledMax;
    this.#graph.updateEachNodeAttributes((key, look) => {
      const point = this.#points.get(key);
      return point === undefined ? look : { ...look, ...this.#pointLook(point, size, isLabelled) };
    });
    // The hint has sigma take in again all lines: some may be of this very moment, and unknown to what draws them.
    this.#graph.updateEachEdgeAttributes(
      (key, look) => {
        const line = this.#fine.get(key);
        return line === undefined ? look : this.#lineLook(line, this.#fine.size);
      },
      { attributes: ["zIndex"] },
    );
  }

  #move(places: ReadonlyMap<string, Place>): void {
    this.#graph.updateEachNodeAttributes(
      (key, look) => {
        const place = places.get(key);
        if (place === undefined) return look;
        look.x = place.x;
        look.y = place.y;
        return look;
      },
      { attributes: ["x", "y"] },
    );
    if (this.#lines.size <= fineLinesMax) return;
    this.#beBrief();
    this.#moveField();
  }

  #animate(): void {
    if (this.#frame !== undefined) return;
    const step = () => {
      this.#pulses.draw(performance.now());
      this.#frame = this.#pulses.isBusy ? requestAnimationFrame(step) : undefined;
    };
    this.#frame = requestAnimationFrame(step);
  }

  #resize(): void {
    const { width, height } = this.#sigma.getDimensions();
    this.#canvas.width = width * globalThis.devicePixelRatio;
    this.#canvas.height = height * globalThis.devicePixelRatio;
    this.#pulses.draw(performance.now());
  }
}

/** Points of large networks are smaller: they must not hide each other. */
function sizeFor(count: number): number {
  if (count <= 30) return 11;
  if (count <= 120) return 8;
  if (count <= 400) return 6;
  return count <= 2_000 ? 4 : 2.5;
}
