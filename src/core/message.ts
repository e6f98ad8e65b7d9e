/**
 * The vocabulary of Hearsay's own protocol: every message that travels on its links, as one discriminated union.
 *
 * A link carries nothing but a {@link Hello} in each direction until both sides have said who they are. After that it
 * belongs to the overlay (join, forward-join, neighbor, …), and once two peers are neighbors, to the broadcast and the
 * reconciliation. A link to a seed carries registrations.
 */
import type { Address } from "./address.js";
import type { DirectoryMessage, DirectoryPage, DirectoryRequest } from "./directory/messages.js";
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
  /** Where the origin could be reached then: for people who read, and for the classic form of a message. */
  readonly address: Address;
  readonly topic: string;
  readonly payload: Uint8Array;
  /**
   * The envelope as it arrived, which is how it is passed on: fields of a newer version survive, and no relay encodes.
   * `payload` is a part of it. Only the wire sets it and reads it; undefined at the origin and in the simulator.
   */
  readonly bytes?: Uint8Array | undefined;
  /** At the origin: the frame in which it first left. Only the wire sets it and reads it. */
  readonly frame?: object | undefined;
  /** The payload's length, where it costs less to know than to look at the payload; see {@link payloadBytesOf}. */
  readonly payloadBytes?: number;
  /** Where the message itself can be had again, for those who keep many; undefined at the origin and in the simulator. */
  readonly source?: EnvelopeSource | undefined;
  /** Its place there. */
  readonly place?: number | undefined;
  /**
   * To be called by whoever keeps the envelope beyond the input that brought it, once for each keeping: what comes off the
   * wire shares its memory with what came beside it, and moves out where that would be held in vain.
   */
  hold?(): void;
  /** Ends one keeping. */
  release?(): void;
}

/**
 * Something that messages lie in, each at a place of its own: with it they can be kept without an object for each. A place
 * is kept once, by the input that brought the message, or it is lost.
 */
export interface EnvelopeSource {
  /** An envelope of the message that is kept at this place. */
  envelopeAt(place: number): Envelope;
  /** The message is kept until it is dropped. */
  keep(place: number): void;
  drop(place: number): void;
}

/** How many bytes a message's payload has. */
export function payloadBytesOf(envelope: Envelope): number {
  return envelope.payloadBytes ?? envelope.payload.length;
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

/** One line of a lazy push: `count` messages of one life, numbered from `seq` on. */
export interface Announcement extends MessageId {
  /** From 1 on. */
  readonly count: number;
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

/** "Are you there?" Also: "have you taken all that I sent before this?", for links keep their order. */
export interface Probe {
  readonly type: "probe";
  /** Chosen by the asker. */
  readonly nonce: number;
}

/** The answer to a probe. */
export interface Ack {
  readonly type: "ack";
  readonly nonce: number;
}

/**
 * Numbers of a sequence, as ranges: first and last of each, ascending, with at least one number left out between two
 * ranges. `[1, 17, 19, 23]` is 1–17 and 19–23.
 */
export type Bounds = readonly number[];

/** 64 bits that stand for everything one peer remembers of the origins whose id begins with a prefix. */
export interface DigestPart {
  /** 0 to 8 hex digits. */
  readonly prefix: string;
  /** The lower 32 bits. */
  readonly lower: number;
  /** The upper 32 bits. */
  readonly upper: number;
}

/** Reconciliation: "this is what I have; what of it is not the same with you?" Without parts: "all is the same". */
export interface Digest {
  readonly type: "digest";
  readonly parts: readonly DigestPart[];
}

/** What one peer has of one life of an origin. */
export interface LifeMarks {
  readonly origin: PeerId;
  readonly epoch: number;
  /** Seen, kept or not, or given up for lost. */
  readonly seen: Bounds;
  /** Kept whole: these can be had. */
  readonly kept: Bounds;
}

/** All lives that the sender keeps messages of, among the origins whose id begins with a prefix. */
export interface MarksPart {
  readonly prefix: string;
  readonly lives: readonly LifeMarks[];
}

/** Reconciliation: where digests differ, what the sender has. */
export interface Marks {
  readonly type: "marks";
  /** Whether the sender has not seen the receiver's marks of these parts yet, and wants to. */
  readonly isQuestion: boolean;
  readonly parts: readonly MarksPart[];
}

/** "Send me these": answered by a repair for each that is still kept. Changes no tree. */
export interface Want {
  readonly type: "want";
  readonly origin: PeerId;
  readonly epoch: number;
  readonly seqs: Bounds;
}

/** A message that was asked for. */
export interface Repair {
  readonly type: "repair";
  /** How long ago it first came to the network, as far as the sender knows: it is kept no longer for having come late. */
  readonly ageMs: number;
  /** Hops so far, this one included. */
  readonly round: number;
  readonly envelope: Envelope;
}

/** Peer → seed: "I am here, under the address of my hello". Again before the lease ends; the seed forgets it then. */
export interface Register {
  readonly type: "register";
}

/** Seed → peer, the answer to `register`: a sample of who else is there. */
export interface Registered {
  readonly type: "registered";
  /** How long the seed keeps this registration, in milliseconds. */
  readonly leaseMs: number;
  /** Where the seed sees this connection come from: an IP. */
  readonly observedIp: string;
  /** Peers that speak this protocol, without the asker. */
  readonly contacts: readonly Contact[];
  /** Peers of the classic dialect. */
  readonly classic: readonly Address[];
}

/** Peer → seed: "I am leaving". */
export interface Unregister {
  readonly type: "unregister";
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
  | Prune
  | Probe
  | Ack
  | Digest
  | Marks
  | Want
  | Repair
  | Register
  | Registered
  | Unregister
  | DirectoryMessage
  | DirectoryRequest
  | DirectoryPage;
