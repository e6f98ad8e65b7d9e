/** What a peer tells its owner. */
import type { Address } from "./address.js";
import type { PeerState } from "./directory/record.js";
import type { Dialect } from "./effects.js";
import type { PeerId } from "./identity.js";
import type { MessageId } from "./message.js";

/** A neighbor, as it is known now. A snapshot. */
export interface NeighborState {
  /** Undefined for a neighbor that speaks the classic dialect, which has no ids. */
  readonly id: PeerId | undefined;
  readonly address: Address;
  readonly dialect: Dialect;
  /** Since when, in milliseconds since 1970. */
  readonly since: number;
  /** The last round trip in milliseconds; undefined before the first. */
  readonly rttMs: number | undefined;
  /** Whether it reads too slowly at the moment: it is announced to, and not sent to. */
  readonly isCongested: boolean;
}

/** Messages that can't be had any more: told once, in place of them. */
export interface Gap {
  readonly origin: PeerId;
  /** The origin's life: when its process started, in milliseconds since 1970. */
  readonly epoch: number;
  /** The first number that is missing … */
  readonly first: number;
  /** … and the last. */
  readonly last: number;
  /** How many: `last - first + 1`. */
  readonly count: number;
}

/**
 * Why a message was not published. `alone`: there is no other peer. `timeout`: none took it in time. `busy`: too many wait
 * already. `left`: this peer has left. `too-large`: the payload is above the network's limit.
 */
export type PublishFailure = "alone" | "timeout" | "busy" | "left" | "too-large";

/** What a peer tells its owner, beside the messages. */
export type PeerEvent =
  /** A peer has come, or a new life of one that was known. Also told of those that were there first. */
  | { readonly type: "join"; readonly peer: PeerState }
  /** It says something else of itself: other tags, or another address. */
  | { readonly type: "update"; readonly peer: PeerState }
  /** It is accused of being dead, and may still refute. */
  | { readonly type: "suspect"; readonly peer: PeerState }
  /** It was suspect or dead, and is alive. */
  | { readonly type: "alive"; readonly peer: PeerState }
  /** It is dead: several others say so, and it did not refute. Also the end of an earlier life, before its `join`. */
  | { readonly type: "dead"; readonly peer: PeerState }
  /** It has left in good order. */
  | { readonly type: "leave"; readonly peer: PeerState }
  /** A neighbor has acknowledged the message, which was sent to so many (0 only with `allowAlone`). */
  | {
      readonly type: "published";
      readonly token: number;
      readonly id: MessageId;
      readonly address: Address;
      readonly publishedAt: number;
      readonly neighbors: number;
    }
  | { readonly type: "publish-failed"; readonly token: number; readonly code: PublishFailure; readonly message: string }
  /** Part of the network; `alone`: there was nobody to join. Told once. */
  | { readonly type: "joined"; readonly alone: boolean }
  | { readonly type: "link"; readonly neighbor: NeighborState }
  /** `silent`: three probes without an answer. `deaf`: it speaks, and answers nothing. `slow`: it did not read. `misbehaved`: it sent nonsense. `left`: this peer leaves. */
  | {
      readonly type: "unlink";
      readonly neighbor: NeighborState;
      readonly reason: "gone" | "silent" | "deaf" | "slow" | "misbehaved" | "left";
    }
  | ({ readonly type: "gap" } & Gap)
  /** No neighbor, and nobody left to ask but the seeds. */
  | { readonly type: "alone" }
  /** Another network's peer or seed was met. Nothing was exchanged with it. */
  | { readonly type: "mismatched"; readonly address: Address; readonly ours: string; readonly theirs: string }
  | { readonly type: "registered"; readonly seed: Address; readonly contacts: number }
  | { readonly type: "seed-failed"; readonly seed: Address; readonly failure: string; readonly retryInMs: number }
  /** A neighbor has begun, or ceased, to read too slowly. */
  | { readonly type: "slow"; readonly neighbor: NeighborState; readonly isSlow: boolean }
  /** A connection was turned away: its bytes were no message or had no place, or there were too many. Told once for each. */
  | { readonly type: "turned-away"; readonly remote: string; readonly reason: string; readonly message: string };
