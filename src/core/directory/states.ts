/** The directory as it is told: to the application, and to strangers who ask. */
import type { NeighborState } from "../peer-events.js";
import type { DirectoryEntry } from "./messages.js";
import type { Presence } from "./presence.js";
import type { PeerRecord, PeerState, Tags } from "./record.js";

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

const noTags: Tags = Object.freeze({});

/** What strangers are told of a peer. */
export function entryOf(now: number, state: PeerState): DirectoryEntry {
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
