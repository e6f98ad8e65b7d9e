/**
 * Finds places for points, away from the page's own thread: ForceAtlas2 (https://doi.org/10.1371/journal.pone.0098679) by
 * graphology's maintainers. Their own worker is made from a text, which a strict Content-Security-Policy forbids; their
 * step is the same here.
 */
import iterate from "graphology-layout-forceatlas2/iterate.js";

/** What is to be laid out: a place in `places` for each point (x, y), two indices of points in `ends` for each line. */
export interface LayoutTask {
  readonly number: number;
  readonly places: Float32Array<ArrayBuffer>;
  readonly ends: Uint32Array<ArrayBuffer>;
  readonly weights: Float32Array<ArrayBuffer>;
}

/** Where the points are now. */
export interface LayoutStep {
  readonly number: number;
  readonly places: Float32Array<ArrayBuffer>;
  readonly isLast: boolean;
}

/** The step's own form: so many numbers for a point, and for a line. */
const perPoint = 10;
const perLine = 3;
const massAt = 6;
const convergenceAt = 7;
const sizeAt = 8;

/** The page is told where they are this often. */
const tellMs = 80;
/** Steps until nothing much moves any more; large networks are not laid out for minutes. */
const stepsMax = 600;
const workMaxMs = 20_000;

const page = self as unknown as {
  postMessage(step: LayoutStep, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<LayoutTask>) => void) | null;
};
let latest = 0;

page.onmessage = (event) => {
  const task = event.data;
  latest = task.number;
  void run(task);
};

async function run(task: LayoutTask): Promise<void> {
  const points = matrixOf(task);
  const lines = linesOf(task, points);
  const count = task.places.length / 2;
  const settings = {
    linLogMode: false,
    outboundAttractionDistribution: false,
    adjustSizes: false,
    edgeWeightInfluence: 1,
    scalingRatio: 12,
    strongGravityMode: true,
    gravity: 0.06,
    slowDown: 1 + Math.log(Math.max(1, count)),
    barnesHutOptimize: count > 300,
    barnesHutTheta: 0.7,
  };
  const startedAt = performance.now();
  let toldAt = startedAt;
  for (let step = 1; ; step++) {
    iterate(settings, points, lines);
    const now = performance.now();
    const isLast = step >= stepsMax || now - startedAt > workMaxMs;
    if (now - toldAt >= tellMs || isLast) {
      toldAt = now;
      const places = placesOf(points);
      page.postMessage({ number: task.number, places, isLast }, [places.buffer]);
      // A newer task may have come meanwhile: it is seen only when this thread is let go.
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (isLast || task.number !== latest) return;
    }
  }
}

function matrixOf({ places }: LayoutTask): Float32Array {
  const matrix = new Float32Array((places.length / 2) * perPoint);
  for (let i = 0; i < places.length / 2; i++) {
    matrix[i * perPoint] = places[2 * i]!;
    matrix[i * perPoint + 1] = places[2 * i + 1]!;
    matrix[i * perPoint + massAt] = 1;
    matrix[i * perPoint + convergenceAt] = 1;
    matrix[i * perPoint + sizeAt] = 1;
  }
  return matrix;
}

function linesOf({ ends, weights }: LayoutTask, points: Float32Array): Float32Array {
  const matrix = new Float32Array((ends.length / 2) * perLine);
  for (let i = 0; i < ends.length / 2; i++) {
    const [a, b, weight] = [ends[2 * i]! * perPoint, ends[2 * i + 1]! * perPoint, weights[i]!];
    matrix.set([a, b, weight], i * perLine);
    points[a + massAt]! += weight;
    points[b + massAt]! += weight;
  }
  return matrix;
}

function placesOf(points: Float32Array): Float32Array<ArrayBuffer> {
  const places = new Float32Array((points.length / perPoint) * 2);
  for (let i = 0; i < places.length / 2; i++) {
    places[2 * i] = points[i * perPoint]!;
    places[2 * i + 1] = points[i * perPoint + 1]!;
  }
  return places;
}
