/**
 * The shapes of points, drawn with a pen: seeds are squares, and of peers each status has its own, so that nothing depends
 * on colours. The same shapes as small drawings stand in `status-icon.tsx`.
 */
import type { MarkStatus } from "./palette.js";

/** What a point can look like. */
export type Mark = MarkStatus | "seed";

/** What shapes are drawn with: a canvas, or a path for one. */
export type Pen = Pick<Path2D, "moveTo" | "lineTo" | "arc" | "rect" | "closePath">;

/** All of them, in a fixed order. */
export const marks: readonly Mark[] = [
  "joining",
  "alive",
  "suspect",
  "frozen",
  "killed",
  "dead",
  "left",
  "slow",
  "seed",
];

/** Shapes that are lines; the others are filled. */
export const outlined: ReadonlySet<Mark> = new Set<Mark>(["suspect", "killed", "dead", "left"]);

/** Adds a shape to the path, around a place; `size` is about its radius. */
export const shapes: Readonly<Record<Mark, (pen: Pen, x: number, y: number, size: number) => void>> = {
  joining(pen, x, y, size) {
    pen.moveTo(x, y + size);
    pen.lineTo(x - size, y - 0.75 * size);
    pen.lineTo(x + size, y - 0.75 * size);
    pen.closePath();
  },
  alive: ring,
  suspect(pen, x, y, size) {
    ring(pen, x, y, 0.9 * size);
    ring(pen, x, y, 0.25 * size);
  },
  frozen(pen, x, y, size) {
    pen.rect(x - 0.85 * size, y - 0.9 * size, 0.65 * size, 1.8 * size);
    pen.rect(x + 0.2 * size, y - 0.9 * size, 0.65 * size, 1.8 * size);
  },
  killed(pen, x, y, size) {
    ring(pen, x, y, size);
    cross(pen, x, y, 0.45 * size);
  },
  dead: (pen, x, y, size) => cross(pen, x, y, 0.8 * size),
  left: (pen, x, y, size) => ring(pen, x, y, 0.8 * size),
  slow(pen, x, y, size) {
    pen.moveTo(x, y - 1.15 * size);
    pen.lineTo(x + 1.15 * size, y);
    pen.lineTo(x, y + 1.15 * size);
    pen.lineTo(x - 1.15 * size, y);
    pen.closePath();
  },
  seed: (pen, x, y, size) => pen.rect(x - 0.9 * size, y - 0.9 * size, 1.8 * size, 1.8 * size),
};

/** How thick the lines of an outlined shape are. */
export function outlineWidth(mark: Mark, size: number): number {
  return mark === "dead" ? Math.max(1.4, size * 0.45) : Math.max(1.1, size * 0.26);
}

function ring(pen: Pen, x: number, y: number, radius: number): void {
  pen.moveTo(x + radius, y);
  pen.arc(x, y, radius, 0, 2 * Math.PI);
}

function cross(pen: Pen, x: number, y: number, arm: number): void {
  pen.moveTo(x - arm, y - arm);
  pen.lineTo(x + arm, y + arm);
  pen.moveTo(x + arm, y - arm);
  pen.lineTo(x - arm, y + arm);
}
