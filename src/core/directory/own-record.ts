/**
 * What a peer says of itself, and how it answers when something else is said of it.
 */
import type { Contact } from "../identity.js";
import { incarnationMax, type PeerRecord, type Tags } from "./record.js";

/** Between two refutations: less than the accused is given to refute, or whoever accuses often enough would be believed. */
const pauseMinMs = 100;
/** While somebody else speaks in this peer's name the pause grows up to this: two processes with one identity would go on for ever. */
const pauseMaxMs = 30_000;

/** One peer's word for itself. */
export class OwnRecord {
  #record: PeerRecord;
  #dueAt = Number.POSITIVE_INFINITY;
  #refutedAt = Number.NEGATIVE_INFINITY;
  #pauseMs = pauseMinMs;
  /** The highest incarnation in which something was said that is not so. */
  #above = 0;

  /** @param epoch - when this process started, in milliseconds since 1970: its first incarnation as well */
  constructor({ id, address }: Contact, epoch: number, tags: Tags) {
    this.#record = { id, address, epoch, incarnation: epoch, hasLeft: false, tags };
  }

  /** The newest. */
  get record(): PeerRecord {
    return this.#record;
  }

  /** When {@link refute} is wanted; Infinity when nothing wrong is said. */
  get refuteAt(): number {
    return this.#dueAt;
  }

  /** It is accused in this incarnation. */
  accused(now: number, incarnation: number): void {
    this.#contradicted(now, incarnation, pauseMinMs);
  }

  /** There is a record of it that is newer than its own. */
  impersonated(now: number, record: PeerRecord): void {
    // That of an earlier life, from before the clock was set back, is outdone at once.
    const isSoon = now - this.#refutedAt < 4 * this.#pauseMs;
    this.#pauseMs = isSoon ? Math.min(pauseMaxMs, this.#pauseMs * 1.5) : pauseMinMs;
    this.#contradicted(now, record.incarnation, this.#pauseMs);
  }

  /** Says it anew, above everything that is said. */
  refute(now: number): PeerRecord {
    this.#refutedAt = now;
    return this.change({});
  }

  /** Says something else. */
  change(changes: Partial<Pick<PeerRecord, "hasLeft" | "tags">>): PeerRecord {
    this.#dueAt = Number.POSITIVE_INFINITY;
    const incarnation = Math.max(this.#record.incarnation, this.#above) + 1;
    this.#record = { ...this.#record, ...changes, incarnation };
    return this.#record;
  }

  #contradicted(now: number, incarnation: number, pauseMs: number): void {
    if (incarnation < this.#record.incarnation || incarnation >= incarnationMax) return;
    this.#above = Math.max(this.#above, incarnation);
    this.#dueAt = Math.min(this.#dueAt, Math.max(now, this.#refutedAt + pauseMs));
  }
}
