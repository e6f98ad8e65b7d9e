/**
 * The vocabulary of Hearsay's own protocol: every message that travels on its links, as one discriminated union.
 *
 * A link carries nothing but a {@link Hello} in each direction until both sides have said who they are. After that it
 * belongs to the overlay (join, forward-join, neighbor, …), and once two peers are neighbors, to the broadcast.
 */
import type { Contact, PeerId } from "./identity.js";

/** The first message on a link, from either side. */
export interface Hello {
  readonly type: "hello";
  /** The protocol's version; both sides speak the lower of the two. */
  readonly version: number;
  /** The network's name: two networks never merge by accident. */
  readonly network: string;
  /** What the sender can do beyond the version, as bits; unknown ones are ignored. */
  readonly capabilities: number;
  readonly self: Contact;
  /** When this process started, in milliseconds since 1970: tells two lives of one peer apart. */
  readonly epoch: number;
}

/** "I am new here": asks for a link, and to be passed on to others (HyParView, Leitão et al. 2007). */
export interface Join {
  readonly type: "join";
}

/** A newcomer, passed along a random walk of `ttl` more steps. */
export interface ForwardJoin {
  readonly type: "forward-join";
  readonly newcomer: Contact;
  readonly ttl: number;
}

/** Asks the other side of a link to become a neighbor. */
export interface NeighborRequest {
  readonly type: "neighbor-request";
  /** `high`: the asker has no other neighbor, or far too few and has been refused; it may not be refused. */
  readonly priority: "high" | "low";
}

/** The answer to a join or a neighbor request. */
export interface NeighborReply {
  readonly type: "neighbor-reply";
  readonly accepted: boolean;
}

/** The sender has no room for this neighbor any more; keep it in mind. */
export interface Disconnect {
  readonly type: "disconnect";
}

/** Peers that the origin knows, on a random walk of `ttl` more steps, to be exchanged for others. */
export interface Shuffle {
  readonly type: "shuffle";
  readonly origin: Contact;
  readonly ttl: number;
  readonly contacts: readonly Contact[];
}

/** What the end of a shuffle's walk knows, sent to its origin on a link of its own. */
export interface ShuffleReply {
  readonly type: "shuffle-reply";
  readonly contacts: readonly Contact[];
}

/** The name of a published message: its origin, the origin's life, and a number counted from 1. */
export interface MessageId {
  readonly origin: PeerId;
  readonly epoch: number;
  readonly seq: number;
}

/** A published message. Encoded once, at its origin, and relayed as the same bytes. */
export interface Envelope extends MessageId {
  /** Milliseconds since 1970, by the origin's clock. */
  readonly publishedAt: number;
  readonly topic: string;
  readonly payload: Uint8Array;
  /**
   * The envelope as it arrived, which is how it is passed on: fields of a newer version survive, and no relay encodes.
   * `payload` is a part of it. Only the wire sets it and reads it; undefined at the origin and in the simulator.
   */
  readonly bytes?: Uint8Array;
}

/** Eager push. */
export interface NativeGossip {
  readonly type: "gossip";
  /** The tree it travels on, by the peer that the tree grew from. */
  readonly tree: PeerId;
  /** Hops so far: 1 on the first link. */
  readonly round: number;
  readonly envelope: Envelope;
}

/** One line of a lazy push. */
export interface Announcement extends MessageId {
  readonly tree: PeerId;
  /** The announcer's own round; a graft through it arrives one later. */
  readonly round: number;
}

/** Lazy push: "I have these". */
export interface IHave {
  readonly type: "ihave";
  readonly entries: readonly Announcement[];
}

/** "Send me this, and from now on whatever comes on this tree." */
export interface Graft {
  readonly type: "graft";
  /** Undefined: every tree. */
  readonly tree: PeerId | undefined;
  readonly wanted: MessageId | undefined;
}

/** "I get what comes on this tree from somebody else: announce only." */
export interface Prune {
  readonly type: "prune";
  readonly tree: PeerId;
}

/** Every message of Hearsay's own protocol. */
export type Message =
  | Hello
  | Join
  | ForwardJoin
  | NeighborRequest
  | NeighborReply
  | Disconnect
  | Shuffle
  | ShuffleReply
  | NativeGossip
  | IHave
  | Graft
  | Prune;
