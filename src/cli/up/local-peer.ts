/** A peer of a local network, whatever its dialect. */
import type { Address } from "../../core/address.js";
import type { PeerStatus } from "../../core/directory/record.js";

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
      readonly body: string;
      readonly own: boolean;
    }
  /** Its directory says something else of a peer than before. Native peers only. */
  | { readonly type: "status"; readonly peer: Address; readonly status: PeerStatus }
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
  readonly onWarning: (line: string) => void;
}

/** A running peer. */
export interface LocalPeer {
  readonly address: Address;
  /** Whether it is part of the network. */
  readonly isJoined: boolean;
  /** The longest of the last round trips to its neighbors; undefined before the first, and where events tell it. */
  readonly roundTripMs: number | undefined;
  neighbors(): readonly Address[];
  /** Tells everyone; `count` is the how-manieth message of this peer it is. */
  publish(count: number): void;
  /** Ends as SIGKILL would end it: nobody is told. */
  crash(): void;
  /** Ends in good order. */
  close(): Promise<void>;
}

/** The interface that all of a local network listen on. */
export const loopback = "127.0.0.1";
