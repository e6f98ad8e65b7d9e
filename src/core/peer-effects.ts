/** What a peer is made with: who it is, whom it turns to, and the outside world that it acts on. */
import type { Address } from "./address.js";
import type { ClassicMessage } from "./classic/message.js";
import type { Tags } from "./directory/record.js";
import type { Effects } from "./effects.js";
import type { Contact } from "./identity.js";
import type { Envelope, Message } from "./message.js";
import type { PeerEvent } from "./peer-events.js";

/** Who a peer is. */
export interface PeerSelf {
  /** Its identity, and the address that others reach it by. */
  readonly contact: Contact;
  /** When this process started, in milliseconds since 1970: tells two lives of one peer apart. */
  readonly epoch: number;
  /** The network's name: at most 255 bytes of UTF-8. */
  readonly network: string;
  /** What its application says of it. Default: nothing. */
  readonly tags?: Tags;
}

/** Whom a peer turns to in the beginning. */
export interface Beginning {
  readonly seeds: readonly Address[];
  /** Peers that may be asked without any seed. */
  readonly peers: readonly Address[];
}

/** How much a peer has done since its start. */
export interface PeerCounters {
  /** Messages of others, each counted once. */
  readonly delivered: number;
  /** Messages of its own. */
  readonly published: number;
  /** Payloads that came although the message was there already: waste. */
  readonly duplicates: number;
  /** Messages given up for lost. */
  readonly gaps: number;
}

/** The outside world of a peer. */
export interface PeerEffects extends Effects<Message | ClassicMessage, PeerEvent> {
  /** A message seen for the first time, in whatever order they come. The peer's own too. */
  arrived(envelope: Envelope, round: number): void;
  /** The same message when its turn has come: after all that its origin published before it, or that was given up for lost. */
  ordered(envelope: Envelope): void;
}
