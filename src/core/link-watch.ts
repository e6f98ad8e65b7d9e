/**
 * Whether the neighbors at the other side of the links are still there, and how far away they are.
 *
 * Whatever arrives on a link is a sign of life, so on a busy link nothing is asked. On a silent one a probe is sent, and
 * after three silent probes in a row the neighbor is given up. One that speaks and never answers is deaf, and given up as
 * well, after a longer time. A probe has a second use: links keep their order, so the ack says that everything sent before
 * the probe has been taken.
 *
 * A peer that was itself stopped or blocked has heard nothing from anybody, and must not blame the others: when it wakes
 * too late, all links get their full time once more, and from then on more time than before. See `own-health.ts`.
 */
import type { LinkId } from "./effects.js";
import type { Ack, Probe } from "./message.js";
import type { OwnHealth } from "./own-health.js";
import type { NeighborState } from "./peer-events.js";
import type { Neighbor } from "./views.js";
import { noTimes, Watched } from "./watched.js";

/** Tunables of the watch over links. */
export interface LinkConfig {
  /** Silence on a link after which its other side is probed. */
  readonly probeIntervalMs: number;
  /** How long an ack may take; then the next probe goes out. */
  readonly probeTimeoutMs: number;
  /** Silent probes in a row after which a neighbor is given up. The classic rule: three. */
  readonly silencesMax: number;
  /**
   * For how long a neighbor may be heard without answering any probe. Traffic counts as a sign of life, so it is asked now
   * and then even while there is some: every three `probeIntervalMs`.
   */
  readonly deafMaxMs: number;
  /**
   * How long a neighbor may read too slowly to take what is sent, before it is replaced by another. Not while all do: then it
   * is this peer's own way that is narrow.
   */
  readonly slowMaxMs: number;
}

/** For networks of machines near to each other: a stopped neighbor is given up after 2.8 s at the most. */
export const linkDefaults: LinkConfig = {
  probeIntervalMs: 1_000,
  probeTimeoutMs: 600,
  silencesMax: 3,
  deafMaxMs: 6_000,
  slowMaxMs: 10_000,
};

/** How much later than the quickest an answer may come that counts as without delay: less than TCP takes to send again. */
const jitterMaxMs = 150;

/**
 * Who speaks so long after a question that it does not answer has not read it: more than a round trip takes, or TCP to send
 * again what was lost. What a stopped process, or one that is cut off, has sent before arrives sooner.
 */
const deafSignMs = 1_000;
/** What a kernel sends again all at once, for a process that may be stopped by now, has come after this time. */
const burstMs = 300;
/** Who speaks again after such a pause was stopped, most likely. */
const pauseMaxMs = 2_000;

/** What the watch asks for, and whom it tells. */
export interface LinkWatchOwner {
  send(link: LinkId, message: Probe | Ack): void;
  /** All that was sent on this slot before `request` was called with this mark has been taken by the other side. */
  taken(now: number, slot: number, mark: number): void;
  /**
   * A probe was answered after so long; `isInTime`: without delay. All that was sent before `askedAt` has been taken.
   */
  acked(now: number, slot: number, rttMs: number, isInTime: boolean, askedAt: number): void;
  /** A probe was not answered in time: the first of several signs. */
  doubted(now: number, slot: number): void;
  /** A neighbor is to be given up. */
  lost(now: number, slot: number, why: "silent" | "slow" | "deaf"): void;
  /** This process was stopped or blocked for so long. */
  wasAway(now: number, forMs: number): void;
}

/** The watch over all neighbors of one peer. */
export class LinkWatch {
  readonly #config: LinkConfig;
  readonly #health: OwnHealth;
  readonly #owner: LinkWatchOwner;
  readonly #slots: (Watched | undefined)[] = [];
  readonly #times = noTimes();
  #lastNonce = 0;
  #nextWake = Number.POSITIVE_INFINITY;
  /** Whose silence it is for; −1 when for something else. */
  #nextSlot = -1;
  /** Whether that one has been heard meanwhile: nobody is to be woken for nothing. */
  #isStale = false;
  #staleSince = 0;

  constructor(config: LinkConfig, health: OwnHealth, owner: LinkWatchOwner) {
    this.#config = config;
    this.#health = health;
    this.#owner = owner;
  }

  /** When a link has been silent, or slow, for too long. May be too early, never too late. */
  get nextWake(): number {
    if (this.#isStale) this.#rearm();
    return this.#nextWake;
  }

  /** A neighbor, as it is known now. */
  stateOf({ contact: { id, address }, slot, since }: Neighbor): NeighborState {
    const rttMs = this.#slots[slot]?.rttMs;
    return { id, address, dialect: "native", since, rttMs, isCongested: this.isCongested(slot) };
  }

  /** Whether the neighbor reads too slowly at the moment. */
  isCongested(slot: number): boolean {
    return this.#slots[slot]?.congestedSince !== undefined;
  }

  /** A new neighbor. It is probed at once: how near it is sets the pace of much else. */
  neighborUp(now: number, slot: number, link: LinkId): void {
    const watched = new Watched(now, link, slot, this.#times);
    this.#slots[slot] = watched;
    this.#probe(now, watched);
  }

  /** No longer a neighbor. */
  neighborDown(slot: number): void {
    this.#slots[slot] = undefined;
  }

  /** Something has arrived. @returns whether the next wake may come later for it */
  heard(now: number, slot: number): boolean {
    const watched = this.#slots[slot]!;
    watched.heardAt = now;
    if (slot === this.#nextSlot) this.#outdate(now);
    if (now - watched.unansweredSince >= deafSignMs) watched.spokeSince = Math.min(watched.spokeSince, now);
    this.#health.heard(now);
    return this.#isStale;
  }

  /** When something last came from the neighbor on a slot; −Infinity when there is none. */
  heardAt(slot: number): number {
    return this.#slots[slot]?.heardAt ?? Number.NEGATIVE_INFINITY;
  }

  /** Whether the neighbor on a slot has said things for long since it was asked something that it does not answer. */
  isDeaf(now: number, slot: number): boolean {
    const watched = this.#slots[slot];
    if (watched === undefined || watched.heardAt - watched.spokeSince < burstMs) return false;
    return now - watched.spokeSince >= hearsAfterMs(watched);
  }

  /** Since when the neighbor on a slot answers no probe; Infinity when none waits for its ack. */
  unansweredSince(slot: number): number {
    return this.#slots[slot]?.unansweredSince ?? Number.POSITIVE_INFINITY;
  }

  /** Probes a neighbor now, whatever it says by itself, unless it has a probe to answer. */
  probeNow(now: number, slot: number): void {
    const watched = this.#slots[slot];
    if (watched !== undefined && watched.nonce === 0) this.#probe(now, watched);
  }

  /** A neighbor's link is congested, or no longer. */
  congested(now: number, slot: number, isCongested: boolean): void {
    const watched = this.#slots[slot];
    if (watched === undefined) return;
    watched.congestedSince = isCongested ? (watched.congestedSince ?? now) : undefined;
    if (isCongested) this.#wakeBy(now + this.#config.slowMaxMs);
  }

  /**
   * Asks to be told (`taken`, with this mark, above 0 and ever higher) when all that has been sent on this slot so far has
   * been taken. Asking often costs nothing: there is one probe at a time, and the last mark counts.
   */
  request(now: number, slot: number, mark: number): void {
    const watched = this.#slots[slot];
    if (watched === undefined) return;
    if (watched.mark !== 0) {
      watched.nextMark = mark;
      return;
    }
    // A probe that only asked whether anybody is there gives way.
    watched.nonce = 0;
    watched.mark = mark;
    this.#probe(now, watched);
  }

  /** A probe or an ack on this slot. */
  receive(now: number, slot: number, message: Probe | Ack): void {
    const watched = this.#slots[slot];
    if (watched === undefined) return;
    if (message.type === "probe") {
      this.#owner.send(watched.link, { type: "ack", nonce: message.nonce });
    } else if (message.nonce === watched.nonce) {
      watched.rttMs = now - watched.sentAt;
      const { bestRttMs } = watched;
      // The first answer of all has nothing to be compared with.
      const isFirst = bestRttMs === Number.POSITIVE_INFINITY;
      const inTimeMs = isFirst ? this.#config.probeTimeoutMs / 3 : Math.max(bestRttMs + jitterMaxMs, 2 * bestRttMs);
      watched.bestRttMs = Math.min(bestRttMs, watched.rttMs);
      const isInTime = watched.silences === 0 && now - watched.unansweredSince <= inTimeMs;
      if (isInTime) this.#health.answered();
      watched.nonce = 0;
      watched.silences = 0;
      watched.ackedAt = now;
      watched.unansweredSince = Number.POSITIVE_INFINITY;
      watched.spokeSince = Number.POSITIVE_INFINITY;
      const { mark, nextMark, rttMs, askedAt } = watched;
      watched.mark = 0;
      watched.nextMark = 0;
      this.#outdate(now);
      if (nextMark !== 0) this.request(now, slot, nextMark);
      if (mark !== 0) this.#owner.taken(now, slot, mark);
      this.#owner.acked(now, slot, rttMs, isInTime, askedAt);
    }
  }

  /** Probes the silent, and gives up those who have been asked often enough. */
  wake(now: number): void {
    const latenessMs = now - this.nextWake;
    const wasAway = this.#health.timerLate(now, latenessMs);
    this.#nextWake = Number.POSITIVE_INFINITY;
    if (wasAway) {
      for (const watched of this.#slots) if (watched !== undefined) this.#forgive(now, watched);
      this.#owner.wasAway(now, latenessMs);
    }
    for (let slot = 0; slot < this.#slots.length; slot++) {
      const watched = this.#slots[slot];
      if (watched === undefined) continue;
      const why = this.#look(now, slot, watched);
      if (why !== undefined) this.#owner.lost(now, slot, why);
    }
  }

  /** Whether a neighbor is to be given up, and why; else sees to what is next. */
  #look(now: number, slot: number, watched: Watched): "silent" | "slow" | "deaf" | undefined {
    const { silencesMax, slowMaxMs } = this.#config;
    const givenUpAt = this.#givenUpAt(watched);
    if (watched.congestedSince !== undefined) {
      if (givenUpAt > now) this.#wakeBy(givenUpAt);
      else if (!this.#isNarrow(watched)) return "slow";
      else this.#wakeBy(now + slowMaxMs);
    } else if (givenUpAt > now) this.#wakeBy(givenUpAt);
    // It must have gone on speaking: it is accused without another look.
    else if (watched.heardAt - watched.spokeSince >= hearsAfterMs(watched)) return "deaf";
    const silentAt = this.#silentAt(watched);
    const nextAt = Math.min(silentAt, this.#askAt(watched));
    if (nextAt > now) {
      this.#wakeFor(slot, nextAt);
      return undefined;
    }
    if (silentAt > now || watched.nonce === 0 || watched.heardAt >= watched.sentAt) {
      this.#probe(now, watched);
      return undefined;
    }
    watched.silences++;
    if (this.#isUnheard(watched)) this.#health.heardByNobody(now);
    if (watched.silences === 1) this.#owner.doubted(now, slot);
    if (watched.silences >= silencesMax) return "silent";
    this.#probe(now, watched);
    return undefined;
  }

  /** When it is given up as slow or as deaf, if that goes on. */
  #givenUpAt({ congestedSince, unansweredSince }: Watched): number {
    const { slowMaxMs, deafMaxMs } = this.#config;
    if (congestedSince !== undefined) return congestedSince + slowMaxMs;
    return unansweredSince + deafMaxMs * this.#health.patience;
  }

  /** When it has been silent for too long, and may be probed. */
  #silentAt(watched: Watched): number {
    return Math.max(watched.heardAt + this.#config.probeIntervalMs, this.#quietAt(watched));
  }

  /** When it is to be probed even if it speaks by itself. */
  #askAt(watched: Watched): number {
    return Math.max(watched.ackedAt + 3 * this.#config.probeIntervalMs, this.#quietAt(watched));
  }

  /** Until when it has time to answer the probe that is under way. */
  #quietAt({ nonce, sentAt }: Watched): number {
    return nonce === 0 ? 0 : sentAt + this.#timeoutMs;
  }

  /** What the next wake is for has been heard: it is to be found anew. An overdue one stays, so that its lateness can be told. */
  #outdate(now: number): void {
    if (this.#nextWake <= now) return;
    this.#isStale = true;
    this.#staleSince = now;
  }

  /** Finds the next wake anew, from what is known of all. */
  #rearm(): void {
    this.#isStale = false;
    this.#nextWake = Number.POSITIVE_INFINITY;
    for (let slot = 0; slot < this.#slots.length; slot++) {
      const watched = this.#slots[slot];
      if (watched === undefined) continue;
      const givenUpAt = this.#givenUpAt(watched);
      if (givenUpAt > this.#staleSince) this.#wakeBy(givenUpAt);
      this.#wakeFor(slot, Math.min(this.#silentAt(watched), this.#askAt(watched)));
    }
  }

  /** Whether the ways to all others are full as well: then it is this peer's own way that is narrow. */
  #isNarrow(watched: Watched): boolean {
    let others = 0;
    for (const other of this.#slots) {
      if (other === undefined || other === watched) continue;
      if (other.congestedSince === undefined) return false;
      others++;
    }
    return others > 0;
  }

  /** Whether none of several neighbors has answered since this one was last heard of: then it may be this peer's own fault. */
  #isUnheard({ heardAt }: Watched): boolean {
    let others = 0;
    for (const other of this.#slots) {
      if (other === undefined) continue;
      if (other.ackedAt > heardAt) return false;
      others++;
    }
    return others > 1;
  }

  get #timeoutMs(): number {
    return this.#config.probeTimeoutMs * this.#health.patience;
  }

  #forgive(now: number, watched: Watched): void {
    watched.heardAt = Math.max(watched.heardAt, now - this.#config.probeIntervalMs);
    watched.silences = 0;
    if (watched.nonce !== 0) watched.sentAt = now;
    if (watched.unansweredSince !== Number.POSITIVE_INFINITY) watched.unansweredSince = now;
    watched.spokeSince = Number.POSITIVE_INFINITY;
    if (watched.congestedSince !== undefined) watched.congestedSince = now;
  }

  #probe(now: number, watched: Watched): void {
    // A probe that was not answered keeps its nonce: a late ack is one all the same.
    if (watched.nonce === 0) {
      watched.nonce = ++this.#lastNonce;
      watched.askedAt = now;
    }
    watched.sentAt = now;
    if (watched.unansweredSince === Number.POSITIVE_INFINITY) watched.unansweredSince = now;
    this.#owner.send(watched.link, { type: "probe", nonce: watched.nonce });
    this.#wakeBy(now + this.#timeoutMs);
  }

  #wakeBy(at: number): void {
    this.#wakeFor(-1, at);
  }

  #wakeFor(slot: number, at: number): void {
    if (at >= this.#nextWake) return;
    this.#nextWake = at;
    this.#nextSlot = slot;
  }
}

/**
 * For how long a neighbor that has spoken without an answer must be waited for. One that goes on after a stop speaks first, and
 * hears when what was lost is sent again: after as long once more, and twice as long if that is lost as well.
 */
function hearsAfterMs({ spokeSince, unansweredSince }: Watched): number {
  const pauseMs = spokeSince - unansweredSince;
  return pauseMs > pauseMaxMs ? 2 * pauseMs : pauseMs;
}
