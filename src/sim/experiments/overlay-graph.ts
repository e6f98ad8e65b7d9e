/**
 * Who is linked to whom, as a graph, and what papers on overlays measure of it: clustering, shortest paths, degrees, and how
 * many a flood still reaches when some are gone.
 */
import { type Random, sample } from "../../core/random.js";
import type { ExperimentWorld } from "./world.js";

/** For each peer the numbers of those that it has a link to; both sides know of a link. */
export type Graph = readonly (readonly number[])[];

/** The links of all live peers of a world, as both of their sides see them. */
export function graphOf({ peers }: ExperimentWorld): Graph {
  const numbers = new Map(peers.map(({ process }, index) => [process.core.self.contact.id, index]));
  const named = peers.map(({ process }) => {
    const others = process.core.neighbors().map(({ id }) => (id === undefined ? undefined : numbers.get(id)));
    return new Set(others.filter((other) => other !== undefined));
  });
  return named.map((others, index) => [...others].filter((other) => named[other]!.has(index)));
}

/**
 * The average over all peers of how many of the pairs among their neighbors are neighbors of each other; 0 for those that
 * have no pair.
 */
export function clusteringOf(graph: Graph): number {
  const sets = graph.map((others) => new Set(others));
  let sum = 0;
  for (const others of graph) {
    const pairs = (others.length * (others.length - 1)) / 2;
    if (pairs === 0) continue;
    let linked = 0;
    for (const [index, one] of others.entries()) {
      for (const other of others.slice(index + 1)) if (sets[one]!.has(other)) linked++;
    }
    sum += linked / pairs;
  }
  return sum / graph.length;
}

/** How far a flood gets from one peer. */
export interface Flood {
  readonly reached: number;
  /** Hops to all that it reaches, together. */
  readonly hops: number;
  /** The most hops to anybody. */
  readonly lastHop: number;
}

/** A flood from one peer, over shortest paths; `isThere` says who takes part. Default: everybody. */
export function floodFrom(graph: Graph, start: number, isThere?: (peer: number) => boolean): Flood {
  const distances = new Int32Array(graph.length).fill(-1);
  const queue = [start];
  distances[start] = 0;
  let hops = 0;
  let lastHop = 0;
  for (const one of queue) {
    lastHop = distances[one]!;
    hops += lastHop;
    for (const other of graph[one]!) {
      if (distances[other]! >= 0 || isThere?.(other) === false) continue;
      distances[other] = lastHop + 1;
      queue.push(other);
    }
  }
  return { reached: queue.length, hops, lastHop };
}

/** The average over some peers of the shortest paths from them to all others, and the longest of these paths. */
export function pathsOf(graph: Graph, random: Random, samples: number): { average: number; longest: number } {
  const floods = sample(random, [...graph.keys()], samples).map((start) => floodFrom(graph, start));
  const pairs = floods.reduce((sum, { reached }) => sum + reached - 1, 0);
  const hops = floods.reduce((sum, flood) => sum + flood.hops, 0);
  return { average: hops / pairs, longest: Math.max(...floods.map(({ lastHop }) => lastHop)) };
}

/** The share of the survivors that a flood from a random one of them reaches, on average, when a share of all is gone. */
export function reachedWithout(graph: Graph, goneShare: number, random: Random, samples: number): number {
  const gone = new Set(sample(random, [...graph.keys()], Math.round(graph.length * goneShare)));
  const survivors = [...graph.keys()].filter((peer) => !gone.has(peer));
  const starts = sample(random, survivors, samples);
  const reached = starts.map((start) => floodFrom(graph, start, (peer) => !gone.has(peer)).reached);
  return reached.reduce((sum, one) => sum + one, 0) / reached.length / survivors.length;
}

/** A random graph with the same degrees: links cut in two, and the halves joined at random. Loops and doubles are left out. */
export function shuffledGraph(graph: Graph, random: Random): Graph {
  const halves = graph.flatMap((others, peer) => others.map(() => peer));
  const mixed = sample(random, halves, halves.length);
  const others = graph.map(() => new Set<number>());
  for (let i = 0; i + 1 < mixed.length; i += 2) {
    const [one, other] = [mixed[i]!, mixed[i + 1]!];
    if (one === other) continue;
    others[one]!.add(other);
    others[other]!.add(one);
  }
  return others.map((set) => [...set]);
}
