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
import type { PeerTuning } from "../../core/peer-config.js";

/** How long a packet takes, one way, in milliseconds: drawn anew for each. Never below 1. */
export type LatencyModel =
  | { readonly kind: "constant"; readonly ms: number }
  | { readonly kind: "uniform"; readonly minMs: number; readonly maxMs: number }
  | { readonly kind: "normal"; readonly meanMs: number; readonly deviationMs: number }
  /** Many are quick and a few very slow: `sigma` is the deviation of the logarithm; 0.5 is typical of the Internet. */
  | { readonly kind: "log-normal"; readonly medianMs: number; readonly sigma: number }
  /** Peers are spread evenly over regions; one-way medians from row to column, with a log-normal spread of 0.1. */
  | { readonly kind: "regions"; readonly ms: readonly (readonly number[])[] };

/** The ground that packets travel on. */
export interface NetworkModel {
  readonly latency: LatencyModel;
  /** Probability, 0 to 1, that one transmission is lost by chance. TCP repairs it, late. */
  readonly lossRate: number;
}

/** What the peers say to each other. */
export interface Workload {
  /** From one message to the next, of all peers together; 0 for none. */
  readonly everyMs: number;
  /** Payload bytes of each. */
  readonly bytes: number;
  /** `random`: each message from another peer. `one`: all from the first. */
  readonly from: "random" | "one";
}

/** Which peers: so many drawn at random, a share of all, or these by their numbers (the first one started is 1). */
export type Who = { readonly count: number } | { readonly share: number } | { readonly peers: readonly number[] };

/** How a Byzantine peer misbehaves, beside doing all that it should. */
export type Misdeed =
  /** Passes nothing on. */
  | "silent-relay"
  /** Accuses random others, in its own name and in made-up ones. */
  | "false-accuser"
  /** Says what has no place. */
  | "garbage"
  /** Publishes a hundred messages a second. */
  | "flooder";

/** Something that is done to the network. What has a `forMs` ends by itself. */
export type Deed =
  /** Processes end at once (SIGKILL). */
  | { readonly do: "crash"; readonly who: Who }
  /** So many of the crashed are started again. */
  | {
      readonly do: "restart";
      readonly count: number;
      readonly identity: "same" | "new";
      readonly address: "same" | "new";
      /** By how much the machine's clock has been set back meanwhile. */
      readonly clockBackMs: number;
    }
  /** Processes stop without ending (SIGSTOP). */
  | { readonly do: "freeze"; readonly who: Who; readonly forMs: number }
  /** The clock of processes jumps ahead; it never goes back while they run. */
  | { readonly do: "jump"; readonly who: Who; readonly byMs: number }
  /** These, and all others, hear nothing from each other. Replaces an earlier partition. */
  | { readonly do: "partition"; readonly who: Who }
  /** Nothing gets from the first to the second; the way back is open. */
  | { readonly do: "cut"; readonly from: Who; readonly to: Who }
  /** Ends the partition and all cuts. */
  | { readonly do: "heal" }
  /** Transmissions are lost at this rate, everywhere or on their way to these peers. */
  | { readonly do: "loss"; readonly rate: number; readonly to?: Who; readonly forMs: number }
  /** Packets take longer or shorter. */
  | { readonly do: "latency"; readonly latency: LatencyModel; readonly forMs: number }
  /** Every link of these peers breaks (a TCP reset). */
  | { readonly do: "reset"; readonly who: Who }
  /** So many more peers start. */
  | { readonly do: "join"; readonly count: number }
  /** Peers say goodbye and end. */
  | { readonly do: "leave"; readonly who: Who }
  /** Peers publish, at once. */
  | { readonly do: "publish"; readonly who: Who; readonly messages: number; readonly bytes: number }
  /** Peers change what they say of themselves. */
  | { readonly do: "tag"; readonly who: Who }
  /** Peers turn bad, until the end. Nothing is promised to them, and nothing of what they do may harm the others. */
  | { readonly do: "corrupt"; readonly who: Who; readonly misdeed: Misdeed };

/** A deed at its time. */
export type Step = Deed & { readonly atMs: number };

/** All of it. */
export interface Scenario {
  readonly name: string;
  /** The number that everything by chance follows from. */
  readonly randomSeed: number;
  readonly peers: number;
  /** Seeds, through which peers find each other; 0: each peer joins through another. */
  readonly seeds: number;
  /** From the start of one peer to the next; 0: all in the same moment. */
  readonly joinEveryMs: number;
  /** When everything that is wrong ends. */
  readonly forMs: number;
  /** How long it is calm after that, before the promises about the end are looked at. */
  readonly calmMs: number;
  readonly network: NetworkModel;
  readonly workload: Workload;
  /** Tunables of the peers. */
  readonly config: PeerTuning;
  readonly steps: readonly Step[];
}

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

/** A scenario, of which only what matters need be said. */
export function scenario(parts: Partial<Scenario>): Scenario {
  const steps = [...(parts.steps ?? [])].sort((a, b) => a.atMs - b.atMs);
  return { ...scenarioDefaults, ...parts, steps };
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

/** Some of the crashed start again: by default as the same peer at the same address. */
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

/** These and the others are cut off from each other. */
export function partition(who: Who): Deed {
  return { do: "partition", who };
}

/** A one-way cut. */
export function cut(from: Who, to: Who): Deed {
  return { do: "cut", from, to };
}

/** All ways are open again. */
export function heal(): Deed {
  return { do: "heal" };
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
