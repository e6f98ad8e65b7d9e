/** For whose label there is room. */
import type { Place } from "./place.js";

/** A label takes so much room, and so much for each letter. */
const letterPx = 7.5;
const besidePx = 14;
/** What is taken is known of squares of this size. */
const cellPx = 12;
/** Squares that a label takes in height, with some room to the next. */
const rows = 3;

/** What is labelled, and where it is. */
export interface Labelled {
  readonly count: number;
  /** These come first, and get theirs wherever they are. */
  readonly first: readonly number[];
  readonly lettersOf: (index: number) => number;
  readonly screenPlaceOf: (index: number) => Place;
  readonly width: number;
  readonly height: number;
}

/**
 * Indices of those that get a label. Of several for whom there is room only once it is the first, so that who is labelled
 * does not change from frame to frame.
 */
export function labelsFor({ count, first, lettersOf, screenPlaceOf, width, height }: Labelled): number[] {
  const columns = Math.ceil(width / cellPx) + 1;
  const taken = new Uint8Array(columns * (Math.ceil(height / cellPx) + rows + 1));
  const labelled: number[] = [];
  const label = (index: number, isFirst: boolean) => {
    const { x, y } = screenPlaceOf(index);
    const reach = (lettersOf(index) * letterPx + besidePx) / 2;
    const isOut = x < reach || y < 0 || x > width - reach || y > height - rows * cellPx;
    if (isOut && isFirst) labelled.push(index);
    if (isOut) return;
    const [from, to] = [Math.floor((x - reach) / cellPx), Math.floor((x + reach) / cellPx)];
    const top = Math.floor(y / cellPx);
    if (!isFirst && isTaken(taken, columns, from, to, top)) return;
    for (let row = top; row < top + rows; row++) taken.fill(1, row * columns + from, row * columns + to + 1);
    labelled.push(index);
  };
  for (const index of first) label(index, true);
  for (let index = 0; index < count; index++) if (!first.includes(index)) label(index, false);
  return labelled;
}

function isTaken(taken: Uint8Array, columns: number, from: number, to: number, top: number): boolean {
  for (let row = top; row < top + rows; row++) {
    for (let column = from; column <= to; column++) if (taken[row * columns + column] === 1) return true;
  }
  return false;
}
