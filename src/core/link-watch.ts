/**
 * Whether the neighbors at the other side of the links are still there, and how far away they are.
 *
 * Whatever arrives on a link is a sign of life, so on a busy link nothing is asked. On a silent one a probe is sent, and
 * after three silent probes in a row the neighbor is given up. A probe has a second use: links keep their order, so the
 * ack says that everything sent before the probe has been taken.
 *
 * A peer that was itself stopped or blocked has heard nothing from anybody, and must not blame the others: when it wakes
 * much too late, all links get their full time once more (Lifeguard's local health, in its simplest form).
 */
import type { LinkId } from "./effects.js";
import type { Ack, Probe } from "./message.js";
import type { Neighbor } from "./overlay.js";
import type { NeighborState } from "./peer-events.js";

/** Tunables of the watch over links. */
export interface LinkConfig {
  /** Silence on a link after which its other side is probed. */
  readonly probeIntervalMs: number;
  /** How long an ack may take; then the next probe goes out. */
  readonly probeTimeoutMs: number;
  /** Silent probes in a row after which a neighbor is given up. The classic rule: three. */
  readonly silencesMax: number;
  /** How long a neighbor may read too slowly to take what is sent, before it is replaced by another. */
  readonly slowMaxMs: number;
}

/** For networks of machines near to each other: a stopped neighbor is given up after 4 s. */
export const linkDefaults: LinkConfig = {
  probeIntervalMs: 1_000,
  probeTimeoutMs: 1_000,
  silencesMax: 3,
  slowMaxMs: 10_000,
};

/** What the watch asks for, and whom it tells. */
export interface LinkWatchOwner {
  send(link: LinkId, message: Probe | Ack): void;
  /** All that was sent on this slot before `request` was called with this mark has been taken by the other side. */
  taken(now: number, slot: number, mark: number): void;
  /** A round trip was measured. */
  measured(rttMs: number): void;
  /** A neighbor is to be given up. */
  lost(now: number, slot: number, why: "silent" | "slow"): void;
}

interface Watched {
  readonly link: LinkId;
  heardAt: number;
  /** The probe that waits for its ack; 0 for none. */
  nonce: number;
  sentAt: number;
  silences: number;
  /** What the ack is to be told as; 0 for nothing. */
  mark: number;
  /** The same for the next probe, wanted after the ack that is under way; 0 for none. */
  nextMark: number;
  rttMs: number | undefined;
  congestedSince: number | undefined;
}

/** The watch over all neighbors of one peer. */
export class LinkWatch {
  readonly #config: LinkConfig;
  readonly #owner: LinkWatchOwner;
  readonly #slots: (Watched | undefined)[] = [];
  #lastNonce = 0;
  #nextWake = Number.POSITIVE_INFINITY;

  constructor(config: LinkConfig, owner: LinkWatchOwner) {
    this.#config = config;
    this.#owner = owner;
  }

  /** When a link has been silent, or slow, for too long. May be too early, never too late. */
  get nextWake(): number {
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
    const watched: Watched = {
      link,
      heardAt: now,
      nonce: 0,
      sentAt: now,
      silences: 0,
      mark: 0,
      nextMark: 0,
      rttMs: undefined,
      congestedSince: undefined,
    };
    this.#slots[slot] = watched;
    this.#probe(now, watched);
  }

  /** No longer a neighbor. */
  neighborDown(slot: number): void {
    this.#slots[slot] = undefined;
  }

  /** Something has arrived. */
  heard(now: number, slot: number): void {
    this.#slots[slot]!.heardAt = now;
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
      this.#owner.measured(watched.rttMs);
      watched.nonce = 0;
      watched.silences = 0;
      const { mark, nextMark } = watched;
      watched.mark = 0;
      watched.nextMark = 0;
      if (nextMark !== 0) this.request(now, slot, nextMark);
      if (mark !== 0) this.#owner.taken(now, slot, mark);
    }
  }

  /** Probes the silent, and gives up those who have been asked often enough. */
  wake(now: number): void {
    const { probeIntervalMs, probeTimeoutMs, silencesMax, slowMaxMs } = this.#config;
    const wasAway = now - this.#nextWake > probeTimeoutMs;
    this.#nextWake = Number.POSITIVE_INFINITY;
    for (const [slot, watched] of this.#slots.entries()) {
      if (watched === undefined) continue;
      if (wasAway) this.#forgive(now, watched);
      if (watched.congestedSince !== undefined) {
        const slowAt = watched.congestedSince + slowMaxMs;
        if (slowAt <= now) {
          this.#owner.lost(now, slot, "slow");
          continue;
        }
        this.#wakeBy(slowAt);
      }
      const silentAt = Math.max(
        watched.heardAt + probeIntervalMs,
        watched.nonce === 0 ? 0 : watched.sentAt + probeTimeoutMs,
      );
      if (silentAt > now) this.#wakeBy(silentAt);
      else if (watched.nonce !== 0 && watched.heardAt < watched.sentAt && ++watched.silences >= silencesMax) {
        this.#owner.lost(now, slot, "silent");
      } else this.#probe(now, watched);
    }
  }

  #forgive(now: number, watched: Watched): void {
    watched.heardAt = Math.max(watched.heardAt, now - this.#config.probeIntervalMs);
    watched.silences = 0;
    if (watched.nonce !== 0) watched.sentAt = now;
    if (watched.congestedSince !== undefined) watched.congestedSince = now;
  }

  #probe(now: number, watched: Watched): void {
    // A probe that was not answered keeps its nonce: a late ack is one all the same.
    if (watched.nonce === 0) watched.nonce = ++this.#lastNonce;
    watched.sentAt = now;
    this.#owner.send(watched.link, { type: "probe", nonce: watched.nonce });
    this.#wakeBy(now + this.#config.probeTimeoutMs);
  }

  #wakeBy(at: number): void {
    this.#nextWake = Math.min(this.#nextWake, at);
  }
}
