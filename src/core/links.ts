/**
 * The links that the broadcast uses, by the number of their slot.
 */
import type { LinkId } from "./effects.js";

/** A link that the broadcast uses, in one of eight numbered slots. */
export interface BroadcastLink {
  /** 0 to 7. */
  readonly slot: number;
  readonly link: LinkId;
}

/** Which slots have a link. */
export class Links {
  /** Bit i: slot i has a link. */
  mask = 0;
  /** Bit i: what waits to be sent on slot i is already much. */
  congestedMask = 0;
  readonly #links: (LinkId | undefined)[] = new Array(8).fill(undefined);

  /** The link in a slot. */
  get(slot: number): LinkId | undefined {
    return this.#links[slot];
  }

  /** A link comes up. */
  add({ slot, link }: BroadcastLink): void {
    this.#links[slot] = link;
    this.mask |= 1 << slot;
    this.congestedMask &= ~(1 << slot);
  }

  /** A link is gone. */
  remove({ slot }: BroadcastLink): void {
    this.#links[slot] = undefined;
    this.mask &= ~(1 << slot);
    this.congestedMask &= ~(1 << slot);
  }
}
