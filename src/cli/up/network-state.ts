/** What is known of a local network and its parts: see local-network.ts. */
import type { Address } from "../../core/address.js";
import type { Dialect } from "../../core/effects.js";
import type { PeerId } from "../../core/identity.js";
import type { Seed } from "../../net/seed.js";
import type { NetworkEvent } from "./events.js";
import type { LocalPeer } from "./local-peer.js";
import type { PeerCounts } from "./tally.js";

/** What the peers of a network speak; `mixed`: every other peer is a classic one. */
export type NetworkDialect = Dialect | "mixed";

/** How to run a network. */
export interface LocalNetworkOptions {
  readonly seeds: number;
  readonly peers: number;
  /** Seeds take this port and those after it, then peers. Any free ports when left out. */
  readonly basePort?: number | undefined;
  /** What the peers speak. They generate nothing by themselves: see {@link LocalNetwork.publish}. */
  readonly dialect: NetworkDialect;
  /** From one liveness test of each neighbor to the next, in milliseconds; the dialect's default when left out. */
  readonly livenessMs?: number | undefined;
  /** Folder for the logs of all; none when left out. */
  readonly logDir?: string | undefined;
  /** Makes the random choices of all repeat (not the timing of sockets). */
  readonly randomSeed?: number | undefined;
  readonly onEvent?: (event: NetworkEvent) => void;
}

/** What became of the latest liveness test of a peer, or by it, whichever its dialect tells; or what others say of its life. */
export type LivenessState =
  | { readonly type: "untested" }
  | { readonly type: "ok"; readonly roundTripMs: number }
  | { readonly type: "silent"; readonly silences: number }
  | { readonly type: "suspect" }
  /** Of a native peer: so many of so many others say it. */
  | { readonly type: "dead"; readonly by?: number; readonly of?: number };

/** One peer, as it is now. */
export interface PeerState extends PeerCounts {
  /** `p1`, `p2`, … in order of starting. */
  readonly name: string;
  /** Undefined for a classic one. */
  readonly id: PeerId | undefined;
  readonly address: Address;
  readonly status: "joining" | "joined" | "frozen" | "killed" | "left";
  readonly dialect: Dialect;
  readonly startedAt: number;
  /** When it was killed or left; undefined while it lives. */
  readonly endedAt: number | undefined;
  /** Names, in order of starting. */
  readonly neighbors: readonly string[];
  readonly generated: number;
  readonly liveness: LivenessState;
}

/** One seed, as it is now. */
export interface SeedState {
  /** `s1`, `s2`, … in order of starting. */
  readonly name: string;
  readonly address: Address;
  /** Peers on its list. */
  readonly registered: number;
}

/** A peer that was started, and what is known of it. */
export interface RunningPeer {
  readonly name: string;
  readonly address: Address;
  readonly peer: LocalPeer;
  readonly isNative: boolean;
  readonly startedAt: number;
  /** It has ended, killed or by leaving. */
  killed: boolean;
  hasLeft: boolean;
  isFrozen: boolean;
  /** Infinity while it lives. */
  killedAt: number;
  /** Whether it was told that all say it is dead. */
  isMourned: boolean;
  generated: number;
  liveness: LivenessState;
}

/** A seed. */
export interface RunningSeed {
  readonly name: string;
  readonly address: Address;
  readonly seed: Seed;
}
