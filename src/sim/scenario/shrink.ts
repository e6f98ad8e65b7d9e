/**
 * Makes a scenario that breaks a promise smaller, as long as it still does (delta debugging: Zeller, Hildebrandt,
 * *Simplifying and isolating failure-inducing input*, 2002).
 */
import type { Scenario } from "./scenario.js";

/** How far to go. */
export interface ShrinkOptions {
  /** Runs at most. */
  readonly runsMax: number;
  /** Hears of each smaller scenario that still fails, and how many runs it took so far. */
  readonly progress?: (smaller: Scenario, runs: number) => void;
}

/** The shortest time from the last step to the end of faults. */
const tailMs = 1_000;

/**
 * The smallest scenario that was found.
 *
 * @param fails - runs a scenario, and tells whether it still breaks the promise
 */
export async function shrinkScenario(
  first: Scenario,
  fails: (scenario: Scenario) => boolean | Promise<boolean>,
  { runsMax, progress }: ShrinkOptions,
): Promise<Scenario> {
  let smallest = first;
  let runs = 0;
  const attempt = async (smaller: Scenario | undefined): Promise<boolean> => {
    if (smaller === undefined || runs >= runsMax) return false;
    runs++;
    if (!(await fails(smaller))) return false;
    smallest = smaller;
    progress?.(smaller, runs);
    return true;
  };
  for (let isSmaller = true; isSmaller && runs < runsMax; ) {
    isSmaller = false;
    // As often as each of them helps: always of the smallest so far.
    for (const simpler of simplifications) while (await attempt(simpler(smallest))) isSmaller = true;
    for (let size = Math.ceil(smallest.steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let from = 0; from < smallest.steps.length; ) {
        const steps = smallest.steps.filter((_, index) => index < from || index >= from + size);
        if (await attempt({ ...smallest, steps })) isSmaller = true;
        else from += size;
      }
    }
  }
  return smallest;
}

/** One thing simpler each; undefined where it is as simple already. */
const simplifications: readonly ((scenario: Scenario) => Scenario | undefined)[] = [
  (one) => (one.peers > 2 ? { ...one, peers: 2 } : undefined),
  (one) => (one.peers > 3 ? { ...one, peers: Math.ceil(one.peers / 2) } : undefined),
  (one) => (one.peers > 2 ? { ...one, peers: one.peers - 1 } : undefined),
  (one) => (one.seeds > 1 ? { ...one, seeds: 1 } : undefined),
  (one) => (one.workload.everyMs > 0 ? { ...one, workload: { ...one.workload, everyMs: 0 } } : undefined),
  (one) => (one.workload.bytes > 0 ? { ...one, workload: { ...one.workload, bytes: 0 } } : undefined),
  (one) => (one.network.lossRate > 0 ? { ...one, network: { ...one.network, lossRate: 0 } } : undefined),
  (one) => {
    if (one.network.latency.kind === "constant") return undefined;
    return { ...one, network: { ...one.network, latency: { kind: "constant", ms: 20 } } };
  },
  (one) => (Object.keys(one.config).length > 0 ? { ...one, config: {} } : undefined),
  (one) => (one.joinEveryMs !== 50 ? { ...one, joinEveryMs: 50 } : undefined),
  (one) => {
    const lastMs = (one.steps.at(-1)?.atMs ?? 0) + tailMs;
    return lastMs < one.forMs ? { ...one, forMs: lastMs } : undefined;
  },
];
