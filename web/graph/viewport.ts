/** From the graph's coordinates to the screen's: all of it fits in, and from there people come nearer and move about. */
import { select } from "d3-selection";
import { type ZoomTransform, zoom, zoomIdentity } from "d3-zoom";
import type { Bounds, Place } from "./place.js";

const nearest = 40;
const farthest = 0.2;

/** What is seen of a graph in an element. */
export class Viewport {
  readonly #element: HTMLElement;
  readonly #zoom = zoom<HTMLElement, unknown>().scaleExtent([farthest, nearest]).clickDistance(4);
  #transform: ZoomTransform = zoomIdentity;
  #fitScale = 1;
  #fitX = 0;
  #fitY = 0;

  /** @param onMove - called when somebody has moved the view, or come nearer */
  constructor(element: HTMLElement, onMove: () => void) {
    this.#element = element;
    this.#zoom.on("zoom", ({ transform }: { readonly transform: ZoomTransform }) => {
      this.#transform = transform;
      onMove();
    });
    select(element).call(this.#zoom);
  }

  /** CSS pixels for one unit of the graph. */
  get scale(): number {
    return this.#transform.k * this.#fitScale;
  }

  /** Where the graph's origin is, in CSS pixels. */
  get x(): number {
    return this.#transform.k * this.#fitX + this.#transform.x;
  }

  /** As {@link x}, downwards. */
  get y(): number {
    return this.#transform.k * this.#fitY + this.#transform.y;
  }

  /** How much nearer than when all is seen. */
  get nearness(): number {
    return this.#transform.k;
  }

  /** Where a place of the graph is in the element, in CSS pixels. */
  toScreen({ x, y }: Place): Place {
    return { x: this.x + x * this.scale, y: this.y + y * this.scale };
  }

  /** Has just this fit into the element, with so many pixels at each edge. What people moved stays moved. */
  fit({ left, right, top, bottom }: Bounds, width: number, height: number, paddingPx: number): void {
    const across = Math.max(1, width - 2 * paddingPx) / Math.max(1, right - left);
    const down = Math.max(1, height - 2 * paddingPx) / Math.max(1, bottom - top);
    this.#fitScale = Math.min(across, down);
    this.#fitX = width / 2 - (this.#fitScale * (left + right)) / 2;
    this.#fitY = height / 2 - (this.#fitScale * (top + bottom)) / 2;
  }

  /** Comes so many times nearer, or goes away (below 1). */
  approach(factor: number): void {
    this.#zoom.scaleBy(select(this.#element), factor);
  }

  /** Shows all of it. */
  showAll(): void {
    this.#zoom.transform(select(this.#element), zoomIdentity);
  }

  /** Lets the element go. */
  close(): void {
    select(this.#element).on(".zoom", null);
  }
}
