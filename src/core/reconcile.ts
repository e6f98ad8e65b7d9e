/**
 * How two neighbors find out what one of them lacks, and repair it (anti-entropy; A. Meyer, *Range-Based Set
 * Reconciliation*, 2022).
 *
 * The broadcast brings nearly everything. What it does not, for a link that broke, a partition, or because somebody came
 * late, is found here: every two seconds or so a peer compares with one of its neighbors.
 *
 * - **Digest.** It sends a sum over all it remembers. If the neighbor's sum is the same, that was all: 21 bytes. If not,
 *   the neighbor answers with the sums of its prefixes one digit longer, and so on, each answer naming only what differs.
 *   The prefixes of one parent come together; one that is not named has nothing. When one life alone
 *   makes the difference, it can often be guessed, and is named at once: see {@link guess}.
 * - **Marks.** Where few lives are left they are listed: which numbers are seen, which are kept. The one who is asked so
 *   answers with those lives of which it has more, and with nothing if it has no more of any. A question about everything,
 *   from a newcomer, is always answered, and by parts that cover everything, so that the newcomer knows when it is done.
 * - **Want, repair.** Both ask for what they lack: see {@link Wants} and {@link Repairs}.
 *
 * No answer depends on what was said before, so nothing is to be cleaned up when a link breaks. Two sides that begin
 * at once would do everything twice; the one with the lower sum gives way.
 *
 * Who was given repairs compares with its other neighbors soon, so a healed partition spreads hop by hop, not interval by
 * interval. What can't be had any more is given up: see {@link Gaps}.
 */
import { isBounds, lastOf, subtract } from "./bounds.js";
import type { ReconcileConfig } from "./config.js";
import type { LinkId } from "./effects.js";
import { Gaps } from "./gaps.js";
import type { Guess } from "./guess.js";
import type { Gap, History, LifeView } from "./history.js";
import type { PeerId } from "./identity.js";
import { arePrefixes, Listing, listedLives } from "./listing.js";
import type { Digest, DigestPart, LifeMarks, Marks, MarksPart, Repair, Want } from "./message.js";
import type { Random } from "./random.js";
import { Repairs } from "./repairs.js";
import { Wants } from "./wants.js";

/** What the reconciliation asks of the peer it belongs to, and what it tells. */
export interface ReconcileOwner {
  send(link: LinkId, message: Digest | Marks | Want | Repair): void;
  /** Asks a neighbor, unless it is being asked already, to say when it has taken what was sent so far: `confirmed`. */
  probe(now: number, slot: number): void;
  /** A repair came: the peer adds it to the history and delivers it. @returns true if it was new */
  repaired(now: number, slot: number, repair: Repair): boolean;
  /** Messages will never come. The history has skipped them; `skipped` follows. */
  gap(now: number, gap: Gap): void;
  /** Numbers of a life have been given up, with a gap or without: the order can go on. */
  skipped(now: number, origin: PeerId, epoch: number): void;
}

/** A link to a neighbor, in one of a few numbered slots. */
export interface ReconcileLink {
  readonly slot: number;
  readonly link: LinkId;
}

interface Side extends ReconcileLink {
  readonly upAt: number;
  /** What this peer lists to it. */
  readonly listing: Listing;
  isCongested: boolean;
  /** When this peer last began to compare with it. */
  comparedAt: number;
  /** When it last said something about what it has. */
  heardAt: number;
  /** When to compare with it out of turn. */
  soonAt: number;
  /** The sum that was sent, for as long as it is unanswered. */
  sent: DigestPart | undefined;
  /** How much of everything it has told of, 0 to 1, since it was asked for everything; undefined when it was not. */
  told: number | undefined;
}

/** For so long after a link came up, what differs is most likely old, and need not be waited for. */
const newLinkMs = 3_000;
/** Lives tried in guesses within one interval: some milliseconds of work, whatever others send. */
const guessedLivesMax = 8_192;
/** A life that was silent for so long has nothing under way. */
const quietMs = 1_000;

/** One peer's part in finding and repairing what is lacking. */
export class Reconciler {
  readonly #config: ReconcileConfig;
  readonly #history: History;
  readonly #random: Random;
  readonly #owner: ReconcileOwner;
  readonly #sides: (Side | undefined)[] = [];
  readonly #wants: Wants;
  readonly #repairs: Repairs;
  readonly #gaps: Gaps;
  #turn = 0;
  #turnAt = Number.POSITIVE_INFINITY;
  /** When a neighbor is to be compared with out of turn. May be too early, never too late. */
  #soonAt = Number.POSITIVE_INFINITY;
  #guessedLives = 0;
  /** Whether a neighbor has told of everything it has. */
  #hasBegun = false;

  constructor(config: ReconcileConfig, history: History, random: Random, owner: ReconcileOwner) {
    this.#config = config;
    this.#history = history;
    this.#random = random;
    this.#owner = owner;
    this.#wants = new Wants(config, history, {
      ask: (slot, want) => owner.send(this.#sides[slot]!.link, want),
      gone: (now, lack) => this.#gaps.gone(now, lack),
    });
    this.#repairs = new Repairs(config, history, {
      send: (slot, repair) => owner.send(this.#sides[slot]!.link, repair),
      probe: (now, slot) => owner.probe(now, slot),
    });
    this.#gaps = new Gaps(config, history, {
      hasComparedSince: (now, since) => this.#hasComparedSince(now, since),
      fetchable: (origin, epoch) => this.#wants.fetchable(origin, epoch),
      gap: (now, gap) => owner.gap(now, gap),
      skipped: (now, origin, epoch) => owner.skipped(now, origin, epoch),
    });
  }

  /** When {@link wake} is wanted next. */
  get nextWake(): number {
    return Math.min(this.#turnAt, this.#soonAt, this.#wants.nextWake, this.#repairs.nextWake, this.#gaps.nextWake);
  }

  /** Lives of which something is known to be lacking. */
  get lackingLives(): number {
    return this.#wants.size;
  }

  /** A new neighbor: compares with it at once. */
  neighborUp(now: number, { slot, link }: ReconcileLink): void {
    this.#sides[slot] = {
      slot,
      link,
      upAt: now,
      listing: new Listing(this.#config, (message) => this.#owner.send(link, message)),
      isCongested: false,
      comparedAt: Number.NEGATIVE_INFINITY,
      heardAt: Number.NEGATIVE_INFINITY,
      soonAt: Number.POSITIVE_INFINITY,
      sent: undefined,
      told: undefined,
    };
    this.#wants.neighborUp(slot);
    this.#repairs.neighborUp(slot);
    if (this.#turnAt === Number.POSITIVE_INFINITY) this.#schedule(now);
    this.#compare(now, this.#sides[slot]);
  }

  /** A neighbor is gone: what it was asked for is asked of others. */
  neighborDown(now: number, { slot }: ReconcileLink): void {
    this.#sides[slot] = undefined;
    this.#wants.neighborDown(now, slot);
    this.#repairs.neighborDown(slot);
    if (this.#sides.every((side) => side === undefined)) this.#turnAt = Number.POSITIVE_INFINITY;
  }

  /** While its link is congested a neighbor is sent nothing but answers; afterwards it is compared with at once. */
  congested(now: number, slot: number, isCongested: boolean): void {
    const side = this.#sides[slot];
    if (side === undefined || side.isCongested === isCongested) return;
    side.isCongested = isCongested;
    this.#repairs.congested(now, slot, isCongested);
    if (!isCongested) this.#compare(now, side);
  }

  /** What was sent to a neighbor before `askedAt` has been taken. @returns whether anything was waited for */
  confirmed(now: number, slot: number, askedAt: number): boolean {
    return this.#repairs.confirmed(now, slot, askedAt);
  }

  /** A message of the reconciliation's own. @returns false when it makes no sense: its sender misbehaves */
  receive(now: number, slot: number, message: Digest | Marks | Want | Repair): boolean {
    const side = this.#sides[slot];
    if (side === undefined) return true;
    switch (message.type) {
      case "digest":
        return this.#digest(now, side, message.parts);
      case "marks":
        return this.#marks(now, side, message);
      case "want":
        if (!isBounds(message.seqs)) return false;
        this.#repairs.wanted(now, slot, message);
        return true;
      case "repair":
        this.#repaired(now, slot, message);
        return true;
    }
  }

  /** Does what is due. */
  wake(now: number): void {
    if (this.#turnAt <= now) {
      this.#schedule(now);
      this.#takeTurn(now);
    }
    if (this.#soonAt <= now) this.#compareDue(now);
    if (this.#wants.nextWake <= now) this.#wants.wake(now);
    if (this.#repairs.nextWake <= now) this.#repairs.wake(now);
    if (this.#gaps.nextWake <= now) this.#gaps.wake(now);
  }

  #schedule(now: number): void {
    const { reconcileIntervalMs } = this.#config;
    const spread = Math.floor(reconcileIntervalMs / 2);
    this.#turnAt = now + reconcileIntervalMs - Math.floor(spread / 2) + this.#random.below(spread + 1);
  }

  #takeTurn(now: number): void {
    this.#guessedLives = 0;
    for (const side of this.#sides) if (side !== undefined) side.listing.allow();
    for (let i = 0; i < this.#sides.length; i++) {
      this.#turn = (this.#turn + 1) % this.#sides.length;
      const side = this.#sides[this.#turn];
      if (side === undefined || side.isCongested) continue;
      this.#compare(now, side);
      return;
    }
  }

  /** Begins to compare with a neighbor: with a sum, or, when everything will be news, by asking for everything. */
  #compare(now: number, side: Side): void {
    side.soonAt = Number.POSITIVE_INFINITY;
    if (side.isCongested) return;
    side.comparedAt = now;
    const wantsAll = this.#config.history === "none" || this.#history.isBlank;
    if (wantsAll && !this.#hasBegun) {
      side.told = 0;
      side.listing.marks(true, [{ prefix: "", lives: listedLives(this.#history.lives("")) }]);
    } else {
      side.sent = this.#history.digest("");
      side.listing.digest([[side.sent]]);
    }
  }

  #hasComparedSince(now: number, since: number): boolean {
    let hasCompared = true;
    for (const side of this.#sides) {
      if (side === undefined || side.isCongested) continue;
      if (side.comparedAt < since) this.#compareSoon(now, side);
      if (side.comparedAt < since || side.heardAt < side.comparedAt) hasCompared = false;
    }
    return hasCompared;
  }

  #compareSoon(now: number, side: Side): void {
    side.soonAt = Math.min(side.soonAt, now + this.#config.newsDelayMs);
    this.#soonAt = Math.min(this.#soonAt, side.soonAt);
  }

  #compareDue(now: number): void {
    this.#soonAt = Number.POSITIVE_INFINITY;
    for (const side of this.#sides) {
      if (side === undefined) continue;
      if (side.soonAt <= now) this.#compare(now, side);
      this.#soonAt = Math.min(this.#soonAt, side.soonAt);
    }
  }

  // Digests

  #digest(now: number, side: Side, parts: readonly DigestPart[]): boolean {
    if (!arePrefixes(parts)) return false;
    side.heardAt = now;
    const isRoot = parts.length === 1 && parts[0]!.prefix === "";
    if (isRoot && this.#goesFirst(now, side, parts[0]!)) return true;
    side.sent = undefined;
    if (parts.length === 0) return true;
    const differing = isRoot && this.#isSame(parts[0]!) ? [] : this.#differing(parts);
    if (differing.length === 0) side.listing.digest([]);
    else this.#lookCloser(side, differing);
    return true;
  }

  /** Where sums differ: lists lives where there are few or one can be guessed, and sends longer prefixes elsewhere. */
  #lookCloser(side: Side, differing: readonly DigestPart[]): void {
    const digests: DigestPart[][] = [];
    const questions: MarksPart[] = [];
    const answers: MarksPart[] = [];
    for (const theirs of differing) {
      const { prefix } = theirs;
      const count = this.#history.count(prefix);
      if (count <= this.#config.listedLivesMax || prefix.length === 8) {
        questions.push({ prefix, lives: listedLives(this.#history.lives(prefix)) });
        continue;
      }
      const found = this.#guess(theirs, count);
      if (found === undefined) digests.push(this.#history.children(prefix));
      else {
        const name = found.element.origin.slice(0, 8);
        (found.isAhead ? answers : questions).push({ prefix: name, lives: listedLives(this.#history.lives(name)) });
      }
    }
    if (digests.length > 0) side.listing.digest(digests);
    if (questions.length > 0) side.listing.marks(true, questions);
    if (answers.length > 0) side.listing.marks(false, answers);
  }

  #guess(theirs: DigestPart, count: number): Guess<LifeView> | undefined {
    if (this.#guessedLives + count > guessedLivesMax) return undefined;
    this.#guessedLives += count;
    return this.#history.guess(theirs);
  }

  /** Whether both sides have begun at once, and this side's beginning counts. */
  #goesFirst(now: number, { sent, told, comparedAt }: Side, theirs: DigestPart): boolean {
    if (now > comparedAt + this.#config.wantRetryMs) return false;
    if (told !== undefined && told < 1) return true;
    if (sent === undefined || (sent.lower === theirs.lower && sent.upper === theirs.upper)) return false;
    return sent.upper === theirs.upper ? sent.lower > theirs.lower : sent.upper > theirs.upper;
  }

  #isSame({ lower, upper }: DigestPart): boolean {
    const mine = this.#history.digest("");
    return mine.lower === lower && mine.upper === upper;
  }

  /** The prefixes under which not all is the same, those included that only this side has something under. */
  #differing(parts: readonly DigestPart[]): DigestPart[] {
    const differing: DigestPart[] = [];
    for (let i = 0; i < parts.length; ) {
      const { prefix } = parts[i]!;
      const parent = prefix.slice(0, -1);
      const mine = prefix === "" ? [this.#history.digest("")] : this.#history.children(parent);
      const own = new Map(mine.map((part) => [part.prefix, part]));
      for (; i < parts.length && isChild(parts[i]!.prefix, prefix); i++) {
        const theirs = parts[i]!;
        const same = own.get(theirs.prefix) ?? { lower: 0, upper: 0 };
        if (same.lower !== theirs.lower || same.upper !== theirs.upper) differing.push(theirs);
        own.delete(theirs.prefix);
      }
      for (const missing of own.keys()) differing.push({ prefix: missing, lower: 0, upper: 0 });
    }
    return differing.sort((a, b) => (a.prefix < b.prefix ? -1 : 1));
  }

  // Marks

  #marks(now: number, side: Side, { isQuestion, parts }: Marks): boolean {
    if (!arePrefixes(parts) || !parts.every(isSound)) return false;
    side.heardAt = now;
    side.sent = undefined;
    for (const { lives } of parts) for (const life of lives) this.#learn(now, side, life);
    if (isQuestion) this.#answer(side, parts);
    else if (side.told !== undefined) this.#toldOf(now, side, parts);
    if (this.#wants.nextWake <= now) this.#wants.wake(now);
    return true;
  }

  #learn(now: number, side: Side, marks: LifeMarks): void {
    const { origin, epoch, seen } = marks;
    if (this.#config.history === "none" && !this.#hasBegun) {
      if (seen.length > 0) this.#history.skip(now, origin, epoch, [1, lastOf(seen)]);
      this.#owner.skipped(now, origin, epoch);
      return;
    }
    const heardAt = this.#history.life(origin, epoch)?.heardAt ?? Number.NEGATIVE_INFINITY;
    const isOld = now - side.upAt < newLinkMs && now - heardAt > quietMs;
    this.#wants.learn(now, side.slot, marks, isOld ? 0 : this.#config.wantDelayMs);
  }

  /** Lists those lives of which the asker lacks something. */
  #answer(side: Side, questions: readonly MarksPart[]): void {
    const answers: MarksPart[] = [];
    for (const { prefix, lives } of questions) {
      const theirs = new Map(lives.map((life) => [keyOf(life), life.seen]));
      const news = this.#history.lives(prefix).filter((life) => {
        const known = theirs.get(keyOf(life));
        return known === undefined || subtract(life.seen.bounds, known).length > 0;
      });
      if (news.length > 0 || prefix === "") answers.push(...side.listing.split(prefix, news));
    }
    if (answers.length > 0) side.listing.marks(false, answers);
  }

  /** A newcomer has heard of some part of everything; when of all, it has begun. */
  #toldOf(now: number, side: Side, parts: readonly MarksPart[]): void {
    for (const { prefix } of parts) side.told! += 16 ** -prefix.length;
    if (side.told! < 1 || this.#hasBegun) return;
    this.#hasBegun = true;
    if (this.#config.history === "none") this.#gaps.forgive(now);
  }

  #repaired(now: number, slot: number, repair: Repair): void {
    const isNew = this.#owner.repaired(now, slot, repair);
    const wasAsked = this.#wants.repaired(now, slot, repair.envelope);
    if (!isNew || !wasAsked) return;
    for (const side of this.#sides) if (side !== undefined && side.slot !== slot) this.#compareSoon(now, side);
  }
}

function isChild(prefix: string, sibling: string): boolean {
  return prefix.length === sibling.length && prefix.slice(0, -1) === sibling.slice(0, -1);
}

/** Whether every life belongs under the prefix, and keeps only what it has seen. */
function isSound({ prefix, lives }: MarksPart): boolean {
  return lives.every(({ origin, seen, kept }) => {
    return origin.startsWith(prefix) && isBounds(seen) && isBounds(kept) && subtract(kept, seen).length === 0;
  });
}

function keyOf({ origin, epoch }: { readonly origin: PeerId; readonly epoch: number }): string {
  return `${origin}/${epoch}`;
}
