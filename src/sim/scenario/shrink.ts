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
export function shrinkScenario(
  first: Scenario,
  fails: (scenario: Scenario) => boolean,
  { runsMax, progress }: ShrinkOptions,
): Scenario {
  let smallest = first;
  let runs = 0;
  const attempt = (smaller: Scenario): boolean => {
    if (runs >= runsMax) return false;
    runs++;
    if (!fails(smaller)) return false;
    smallest = smaller;
    progress?.(smaller, runs);
    return true;
  };
  for (let isSmaller = true; isSmaller && runs < runsMax; ) {
    isSmaller = false;
    for (const simpler of simplerOnes(smallest)) if (attempt(simpler)) isSmaller = true;
    for (let size = Math.ceil(smallest.steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let from = 0; from < smallest.steps.length; ) {
        const steps = smallest.steps.filter((_, index) => index < from || index >= from + size);
        if (attempt({ ...smallest, steps })) isSmaller = true;
        else from += size;
      }
    }
  }
  return smallest;
}

/** One thing simpler each. */
function* simplerOnes(scenario: Scenario): Generator<Scenario> {
  const { peers, seeds, workload, network, forMs, steps, config, joinEveryMs } = scenario;
  for (const fewer of [2, Math.ceil(peers / 2), peers - 1]) {
    if (fewer >= 2 && fewer < peers) yield { ...scenario, peers: fewer };
  }
  if (seeds > 1) yield { ...scenario, seeds: 1 };
  if (workload.everyMs > 0) yield { ...scenario, workload: { ...workload, everyMs: 0 } };
  if (workload.bytes > 0) yield { ...scenario, workload: { ...workload, bytes: 0 } };
  if (network.lossRate > 0) yield { ...scenario, network: { ...network, lossRate: 0 } };
  if (network.latency.kind !== "constant") {
    yield { ...scenario, network: { ...network, latency: { kind: "constant", ms: 20 } } };
  }
  if (Object.keys(config).length > 0) yield { ...scenario, config: {} };
  if (joinEveryMs !== 50) yield { ...scenario, joinEveryMs: 50 };
  const lastMs = (steps.at(-1)?.atMs ?? 0) + tailMs;
  if (lastMs < forMs) yield { ...scenario, forMs: lastMs };
}
