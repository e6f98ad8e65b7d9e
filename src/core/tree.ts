/**
 * What one peer knows of one tree on which messages travel (trees.ts).
 */
import type { PeerId } from "./identity.js";

/** One peer's part in one tree. */
export interface Tree {
  /** The root. */
  readonly id: PeerId;
  /** The root's life; 0 while unknown. A later life's tree is another one. */
  epoch: number;
  /** Bit i: what comes on this tree is only announced on slot i. */
  lazyMask: number;
  /** Hops from the root; Infinity when it is not known. */
  distance: number;
  /** The slot of the neighbor next on the way to the root; −1 when there is none or it is not known. */
  parent: number;
  /** Bit i: the neighbor on slot i has asked for what comes on this tree: this peer is its parent. */
  childMask: number;
  /** The slot that was asked last for what comes on this tree, and when. */
  graftedSlot: number;
  graftedAt: number;
  /** Bit i: slot i was told to announce only, a moment before {@link prunedAt} or then: copies may be on their way. */
  prunedMask: number;
  prunedAt: number;
  /** What neighbors said of their distance: 4 bits a slot, 15 for unknown or more. */
  offers: number;
  /** From when on it may be borrowed. */
  readyAt: number;
  /** When a message last came on it. */
  activeAt: number;
  /** When this peer last published on it. */
  publishedAt: number;
  /** When a message was first missing on it although others came, in the latest trouble. */
  missedAt: number;
  /** When its root was last heard on it. */
  heardAt: number;
  /** Counts uses of all trees: the smallest was unused for longest. */
  usedAt: number;
  /** Bit i: the neighbor on slot i has not been told of the distance yet. */
  untoldMask: number;
}

/**
 * The number in an announcement that names no message but a tree: a beacon. Its origin and epoch are the root, its round
 * the sender's distance. No life publishes so many messages.
 */
export const beaconSeq = Number.MAX_SAFE_INTEGER;

/** In place of a neighbor's distance: it is not known, or as much or more. */
export const offerUnknown = 15;

/** A tree that has just been heard of. Its root counts as heard then. */
export function newTree(id: PeerId, epoch: number, lazyMask: number, readyAt: number): Tree {
  return {
    id,
    epoch,
    lazyMask,
    distance: Number.POSITIVE_INFINITY,
    parent: -1,
    childMask: 0,
    graftedSlot: -1,
    graftedAt: Number.NEGATIVE_INFINITY,
    prunedMask: 0,
    prunedAt: Number.NEGATIVE_INFINITY,
    // All unknown.
    offers: -1,
    readyAt,
    activeAt: Number.NEGATIVE_INFINITY,
    publishedAt: Number.NEGATIVE_INFINITY,
    missedAt: Number.NEGATIVE_INFINITY,
    heardAt: readyAt,
    usedAt: 0,
    untoldMask: 0,
  };
}

/** A tree on which nothing has come for so long is not in use. */
const inUseMs = 60_000;

/** Whether something came on it, or was published on it, a short time ago. */
export function isInUse(now: number, { activeAt, publishedAt }: Readonly<Tree>): boolean {
  return now - Math.max(activeAt, publishedAt) < inUseMs;
}

/** What the neighbor on a slot said of its distance from the root. */
export function offerOf({ offers }: Tree, slot: number): number {
  return (offers >>> (4 * slot)) & offerUnknown;
}

/** Remembers what the neighbor on a slot says of its distance. */
export function setOffer(tree: Tree, slot: number, distance: number): void {
  const shift = 4 * slot;
  tree.offers = (tree.offers & ~(offerUnknown << shift)) | (Math.min(Math.max(distance, 0), offerUnknown) << shift);
}
