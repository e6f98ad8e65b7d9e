/**
 * When a peer that is accused is dead.
 *
 * One peer that hears nothing from another knows only that: the way between the two may be bad, or its own ears. So one
 * word decides nothing. Every peer gathers the accusations that travel, and decides for itself, by the same rule, when
 * **independent observers agree** and the accused, who hears of it over its other links, **has not refuted** in time (the
 * suspicion of SWIM, and the several observers of Rapid: Suresh et al., *Stable and consistent membership at scale with
 * Rapid*, ATC 2018). A death is nowhere told as such; what travels is who says so.
 *
 * Where too few agree and nothing is refuted, everybody looks for himself in the end, each at another moment: the accused may
 * not have heard of it. What somebody said who is dead by then does not count: its own death may be why it heard nothing. And
 * the time in which a peer heard nobody is no time to hold against others (Lifeguard's local health). Where the accused refute
 * again and again they have longer to do so; see `credence.ts`.
 */
import type { PeerId } from "../identity.js";
import type { OwnHealth } from "../own-health.js";
import type { Pace } from "../pace.js";
import type { Random } from "../random.js";
import type { DirectoryConfig } from "./config.js";
import { Credence } from "./credence.js";
import type { Accusation, PeerRecord } from "./record.js";

/** What a suspicion rests on. */
interface Suspicion {
  readonly incarnation: number;
  readonly since: number;
  /** What enough have said; undefined while too few agree. */
  agreed: Agreement | undefined;
  /** One of each accuser. */
  readonly accusations: Accusation[];
  /** When this peer looks for itself. */
  lookAt: number;
  /** When it is decided. */
  ripeAt: number;
}

/** What enough have said of somebody. */
interface Agreement {
  readonly at: number;
  /** What it takes to refute, where nobody is slow. */
  readonly refutesInMs: number;
  /** Whether enough of them say that its process is gone. */
  readonly isStrong: boolean;
  /** Peers that could accuse it. */
  readonly others: number;
}

/** Between the looks of two peers at a third that too few accuse, on average. */
const lookSpacingMs = 5;
/** Of the round trips to a neighbor: the accused hears of it over a few links, and its answer comes back over as many. */
const refutationTrips = 4;
/** Where accusations have turned out to be wrong, the accused have no more than this. */
const doubtMaxMs = 6_000;
/** Who hears nobody waits so many times as long … */
const unheardFactor = 4;
/** … and sees so often whether it hears again. */
const recheckMs = 5_000;
/** More accusers of one peer are not remembered, and not passed on: the decision does not need them. */
const accusersMax = 8;
/** Peers that are suspected in the same moment; of more nothing is believed until some are decided. */
const suspicionsMax = 100_000;

/**
 * How many must agree.
 *
 * @param most - the number that decides in a large network
 * @param others - peers that could accuse: all but the accused
 */
export function accusersNeeded(most: number, others: number): number {
  return Math.max(1, Math.min(most, others));
}

/** The suspicions of one peer. */
export class Suspicions {
  readonly #config: DirectoryConfig;
  readonly #health: Pick<OwnHealth, "patience" | "hearingSince">;
  readonly #pace: Pick<Pace, "atLeast">;
  readonly #random: Random;
  readonly #credence = new Credence();
  readonly #all = new Map<PeerId, Suspicion>();
  #nextWake = Number.POSITIVE_INFINITY;

  constructor(
    config: DirectoryConfig,
    health: Pick<OwnHealth, "patience" | "hearingSince">,
    pace: Pick<Pace, "atLeast">,
    random: Random,
  ) {
    this.#pace = pace;
    this.#health = health;
    this.#config = config;
    this.#random = random;
  }

  /** When {@link takeUnclear} and then {@link takeRipe} are wanted. */
  get nextWake(): number {
    return this.#nextWake;
  }

  /** How many are suspected. */
  get size(): number {
    return this.#all.size;
  }

  /** Who accuses it. */
  accusationsOf(id: PeerId): readonly Accusation[] {
    return this.#all.get(id)?.accusations ?? [];
  }

  /** Whether those who accuse it are as many as are needed. */
  isEnough(id: PeerId, others: number): boolean {
    const suspicion = this.#all.get(id);
    return suspicion !== undefined && this.#graceMs(suspicion.accusations, others) !== undefined;
  }

  /** Whether those who accuse it, enough or not, are believed less than what this peer sees itself. */
  isDoubtful(now: number, id: PeerId): boolean {
    const agreed = this.#all.get(id)?.agreed;
    return agreed === undefined || this.#factor(now, agreed) > 1;
  }

  /**
   * Takes an accusation against the newest record of its subject.
   *
   * @param others - peers that could accuse it
   * @returns whether it is news
   */
  add(now: number, accusation: Accusation, others: number): boolean {
    const { subject, incarnation, accuser, evidence } = accusation;
    let suspicion = this.#all.get(subject);
    if (suspicion === undefined || suspicion.incarnation !== incarnation) {
      if (suspicion === undefined && this.#all.size >= suspicionsMax) return false;
      const ripeAt = now + this.#config.suspicionMaxMs;
      const lookAt = this.#nextLook(now, others);
      suspicion = { incarnation, since: now, agreed: undefined, accusations: [], lookAt, ripeAt };
      this.#all.set(subject, suspicion);
    }
    const { accusations } = suspicion;
    const index = accusations.findIndex((other) => other.accuser === accuser);
    // However many have heard nothing, one who has heard it speak is worth hearing.
    const isFull = accusations.length >= accusersMax && !(evidence === "deaf" && !accusations.some(isOfDeafness));
    if (index < 0 ? isFull : weightOf(accusations[index]!) >= weightOf(accusation)) return false;
    if (index < 0) accusations.push(accusation);
    else accusations[index] = { subject, incarnation, accuser, evidence };
    const graceMs = this.#graceMs(accusations, others);
    if (graceMs !== undefined) {
      suspicion.ripeAt = Math.min(suspicion.ripeAt, now + graceMs);
      const isStrong = this.#isGone(accusations, others);
      suspicion.agreed = { at: now, refutesInMs: this.#refutesInMs(isStrong), isStrong, others };
    }
    this.#nextWake = Math.min(this.#nextWake, suspicion.ripeAt, suspicion.lookAt);
    return true;
  }

  /** Somebody is dead: its word counts no more. @returns who is suspected no longer */
  retract(accuser: PeerId): PeerId[] {
    const cleared: PeerId[] = [];
    for (const [id, { accusations }] of this.#all) {
      const index = accusations.findIndex((accusation) => accusation.accuser === accuser);
      if (index < 0) continue;
      accusations.splice(index, 1);
      if (accusations.length > 0) continue;
      this.#all.delete(id);
      cleared.push(id);
    }
    return cleared;
  }

  /** The accused itself says that it lives, in the life that was doubted. */
  refuted(now: number, id: PeerId): void {
    const agreed = this.#all.get(id)?.agreed;
    if (agreed !== undefined) this.#credence.refuted(now, id, agreed.isStrong);
    this.drop(id);
  }

  /** A newer record has come, or the peer has ended. */
  drop(id: PeerId): void {
    this.#all.delete(id);
  }

  /** Nobody is suspected any more. */
  clear(): void {
    this.#all.clear();
    this.#nextWake = Number.POSITIVE_INFINITY;
  }

  /** This peer was away itself: whoever was about to be judged may have refuted in the meantime. */
  postpone(now: number, byMs: number): void {
    for (const suspicion of this.#all.values()) suspicion.ripeAt = Math.max(suspicion.ripeAt, now + byMs);
  }

  /** Those who are suspected for long, by too few. Each is told again after a while, until it is decided. */
  takeUnclear(now: number, others: number): PeerId[] {
    const unclear: PeerId[] = [];
    for (const [id, suspicion] of this.#all) {
      if (suspicion.lookAt > now) continue;
      suspicion.lookAt = this.#nextLook(now, others);
      if (suspicion.ripeAt > now) unclear.push(id);
    }
    return unclear;
  }

  /** Those whose time is over, with what speaks against them. They are suspicions no more. */
  takeRipe(now: number): { readonly id: PeerId; readonly accusations: readonly Accusation[] }[] {
    const ripe: { id: PeerId; accusations: readonly Accusation[] }[] = [];
    this.#nextWake = Number.POSITIVE_INFINITY;
    for (const [id, suspicion] of this.#all) {
      if (suspicion.ripeAt <= now) suspicion.ripeAt = this.#ripeAt(now, suspicion);
      const { lookAt, ripeAt, accusations } = suspicion;
      if (ripeAt > now) {
        this.#nextWake = Math.min(this.#nextWake, lookAt, ripeAt);
        continue;
      }
      this.#all.delete(id);
      ripe.push({ id, accusations });
    }
    return ripe;
  }

  /**
   * When a suspicion is ripe whose time is over. Where too few agree it may be for want of ears: then this peer must have
   * heard others for as long. Where enough do, they may turn out to be wrong about others meanwhile.
   */
  #ripeAt(now: number, { since, ripeAt, agreed }: Suspicion): number {
    const { suspicionMaxMs } = this.#config;
    if (agreed !== undefined) {
      const factor = this.#factor(now, agreed);
      return factor === 1 ? ripeAt : Math.max(ripeAt, agreed.at + Math.min(doubtMaxMs, agreed.refutesInMs * factor));
    }
    const hearingSince = this.#health.hearingSince(now);
    const heardAt = hearingSince === Number.POSITIVE_INFINITY ? now + recheckMs : hearingSince + suspicionMaxMs;
    return Math.max(ripeAt, Math.min(heardAt, since + unheardFactor * suspicionMaxMs));
  }

  #factor(now: number, { isStrong, others }: Agreement): number {
    return this.#credence.factor(now, isStrong, others);
  }

  /** Not all in the same moment: the accused would be asked by everybody at once, however many they are. */
  #nextLook(now: number, others: number): number {
    const { suspicionMaxMs } = this.#config;
    const spreadMs = Math.min(suspicionMaxMs / 2, Math.max(suspicionMaxMs / 15, others * lookSpacingMs));
    return now + Math.ceil(suspicionMaxMs / 30) + this.#random.below(Math.ceil(spreadMs));
  }

  /** How long the accused still has; undefined when too few accuse it. */
  #graceMs(accusations: readonly Accusation[], others: number): number | undefined {
    const { silentAccusersMin, silentGraceMs } = this.#config;
    if (this.#isGone(accusations, others)) return this.#refutesInMs(true);
    if (accusations.length < accusersNeeded(silentAccusersMin, others)) return undefined;
    // Who is slow itself may have the refutation unread; the way to it is no longer for that.
    return Math.max(this.#refutesInMs(false), silentGraceMs * this.#health.patience);
  }

  #refutesInMs(isStrong: boolean): number {
    const { refusedGraceMs, silentGraceMs } = this.#config;
    return this.#pace.atLeast(isStrong ? refusedGraceMs : silentGraceMs, refutationTrips);
  }

  /** Whether enough say that its process is gone. */
  #isGone(accusations: readonly Accusation[], others: number): boolean {
    return accusations.filter(isStrong).length >= accusersNeeded(this.#config.refusedAccusersMin, others);
  }
}

/** Whether somebody has seen that the process is gone, rather than heard nothing of it. */
export function isStrong({ evidence }: Accusation): boolean {
  return evidence === "refused" || evidence === "replaced";
}

/** Of two words of one accuser the weightier counts. */
function weightOf(accusation: Accusation): number {
  return isStrong(accusation) ? 2 : isOfDeafness(accusation) ? 1 : 0;
}

/** Whether somebody has heard it speak, and not answer. */
export function isOfDeafness({ evidence }: Accusation): boolean {
  return evidence === "deaf";
}

/** Whether an accusation speaks of this record. */
export function isAbout({ subject, incarnation }: Accusation, record: PeerRecord): boolean {
  return subject === record.id && incarnation === record.incarnation;
}
