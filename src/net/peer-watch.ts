/** What those who watch a running peer from outside of its application may see, and do to it. */
import type { Contact } from "../core/identity.js";
import type { Inspection } from "../core/inspection.js";
import type { Envelope } from "../core/message.js";
import type { Wires } from "./wires.js";

/** A message, seen for the first time by one peer. */
export interface Arrival {
  readonly envelope: Envelope;
  /** Hops from its origin; 0 for a message of the peer's own, and for one of a classic peer that was heard here first. */
  readonly round: number;
  /** The neighbor that brought it; undefined for the peer's own, and those of classic peers. */
  readonly from: Contact | undefined;
}

/** How a peer may be started for somebody who watches it. Nothing of it costs anything when it is left out. */
export interface WatchOptions {
  /** Paths to other programs of this process that may be cut. */
  readonly wires?: Wires | undefined;
  /** Called in the middle of the peer's work: must be short, and must not call the peer. */
  readonly onArrival?: ((arrival: Arrival) => void) | undefined;
}

/** A running peer, seen from behind. */
export interface PeerWatch {
  /** The life: when the peer was started, in milliseconds since 1970. */
  readonly epoch: number;
  /** Connections open now. */
  readonly connections: number;
  /** Trees, history, tunables. */
  readonly inspection: Inspection;
  /** Bytes that wait to be written to a neighbor; undefined for one that is none, or speaks the classic dialect. */
  queuedBytes(neighbor: Contact["id"]): number | undefined;
  /** Stops the peer as SIGSTOP stops a process. Nothing may be asked of it but to thaw, crash or close. */
  freeze(): void;
  /** Goes on, late. */
  thaw(): void;
}
