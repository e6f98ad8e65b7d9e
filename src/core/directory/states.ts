/** The directory as it is told: to the application, and to strangers who ask. */
import type { PeerId } from "../identity.js";
import type { NeighborState } from "../peer-events.js";
import { type DirectoryEntry, type DirectoryPage, pageMax } from "./messages.js";
import type { Presence } from "./presence.js";
import { type PeerRecord, type PeerState, recordBytes, type Tags } from "./record.js";

/** What is known of one peer, from a record and from a link to it, if there is one. */
export function stateOf(
  presence: Presence,
  record: PeerRecord,
  neighbor: NeighborState | undefined,
  heardAt: number | undefined,
): PeerState {
  const { id, address, epoch, incarnation, tags } = record;
  const sighting = presence.sightingOf(id);
  return {
    id,
    address,
    dialect: "native",
    status: presence.table.statusOf(id) ?? "dead",
    epoch,
    incarnation,
    tags,
    since: presence.table.sinceOf(record),
    seenAt: heardAt ?? sighting?.seenAt,
    rttMs: neighbor?.rttMs ?? sighting?.rttMs,
    isSelf: id === presence.own.id,
  };
}

/** A classic neighbor: all that can be known of classic peers. */
export function classicStateOf({ address, since, rttMs }: NeighborState): PeerState {
  return {
    id: undefined,
    address,
    dialect: "classic",
    status: "alive",
    epoch: 0,
    incarnation: 0,
    tags: noTags,
    since,
    seenAt: undefined,
    rttMs,
    isSelf: false,
  };
}

/** What an entry has beside its record, at the most. */
const entryBytes = 40;
/** How large a page may grow, of 65,536 bytes that the wire takes. */
const pageMaxBytes = 49_152;
const noTags: Tags = Object.freeze({});

/** A page of them for a stranger: by ascending ids, those without one at the end. */
export function pageOf(now: number, states: readonly PeerState[], after: PeerId | undefined): DirectoryPage {
  const named = states.filter(({ id }) => id !== undefined && (after === undefined || id > after));
  named.sort((a, b) => (a.id! < b.id! ? -1 : 1));
  const entries: DirectoryEntry[] = [];
  let bytes = 0;
  for (const state of named) {
    bytes += recordBytes(state) + entryBytes;
    if (entries.length === pageMax || bytes > pageMaxBytes) return { type: "directory-page", isLast: false, entries };
    entries.push(entryOf(now, state));
  }
  // As many as fit: there is no name by which to ask for the rest.
  const nameless = states.filter(({ id }) => id === undefined).slice(0, pageMax - entries.length);
  return { type: "directory-page", isLast: true, entries: [...entries, ...nameless.map((one) => entryOf(now, one))] };
}

function entryOf(now: number, state: PeerState): DirectoryEntry {
  const { id, address, dialect, status, epoch, incarnation, tags, since, seenAt, rttMs } = state;
  const ago = (at: number) => Math.max(0, Math.floor(now - at));
  return {
    id,
    address,
    dialect,
    status,
    epoch,
    incarnation,
    forMs: ago(since),
    seenAgoMs: seenAt === undefined ? undefined : ago(seenAt),
    rttMs: rttMs === undefined ? undefined : Math.round(rttMs),
    tags,
  };
}
