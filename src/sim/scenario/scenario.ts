/**
 * What is to happen in a simulated network: how many peers, what the network is like, what befalls them, and when.
 *
 * A scenario is plain data, so it can be written in TypeScript, read from a JSON file, drawn at random (`swarm.ts`) and made
 * smaller (`shrink.ts`). The functions here only make it read well:
 *
 * ```ts
 * const split = scenario({
 *   peers: 20,
 *   forMs: 60_000,
 *   steps: [at(10_000, partition(share(0.5))), at(40_000, heal()), at(45_000, crash(count(3)))],
 * });
 * const report = runScenario(split);
 * ```
 *
 * All times are virtual milliseconds from the start of the run. The same scenario, with its random seed, makes the same run.
 */
import { checkScenario } from "./checks.js";
import type { Bandwidth, Deed, LatencyModel, Misdeed, NetworkModel, Scenario, Step, Who, Workload } from "./model.js";

export type * from "./model.js";

/** What a scenario has where nothing else is said. */
export const scenarioDefaults: Scenario = {
  name: "scenario",
  randomSeed: 1,
  peers: 10,
  seeds: 3,
  joinEveryMs: 50,
  forMs: 60_000,
  calmMs: 20_000,
  network: { latency: { kind: "uniform", minMs: 10, maxMs: 50 }, lossRate: 0 },
  workload: { everyMs: 1_000, bytes: 64, from: "random" },
  config: {},
  steps: [],
};

/** What may be left out has its default, also within the network and the workload. */
export type ScenarioParts = Partial<Omit<Scenario, "network" | "workload">> & {
  readonly network?: Partial<NetworkModel>;
  readonly workload?: Partial<Workload>;
};

/**
 * A scenario, of which only what matters need be said. Its steps are put in the order of their times.
 *
 * @throws RangeError that names the place, for a number out of its range or a step after the end
 */
export function scenario(parts: ScenarioParts): Scenario {
  const steps = [...(parts.steps ?? [])];
  const network = { ...scenarioDefaults.network, ...parts.network };
  const workload = { ...scenarioDefaults.workload, ...parts.workload };
  const whole = { ...scenarioDefaults, ...parts, network, workload, steps };
  // In the order that they were given in: the place that an error names is the reader's.
  checkScenario(whole);
  steps.sort((a, b) => a.atMs - b.atMs);
  return whole;
}

/** A deed at its time. */
export function at(atMs: number, deed: Deed): Step {
  return { ...deed, atMs };
}

/** So many, drawn at random. */
export function count(number: number): Who {
  return { count: number };
}

/** A share of those that are there, 0 to 1, drawn at random. */
export function share(part: number): Who {
  return { share: part };
}

/** These, by their numbers. */
export function these(...peers: readonly number[]): Who {
  return { peers };
}

/** See {@link Deed}; so are all below. */
export function crash(who: Who): Deed {
  return { do: "crash", who };
}

/** Some of those that have ended start again: by default as the same peer at the same address. */
export function restart(
  number: number,
  how: Partial<Omit<Extract<Deed, { do: "restart" }>, "do" | "count">> = {},
): Deed {
  return { do: "restart", count: number, identity: "same", address: "same", clockBackMs: 0, ...how };
}

/** Processes stop for a while. */
export function freeze(who: Who, forMs: number): Deed {
  return { do: "freeze", who, forMs };
}

/** Machines stop, kernel and all, and go on later with all they remember. */
export function suspend(who: Who, forMs: number): Deed {
  return { do: "suspend", who, forMs };
}

/** Each input takes a process so long, for a while. */
export function slow(who: Who, msPerInput: number, forMs: number): Deed {
  return { do: "slow", who, msPerInput, forMs };
}

/** The clock of processes jumps ahead. */
export function jump(who: Who, byMs: number): Deed {
  return { do: "jump", who, byMs };
}

/** These and the others are cut off from each other: for a while, or until healed. */
export function partition(who: Who, forMs?: number): Deed {
  return forMs === undefined ? { do: "partition", who } : { do: "partition", who, forMs };
}

/** A one-way cut. */
export function cut(from: Who, to: Who): Deed {
  return { do: "cut", from, to };
}

/** All ways are open again. */
export function heal(): Deed {
  return { do: "heal" };
}

/** Ways hold everything back for a while, then let it go: all ways to and from these peers, or those from them to others. */
export function clog(who: Who, forMs: number, to?: Who): Deed {
  return to === undefined ? { do: "clog", who, forMs } : { do: "clog", who, to, forMs };
}

/** Less gets through for a while: from these peers, or from all. */
export function bandwidth(limits: Bandwidth, forMs: number, who?: Who): Deed {
  return who === undefined ? { do: "bandwidth", forMs, ...limits } : { do: "bandwidth", who, forMs, ...limits };
}

/** Other latencies for a while. */
export function latency(model: LatencyModel, forMs: number): Deed {
  return { do: "latency", latency: model, forMs };
}

/** All links of these peers break. */
export function reset(who: Who): Deed {
  return { do: "reset", who };
}

/** Peers dial again those they are linked with. */
export function redial(who: Who): Deed {
  return { do: "redial", who };
}

/** Peers publish so many messages at once, of so many bytes each. */
export function publish(who: Who, messages: number, bytes: number): Deed {
  return { do: "publish", who, messages, bytes };
}

/** Peers change their tags. */
export function tag(who: Who): Deed {
  return { do: "tag", who };
}

/** Loss for a while. */
export function loss(rate: number, forMs: number, to?: Who): Deed {
  return to === undefined ? { do: "loss", rate, forMs } : { do: "loss", rate, forMs, to };
}

/** Newcomers. */
export function join(number: number): Deed {
  return { do: "join", count: number };
}

/** Goodbyes. */
export function leave(who: Who): Deed {
  return { do: "leave", who };
}

/** Peers turn bad. */
export function corrupt(who: Who, misdeed: Misdeed): Deed {
  return { do: "corrupt", who, misdeed };
}
