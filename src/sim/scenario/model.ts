/** What a scenario is made of: plain data, which `scenario.ts` makes readable. */
import type { PeerTuning } from "../../core/peer-config.js";
import type { Bandwidth } from "../uplink.js";

export type { Bandwidth } from "../uplink.js";

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
  /** How many bytes a second get through. Default: any number. */
  readonly bandwidth?: Bandwidth;
}

/** What the peers say to each other. */
export interface Workload {
  /** From one message to the next, of all peers together; 0 for none. */
  readonly everyMs: number;
  /** Payload bytes of each. */
  readonly bytes: number;
  /** `random`: each message from another peer. `one`: all from the first. */
  readonly from: "random" | "one";
  /** How many at most. Default: as many as there is time for. */
  readonly messagesMax?: number;
}

/** Which peers: so many drawn at random, a share of all, or these by their numbers (the first one started is 1). */
export type Who = { readonly count: number } | { readonly share: number } | { readonly peers: readonly number[] };

/** How a Byzantine peer misbehaves, beside doing all that it should. Their order is drawn from: it makes runs. */
export const misdeeds = [
  /** Passes nothing on. */
  "silent-relay",
  /** Accuses random others, in its own name and in made-up ones. */
  "false-accuser",
  /** Says what has no place. */
  "garbage",
  /** Publishes a hundred messages a second. */
  "flooder",
] as const;

/** One of {@link misdeeds}. */
export type Misdeed = (typeof misdeeds)[number];

/**
 * Something that is done to the network. What has a `forMs` ends by itself; of several of a kind at a time, the one that began
 * last counts. Peers that are stopped can be killed and cut off, and do nothing that peers do by themselves.
 */
export type Deed =
  /** Processes end at once (SIGKILL). */
  | { readonly do: "crash"; readonly who: Who }
  /** So many of those that have ended, killed or after their goodbye, are started again. */
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
  /**
   * Machines are suspended: their processes stop, and so do their kernels, so that nothing gets to them. After that they go
   * on with all they remember, their history and their directory, and with links that the others may have given up. (A peer
   * keeps no history on disk: this is how one comes back that has one.)
   */
  | { readonly do: "suspend"; readonly who: Who; readonly forMs: number }
  /** Processes are slow: each input takes them so long, and what comes meanwhile waits. */
  | { readonly do: "slow"; readonly who: Who; readonly msPerInput: number; readonly forMs: number }
  /** The clock of processes jumps ahead; it never goes back while they run. */
  | { readonly do: "jump"; readonly who: Who; readonly byMs: number }
  /**
   * These, and all others, hear nothing from each other. Replaces an earlier partition. Without `forMs` until healed; with it,
   * an earlier one that still lasts is back when this ends. Of nobody: the network is whole, but for what is cut.
   */
  | { readonly do: "partition"; readonly who: Who; readonly forMs?: number }
  /** Nothing gets from any of the first to any of the second; the ways back are open. */
  | { readonly do: "cut"; readonly from: Who; readonly to: Who }
  /** Ends the partition and all cuts. */
  | { readonly do: "heal" }
  /**
   * The ways to and from these hold everything back for a while, and then let all of it go, in order; with `to`, only the ways
   * that lead there.
   */
  | { readonly do: "clog"; readonly who: Who; readonly to?: Who; readonly forMs: number }
  /** Transmissions are lost at this rate everywhere, or, beside what is lost everywhere, on their way to these peers. */
  | { readonly do: "loss"; readonly rate: number; readonly to?: Who; readonly forMs: number }
  /** Packets take longer or shorter. */
  | { readonly do: "latency"; readonly latency: LatencyModel; readonly forMs: number }
  /** Fewer bytes a second get through, from these peers or from all. */
  | ({ readonly do: "bandwidth"; readonly who?: Who; readonly forMs: number } & Bandwidth)
  /** Every link of these peers breaks (a TCP reset). */
  | { readonly do: "reset"; readonly who: Who }
  /** These dial again everybody they are linked with, who then sees two links from the same peer. */
  | { readonly do: "redial"; readonly who: Who }
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
