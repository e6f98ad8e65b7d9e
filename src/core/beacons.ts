/**
 * What neighbors are still to be told of trees, and when.
 *
 * A beacon says how far its sender is from a root. It has two uses, and only one of them is urgent: a neighbor that has no
 * way to the root, or a longer one than through here, is waiting for it. All others only keep it in mind for the day on
 * which they lose their parent, and for that it may travel with the next announcements.
 *
 * So a beacon is held for a while, because most neighbors say in the meantime that they know a way themselves, and
 * because several trees that grow at once can share a frame. When the hold is over and some neighbor still needs to
 * hear of a tree, it is told of all; otherwise what is left waits for other frames, with a limit. Peers hold for
 * different times: of two that would tell each other at the same moment, one is first.
 */
import type { Links } from "./links.js";
import type { Announcement } from "./message.js";
import type { Pace } from "./pace.js";
import { beaconSeq, offerOf, offerUnknown, type Tree } from "./tree.js";

/** How long beacons are held. */
export interface BeaconsConfig {
  /**
   * How long a distance waits for a shorter one, and for company, before it is told on; ±50 % from peer to peer, less where
   * neighbors are near (see {@link Pace}), and up to eight times as long while many trees grow. Longer costs fewer frames,
   * and grows slower.
   */
  readonly treeHoldMs: number;
  /** How long a distance waits that nobody needs, at most. */
  readonly ihaveCalmIntervalMs: number;
}

/** Trees first heard of are counted for about so long. */
const crowdMs = 10_000;
/** So many of them are a crowd; more make no difference. */
const crowdMax = 8;

/** The beacons of one peer. */
export class Beacons {
  readonly #config: BeaconsConfig;
  readonly #links: Links;
  readonly #pace: Pace;
  readonly #jitter: number;
  readonly #untold = new Set<Tree>();
  /** By slot: when to look whether somebody needs to be told. */
  readonly #lookAt = new Array<number>(8).fill(Number.POSITIVE_INFINITY);
  /** By slot: when to tell whatever there is. */
  readonly #tellAt = new Array<number>(8).fill(Number.POSITIVE_INFINITY);
  #nextAt = Number.POSITIVE_INFINITY;
  /** Trees first heard of lately, at the time of the latest. */
  #begun = 0;
  #begunAt = 0;

  /** @param jitter - 0 to 1, another one for each peer */
  constructor(config: BeaconsConfig, links: Links, pace: Pace, jitter: number) {
    this.#config = config;
    this.#links = links;
    this.#pace = pace;
    this.#jitter = jitter;
  }

  /** When {@link due} is to be asked. May be too early, never too late. */
  get nextAt(): number {
    return this.#nextAt;
  }

  /** A tree has been heard of for the first time. */
  begun(now: number): void {
    this.#begun = this.crowd(now) + 1;
    this.#begunAt = now;
  }

  /** How many trees grow at the moment, about: 0 to 8. */
  crowd(now: number): number {
    return Math.min(crowdMax, (this.#begun * crowdMs) / (crowdMs + now - this.#begunAt));
  }

  /** The slots of a mask are to be told of a tree, besides those that are to be told already. */
  tell(now: number, tree: Tree, mask: number): void {
    if (mask === 0) return;
    tree.untoldMask |= mask;
    this.#untold.add(tree);
    const { treeHoldMs, ihaveCalmIntervalMs } = this.#config;
    const holdMs = this.#pace.atMost(treeHoldMs) * Math.max(1, this.crowd(now));
    const lookAt = now + Math.ceil(holdMs * (0.5 + this.#jitter));
    if (lookAt < this.#nextAt) this.#nextAt = lookAt;
    for (let slot = 0, rest = mask; rest !== 0; slot++, rest >>>= 1) {
      if ((rest & 1) === 0) continue;
      if (lookAt < this.#lookAt[slot]!) this.#lookAt[slot] = lookAt;
      if (this.#tellAt[slot] === Number.POSITIVE_INFINITY) this.#tellAt[slot] = now + ihaveCalmIntervalMs;
    }
  }

  /** A tree is not to be told of any more. */
  forget(tree: Tree): void {
    this.#untold.delete(tree);
  }

  /** A slot that must not wait any longer, or −1. Whoever asks then takes what there is for it. */
  due(now: number): number {
    if (this.#nextAt > now) return -1;
    let next = Number.POSITIVE_INFINITY;
    for (let slot = 0; slot < 8; slot++) {
      if (this.#lookAt[slot]! <= now) {
        if (this.#tellAt[slot]! <= now || this.#isNeeded(slot)) return slot;
        this.#lookAt[slot] = this.#tellAt[slot]!;
      }
      if (this.#lookAt[slot]! < next) next = this.#lookAt[slot]!;
    }
    this.#nextAt = next;
    return -1;
  }

  /** What is to be told on a slot, at most `most` of it; nothing waits for it then. */
  take(slot: number, most: number): Announcement[] {
    this.#lookAt[slot] = Number.POSITIVE_INFINITY;
    this.#tellAt[slot] = Number.POSITIVE_INFINITY;
    const beacons: Announcement[] = [];
    const bit = 1 << slot;
    for (const tree of this.#untold) {
      if (beacons.length >= most) break;
      // Who is nearer to the root has no use for this.
      if ((tree.untoldMask & bit) !== 0 && offerOf(tree, slot) >= Math.min(tree.distance, offerUnknown)) {
        const { id, epoch, distance } = tree;
        beacons.push({ origin: id, epoch, seq: beaconSeq, count: 1, tree: id, round: distance });
      }
      tree.untoldMask &= this.#links.mask & ~bit;
      if (tree.untoldMask === 0) this.#untold.delete(tree);
    }
    return beacons;
  }

  /** Whether the neighbor on a slot is, as far as is known, farther from a root than it could be. */
  #isNeeded(slot: number): boolean {
    const bit = 1 << slot;
    for (const tree of this.#untold) {
      if ((tree.untoldMask & bit) === 0) continue;
      const offer = offerOf(tree, slot);
      if (offer === offerUnknown || offer > tree.distance + 1) return true;
    }
    return false;
  }
}
