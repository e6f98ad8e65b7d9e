/**
 * How a message spreads: whole along the links of a tree, and as a mere announcement along all others.
 *
 * This is Plumtree (Leitão, Pereira, Rodrigues, *Epidemic broadcast trees*, SRDS 2007), with trees where they are needed
 * (trees.ts), announcements in batches that neighbors don't repeat to each other (announcements.ts), and fetching of what
 * was announced and has not come (wanted.ts). Fetching mends the tree: it is a graft.
 *
 * - **Large messages** travel on no tree. They are announced to all neighbors at once, and each peer asks the first that
 *   announces: they cross each link that is needed once, and no other.
 * - **A congested neighbor** gets announcements only, until it has caught up.
 * - **A message that came by reconciliation** shows a broken tree: whoever next announces it on a tree becomes the way
 *   on which that tree's messages come.
 */
import { Announcements, type AnnouncementsConfig, entriesMax, runMax } from "./announcements.js";
import type { LinkId } from "./effects.js";
import type { History } from "./history.js";
import type { PeerId } from "./identity.js";
import { type BroadcastLink, Links } from "./links.js";
import {
  type Announcement,
  type Envelope,
  type Graft,
  type IHave,
  type Message,
  type MessageId,
  type NativeGossip,
  type Prune,
  payloadBytesOf,
} from "./message.js";
import { Pace } from "./pace.js";
import { beaconSeq, type Tree } from "./tree.js";
import { Trees, type TreesConfig } from "./trees.js";
import { type Missing, untreed, Wanted, type WantedConfig } from "./wanted.js";

export type { BroadcastLink } from "./links.js";

/** Tunables of the broadcast. */
export interface BroadcastConfig extends TreesConfig, AnnouncementsConfig, WantedConfig {
  /** Messages with so large a payload or larger are announced first, and sent to who asks. */
  readonly announceFirstBytes: number;
}

/** For networks with latencies of some ten milliseconds. */
export const broadcastDefaults: BroadcastConfig = {
  announceFirstBytes: 16_384,
  borrowHopsMax: 3,
  spareHopsMax: 3,
  ownTreeShare: 0.2,
  treeDelayMs: 1_000,
  treeHoldMs: 250,
  treeRestMs: 8_000,
  treeLifeMs: 1_800_000,
  treesMax: 1_024,
  ihaveIntervalMs: 250,
  unrestMs: 10_000,
  ihaveCalmIntervalMs: 8_000,
  ihaveBatchCount: 15,
  ihavePauseMs: 100,
  announcementsMax: 1_024,
  graftDelayMs: 300,
  graftDelayMaxMs: 2_000,
  graftRetryMs: 400,
  largeRetryMs: 5_000,
  missingMax: 10_000,
};

/** What the broadcast asks of the peer it belongs to. */
export interface BroadcastOwner {
  send(link: LinkId, message: Message): void;
  /** A message seen for the first time, after `round` hops. */
  deliver(now: number, envelope: Envelope, round: number): void;
  /** A copy of a message seen before: waste, for whoever counts it. */
  duplicate(now: number, envelope: Envelope): void;
  /** A neighbor has been sent a message that it had asked for. */
  served(now: number, slot: number, envelope: Envelope): void;
}

/** Numbers looked up for one frame of announcements; what more of it would tell is left to reconciliation. */
const lookUpsMax = 16_384;
/** Messages remembered for having come by reconciliation. */
const repairedMax = 1_024;
/** An older message that comes by reconciliation says nothing about today's trees. */
const repairedAgeMaxMs = 10_000;
/** Times that neighbors are asked again, after one was lost. */
const inquiriesMax = 3;
/** Ranges in one want. */
const rangesMax = 256;

/** One peer's part in the spreading of all messages. */
export class Broadcast {
  readonly #config: BroadcastConfig;
  readonly #history: History;
  readonly #owner: BroadcastOwner;
  readonly #links = new Links();
  readonly #pace = new Pace();
  readonly #trees: Trees;
  readonly #announcements: Announcements;
  readonly #wanted: Wanted;
  /** Messages that came by reconciliation a short time ago, and whether they had been asked for here. */
  readonly #repaired = new Map<string, boolean>();
  #now = 0;
  /** When neighbors are asked again what this peer lacks, and how often still. */
  #inquireAt = Number.POSITIVE_INFINITY;
  #inquiriesLeft = 0;

  constructor(self: PeerId, config: BroadcastConfig, history: History, owner: BroadcastOwner) {
    this.#config = config;
    this.#history = history;
    this.#owner = owner;
    this.#trees = new Trees(self, config, this.#links, this.#pace, {
      send: (slot, message) => this.#send(slot, message),
    });
    this.#announcements = new Announcements(config, this.#links, this.#pace, Number.parseInt(self.slice(-2), 16) / 255);
    this.#wanted = new Wanted(config, this.#pace);
  }

  /** When {@link wake} is wanted. */
  get nextWake(): number {
    const { nextFlushAt } = this.#announcements;
    const { nextWake, beacons } = this.#trees;
    return Math.min(nextFlushAt, this.#wanted.nextAskAt, nextWake, beacons.nextAt, this.#inquireAt);
  }

  /** Trees that this peer knows. */
  get trees(): number {
    return this.#trees.size;
  }

  /** All of them, in no particular order. */
  allTrees(): Iterable<Readonly<Tree>> {
    return this.#trees.all();
  }

  /** A new neighbor. */
  neighborUp(neighbor: BroadcastLink): void {
    const isFirst = this.#links.mask === 0;
    this.#links.add(neighbor);
    this.#announcements.clear(neighbor.slot);
    this.#trees.neighborUp(neighbor.slot, isFirst);
  }

  /** A neighbor is gone. */
  neighborDown(neighbor: BroadcastLink): void {
    const { slot } = neighbor;
    this.#links.remove(neighbor);
    this.#announcements.clear(slot);
    this.#wanted.neighborDown(this.#now, slot);
    this.#trees.neighborDown(this.#now, slot);
    this.#announcements.unrest(this.#now);
    // What was on its way is asked for at once: a frame of announcements, even of none, is answered by what it lacks.
    this.#inquire();
    this.#inquiriesLeft = inquiriesMax;
    this.#inquireAt = this.#now + 2 * this.#wanted.delayMs;
  }

  /** A round trip to a neighbor was measured. */
  measured(rttMs: number): void {
    this.#pace.measured(rttMs);
  }

  #inquire(): void {
    for (let slot = 0; slot < 8; slot++) this.#flush(slot, true);
  }

  /** The neighbor that was chosen instead of a lost one may have been cut off as well: asks again, ever less urgently. */
  #inquireAgain(now: number): void {
    this.#inquire();
    this.#inquiriesLeft--;
    const waits = 2 ** (inquiriesMax - this.#inquiriesLeft + 1);
    this.#inquireAt = this.#inquiriesLeft === 0 ? Number.POSITIVE_INFINITY : now + waits * this.#wanted.delayMs;
  }

  /** How many trees that are in use need the link of a slot: what would have to be mended if it were given up. */
  usesOf(now: number, slot: number): number {
    return this.#trees.usesOf(now, slot);
  }

  /** What waits to be sent to a neighbor is much (true), or little again: until then it gets announcements only. */
  congested(now: number, slot: number, isCongested: boolean): void {
    this.#now = now;
    if (isCongested) this.#links.congestedMask |= 1 << slot;
    else this.#links.congestedMask &= ~(1 << slot);
  }

  /** Spreads a message of this peer's own. Returns the slots that it was sent to, or announced to at once, as bits. */
  publish(now: number, envelope: Envelope): number {
    this.#now = now;
    this.#history.add(now, envelope, 0, -1);
    if (this.#isLarge(envelope)) return this.#announceNow(now, envelope, 0, this.#links.mask);
    return this.#spread(now, this.#trees.choose(now, envelope.epoch), envelope, 0, this.#links.mask);
  }

  /** Takes a message of the broadcast's own from a neighbor. */
  receive(now: number, slot: number, message: NativeGossip | IHave | Graft | Prune): void {
    if (this.#links.get(slot) === undefined) return;
    this.#now = now;
    switch (message.type) {
      case "gossip":
        this.#gossip(now, slot, message);
        break;
      case "ihave":
        this.#announced(now, slot, message.entries);
        break;
      case "graft":
        this.#graft(now, slot, message);
        break;
      case "prune":
        this.#trees.pruned(now, slot, message.tree);
        break;
    }
  }

  /**
   * A message that was asked for has come, on no tree. Delivers it, and announces it to the other neighbors.
   *
   * @param round - hops so far, this one included
   * @param ageMs - how long ago it first came to the network
   * @returns false when it was known
   */
  repaired(now: number, slot: number, envelope: Envelope, round: number, ageMs = 0): boolean {
    this.#now = now;
    const missing = this.#wanted.arrived(now, slot, envelope);
    if (!this.#history.add(now, envelope, round, slot, ageMs)) return false;
    this.#trees.othersPublished();
    this.#owner.deliver(now, envelope, round);
    const lacking = this.#links.mask & ~(1 << slot) & ~announcersOf(missing);
    if (this.#isLarge(envelope)) this.#announceNow(now, envelope, round, lacking);
    else {
      this.#announcements.add(now, lacking, envelope, untreed, round);
      if (ageMs < repairedAgeMaxMs) this.#rememberRepaired(envelope, missing !== undefined && missing.asked >= 0);
    }
    return true;
  }

  /** Time has passed. */
  wake(now: number): void {
    this.#now = now;
    for (let slot = this.#announcements.due(now); slot >= 0; slot = this.#announcements.due(now)) this.#flush(slot);
    const { beacons } = this.#trees;
    for (let slot = beacons.due(now); slot >= 0; slot = beacons.due(now)) this.#flush(slot);
    if (this.#wanted.nextAskAt <= now) this.#fetch(now);
    if (this.#inquireAt <= now) this.#inquireAgain(now);
    this.#trees.wake(now);
  }

  #gossip(now: number, slot: number, { tree: id, round, envelope }: NativeGossip): void {
    const tree = this.#trees.use(now, id);
    const isRoots = envelope.origin === id;
    if (!this.#history.add(now, envelope, round, slot)) {
      this.#owner.duplicate(now, envelope);
      // It came by reconciliation before it came on the tree: nothing is wrong with the tree.
      if (this.#repaired.size > 0 && this.#repaired.delete(keyOf(envelope))) return;
      const from = this.#history.from(envelope);
      this.#trees.heardTwice(now, tree, slot, from, isRoots ? round : Number.POSITIVE_INFINITY);
      return;
    }
    this.#trees.heard(now, tree, slot);
    if (isRoots) this.#trees.heardRoot(now, tree, slot, round, envelope.epoch);
    this.#trees.othersPublished();
    const missing = this.#wanted.arrived(now, slot, envelope);
    this.#owner.deliver(now, envelope, round);
    const lacking = this.#links.mask & ~(1 << slot) & ~announcersOf(missing);
    this.#spread(now, tree, envelope, round, lacking);
  }

  /** Sends it to those neighbors of a mask who are on the tree, and notes it for the others. Returns the former. */
  #spread(now: number, tree: Tree, envelope: Envelope, round: number, mask: number): number {
    const eager = mask & ~tree.lazyMask & ~this.#links.congestedMask;
    if (eager !== 0) {
      const message: NativeGossip = { type: "gossip", tree: tree.id, round: round + 1, envelope };
      for (let slot = 0, rest = eager; rest !== 0; slot++, rest >>>= 1) {
        if ((rest & 1) !== 0) this.#owner.send(this.#links.get(slot)!, message);
      }
    }
    const lazy = mask & ~eager;
    if (lazy !== 0) this.#announcements.add(now, lazy, envelope, tree.id, round);
    return eager;
  }

  /** Announces a large message. Returns the slots on which it did. */
  #announceNow(now: number, envelope: Envelope, round: number, mask: number): number {
    if (mask === 0) return 0;
    this.#announcements.add(now, mask, envelope, untreed, round);
    for (let slot = 0; slot < 8; slot++) if ((mask & (1 << slot)) !== 0) this.#flush(slot);
    return mask;
  }

  /** Tells a neighbor all that waits to be told. */
  #flush(slot: number, isAsking = false): void {
    const link = this.#links.get(slot);
    const beacons = this.#trees.beacons.take(slot, entriesMax);
    const runs = this.#announcements.take(slot, entriesMax - beacons.length);
    const entries = beacons.length === 0 ? runs : beacons.concat(runs);
    if (link === undefined || (entries.length === 0 && !isAsking)) return;
    this.#owner.send(link, { type: "ihave", entries });
  }

  #announced(now: number, slot: number, entries: readonly Announcement[]): void {
    let lookUps = lookUpsMax;
    for (const entry of entries) {
      const { origin, epoch, seq, round } = entry;
      if (seq === beaconSeq) {
        this.#trees.offered(now, slot, origin, epoch, round);
        continue;
      }
      const count = Math.min(entry.count, runMax);
      if (seq + count >= beaconSeq) continue;
      lookUps--;
      const last = count === 1 ? entry : { origin, epoch, seq: seq + count - 1 };
      if (this.#history.has(last)) this.#announcedKnown(now, slot, entry, last);
      else {
        lookUps -= count;
        if (lookUps < 0) break;
        this.#announcedUnknown(now, slot, entry, count);
      }
    }
    this.#announcements.heard(now, slot, entries, now - this.#wanted.delayMs);
  }

  #announcedKnown(now: number, slot: number, { origin, epoch, tree: id, round }: Announcement, last: MessageId): void {
    if (origin === id) this.#trees.offered(now, slot, id, epoch, round);
    if (this.#repaired.size === 0 || id === untreed) return;
    const key = keyOf(last);
    if (this.#repaired.get(key) !== false) return;
    this.#repaired.delete(key);
    this.#trees.graft(now, this.#trees.use(now, id), slot);
    this.#announcements.unrest(now);
  }

  #announcedUnknown(now: number, slot: number, entry: Announcement, count: number): void {
    const { origin, epoch, seq: first } = entry;
    for (let seq = first; seq < first + count; seq++) {
      if (!this.#history.has({ origin, epoch, seq })) this.#wanted.announced(now, slot, entry, seq);
    }
  }

  /** Asks for what has not come: one message of each tree by a graft, which mends the tree, the others by wants. */
  #fetch(now: number): void {
    const grafted = new Set<string>();
    const wants = new Map<string, { slot: number; origin: PeerId; epoch: number; seqs: number[] }>();
    this.#wanted.askDue(now, (missing, slot) => {
      const { origin, epoch, seq, tree: id } = missing;
      const edge = `${slot}/${id}`;
      const tree = id === untreed || grafted.has(edge) ? undefined : this.#trees.use(now, id);
      if (tree !== undefined && this.#trees.isBroken(now, tree, missing.announcedAt)) {
        grafted.add(edge);
        this.#trees.graft(now, tree, slot, { origin, epoch, seq });
        this.#announcements.unrest(now);
        return;
      }
      const key = `${slot}/${origin}/${epoch}`;
      const want = wants.get(key);
      if (want === undefined) wants.set(key, { slot, origin, epoch, seqs: [seq] });
      else want.seqs.push(seq);
    });
    for (const { slot, origin, epoch, seqs } of wants.values()) {
      const bounds = boundsOf(seqs);
      for (let i = 0; i < bounds.length; i += 2 * rangesMax) {
        this.#send(slot, { type: "want", origin, epoch, seqs: bounds.slice(i, i + 2 * rangesMax) });
      }
    }
  }

  #graft(now: number, slot: number, { tree: id, wanted }: Graft): void {
    if (id === undefined) {
      this.#trees.graftedAll(now, slot);
      return;
    }
    const tree = this.#trees.use(now, id);
    this.#trees.grafted(tree, slot);
    if (wanted === undefined) return;
    this.#announcements.unrest(now);
    const retained = this.#history.get(wanted);
    if (retained === undefined || (this.#links.congestedMask & (1 << slot)) !== 0) return;
    const { envelope, round } = retained;
    this.#send(slot, { type: "gossip", tree: id, round: round + 1, envelope });
    this.#owner.served(now, slot, envelope);
  }

  #rememberRepaired(envelope: Envelope, wasAskedHere: boolean): void {
    if (this.#repaired.size >= repairedMax) this.#repaired.delete(this.#repaired.keys().next().value!);
    this.#repaired.set(keyOf(envelope), wasAskedHere);
  }

  #isLarge(envelope: Envelope): boolean {
    return payloadBytesOf(envelope) >= this.#config.announceFirstBytes;
  }

  #send(slot: number, message: Message): void {
    const link = this.#links.get(slot);
    if (link !== undefined) this.#owner.send(link, message);
  }
}

/** The slots, as bits, that have announced a message: they have it. */
function announcersOf(missing: Missing | undefined): number {
  if (missing === undefined) return 0;
  let mask = missing.asked >= 0 ? 1 << missing.asked : 0;
  for (const slot of missing.announcers) mask |= 1 << slot;
  return mask;
}

/** Numbers as ascending ranges: first and last of each. */
function boundsOf(seqs: number[]): number[] {
  seqs.sort((a, b) => a - b);
  const bounds: number[] = [];
  for (const seq of seqs) {
    if (bounds.length > 0 && bounds.at(-1) === seq - 1) bounds[bounds.length - 1] = seq;
    else bounds.push(seq, seq);
  }
  return bounds;
}

function keyOf({ origin, epoch, seq }: MessageId): string {
  return `${origin}/${epoch}/${seq}`;
}
