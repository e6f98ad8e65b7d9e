/**
 * How two neighbors find where their directories differ (anti-entropy).
 *
 * Now and then, and whenever a link has come up, one sends the sum over its directory. Where the other's is the same, that
 * was all. Where it has far less, it is told everything. Else it answers with the sums of 256 parts, is told what the
 * first has in those that differ, gives what it has in them and asks for what it lacks. The newest record wins on either
 * side, so no answer depends on an earlier one, and nothing is to be cleaned up when a link breaks.
 */
import type { PeerId } from "../identity.js";
import type { Random } from "../random.js";
import type { DirectoryConfig } from "./config.js";
import { type Ask, type Ended, listMax, type News, type Summary, type Sums, type Versions } from "./messages.js";
import { newsOf } from "./news.js";
import type { Accusation, PeerRecord } from "./record.js";
import type { Stillness } from "./stillness.js";
import type { DirectoryTable } from "./table.js";
import { partOf, partsMax } from "./version.js";

/** What the comparison needs of the directory it belongs to. */
export interface ComparisonOwner {
  send(slot: number, message: News | Summary | Sums | Versions | Ask): void;
  /** A neighbor has another directory. */
  differs(now: number): void;
  /** Who accuses a peer that is there. */
  accusationsOf(id: PeerId): readonly Accusation[];
}

interface Side {
  readonly upAt: number;
  /** Answers that it may still have in this interval: a few bytes of question can ask for everything there is. */
  answersLeft: number;
  toldAllAt: number;
  /** The sum that the neighbor has told last, and when. */
  last: Sum | undefined;
  lastAt: number;
}

/** The sum over a directory: both halves. */
type Sum = Pick<Summary, "lower" | "upper">;

/** A link so young is compared at once; later, what differs while news travels is most likely just that. */
const youngMs = 3_000;
/** News so fresh is most likely still on its way. */
const freshMs = 500;
/** Differences passed over for that, in a row. */
const passedOverMax = 3;
const answersMax = 64;
/** Who has less than this part of the other's entries is told everything. */
const fewShare = 0.25;

/** One peer's part in comparing directories. */
export class Comparison {
  readonly #config: DirectoryConfig;
  readonly #table: DirectoryTable;
  readonly #random: Random;
  readonly #stillness: Stillness;
  readonly #owner: ComparisonOwner;
  readonly #sides: (Side | undefined)[] = [];
  #turn = 0;
  #turnAt = Number.POSITIVE_INFINITY;
  #changedAt = Number.NEGATIVE_INFINITY;
  #passedOver = 0;

  constructor(
    config: DirectoryConfig,
    table: DirectoryTable,
    stillness: Stillness,
    random: Random,
    owner: ComparisonOwner,
  ) {
    this.#config = config;
    this.#table = table;
    this.#stillness = stillness;
    this.#random = random;
    this.#owner = owner;
  }

  /** When {@link wake} is wanted. */
  get nextWake(): number {
    return this.#turnAt;
  }

  /** The directory has changed. */
  changed(now: number): void {
    this.#changedAt = now;
  }

  /** A new neighbor; `goesFirst`: this side begins to compare. */
  neighborUp(now: number, slot: number, goesFirst: boolean): void {
    this.#sides[slot] = {
      upAt: now,
      answersLeft: answersMax,
      toldAllAt: Number.NEGATIVE_INFINITY,
      last: undefined,
      lastAt: 0,
    };
    if (this.#turnAt === Number.POSITIVE_INFINITY) this.#turnAt = this.#nextTurn(now);
    if (goesFirst) this.#sendSummary(slot);
  }

  /** A neighbor is gone. */
  neighborDown(slot: number): void {
    this.#sides[slot] = undefined;
    if (this.#sides.every((side) => side === undefined)) this.#turnAt = Number.POSITIVE_INFINITY;
  }

  /** The stillness is over: the next turn comes sooner. */
  stirred(now: number): void {
    if (this.#turnAt !== Number.POSITIVE_INFINITY) this.#turnAt = Math.min(this.#turnAt, this.#nextTurn(now));
  }

  /** Whether a neighbor has told this sum, since the directory here last changed. */
  isOfNeighbor({ lower, upper }: Sum): boolean {
    return this.#sides.some((side) => {
      return side?.last?.lower === lower && side.last.upper === upper && side.lastAt > this.#changedAt;
    });
  }

  /** Compares with a neighbor now. */
  compare(slot: number): void {
    if (this.#sides[slot] !== undefined) this.#sendSummary(slot);
  }

  /** Compares with the next neighbor, when it is time. */
  wake(now: number): void {
    if (this.#turnAt > now) return;
    this.#turnAt = this.#nextTurn(now);
    for (const side of this.#sides) if (side !== undefined) side.answersLeft = answersMax;
    for (let i = 0; i < this.#sides.length; i++) {
      this.#turn = (this.#turn + 1) % this.#sides.length;
      if (this.#sides[this.#turn] === undefined) continue;
      this.#sendSummary(this.#turn);
      return;
    }
  }

  /** A neighbor's sum, sums, versions or question. @returns false when it makes no sense */
  receive(now: number, slot: number, message: Summary | Sums | Versions | Ask): boolean {
    const side = this.#sides[slot];
    if (side === undefined || side.answersLeft <= 0) return true;
    side.answersLeft--;
    switch (message.type) {
      case "summary":
        this.#summary(now, slot, side, message);
        return true;
      case "sums":
        this.#sums(slot, message);
        return true;
      case "versions":
        return this.#versions(now, slot, message);
      case "ask":
        this.#tell(now, slot, message.ids);
        return true;
    }
  }

  #nextTurn(now: number): number {
    const intervalMs = this.#config.compareIntervalMs * this.#stillness.factor(now);
    const quarter = Math.floor(intervalMs / 4);
    return now + intervalMs - quarter + this.#random.below(2 * quarter + 1);
  }

  #sendSummary(slot: number): void {
    const { lower, upper, count } = this.#table.sums;
    this.#owner.send(slot, { type: "summary", lower, upper, count });
  }

  #summary(now: number, slot: number, side: Side, { lower, upper, count }: Summary): void {
    const { sums } = this.#table;
    side.last = { lower, upper };
    side.lastAt = now;
    if (lower === sums.lower && upper === sums.upper) {
      this.#passedOver = 0;
      return;
    }
    this.#owner.differs(now);
    const isYoung = now - side.upAt < youngMs;
    if (!isYoung && now - this.#changedAt < freshMs && this.#passedOver++ < passedOverMax) return;
    this.#passedOver = 0;
    if (count <= sums.count * fewShare) this.#tellAll(now, slot, side);
    else if (sums.count <= count * fewShare) this.#sendSummary(slot);
    else this.#owner.send(slot, { type: "sums", sums: [...sums.parts] });
  }

  #tellAll(now: number, slot: number, side: Side): void {
    if (now - side.toldAllAt < this.#config.compareIntervalMs) return;
    side.toldAllAt = now;
    this.#tell(now, slot, this.#told());
  }

  #sums(slot: number, { sums: theirs }: Sums): void {
    const { parts } = this.#table.sums;
    const differing = new Set<number>();
    for (let part = 0; part < partsMax; part++) if (theirs[part] !== parts[part]) differing.add(part);
    if (differing.size === 0) return;
    const byPart = new Map<number, PeerId[]>([...differing].map((part) => [part, []]));
    for (const id of this.#told()) byPart.get(partOf(id))?.push(id);
    let some: number[] = [];
    let ids: PeerId[] = [];
    const send = () => {
      const versions = ids.map((id) => ({ id, version: this.#table.versionOf(id)! }));
      if (some.length > 0) this.#owner.send(slot, { type: "versions", parts: some, versions });
      some = [];
      ids = [];
    };
    for (const [part, its] of byPart) {
      if (ids.length + its.length > listMax) send();
      some.push(part);
      ids.push(...its.slice(0, listMax));
    }
    send();
  }

  #versions(now: number, slot: number, { parts, versions }: Versions): boolean {
    const asked = new Set(parts);
    const theirs = new Map<PeerId, number>();
    for (const { id, version } of versions) {
      if (!asked.has(partOf(id))) return false;
      theirs.set(id, version);
    }
    const lacking: PeerId[] = [];
    const given: PeerId[] = [];
    for (const id of this.#told()) {
      if (!asked.has(partOf(id))) continue;
      const version = theirs.get(id);
      theirs.delete(id);
      if (version === this.#table.versionOf(id)) continue;
      given.push(id);
      if (version !== undefined) lacking.push(id);
    }
    // What has been let go here, and is still told there, is known too well to be asked for.
    for (const id of theirs.keys()) if (this.#table.get(id) === undefined) lacking.push(id);
    this.#tell(now, slot, given);
    for (let i = 0; i < lacking.length; i += listMax) {
      this.#owner.send(slot, { type: "ask", ids: lacking.slice(i, i + listMax) });
    }
    return true;
  }

  /** Those that are told to others. */
  #told(): PeerId[] {
    const ids: PeerId[] = [];
    for (const { id } of this.#table.records()) if (this.#table.isTold(id)) ids.push(id);
    return ids;
  }

  #tell(now: number, slot: number, ids: readonly PeerId[]): void {
    const records: PeerRecord[] = [];
    const ended: Ended[] = [];
    const accusations: Accusation[] = [];
    for (const id of ids) {
      const record = this.#table.get(id);
      if (record === undefined) continue;
      const agoMs = this.#table.endedAgo(now, id);
      if (agoMs !== undefined) {
        ended.push({ record, agoMs });
        accusations.push(...this.#table.accusationsOf(id));
      } else if (this.#table.isPresent(id)) {
        records.push(record);
        accusations.push(...this.#owner.accusationsOf(id));
      }
    }
    for (const news of newsOf({ records, ended, accusations })) this.#owner.send(slot, news);
  }
}
