/**
 * Messages that neighbors have announced and that have not come: they are waited for, then fetched.
 */
import type { PeerId } from "./identity.js";
import type { Announcement, Envelope, MessageId } from "./message.js";
import type { Pace } from "./pace.js";

/** How long an announced message is waited for. */
export interface WantedConfig {
  /**
   * How long an announced message may still come by itself before it is fetched: this, or less where neighbors are near
   * (see `Pace`), or 1.5 times the longest that one has lately taken, …
   */
  readonly graftDelayMs: number;
  /** … up to this. */
  readonly graftDelayMaxMs: number;
  /** How long a fetched message may take before the next announcer is asked. */
  readonly graftRetryMs: number;
  /** The same for a large message, which may take long without anything being wrong. */
  readonly largeRetryMs: number;
  /** Announced messages that are being waited for or fetched; of more the oldest are left to reconciliation. */
  readonly missingMax: number;
}

/** The tree of messages that travel on none: announced everywhere, sent to who asks. */
export const untreed = "f".repeat(32) as PeerId;

/** An announced message that has not come. */
export interface Missing extends MessageId {
  readonly tree: PeerId;
  /** Slots that have announced it and were not asked yet, in the order in which they did. */
  readonly announcers: number[];
  readonly announcedAt: number;
  /** The slot that was asked last, −1 before that. */
  asked: number;
  /** When it is to be asked for, again. */
  askAt: number;
}

/** The messages that are missing. */
export class Wanted {
  readonly #config: WantedConfig;
  readonly #pace: Pace;
  readonly #missing = new Map<string, Missing>();
  #nextAskAt = Number.POSITIVE_INFINITY;
  /** How long after its announcement a message has lately come by itself. */
  #latenessMs = 0;

  constructor(config: WantedConfig, pace: Pace) {
    this.#config = config;
    this.#pace = pace;
  }

  get size(): number {
    return this.#missing.size;
  }

  /** When something is to be asked for. */
  get nextAskAt(): number {
    return this.#nextAskAt;
  }

  /** A message that has not been seen was announced on a slot: number `seq` of an entry. */
  announced(now: number, slot: number, { origin, epoch, tree }: Announcement, seq: number): void {
    const key = keyOf(origin, epoch, seq);
    const known = this.#missing.get(key);
    if (known !== undefined) {
      if (known.announcers.length < 8 && !known.announcers.includes(slot)) known.announcers.push(slot);
      return;
    }
    if (this.#missing.size >= this.#config.missingMax) this.#dropOldest();
    // What nobody sends unasked cannot be under way.
    const askAt = tree === untreed ? now : now + this.delayMs;
    this.#missing.set(key, { origin, epoch, seq, tree, announcers: [slot], announcedAt: now, asked: -1, askAt });
    if (askAt < this.#nextAskAt) this.#nextAskAt = askAt;
  }

  /** How long an announced message is waited for. */
  get delayMs(): number {
    const { graftDelayMs, graftDelayMaxMs } = this.#config;
    const delayMs = this.#pace.atMost(graftDelayMs);
    return Math.min(Math.max(delayMs, Math.ceil(1.5 * this.#latenessMs)), graftDelayMaxMs);
  }

  /** The message has come, by the neighbor on a slot: it is missing no longer. Returns what was known of it. */
  arrived(now: number, slot: number, { origin, epoch, seq }: Envelope): Missing | undefined {
    if (this.#missing.size === 0) return undefined;
    const key = keyOf(origin, epoch, seq);
    const missing = this.#missing.get(key);
    if (missing === undefined) return undefined;
    this.#missing.delete(key);
    if (missing.asked !== slot && missing.tree !== untreed) {
      this.#latenessMs = Math.max(now - missing.announcedAt, this.#latenessMs * (63 / 64));
    }
    return missing;
  }

  /** A neighbor is gone: what it was asked for is asked of others at once. */
  neighborDown(now: number, slot: number): void {
    for (const missing of this.#missing.values()) {
      const at = missing.announcers.indexOf(slot);
      if (at >= 0) missing.announcers.splice(at, 1);
      if (missing.asked !== slot) continue;
      missing.askAt = now;
      this.#nextAskAt = now;
    }
  }

  /** Gives each message that is due to `ask`, with the slot to ask. What nobody is left for is forgotten. */
  askDue(now: number, ask: (missing: Missing, slot: number) => void): void {
    this.#nextAskAt = Number.POSITIVE_INFINITY;
    for (const [key, missing] of this.#missing) {
      if (missing.askAt <= now) {
        const slot = missing.announcers.shift();
        if (slot === undefined) {
          this.#missing.delete(key);
          continue;
        }
        missing.asked = slot;
        const { largeRetryMs, graftRetryMs } = this.#config;
        missing.askAt = now + (missing.tree === untreed ? largeRetryMs : this.#pace.atMost(graftRetryMs));
        ask(missing, slot);
      }
      if (missing.askAt < this.#nextAskAt) this.#nextAskAt = missing.askAt;
    }
  }

  /** Many at once: each search for the first entry of a map passes the places of all that were taken out before it. */
  #dropOldest(): void {
    const most = Math.floor(0.75 * this.#config.missingMax);
    for (const key of this.#missing.keys()) {
      if (this.#missing.size <= most) return;
      this.#missing.delete(key);
    }
  }
}

function keyOf(origin: PeerId, epoch: number, seq: number): string {
  return `${origin}/${epoch}/${seq}`;
}
