/** A running peer of Hearsay's own protocol, as the endpoint shows it. */
import type { Peer } from "../api/peer.js";
import type { Address } from "../core/address.js";
import type { PeerState } from "../core/directory/record.js";
import type { Contact, PeerId } from "../core/identity.js";
import type { Mark, TreeState } from "../core/inspection.js";
import type { NeighborState } from "../core/peer-events.js";
import { now } from "../net/clock.js";
import type { PeerWatch } from "../net/peer-watch.js";
import type { DirectoryEntryAnswer, MarkAnswer, Someone, StatusCounts, TreeAnswer } from "./schemas.js";
import type { PeerPages } from "./subject.js";

/** The name that goes with an address; null where there are no names. */
export type NameOf = (address: Address) => string | null;

/** Reads a running peer. */
export function pagesOf(peer: Peer, watch: PeerWatch, nameOf: NameOf): PeerPages {
  const who = someone({ id: peer.id, address: peer.address }, nameOf);
  /** Roots and origins are known by their ids only; where they are, the directory says. */
  const finder = () => {
    const addresses = new Map(peer.peers().map(({ id, address }) => [id, address]));
    return (id: PeerId): Someone => {
      const address = addresses.get(id);
      return address === undefined ? { id, name: null, address: "" } : someone({ id, address }, nameOf);
    };
  };
  return {
    who,
    get connections() {
      return watch.connections;
    },
    directory: () =>
      peer
        .peers()
        .map((state) => entryOf(state, nameOf))
        .sort(byId),
    neighbors() {
      const trees = watch.inspection.trees(now()).filter(({ isInUse }) => isInUse);
      const roots = (list: "eager" | "lazy", id: PeerId | undefined) =>
        trees.filter((tree) => tree[list].some((contact) => contact.id === id)).map(({ root }) => root);
      return peer.neighbors().map((neighbor) => ({
        ...someone(neighbor, nameOf),
        dialect: neighbor.dialect,
        since: neighbor.since,
        rttMs: neighbor.rttMs ?? null,
        isCongested: neighbor.isCongested,
        queuedBytes: (neighbor.id === undefined ? undefined : watch.queuedBytes(neighbor.id)) ?? null,
        eager: roots("eager", neighbor.id),
        lazy: roots("lazy", neighbor.id),
      }));
    },
    trees() {
      const find = finder();
      const trees = watch.inspection.trees(now()).map((tree) => treeOf(tree, peer.id, find, nameOf));
      return trees.sort((a, b) => (b.activeAt ?? 0) - (a.activeAt ?? 0));
    },
    kept: () => watch.inspection.kept,
    marks() {
      const find = finder();
      return watch.inspection
        .marks()
        .map((mark) => markOf(mark, find))
        .sort(byOrigin);
    },
    counters: () => peer.counters(),
    config: () => ({ ...watch.inspection.config }),
  };
}

/** Somebody with an address. */
export function someone(one: Pick<PeerState | NeighborState | Contact, "id" | "address">, nameOf: NameOf): Someone {
  return { id: one.id ?? null, name: nameOf(one.address), address: one.address };
}

/** One entry of a directory. */
export function entryOf(state: PeerState, nameOf: NameOf): DirectoryEntryAnswer {
  const { dialect, status, epoch, incarnation, tags, since, seenAt, rttMs, isSelf } = state;
  const known = { seenAt: seenAt ?? null, rttMs: rttMs ?? null };
  return { ...someone(state, nameOf), dialect, status, epoch, incarnation, tags, since, ...known, isSelf };
}

/** How many are in each state. */
export function countsOf(entries: readonly Pick<DirectoryEntryAnswer, "status">[]): StatusCounts {
  const counts = { alive: 0, suspect: 0, dead: 0, left: 0 };
  for (const { status } of entries) counts[status]++;
  return counts;
}

/** What stands for a peer where entries are in order: those without an id come at the end. */
export function keyOf({ id, address }: Pick<Someone, "id" | "address">): string {
  return id ?? `~${address}`;
}

function treeOf(tree: TreeState, self: PeerId, find: (id: PeerId) => Someone, nameOf: NameOf): TreeAnswer {
  return {
    root: find(tree.root),
    isOwn: tree.root === self,
    isInUse: tree.isInUse,
    distance: tree.distance ?? null,
    parent: tree.parent === undefined ? null : someone(tree.parent, nameOf),
    eager: tree.eager.map((contact) => someone(contact, nameOf)),
    lazy: tree.lazy.map((contact) => someone(contact, nameOf)),
    activeAt: tree.activeAt ?? null,
  };
}

function markOf({ origin, ...mark }: Mark, find: (id: PeerId) => Someone): MarkAnswer {
  return { origin: find(origin), ...mark };
}

function byId(a: DirectoryEntryAnswer, b: DirectoryEntryAnswer): number {
  return keyOf(a) < keyOf(b) ? -1 : 1;
}

function byOrigin(a: MarkAnswer, b: MarkAnswer): number {
  if (a.origin.id !== b.origin.id) return a.origin.id! < b.origin.id! ? -1 : 1;
  return a.epoch - b.epoch;
}
