/**
 * How a message spreads: whole along the edges of a tree, and as a mere announcement along all others.
 *
 * A flood reaches everybody by the shortest ways, and sends each message over every link. Plumtree (Leitão, Pereira,
 * Rodrigues 2007) lets the first message flood and keeps the edges over which it came first: who hears a message twice
 * tells the second sender to announce only (prune). The kept edges are a tree. Announcements on the others show what a
 * broken tree has failed to bring, and fetching it mends the tree (graft).
 *
 * One tree serves one sender well: it holds the shortest ways from there. From another peer the same tree is a detour of
 * up to twice its depth. One tree for each sender would cost a flood each, and memory for all of them. Between the two
 * lies what is done here: **trees where they are needed**. A message says on which tree it travels, and trees are named
 * by the peer they grew from. Who publishes uses its own tree if it has one; else it borrows the tree of somebody within
 * `borrowHopsMax` hops, which is a detour of no more than that; and only if there is none so near, its message floods
 * and grows a new tree. The more peers publish, the nearer is a tree; a network in which everybody does needs one for
 * each neighborhood, not for each peer.
 */
import type { LinkId } from "./effects.js";
import type { History, Retained } from "./history.js";
import type { PeerId } from "./identity.js";
import type { Announcement, Envelope, Graft, IHave, Message, MessageId, NativeGossip, Prune } from "./message.js";

/** Tunables of the broadcast. */
export interface BroadcastConfig {
  /** How long announcements are collected before they go out in one frame. Longer is cheaper, and mends later. */
  readonly ihaveIntervalMs: number;
  /** How long an announced message may still come by itself before it is fetched. */
  readonly graftDelayMs: number;
  /** How long a fetched message may take before the next announcer is asked. */
  readonly graftRetryMs: number;
  /** The longest detour to somebody else's tree. */
  readonly borrowHopsMax: number;
  /** Trees remembered; the one unused for longest is forgotten, and grows anew when a message comes on it. */
  readonly treesMax: number;
  /** Announced messages that are being waited for or fetched. */
  readonly missingMax: number;
}

/** For networks with latencies of some ten milliseconds. */
export const broadcastDefaults: BroadcastConfig = {
  ihaveIntervalMs: 250,
  graftDelayMs: 100,
  graftRetryMs: 400,
  borrowHopsMax: 2,
  treesMax: 1_024,
  missingMax: 10_000,
};

/** A link that the broadcast uses, in one of a few numbered slots. */
export interface BroadcastLink {
  readonly slot: number;
  readonly link: LinkId;
}

/** What the broadcast asks of the peer it belongs to. */
export interface BroadcastOwner {
  send(link: LinkId, message: Message): void;
  /** A message seen for the first time, after `round` hops. */
  deliver(now: number, envelope: Envelope, round: number): void;
  /** A copy of a message seen before: waste, for whoever counts it. */
  duplicate(now: number, envelope: Envelope): void;
}

interface Tree {
  /** Bit i: what comes on this tree is only announced on slot i. */
  lazyMask: number;
  /** Hops from the peer that the tree grew from; Infinity when it has not been heard itself. */
  distance: number;
}

interface Missing {
  readonly id: MessageId;
  readonly tree: PeerId;
  readonly announcers: number[];
  askAt: number;
}

/** Entries in one ihave; more go into the next. */
const announcementsMax = 1_024;

/** One peer's part in all trees. */
export class Broadcast {
  readonly #self: PeerId;
  readonly #config: BroadcastConfig;
  readonly #history: History;
  readonly #owner: BroadcastOwner;
  /** In order of last use. */
  readonly #trees = new Map<PeerId, Tree>();
  readonly #links: (LinkId | undefined)[] = [];
  readonly #announcements: Announcement[][] = [];
  readonly #missing = new Map<string, Missing>();
  #flushAt = Number.POSITIVE_INFINITY;
  #nextAskAt = Number.POSITIVE_INFINITY;

  constructor(self: PeerId, config: BroadcastConfig, history: History, owner: BroadcastOwner) {
    this.#self = self;
    this.#config = config;
    this.#history = history;
    this.#owner = owner;
  }

  /** When announcements are due, or something announced is to be fetched. */
  get nextWake(): number {
    return Math.min(this.#flushAt, this.#nextAskAt);
  }

  /** Trees that this peer knows. */
  get trees(): number {
    return this.#trees.size;
  }

  /**
   * A new neighbor. Trees that stand don't need it; the first neighbor of all is asked for everything, because without
   * it nothing would come.
   */
  neighborUp({ slot, link }: BroadcastLink): void {
    const isFirst = this.#links.every((other) => other === undefined);
    this.#links[slot] = link;
    this.#announcements[slot] = [];
    const bit = 1 << slot;
    for (const tree of this.#trees.values()) tree.lazyMask = isFirst ? tree.lazyMask & ~bit : tree.lazyMask | bit;
    if (isFirst) this.#owner.send(link, { type: "graft", tree: undefined, wanted: undefined });
  }

  /** A neighbor is gone. Trees that came through it alone are asked for from somebody else at once. */
  neighborDown({ slot }: BroadcastLink): void {
    this.#links[slot] = undefined;
    this.#announcements[slot] = [];
    const others = this.#slotMask();
    if (others === 0) return;
    const instead = this.#links.findIndex((link) => link !== undefined);
    for (const [id, tree] of this.#trees) {
      if ((others & ~tree.lazyMask) !== 0) continue;
      tree.lazyMask &= ~(1 << instead);
      this.#owner.send(this.#links[instead]!, { type: "graft", tree: id, wanted: undefined });
    }
  }

  /** Spreads a message of this peer's own. Returns how many neighbors it was sent to. */
  publish(now: number, envelope: Envelope): number {
    this.#history.add(envelope, 0, -1);
    const id = this.#treeFor();
    const tree = this.#use(id);
    return this.#spread(now, id, tree, { envelope, round: 0, from: -1 });
  }

  /** Takes a message of the broadcast's own from a neighbor. */
  receive(now: number, slot: number, message: NativeGossip | IHave | Graft | Prune): void {
    switch (message.type) {
      case "gossip":
        this.#gossip(now, slot, message);
        break;
      case "ihave":
        for (const entry of message.entries) this.#announced(now, slot, entry);
        break;
      case "graft":
        this.#graft(slot, message);
        break;
      case "prune": {
        const tree = this.#trees.get(message.tree);
        if (tree !== undefined) tree.lazyMask |= 1 << slot;
        break;
      }
    }
  }

  /** Time has passed. */
  wake(now: number): void {
    if (this.#flushAt <= now) this.#flush();
    if (this.#nextAskAt <= now) this.#fetch(now);
  }

  #gossip(now: number, slot: number, { tree: id, round, envelope }: NativeGossip): void {
    const tree = this.#use(id);
    if (!this.#history.add(envelope, round, slot)) {
      this.#owner.duplicate(now, envelope);
      const worse = this.#isShorter(id, envelope, round) ? this.#history.get(envelope)!.from : slot;
      if (worse !== slot) tree.lazyMask &= ~(1 << slot);
      this.#pruneSlot(id, tree, worse);
      return;
    }
    tree.lazyMask &= ~(1 << slot);
    if (envelope.origin === id) tree.distance = round;
    if (this.#missing.size > 0) this.#missing.delete(keyOf(envelope));
    this.#owner.deliver(now, envelope, round);
    this.#spread(now, id, tree, { envelope, round, from: slot });
  }

  /**
   * Whether a message came by a way so much shorter that its tree should lead there. Only messages of the peer that the
   * tree grew from tell: those of others come along it backwards.
   */
  #isShorter(id: PeerId, message: MessageId, round: number): boolean {
    if (message.origin !== id) return false;
    const retained = this.#history.get(message);
    return retained !== undefined && retained.from >= 0 && round < retained.round;
  }

  #pruneSlot(id: PeerId, tree: Tree, slot: number): void {
    tree.lazyMask |= 1 << slot;
    const link = this.#links[slot];
    if (link !== undefined) this.#owner.send(link, { type: "prune", tree: id });
  }

  #spread(now: number, id: PeerId, tree: Tree, { envelope, round, from }: Retained): number {
    let sent = 0;
    for (let slot = 0; slot < this.#links.length; slot++) {
      const link = this.#links[slot];
      if (link === undefined || slot === from) continue;
      if ((tree.lazyMask & (1 << slot)) === 0) {
        this.#owner.send(link, { type: "gossip", tree: id, round: round + 1, envelope });
        sent++;
      } else this.#announce(now, slot, { tree: id, round, ...idOf(envelope) });
    }
    return sent;
  }

  /** One's own tree; else the nearest that is near enough; else a new one of one's own. */
  #treeFor(): PeerId {
    if (this.#trees.has(this.#self)) return this.#self;
    let nearest = this.#self;
    let distance = this.#config.borrowHopsMax + 1;
    for (const [id, tree] of this.#trees) {
      if (tree.distance < distance) {
        nearest = id;
        distance = tree.distance;
      }
    }
    return nearest;
  }

  #use(id: PeerId): Tree {
    let tree = this.#trees.get(id);
    if (tree === undefined) {
      tree = { lazyMask: 0, distance: id === this.#self ? 0 : Number.POSITIVE_INFINITY };
      if (this.#trees.size >= this.#config.treesMax) this.#trees.delete(this.#trees.keys().next().value!);
    } else this.#trees.delete(id);
    this.#trees.set(id, tree);
    return tree;
  }

  #announce(now: number, slot: number, announcement: Announcement): void {
    const queue = this.#announcements[slot]!;
    queue.push(announcement);
    if (queue.length >= announcementsMax) this.#flush();
    else if (this.#flushAt === Number.POSITIVE_INFINITY) this.#flushAt = now + this.#config.ihaveIntervalMs;
  }

  #flush(): void {
    this.#flushAt = Number.POSITIVE_INFINITY;
    for (let slot = 0; slot < this.#announcements.length; slot++) {
      const entries = this.#announcements[slot]!;
      const link = this.#links[slot];
      if (link === undefined || entries === undefined || entries.length === 0) continue;
      this.#announcements[slot] = [];
      this.#owner.send(link, { type: "ihave", entries });
    }
  }

  #announced(now: number, slot: number, entry: Announcement): void {
    if (this.#history.has(entry)) {
      this.#shorten(slot, entry);
      return;
    }
    const key = keyOf(entry);
    const known = this.#missing.get(key);
    if (known !== undefined) {
      if (known.announcers.length < 8 && !known.announcers.includes(slot)) known.announcers.push(slot);
      return;
    }
    if (this.#missing.size >= this.#config.missingMax) this.#missing.delete(this.#missing.keys().next().value!);
    const askAt = now + this.#config.graftDelayMs;
    this.#missing.set(key, { id: idOf(entry), tree: entry.tree, announcers: [slot], askAt });
    this.#nextAskAt = Math.min(this.#nextAskAt, askAt);
  }

  /** An announcer is nearer to the root than whoever brings this tree: change over (Plumtree §3.8). */
  #shorten(slot: number, { tree: id, round, ...message }: Announcement): void {
    const tree = this.#trees.get(id);
    if (tree === undefined || !this.#isShorter(id, message, round + 1)) return;
    const { from } = this.#history.get(message)!;
    if (from === slot || (tree.lazyMask & (1 << from)) !== 0) return;
    tree.lazyMask &= ~(1 << slot);
    this.#owner.send(this.#links[slot]!, { type: "graft", tree: id, wanted: undefined });
    this.#pruneSlot(id, tree, from);
  }

  #fetch(now: number): void {
    this.#nextAskAt = Number.POSITIVE_INFINITY;
    for (const [key, missing] of this.#missing) {
      if (missing.askAt <= now && !this.#ask(now, missing)) this.#missing.delete(key);
      else this.#nextAskAt = Math.min(this.#nextAskAt, missing.askAt);
    }
  }

  /** Asks the next announcer that is still there. False when nobody is left: reconciliation will find it. */
  #ask(now: number, missing: Missing): boolean {
    for (let slot = missing.announcers.shift(); slot !== undefined; slot = missing.announcers.shift()) {
      const link = this.#links[slot];
      if (link === undefined) continue;
      this.#use(missing.tree).lazyMask &= ~(1 << slot);
      this.#owner.send(link, { type: "graft", tree: missing.tree, wanted: missing.id });
      missing.askAt = now + this.#config.graftRetryMs;
      return true;
    }
    return false;
  }

  #graft(slot: number, { tree: id, wanted }: Graft): void {
    const bit = 1 << slot;
    if (id === undefined) {
      for (const tree of this.#trees.values()) tree.lazyMask &= ~bit;
      return;
    }
    this.#use(id).lazyMask &= ~bit;
    const retained = wanted && this.#history.get(wanted);
    if (retained === undefined) return;
    const { envelope, round } = retained;
    this.#owner.send(this.#links[slot]!, { type: "gossip", tree: id, round: round + 1, envelope });
  }

  #slotMask(): number {
    let mask = 0;
    for (let slot = 0; slot < this.#links.length; slot++) if (this.#links[slot] !== undefined) mask |= 1 << slot;
    return mask;
  }
}

function idOf({ origin, epoch, seq }: MessageId): MessageId {
  return { origin, epoch, seq };
}

function keyOf({ origin, epoch, seq }: MessageId): string {
  return `${origin}/${epoch}/${seq}`;
}
