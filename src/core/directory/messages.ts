/** The messages of the directory: who is there, who is not, and how two peers find where their directories differ. */
import type { Address } from "../address.js";
import type { Dialect } from "../effects.js";
import type { PeerId } from "../identity.js";
import type { Accusation, PeerRecord, PeerStatus, Tags } from "./record.js";

/** A peer that is dead or has left, and for how long: it is remembered no longer for having been heard of late. */
export interface Ended {
  readonly record: PeerRecord;
  readonly agoMs: number;
}

/** "This is new": records and accusations, passed on by whoever did not know them yet. */
export interface News {
  readonly type: "news";
  /** Of peers that are there, or have just left. */
  readonly records: readonly PeerRecord[];
  /** Of peers that are gone, told to who asked. The accusations that a death rests on are among `accusations`. */
  readonly ended: readonly Ended[];
  readonly accusations: readonly Accusation[];
}

/** "This is what I know, in one sum": answered only where the receiver's is another. */
export interface Summary {
  readonly type: "summary";
  readonly lower: number;
  readonly upper: number;
  /** How many peers are in the sum. */
  readonly count: number;
}

/** The sums of 256 parts, by the first two digits of the ids: the answer to a summary that differs. */
export interface Sums {
  readonly type: "sums";
  /** 256 of them, 32 bits each. */
  readonly sums: readonly number[];
}

/** What the sender has of one peer, as 32 bits. */
export interface VersionOf {
  readonly id: PeerId;
  readonly version: number;
}

/** All that the sender has in some of the parts: the answer to sums that differ. */
export interface Versions {
  readonly type: "versions";
  /** 0 to 255, ascending. */
  readonly parts: readonly number[];
  readonly versions: readonly VersionOf[];
}

/** "Tell me what you know of these." */
export interface Ask {
  readonly type: "ask";
  readonly ids: readonly PeerId[];
}

/** "See whether this peer answers you": an indirect probe. */
export interface ProbeRequest {
  readonly type: "probe-request";
  readonly subject: PeerId;
}

/** "It does." Who does not get through answers with an accusation of its own. */
export interface ProbeResult {
  readonly type: "probe-result";
  readonly subject: PeerId;
}

/** From a stranger: "who is there?" Peers and seeds answer. */
export interface DirectoryRequest {
  readonly type: "directory-request";
  /** The key of the last entry of the page before, see {@link entryKey}; empty in the beginning. */
  readonly after: string;
}

/** One peer, as another one, or a seed, sees it. */
export interface DirectoryEntry {
  /** Undefined for peers of the classic dialect. */
  readonly id: PeerId | undefined;
  readonly address: Address;
  readonly dialect: Dialect;
  readonly status: PeerStatus;
  readonly epoch: number;
  readonly incarnation: number;
  /** How long it has been in this state. */
  readonly forMs: number;
  /** How long ago it was last known to be there; undefined when that is not known. */
  readonly seenAgoMs: number | undefined;
  readonly rttMs: number | undefined;
  readonly tags: Tags;
}

/** What orders the entries: their ids, and after all of them the addresses of those without. */
export function entryKey({ id, address }: { readonly id: PeerId | undefined; readonly address: Address }): string {
  return id ?? `~${address}`;
}

/** The answer to a directory request: by ascending keys. */
export interface DirectoryPage {
  readonly type: "directory-page";
  readonly isLast: boolean;
  readonly entries: readonly DirectoryEntry[];
}

/** Every message of the directory between neighbors. */
export type DirectoryMessage = News | Summary | Sums | Versions | Ask | ProbeRequest | ProbeResult;

/** The most records, or accusations, or ids of one message. */
export const listMax = 1_024;
/** The most entries of one page. */
export const pageMax = 128;
