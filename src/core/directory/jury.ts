/**
 * Who is suspected and who is dead, as one peer judges by what it hears and sees. The rule stands in `suspicions.ts`.
 */
import type { PeerId } from "../identity.js";
import type { OwnHealth } from "../own-health.js";
import type { Pace } from "../pace.js";
import type { Random } from "../random.js";
import type { DirectoryConfig } from "./config.js";
import type { Accusation, Evidence, PeerRecord } from "./record.js";
import { isAbout, isOfDeafness, Suspicions } from "./suspicions.js";
import type { DirectoryTable } from "./table.js";

/** Whom the judgement is told to. */
export interface JuryOwner {
  /** An accusation is news: it is to go on, but not to the slot that it came from (−1: it is this peer's own). */
  accused(now: number, accusation: Accusation, from: number): void;
  /** Too few accuse somebody for too long: this peer is to look for itself. */
  unclear(now: number, record: PeerRecord): void;
  /** Somebody is dead; the table knows it. */
  died(now: number, record: PeerRecord, accusations: readonly Accusation[]): void;
  /** Somebody who is dead already was deaf, as one of its neighbors knows. */
  wasDeaf(id: PeerId): void;
}

/** One peer's judgement of all others. */
export class Jury {
  readonly #ownId: PeerId;
  readonly #table: DirectoryTable;
  readonly #health: OwnHealth;
  readonly #owner: JuryOwner;
  readonly #suspicions: Suspicions;
  readonly #judgesAlone: boolean;

  constructor(
    ownId: PeerId,
    config: DirectoryConfig,
    table: DirectoryTable,
    health: OwnHealth,
    pace: Pace,
    random: Random,
    owner: JuryOwner,
  ) {
    this.#ownId = ownId;
    this.#table = table;
    this.#health = health;
    this.#owner = owner;
    this.#suspicions = new Suspicions(config, health, pace, random);
    this.#judgesAlone = config.directory === "neighbors";
  }

  /** When {@link wake} is wanted. */
  get nextWake(): number {
    return this.#suspicions.nextWake;
  }

  /** Who accuses a peer that is there. */
  accusationsOf(id: PeerId): readonly Accusation[] {
    return this.#suspicions.accusationsOf(id);
  }

  /** Whether enough accuse it. */
  isDecided(id: PeerId): boolean {
    return this.#suspicions.isEnough(id, this.#others);
  }

  /** This peer itself accuses somebody. */
  accuse(now: number, { id, incarnation }: PeerRecord, evidence: Evidence): void {
    this.weigh(now, { subject: id, incarnation, accuser: this.#ownId, evidence }, -1);
  }

  /** Takes an accusation that came on a slot, if it speaks of the newest record of somebody who is there. */
  weigh(now: number, accusation: Accusation, from: number): void {
    const record = this.#table.get(accusation.subject);
    if (record === undefined || !isAbout(accusation, record)) return;
    if (this.#table.statusOf(record.id) === "dead") this.#weighLate(now, accusation, from);
    if (!this.#table.isPresent(record.id)) return;
    if (!this.#suspicions.add(now, accusation, this.#others)) return;
    this.#table.suspect(now, record);
    this.#owner.accused(now, accusation, from);
  }

  /**
   * Those who look from afar are often first, and see but silence. That its neighbors have heard it meanwhile is worth
   * knowing afterwards: a deaf peer comes back again and again, and a stopped one is there for good.
   */
  #weighLate(now: number, accusation: Accusation, from: number): void {
    const { subject } = accusation;
    if (!isOfDeafness(accusation) || this.#table.accusationsOf(subject).some(isOfDeafness)) return;
    this.#table.addAccusation(subject, accusation);
    this.#owner.wasDeaf(subject);
    this.#owner.accused(now, accusation, from);
  }

  /**
   * It answers this peer, so what others say of it is weighed anew, if they say it again. Not where enough agree: it may be
   * bad for them alone. Unless the word of others is worth little at the moment.
   */
  found(now: number, { id, incarnation }: PeerRecord): void {
    const accusations = this.#suspicions.accusationsOf(id);
    if (accusations.length === 0 || accusations[0]!.incarnation !== incarnation) return;
    if (this.isDecided(id) && !this.#suspicions.isDoubtful(now, id)) return;
    this.#clear(now, id);
  }

  /** There is a newer record of it, which the table has not taken yet: nothing that was said counts any more. */
  renewed(now: number, record: PeerRecord): void {
    const isRefuted = this.#suspicions
      .accusationsOf(record.id)
      .some(({ accuser, evidence }) => accuser === this.#ownId && evidence !== "refused");
    if (isRefuted && !record.hasLeft) this.#health.wasWrong(now);
    const isSameLife = this.#table.get(record.id)?.epoch === record.epoch;
    if (isSameLife && !record.hasLeft) this.#suspicions.refuted(now, record.id);
    else this.#suspicions.drop(record.id);
  }

  /** This peer was away itself: whoever was about to be judged may have refuted in the meantime. */
  postpone(now: number, byMs: number): void {
    this.#suspicions.postpone(now, byMs);
  }

  /** Nobody is suspected any more. */
  clear(): void {
    this.#suspicions.clear();
  }

  /** Judges those whose time is over. */
  wake(now: number): void {
    for (const id of this.#suspicions.takeUnclear(now, this.#others)) {
      const record = this.#table.get(id);
      if (record !== undefined) this.#owner.unclear(now, record);
    }
    for (const { id, accusations } of this.#suspicions.takeRipe(now)) {
      const record = this.#table.get(id);
      if (record === undefined || !this.#table.isPresent(id)) continue;
      this.#table.bury(now, record, accusations);
      for (const cleared of this.#suspicions.retract(id)) this.#clear(now, cleared);
      this.#owner.died(now, record, accusations);
    }
  }

  /** It is suspected no longer. */
  #clear(now: number, id: PeerId): void {
    this.#suspicions.drop(id);
    const record = this.#table.get(id);
    if (record !== undefined) this.#table.clear(now, record);
  }

  /** How many could accuse somebody. In a directory of neighbors everybody judges alone. */
  get #others(): number {
    return this.#judgesAlone ? 1 : this.#table.present - 1;
  }
}
