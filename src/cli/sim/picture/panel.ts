/** One chart: its axes, its lines and bars, and the values beside them. */
import { type ScaleBand, scaleBand, scaleLinear, scaleLog } from "d3-scale";
import { line } from "d3-shape";
import type { NumberAxis, Panel, Series } from "../../../sim/experiments/picture.js";
import { element, figureText, fitted, textElement, widthOf } from "./elements.js";
import { type Look, lookOf, markAt } from "./styles.js";

/** A rectangle of the picture. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

type NumberScale = ((value: number) => number) & { ticks(count: number): number[]; domain(): number[] };
type Point = readonly [x: string | number, y: number];

const axisPx = 12;
const valuePx = 11;
/** More names than this, or longer ones, lie on their sides: bars go from left to right. */
const standingMax = 6;
const standingLettersMax = 14;
const rowPx = 22;
const barMaxPx = 44;

/** Whether the bars of a panel go from left to right. */
export function isLying({ x, series }: Panel): boolean {
  const names = x.kind === "names" ? namesOf(series) : [];
  return names.length > standingMax || names.some(({ length }) => length > standingLettersMax);
}

/** How high a panel has to be: for those with many names, a row for each bar. */
export function heightOf(panel: Panel, usualPx: number): number {
  const bars = namesOf(panel.series).length * panel.series.length;
  return isLying(panel) ? Math.max(usualPx, bars * rowPx + 90) : usualPx;
}

/** Draws a panel into its box, each series in the look that its label has in the whole picture. */
export function panelMarkup(panel: Panel, box: Box, looks: Looks): string {
  const title = textElement(panel.title, {
    x: box.x,
    y: box.y + 14,
    class: "ink",
    "font-size": 14,
    "font-weight": 600,
  });
  const body = { ...box, y: box.y + 28, height: box.height - 28 };
  if (isLying(panel)) return title + lyingMarkup(panel, body, looks);
  return title + standingMarkup(panel, body, looks);
}

/** The looks of series, by their labels. */
export type Looks = ReadonlyMap<string, Look>;

/** A look for each label: lines of one owner differ from each other, and so do bars. */
export function looksOf(series: readonly Series[]): Looks {
  const looks = new Map<string, Look>();
  const drawn = new Map<string, number>();
  for (const one of series) {
    if (looks.has(one.label)) continue;
    const kind = `${one.whose} ${one.mark}`;
    const nth = drawn.get(kind) ?? 0;
    drawn.set(kind, nth + 1);
    looks.set(one.label, lookOf(one, nth));
  }
  return looks;
}

function namesOf(series: readonly Series[]): string[] {
  return [...new Set(series.flatMap(({ points }) => points.map(([x]) => String(x))))];
}

function valuesOf({ series, limits = [] }: Panel): number[] {
  return [...series.flatMap(({ points }) => points.map(([, y]) => y)), ...limits.map(({ at }) => at)];
}

function scaleOf(
  axis: NumberAxis,
  values: readonly number[],
  range: readonly [number, number],
  isEven: boolean,
): NumberScale {
  const finite = values.filter((value) => Number.isFinite(value));
  const most = axis.max ?? Math.max(...finite, Number.MIN_VALUE);
  if (axis.kind === "log") {
    const positive = finite.filter((value) => value > 0);
    const scale = scaleLog([axis.min ?? Math.min(...positive, most), most], range).clamp(true);
    return axis.min === undefined ? scale.nice() : scale;
  }
  const scale = scaleLinear([axis.min ?? Math.min(0, ...finite), most], range).clamp(true);
  return isEven && axis.max === undefined ? scale.nice(5) : scale;
}

/** Ticks: those of a logarithmic axis at its powers of ten, if there are enough. */
function ticksOf(scale: NumberScale, axis: NumberAxis, count: number): number[] {
  const ticks = scale.ticks(count);
  if (axis.kind === "linear") return ticks;
  const powers = ticks.filter((tick) => Number.isInteger(Math.round(Math.log10(tick) * 1e9) / 1e9));
  return powers.length >= 2 ? powers : ticks.filter((_, index) => index % 2 === 0);
}

function standingMarkup(panel: Panel, box: Box, looks: Looks): string {
  const ticksWidth = 46;
  const left = box.x + ticksWidth + 28;
  const right = box.x + box.width - 8 - limitsWidth(panel);
  const top = box.y + 6;
  const bottom = box.y + box.height - 46;
  const y = scaleOf(panel.y, valuesOf(panel), [bottom, top + 14], true);
  const parts: string[] = [];
  for (const tick of ticksOf(y, panel.y, 5)) {
    parts.push(element("line", { x1: left, x2: right, y1: y(tick), y2: y(tick), class: "grid" }));
    const label = figureText(tick, panel.y.isShare);
    parts.push(
      textElement(label, { x: left - 7, y: y(tick) + 4, class: "faint", "font-size": axisPx, "text-anchor": "end" }),
    );
  }
  const middle = (top + bottom) / 2;
  parts.push(
    textElement(panel.y.label, {
      x: 0,
      y: 0,
      class: "faint",
      "font-size": axisPx,
      "text-anchor": "middle",
      transform: `translate(${(box.x + 11).toFixed(1)} ${middle.toFixed(1)}) rotate(-90)`,
    }),
  );
  parts.push(element("line", { x1: left, x2: right, y1: bottom, y2: bottom, class: "axis" }));
  parts.push(centered(panel.x.label, (left + right) / 2, box.y + box.height - 8));
  for (const { label, at } of panel.limits ?? []) {
    parts.push(element("line", { x1: left, x2: right, y1: y(at), y2: y(at), class: "limit" }));
    parts.push(textElement(label, { x: right + 5, y: y(at) + 4, class: "ink", "font-size": axisPx }));
  }
  if (panel.x.kind === "names") parts.push(standingBars(panel, y, { left, right, bottom }, looks));
  else parts.push(lines(panel, panel.x, y, { left, right, bottom }, looks));
  return parts.join("");
}

/** The names of limits stand beside their lines. */
function limitsWidth({ limits = [] }: Panel): number {
  return limits.length === 0 ? 0 : Math.max(...limits.map(({ label }) => widthOf(label, axisPx))) + 2;
}

interface Floor {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
}

function standingBars(panel: Panel, y: NumberScale, { left, right, bottom }: Floor, looks: Looks): string {
  const names = namesOf(panel.series);
  const places = scaleBand(names, [left, right]).paddingInner(0.25).paddingOuter(0.12);
  const parts = names.map((name) =>
    centered(fitted(name, axisPx, places.step()), places(name)! + places.bandwidth() / 2, bottom + 17, "ink"),
  );
  eachBar(panel, places, looks, (look, at, width, value) => {
    const end = y(value);
    const height = Math.max(1.5, bottom - end);
    parts.push(barMarkup(look, { x: at, y: bottom - height, width, height }));
    parts.push(
      centered(figureText(value, panel.y.isShare), at + width / 2, Math.min(end, bottom) - 5, "ink halo", valuePx),
    );
  });
  return parts.join("");
}

function lyingMarkup(panel: Panel, box: Box, looks: Looks): string {
  const names = namesOf(panel.series);
  const widest = Math.min(box.width * 0.42, Math.max(...names.map((name) => widthOf(name, axisPx))) + 12);
  const left = box.x + widest;
  const right = box.x + box.width - 52;
  const bottom = box.y + box.height - 44;
  const x = scaleOf(panel.y, valuesOf(panel), [left, right], true);
  const places = scaleBand(names, [box.y, bottom]).padding(0.25);
  const parts: string[] = [];
  for (const tick of ticksOf(x, panel.y, 6)) {
    parts.push(element("line", { x1: x(tick), x2: x(tick), y1: box.y, y2: bottom, class: "grid" }));
    parts.push(centered(figureText(tick, panel.y.isShare), x(tick), bottom + 17));
  }
  for (const name of names) {
    const at = places(name)! + places.bandwidth() / 2 + 4;
    const shown = fitted(name, axisPx, widest);
    parts.push(textElement(shown, { x: left - 8, y: at, class: "ink", "font-size": axisPx, "text-anchor": "end" }));
  }
  for (const { label, at } of panel.limits ?? []) {
    parts.push(element("line", { x1: x(at), x2: x(at), y1: box.y - 4, y2: bottom, class: "limit" }));
    parts.push(centered(label, x(at), box.y - 8, "ink", valuePx));
  }
  eachBar(panel, places, looks, (look, at, height, value) => {
    const end = x(value);
    parts.push(barMarkup(look, { x: left, y: at, width: Math.max(1.5, end - left), height }));
    const label = figureText(value, panel.y.isShare);
    parts.push(textElement(label, { x: end + 5, y: at + height / 2 + 4, class: "ink halo", "font-size": valuePx }));
  });
  parts.push(element("line", { x1: left, x2: left, y1: box.y, y2: bottom, class: "axis" }));
  parts.push(centered(panel.y.label, (left + right) / 2, box.y + box.height - 8));
  return parts.join("");
}

/** Each bar, with its place along the axis of names and how broad it is; none for what is no number. */
function eachBar(
  { series }: Panel,
  places: ScaleBand<string>,
  looks: Looks,
  draw: (look: Look, at: number, breadth: number, value: number) => void,
): void {
  for (const name of namesOf(series)) {
    const present = series.flatMap(({ label, points }) =>
      points
        .filter(([x, y]) => String(x) === name && Number.isFinite(y))
        .map(([, value]) => ({ look: looks.get(label)!, value })),
    );
    const breadth = Math.min(barMaxPx, places.bandwidth() / present.length);
    const begin = places(name)! + (places.bandwidth() - breadth * present.length) / 2;
    for (const [index, { look, value }] of present.entries()) {
      draw(look, begin + index * breadth + 1, breadth - 2, value);
    }
  }
}

/** A bar in the look of its series. */
export function barMarkup(look: Look, { x, y, width, height }: Box): string {
  const style = look.fill === undefined ? undefined : `fill:${look.fill}`;
  return element("rect", { x, y, width, height, class: look.mark, style });
}

function lines(panel: Panel, axis: NumberAxis, y: NumberScale, { left, right, bottom }: Floor, looks: Looks): string {
  const xs = panel.series.flatMap(({ points }) => points.map(([x]) => Number(x)));
  const x = scaleOf(axis, xs, [left + 10, right - 10], false);
  const parts: string[] = [];
  const areWhole = !axis.isShare && xs.every((one) => Number.isInteger(one));
  for (const tick of ticksOf(x, axis, 6).filter((one) => !areWhole || Number.isInteger(one))) {
    parts.push(element("line", { x1: x(tick), x2: x(tick), y1: bottom, y2: bottom + 5, class: "axis" }));
    parts.push(centered(figureText(tick, axis.isShare), x(tick), bottom + 19));
  }
  const path = line<Point>(
    ([at]) => x(Number(at)),
    ([, value]) => y(value),
  );
  for (const { label, points } of panel.series) {
    const look = looks.get(label)!;
    const d = path([...points]) ?? undefined;
    parts.push(element("path", { d, class: look.line, "stroke-dasharray": look.dashes }));
    parts.push(...points.map(([at, value]) => markAt(look, x(Number(at)), y(value))));
  }
  return parts.join("");
}

function centered(text: string, x: number, y: number, ink = "faint", sizePx = axisPx): string {
  return textElement(text, { x, y, class: ink, "font-size": sizePx, "text-anchor": "middle" });
}
