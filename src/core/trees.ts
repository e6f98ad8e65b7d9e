/**
 * The trees on which messages travel: which neighbors get a message whole, and which only hear of it.
 *
 * A flood reaches everybody by the shortest ways, and sends each message over every link. Plumtree (Leitão, Pereira,
 * Rodrigues, *Epidemic broadcast trees*, SRDS 2007) keeps the links over which the first message came, and so has a tree
 * of shortest ways from one sender. From another sender the same tree is a detour of up to twice its depth; a tree for
 * each would cost everybody memory for all. Between the two lies what is done here: **trees where they are needed**.
 *
 * A message says on which tree it travels, and a tree is named by the peer that it grew from, its root. Who publishes
 * uses its own tree if it has one, and else borrows that of the nearest root, which is a detour of at most its distance.
 * Only the first message of a network, when there is no tree at all, is a flood. Who had to borrow from farther away
 * than `borrowHopsMax`, or publishes much of all there is, grows a tree for the neighborhood.
 *
 * **Growing costs no copy of any message.** The root tells its neighbors "this is a tree, and my distance is 0" (a
 * *beacon*; see beacons.ts). Who hears of a shorter way to the root than it knows makes that neighbor its parent (graft), leaves the
 * parent it had (prune), and tells its other neighbors: the distance vector of the oldest routing protocols, which cannot
 * go round in circles as long as distances only shrink. Any message of the root's own tells distances as well, so a tree
 * in use by its root stays as short as the links allow.
 *
 * What neighbors have said of their distance is remembered. When a parent is lost, a neighbor that is no farther from
 * the root than oneself takes its place at once: it cannot hang below.
 */
import { Beacons, type BeaconsConfig } from "./beacons.js";
import type { PeerId } from "./identity.js";
import type { Links } from "./links.js";
import type { Graft, MessageId, Prune } from "./message.js";
import type { Pace } from "./pace.js";
import { isInUse, newTree, offerOf, offerUnknown, setOffer, type Tree } from "./tree.js";

/** How many trees there are, and when one may be used. */
export interface TreesConfig extends BeaconsConfig {
  /** The longest way to somebody else's root that is put up with; who is farther away from all may grow a tree … */
  readonly borrowHopsMax: number;
  /**
   * … and does so when its hops beyond that come to this, over all its messages; each peer begins somewhere between 0 and
   * this. So of many who publish seldom, only some grow trees: for one that is one hop too far, it takes so many.
   */
  readonly spareHopsMax: number;
  /**
   * Whose own messages are this share of all it hears lately, 0 to 1, grows a tree even when another root is near, though
   * not next door.
   */
  readonly ownTreeShare: number;
  /** From the wish for a tree to its growth, up to twice as long: another may grow nearby in the meantime. */
  readonly treeDelayMs: number;
  /** From first hearing of a tree to lending it: by then it has reached everybody. Twice as long while many trees grow. */
  readonly treeRestMs: number;
  /** A tree whose root has not been heard on it for so long is not borrowed any more: its shape is that of old times. */
  readonly treeLifeMs: number;
  /**
   * Trees remembered; the one unused for longest is forgotten, and grows anew when a message comes on it. Nobody grows a
   * tree when three quarters are taken: detours are better than trees that not everybody remembers.
   */
  readonly treesMax: number;
}

const allSlots = 0xff;
/** What was sent before a graft or a prune arrived has come within this. */
const settlingMs = 1_000;
/** Messages missing on a tree for so long, though others come, are no accident: a link of it is broken … */
const missingLongMs = 1_000;
/** … unless there was peace for so long. */
const missingForgottenMs = 10_000;

/** What the trees ask of the broadcast. */
export interface TreesOwner {
  send(slot: number, message: Graft | Prune): void;
}

/** One peer's part in all trees. */
export class Trees {
  /** What neighbors are still to be told. */
  readonly beacons: Beacons;
  readonly #self: PeerId;
  readonly #config: TreesConfig;
  readonly #links: Links;
  readonly #owner: TreesOwner;
  readonly #trees = new Map<PeerId, Tree>();
  readonly #jitter: number;
  #uses = 0;
  /** The part of this peer's own among the latest messages, about 64 of them. */
  #share = 0;
  #epoch = 0;
  /** Hops that were too far, in all. */
  #spareHops: number;
  #growAt = Number.POSITIVE_INFINITY;

  constructor(self: PeerId, config: TreesConfig, links: Links, pace: Pace, owner: TreesOwner) {
    this.#self = self;
    this.#config = config;
    this.#links = links;
    this.#owner = owner;
    this.#jitter = Number.parseInt(self.slice(-6), 16) / 0x100_0000;
    this.#spareHops = this.#jitter * config.spareHopsMax;
    this.beacons = new Beacons(config, links, pace, Number.parseInt(self.slice(-4, -2), 16) / 255);
  }

  get size(): number {
    return this.#trees.size;
  }

  /** When {@link wake} is wanted: a tree is to grow. */
  get nextWake(): number {
    return this.#growAt;
  }

  /** The tree of this name, if it is known. Does not count as a use. */
  get(id: PeerId): Tree | undefined {
    return this.#trees.get(id);
  }

  /** All that are known, in no particular order. */
  all(): Iterable<Readonly<Tree>> {
    return this.#trees.values();
  }

  /** The tree on which something comes; unknown ones are flooded, and so grow. */
  use(now: number, id: PeerId): Tree {
    const tree = this.#trees.get(id) ?? this.#add(id, 0, 0, now);
    tree.usedAt = ++this.#uses;
    return tree;
  }

  /** The tree for a message of one's own, of this life. */
  choose(now: number, epoch: number): Tree {
    this.#epoch = epoch;
    this.#share += (1 - this.#share) / 64;
    const own = this.#trees.get(this.#self);
    if (own !== undefined && own.readyAt <= now) {
      own.usedAt = ++this.#uses;
      own.publishedAt = now;
      return own;
    }
    const nearest = this.#nearest(now, true) ?? own ?? this.#root(now, 0, now);
    if (own === undefined) this.#wish(now, nearest.distance);
    nearest.usedAt = ++this.#uses;
    nearest.publishedAt = now;
    return nearest;
  }

  /** Grows the tree that was wished for, unless another has come near. */
  wake(now: number): void {
    if (this.#growAt > now) return;
    this.#growAt = Number.POSITIVE_INFINITY;
    const nearest = this.#nearest(now, false);
    if (this.#trees.has(this.#self) || !this.#hasRoom()) return;
    if (nearest !== undefined && nearest.distance <= this.#limit()) return;
    const own = this.#root(now, allSlots, this.#restedAt(now));
    this.#tell(now, own, -1);
  }

  /** A message of somebody else was delivered: one's own share shrinks. */
  othersPublished(): void {
    this.#share -= this.#share / 64;
  }

  /** A new message came by a neighbor, which thus sends what comes on this tree; unless it has just been asked not to. */
  heard(now: number, tree: Tree, slot: number): void {
    tree.activeAt = now;
    if (!this.#isPruned(now, tree, slot)) tree.lazyMask &= ~(1 << slot);
  }

  /** It was a message of the root itself, after so many hops. */
  heardRoot(now: number, tree: Tree, slot: number, round: number, epoch: number): void {
    tree.heardAt = now;
    tree.epoch = Math.max(tree.epoch, epoch);
    setOffer(tree, slot, round - 1);
    if (tree.parent >= 0 && tree.parent !== slot && round >= tree.distance) return;
    const isShorter = round < tree.distance;
    tree.distance = round;
    if (tree.parent !== slot) this.#turnTo(now, tree, slot);
    if (isShorter) this.#tell(now, tree, slot);
  }

  /**
   * A copy came on a tree, by a second neighbor. There is a link too many, and which one is not decided by who was first:
   * with many messages on their way two peers could each cut another link of one circle. The links of parents and
   * children have no circle, and so they stay.
   *
   * @param from - the slot that had brought it first; −1 when it is one's own
   * @param round - of the copy, when the root itself had published it; else Infinity
   */
  heardTwice(now: number, tree: Tree, slot: number, from: number, round: number): void {
    const isRoots = round !== Number.POSITIVE_INFINITY;
    if (isRoots) setOffer(tree, slot, round - 1);
    if (slot === tree.parent) {
      if (isRoots) tree.distance = round;
      if (from >= 0 && from !== slot) this.#pruneSpare(now, tree, from);
    } else if (round < tree.distance && tree.id !== this.#self) {
      tree.distance = round;
      this.#turnTo(now, tree, slot, true);
      this.#tell(now, tree, slot);
    } else this.#pruneSpare(now, tree, slot);
  }

  /** A neighbor says how far it is from a root: by a beacon, or by announcing a message of the root itself. */
  offered(now: number, slot: number, id: PeerId, epoch: number, distance: number): void {
    if (id === this.#self) return;
    let tree = this.#trees.get(id);
    if (tree !== undefined && tree.epoch === 0) tree.epoch = epoch;
    if (tree !== undefined && tree.epoch < epoch) {
      this.#forget(tree);
      tree = undefined;
    }
    if (tree === undefined) {
      tree = this.#add(id, epoch, allSlots, this.#restedAt(now));
      this.beacons.begun(now);
    }
    if (tree.epoch > epoch) return;
    setOffer(tree, slot, distance);
    if (distance + 1 >= tree.distance) return;
    tree.distance = distance + 1;
    if (tree.parent !== slot) this.#turnTo(now, tree, slot);
    this.#tell(now, tree, slot);
  }

  /** Makes a neighbor the parent: asks it to send what comes on this tree, and maybe a message as well. */
  graft(now: number, tree: Tree, slot: number, wanted?: MessageId): void {
    const bit = 1 << slot;
    tree.parent = slot;
    tree.lazyMask &= ~bit;
    tree.childMask &= ~bit;
    tree.prunedMask &= ~bit;
    tree.graftedSlot = slot;
    tree.graftedAt = now;
    this.#owner.send(slot, { type: "graft", tree: tree.id, wanted });
  }

  /**
   * A message that was announced on a tree has not come. Whether the tree is to be mended for it: not when one message was
   * lost as the tree changed its shape, and others have come since.
   *
   * @param announcedAt - when the message was announced
   */
  isBroken(now: number, tree: Tree, announcedAt: number): boolean {
    if (tree.activeAt <= announcedAt) return true;
    if (now - tree.missedAt > missingForgottenMs) tree.missedAt = now;
    if (now - tree.missedAt < missingLongMs) return false;
    tree.missedAt = Number.NEGATIVE_INFINITY;
    return true;
  }

  /** A neighbor has made this peer its parent. */
  grafted(tree: Tree, slot: number): void {
    const bit = 1 << slot;
    tree.lazyMask &= ~bit;
    tree.prunedMask &= ~bit;
    tree.childMask |= bit;
  }

  /**
   * A neighbor wants announcements only. When it was asked to send a moment ago, the two have crossed: it will have made
   * this link a part of the tree again, and so it stays one on this side too.
   */
  pruned(now: number, slot: number, id: PeerId): void {
    const tree = this.#trees.get(id);
    if (tree === undefined || (tree.graftedSlot === slot && now - tree.graftedAt < settlingMs)) return;
    tree.lazyMask |= 1 << slot;
    tree.childMask &= ~(1 << slot);
    if (tree.parent === slot) tree.parent = -1;
  }

  /** A neighbor wants everything: it has nobody else, and doesn't know the trees. It is told of them. */
  graftedAll(now: number, slot: number): void {
    const bit = 1 << slot;
    for (const tree of this.#trees.values()) {
      this.grafted(tree, slot);
      if (tree.distance === Number.POSITIVE_INFINITY || this.#isOld(now, tree)) continue;
      this.beacons.tell(now, tree, bit);
    }
  }

  /**
   * A new neighbor: trees that stand don't need it. The first neighbor of all is asked for everything, because without it
   * nothing would come.
   */
  neighborUp(slot: number, isFirst: boolean): void {
    const bit = 1 << slot;
    for (const tree of this.#trees.values()) {
      setOffer(tree, slot, Number.POSITIVE_INFINITY);
      tree.untoldMask &= ~bit;
      tree.childMask &= ~bit;
      tree.prunedMask &= ~bit;
      if (!isFirst) {
        tree.lazyMask |= bit;
        continue;
      }
      tree.lazyMask &= ~bit;
      if (tree.id !== this.#self) tree.distance = Number.POSITIVE_INFINITY;
      tree.parent = tree.id === this.#self ? -1 : slot;
    }
    if (isFirst) this.#owner.send(slot, { type: "graft", tree: undefined, wanted: undefined });
  }

  /** A neighbor is gone. Where it was the way to the root, the next best takes its place. */
  neighborDown(now: number, slot: number): void {
    const { mask } = this.#links;
    for (const tree of this.#trees.values()) {
      setOffer(tree, slot, Number.POSITIVE_INFINITY);
      tree.childMask &= ~(1 << slot);
      const isCutOff = tree.parent === slot || (mask & ~tree.lazyMask) === 0;
      if (tree.parent === slot) tree.parent = -1;
      if (isCutOff && mask !== 0 && tree.id !== this.#self) this.#findParent(now, tree);
    }
  }

  /** How many trees that are in use need the link of a slot. */
  usesOf(now: number, slot: number): number {
    const bit = 1 << slot;
    let uses = 0;
    for (const tree of this.#trees.values()) {
      if (isInUse(now, tree) && (tree.parent === slot || (tree.lazyMask & bit) === 0)) uses++;
    }
    return uses;
  }

  /** Wishes for a tree of one's own, when that which was borrowed is too far away. */
  #wish(now: number, distance: number): void {
    const excess = distance - this.#limit();
    if (excess <= 0 || this.#growAt !== Number.POSITIVE_INFINITY || !this.#hasRoom()) return;
    this.#spareHops += excess;
    if (this.#spareHops < this.#config.spareHopsMax) return;
    this.#spareHops = 0;
    this.#growAt = now + Math.ceil(this.#config.treeDelayMs * (1 + this.#jitter));
  }

  #limit(): number {
    return this.#share >= this.#config.ownTreeShare
      ? Math.min(1, this.#config.borrowHopsMax)
      : this.#config.borrowHopsMax;
  }

  /** Changes the parent; `isSending`: the new one sends already. */
  #turnTo(now: number, tree: Tree, slot: number, isSending = false): void {
    const old = tree.parent;
    this.graft(now, tree, slot);
    if (old < 0 || old === slot) return;
    // With messages on their way both send for a moment, or some would be sent by neither; the first copy ends it.
    if (isSending || now - tree.activeAt >= settlingMs) this.#prune(now, tree, old);
  }

  /** Asks a neighbor that is neither parent nor child to announce only, once. */
  #pruneSpare(now: number, tree: Tree, slot: number): void {
    const isChild = (tree.childMask & (1 << slot)) !== 0;
    if (slot !== tree.parent && !isChild && !this.#isPruned(now, tree, slot)) this.#prune(now, tree, slot);
  }

  #prune(now: number, tree: Tree, slot: number): void {
    if (now - tree.prunedAt >= settlingMs) tree.prunedMask = 0;
    tree.prunedMask |= 1 << slot;
    tree.prunedAt = now;
    tree.lazyMask |= 1 << slot;
    this.#owner.send(slot, { type: "prune", tree: tree.id });
  }

  #isPruned(now: number, tree: Tree, slot: number): boolean {
    return (tree.prunedMask & (1 << slot)) !== 0 && now - tree.prunedAt < settlingMs;
  }

  #tell(now: number, tree: Tree, except: number): void {
    tree.untoldMask = 0;
    this.beacons.tell(now, tree, this.#links.mask & ~(except < 0 ? 0 : 1 << except));
  }

  /** A neighbor that is no farther from the root than this peer cannot hang below it; neither does one without an edge. */
  #findParent(now: number, tree: Tree): void {
    const { mask } = this.#links;
    let parent = -1;
    let least = Math.min(tree.distance, offerUnknown - 1) + 1;
    for (let slot = 0; slot < 8; slot++) {
      if ((mask & (1 << slot)) === 0) continue;
      const offer = offerOf(tree, slot);
      if (offer < least) {
        parent = slot;
        least = offer;
      } else if (parent < 0 && offer === offerUnknown && (tree.lazyMask & (1 << slot)) !== 0) parent = slot;
    }
    if (parent < 0) return;
    if (least < offerUnknown && least < tree.distance + 1) tree.distance = Math.max(tree.distance, least + 1);
    this.graft(now, tree, parent);
  }

  #nearest(now: number, isReady: boolean): Tree | undefined {
    let nearest: Tree | undefined;
    for (const tree of this.#trees.values()) {
      if (nearest !== undefined && tree.distance >= nearest.distance) continue;
      if ((isReady && tree.readyAt > now) || this.#isOld(now, tree)) continue;
      nearest = tree;
    }
    return nearest;
  }

  #isOld(now: number, tree: Tree): boolean {
    return now - tree.heardAt >= this.#config.treeLifeMs;
  }

  #restedAt(now: number): number {
    return now + this.#config.treeRestMs * (1 + this.beacons.crowd(now) / 8);
  }

  #hasRoom(): boolean {
    return this.#trees.size < 0.75 * this.#config.treesMax;
  }

  #root(now: number, lazyMask: number, readyAt: number): Tree {
    const own = this.#add(this.#self, this.#epoch, lazyMask, readyAt);
    own.heardAt = now;
    own.distance = 0;
    return own;
  }

  #add(id: PeerId, epoch: number, lazyMask: number, readyAt: number): Tree {
    if (this.#trees.size >= this.#config.treesMax) this.#forgetOne();
    const tree = newTree(id, epoch, lazyMask, readyAt);
    tree.usedAt = ++this.#uses;
    this.#trees.set(id, tree);
    return tree;
  }

  #forgetOne(): void {
    let oldest: Tree | undefined;
    for (const tree of this.#trees.values()) {
      if (oldest === undefined || tree.usedAt < oldest.usedAt) oldest = tree;
    }
    if (oldest !== undefined) this.#forget(oldest);
  }

  #forget(tree: Tree): void {
    this.#trees.delete(tree.id);
    this.beacons.forget(tree);
  }
}
