/**
 * What peers say of each other: each of itself, in a record, and of others only that they do not answer.
 *
 * Records are ordered by their incarnation, and only the peer itself makes new ones. A process begins with its epoch for
 * an incarnation, so a restarted peer's first record is newer than all of its earlier life; where a clock was set back,
 * or somebody accuses it, it takes the next number above what is said of it (*refutes*: Das, Gupta, Motivala, *SWIM*, DSN
 * 2002). Whoever hears of a record in any order keeps the newest, and so all come to keep the same.
 */
import type { Address } from "../address.js";
import type { Dialect } from "../effects.js";
import type { Contact, PeerId } from "../identity.js";

/** What an application says of its peer: short texts by name. See {@link checkTags} for the limits. */
export type Tags = Readonly<Record<string, string>>;

/** What a peer says of itself. Immutable: many tables hold the same one. */
export interface PeerRecord extends Contact {
  /** When its process started, in milliseconds since 1970: tells two lives of one peer apart. */
  readonly epoch: number;
  /** Of two records of one peer the one with the higher incarnation is the newer. */
  readonly incarnation: number;
  /** Its goodbye. */
  readonly hasLeft: boolean;
  readonly tags: Tags;
}

/**
 * Why a peer is taken for dead.
 *
 * - `refused`: its address refuses connections: the process is gone. Strong evidence.
 * - `replaced`: somebody else answers at its address. As strong.
 * - `silent`: nothing comes back from it, on its link and on a fresh one.
 * - `deaf`: it speaks, and answers nothing.
 */
export type Evidence = "refused" | "replaced" | "silent" | "deaf";

/** One peer's word that another does not answer. Counts only against the incarnation that it names. */
export interface Accusation {
  readonly subject: PeerId;
  readonly incarnation: number;
  readonly accuser: PeerId;
  readonly evidence: Evidence;
}

/**
 * What is known of a peer's life. `suspect`: it is accused, and may still refute. `dead`: it did not. `left`: it said
 * goodbye.
 */
export type PeerStatus = "alive" | "suspect" | "dead" | "left";

/** One peer, as this one knows it. A snapshot. */
export interface PeerState {
  /** Undefined for a peer of the classic dialect, which has no id. */
  readonly id: PeerId | undefined;
  /** Where it can be reached. */
  readonly address: Address;
  readonly dialect: Dialect;
  readonly status: PeerStatus;
  /** When its process started, in milliseconds since 1970, by its own clock; 0 for a classic peer. */
  readonly epoch: number;
  /** Counts what it has said of itself: of two states of one peer the higher is the newer. */
  readonly incarnation: number;
  /** What its application says of it. */
  readonly tags: Tags;
  /** Since when it is in this state, in milliseconds since 1970. For the living: since its process started. */
  readonly since: number;
  /** When this peer itself last knew it to be there; undefined when it only heard of it from others. */
  readonly seenAt: number | undefined;
  /** The last round trip to it in milliseconds, for neighbors and those that were looked at; else undefined. */
  readonly rttMs: number | undefined;
  /** Whether it is this very peer. */
  readonly isSelf: boolean;
}

/** The most tags of one peer. */
export const tagsMax = 64;
/** The most bytes of all names and values together, in UTF-8. */
export const tagsMaxBytes = 1_024;
/** The most bytes of one name or value: what the wire takes. */
export const tagTextMaxBytes = 255;

/** Higher incarnations are refused: none is reached by counting, and what lies above would leave no room to refute. */
export const incarnationMax = 2 ** 52;

/** Whether the first of two records of one peer is the newer. Equal incarnations are two lives that disagree: the later one. */
export function isNewer(one: PeerRecord, other: PeerRecord): boolean {
  if (one.incarnation !== other.incarnation) return one.incarnation > other.incarnation;
  return one.epoch > other.epoch;
}

/** Why these can't be tags, as the end of a sentence; undefined when they can. */
export function tagsFault(tags: unknown): string | undefined {
  if (typeof tags !== "object" || tags === null || Array.isArray(tags)) return "tags are an object of texts by name";
  const entries = Object.entries(tags);
  if (entries.length > tagsMax) return `${entries.length} tags, of at most ${tagsMax}`;
  let bytes = 0;
  for (const [name, value] of entries) {
    if (typeof value !== "string") return `the tag ${JSON.stringify(name)} is a ${typeof value}, not a string`;
    if (name === "") return "a tag needs a name";
    if (name === "__proto__") return "a tag cannot be called __proto__";
    if (/\p{Surrogate}/u.test(name + value)) return `the tag ${JSON.stringify(name)} holds half of a surrogate pair`;
    for (const text of [name, value]) {
      const length = utf8Bytes(text);
      if (length > tagTextMaxBytes) return `a tag's name or value has ${length} bytes, of at most ${tagTextMaxBytes}`;
      bytes += length;
    }
  }
  return bytes > tagsMaxBytes ? `${bytes} bytes of tags, of at most ${tagsMaxBytes}` : undefined;
}

/** What a record weighs on the wire, roughly. */
export function recordBytes({ address, tags }: Pick<PeerRecord, "address" | "tags">): number {
  let bytes = 36 + address.length;
  for (const name in tags) bytes += 2 + 3 * (name.length + tags[name]!.length);
  return bytes;
}

function utf8Bytes(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
  }
  return bytes;
}
