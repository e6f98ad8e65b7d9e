/** A peer of a local network, whatever its dialect. */
import type { Address } from "../../core/address.js";
import type { PeerState } from "../../core/directory/record.js";
import type { StartedPeer } from "../../net/create-peer.js";
import type { Wires } from "../../net/wires.js";

/** How a directory tells that a peer is in another state. */
export type StatusChange = "join" | "suspect" | "alive" | "dead" | "leave";

/** What happens at a peer that somebody who watches the network wants to know. */
export type LocalPeerEvent =
  /** The peer is part of the network. */
  | { readonly type: "joined" }
  | { readonly type: "linked"; readonly neighbor: Address }
  | { readonly type: "unlinked"; readonly neighbor: Address; readonly reason: string }
  /** A message was given to the peer, or is its own. `id` is the same wherever it is heard. */
  | {
      readonly type: "heard";
      readonly id: string;
      readonly origin: Address;
      readonly topic: string;
      readonly body: string;
      readonly own: boolean;
      readonly at: number;
      /** Hops from the origin, and the neighbor that brought it; undefined where it cannot be told. */
      readonly round: number | undefined;
      readonly from: Address | undefined;
    }
  /** Its directory says something else of a peer than before. Native peers only. */
  | { readonly type: "status"; readonly change: StatusChange; readonly peer: PeerState }
  /** It has tested a neighbor. Classic peers only, as all that follow. */
  | { readonly type: "alive"; readonly neighbor: Address; readonly roundTripMs: number }
  | { readonly type: "silent"; readonly neighbor: Address; readonly silences: number }
  /** It takes a neighbor for dead, and tells the seeds. */
  | { readonly type: "dead"; readonly neighbor: Address };

/** How to run a peer on loopback. */
export interface LocalPeerOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly seeds: readonly Address[];
  /** From one liveness test of each neighbor to the next, in milliseconds; the dialect's default when undefined. */
  readonly livenessMs: number | undefined;
  /** Folder for the log; none when undefined. */
  readonly logDir: string | undefined;
  readonly randomSeed: number | undefined;
  readonly onEvent: (event: LocalPeerEvent) => void;
  /** Paths to the others. */
  readonly wires: Wires;
  readonly onWarning: (line: string) => void;
}

/** A running peer. */
export interface LocalPeer {
  readonly address: Address;
  /** Whether it is part of the network. */
  readonly isJoined: boolean;
  /** The longest of the last round trips to its neighbors; undefined before the first, and where events tell it. */
  readonly roundTripMs: number | undefined;
  /** The peer itself, of Hearsay's own protocol; undefined for a classic one. */
  readonly native: StartedPeer | undefined;
  neighbors(): readonly Address[];
  /** Tells everyone; `count` is the how-manieth message of this peer it is. */
  publish(count: number): void;
  /** Of a classic one: tells everyone a text. Gives the whole message. Throws as `ClassicPeer.say` does. */
  readonly say: ((text: string) => string) | undefined;
  /** Stops as SIGSTOP would stop it. */
  freeze(): void;
  /** Goes on, late. */
  thaw(): void;
  /** Ends as SIGKILL would end it: nobody is told. */
  crash(): void;
  /** Ends in good order. */
  close(): Promise<void>;
}

/** The interface that all of a local network listen on. */
export const loopback = "127.0.0.1";
