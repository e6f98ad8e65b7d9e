/**
 * How many lines a frame may have while everything moves: as many as can be drawn smoothly here. A graphics card draws a
 * hundred thousand; a processor some thousands, and fewer when it has other things to do.
 */
const firstLines = 3_000;
const leastLines = 400;
/** Frames should not come more seldom than this; and sooner than that there is room for more lines. */
const slowMs = 30;
const quickMs = 20;
/** What is further apart is no movement. */
const apartMs = 500;

/** Learns from frame to frame. */
export class LineBudget {
  #lines = firstLines;
  #before: number | undefined;

  /** The lines of the next frame, at most `all`. */
  next(now: number, all: number): number {
    const passedMs = this.#before === undefined ? apartMs : now - this.#before;
    this.#before = now;
    if (passedMs < apartMs && all > leastLines) {
      if (passedMs > slowMs) this.#lines = Math.max(leastLines, this.#lines * 0.8);
      else if (passedMs < quickMs) this.#lines = Math.min(all, this.#lines * 1.1);
    }
    return Math.min(all, Math.round(this.#lines));
  }

  /** Nothing moves any more. */
  rest(): void {
    this.#before = undefined;
  }
}
