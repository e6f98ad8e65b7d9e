/** Points and lines with their widths, dashes and labels, drawn with a pen: all of a small network, of a large one the few that matter. */
import { type Mark, outlined, outlineWidth, shapes } from "./marks.js";
import type { Palette } from "./palette.js";
import { isEnded, type Line, type Point } from "./picture.js";
import type { Viewport } from "./viewport.js";

/** What is drawn: numbers are indices of points. */
export interface FinePart {
  readonly points: readonly Point[];
  readonly places: Float32Array;
  readonly shown: readonly number[];
  readonly lines: readonly FineLine[];
  readonly labelled: readonly number[];
  readonly selected: number | undefined;
  readonly radiusPx: number;
}

/** A line, and its two ends. */
export interface FineLine {
  readonly line: Line;
  readonly a: number;
  readonly b: number;
}

const family = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';
const labelPx = 13;

/** Draws one picture; the canvas is clear before. */
export function drawFine(pen: CanvasRenderingContext2D, view: Viewport, palette: Palette, part: FinePart): void {
  const { places, lines, shown } = part;
  const { x, y, scale } = view;
  const xOf = (point: number) => x + scale * places[2 * point]!;
  const yOf = (point: number) => y + scale * places[2 * point + 1]!;
  const thin = lines.length > 250 ? 0.7 : 1;
  for (const style of stylesOf(palette)) {
    pen.strokeStyle = style.color;
    pen.setLineDash(style.dash);
    for (const isAtSelected of [false, true]) {
      pen.lineWidth = style.width * thin * (isAtSelected ? 1.6 : 1);
      if (isAtSelected && style.isFaint) pen.strokeStyle = palette.faintInk;
      pen.beginPath();
      for (const { line, a, b } of lines) {
        if (styleOf(line) !== style.name || (a === part.selected || b === part.selected) !== isAtSelected) continue;
        pen.moveTo(xOf(a), yOf(a));
        pen.lineTo(xOf(b), yOf(b));
      }
      pen.stroke();
    }
  }
  pen.setLineDash([]);
  for (const index of shown) {
    const point = part.points[index]!;
    const mark = markOf(point);
    const size = part.radiusPx * sizeOf(point, index === part.selected);
    const color = mark === "seed" ? palette.seed : palette.status[mark];
    pen.beginPath();
    shapes[mark](pen, xOf(index), yOf(index), size);
    pen.fillStyle = color;
    pen.strokeStyle = color;
    pen.lineWidth = outlineWidth(mark, size);
    if (outlined.has(mark)) pen.stroke();
    else pen.fill();
    if (index === part.selected) ringAround(pen, xOf(index), yOf(index), size, palette);
  }
}

/** Draws labels: above everything else, so that they can be read while messages pass. */
export function drawLabels(pen: CanvasRenderingContext2D, view: Viewport, palette: Palette, part: FinePart): void {
  const { places, labelled } = part;
  const { x, y, scale } = view;
  pen.font = `${labelPx}px ${family}`;
  pen.textAlign = "center";
  pen.textBaseline = "top";
  pen.lineJoin = "round";
  pen.lineWidth = 3;
  pen.strokeStyle = palette.ground;
  pen.fillStyle = palette.ink;
  for (const index of labelled) {
    const center = x + scale * places[2 * index]!;
    const top =
      y + scale * places[2 * index + 1]! + part.radiusPx * sizeOf(part.points[index]!, index === part.selected) + 5;
    // Lines behind a label must not be taken for parts of letters.
    pen.strokeText(part.points[index]!.key, center, top);
    pen.fillText(part.points[index]!.key, center, top);
  }
}

/** How a point looks. */
export function markOf({ role, status }: Point): Mark {
  return role === "seed" ? "seed" : status;
}

function sizeOf(point: Point, isSelected: boolean): number {
  return isSelected ? 1.4 : point.role === "seed" ? 1.1 : isEnded(point.status) ? 0.85 : 1;
}

function ringAround(pen: CanvasRenderingContext2D, x: number, y: number, size: number, palette: Palette): void {
  pen.beginPath();
  pen.arc(x, y, size + 5, 0, 2 * Math.PI);
  pen.strokeStyle = palette.ink;
  pen.lineWidth = 1.5;
  pen.stroke();
}

type StyleName = Line["kind"] | "cut";

interface Style {
  readonly name: StyleName;
  readonly color: string;
  readonly width: number;
  readonly dash: number[];
  readonly isFaint: boolean;
}

function styleOf({ kind, isCut }: Line): StyleName {
  return isCut ? "cut" : kind;
}

/** Those that matter most stand at the end, and lie above the others. */
function stylesOf({ line }: Palette): readonly Style[] {
  return [
    { name: "registered", color: line.registered, width: 1.3, dash: [], isFaint: true },
    { name: "lazy", color: line.lazy, width: 1.3, dash: [], isFaint: true },
    { name: "classic", color: line.classic, width: 2.2, dash: [7, 4], isFaint: false },
    { name: "eager", color: line.eager, width: 2.4, dash: [], isFaint: false },
    { name: "cut", color: line.cut, width: 2, dash: [2, 5], isFaint: false },
  ];
}
