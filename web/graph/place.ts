/** Where something is. */

/** A place: in the graph's own coordinates, or on the screen. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** The room that points take. */
export interface Bounds {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}
