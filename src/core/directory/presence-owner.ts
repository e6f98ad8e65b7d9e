/** What the directory of a peer needs of it, and whom it tells. */
import type { Contact } from "../identity.js";
import type { ObserverOwner } from "./observer.js";
import type { PeerRecord, Tags } from "./record.js";
import type { Changed } from "./table.js";

/** Who this peer is. */
export interface PresenceSelf {
  readonly contact: Contact;
  /** When this process started, in milliseconds since 1970. */
  readonly epoch: number;
  /** Checked by whoever takes them from an application; see `tagsFault`. */
  readonly tags: Tags;
}

/** What the directory needs of the peer that it belongs to, and whom it tells. No method may call back into it. */
export interface PresenceOwner extends Omit<ObserverOwner, "accuse" | "compared" | "found" | "isDecided"> {
  /** Probes the neighbor on a slot now. */
  probe(now: number, slot: number): void;
  /** An entry has changed. */
  readonly changed: Changed;
  /** Makes somebody a neighbor who belongs to another part of the network. */
  call(now: number, stranger: Contact): void;
  /** A partition has ended: neighbors are to be chosen anew. */
  healed(now: number): void;
  /** A peer is dead, and this one is among those who accused it: the seeds are to hear of it. */
  accusedDied(now: number, record: PeerRecord): void;
}

/** Why somebody is no longer a neighbor. */
export type Parting =
  /** The other side has closed the link without a goodbye: it spoke just now. */
  | "closed"
  /** The link broke. That may be the network's doing. */
  | "lost"
  /** This peer has given the link up, for it was silent. */
  | "silent"
  /** … for what came was never an answer. */
  | "deaf"
  /** In good order, or for reasons that say nothing. */
  | "ended";
