/** Whom an overlay belongs to. */
import type { Address } from "./address.js";
import type { CloseReason, DownReason, LinkId } from "./effects.js";
import type { Contact } from "./identity.js";
import type { Hello, Message } from "./message.js";
import type { Neighbor } from "./views.js";

/**
 * How a neighbor was lost. `misbehaved`: it sent what has no place there. `closed`: it ended the link without a goodbye.
 * `lost`: the link broke, or the owner has dropped it.
 */
export type Loss = "misbehaved" | "closed" | "lost";

/** What the overlay needs, and whom it tells. No method may call back into the overlay. */
export interface OverlayOwner {
  dial(address: Address): LinkId;
  send(link: LinkId, message: Message): void;
  close(link: LinkId, reason: CloseReason): void;
  /** A new neighbor. */
  neighborUp(now: number, neighbor: Neighbor): void;
  /**
   * No longer a neighbor: nothing may be sent on its link any more. `why` is left out when that was in good order.
   */
  neighborDown(now: number, neighbor: Neighbor, why?: Loss): void;
  /** A dial to somebody who was believed to be there came to nothing. */
  dialFailed(now: number, contact: Contact, reason: DownReason): void;
  /** A stranger asks something that is not the overlay's business. @returns the answer, if it is anybody's */
  asked(now: number, message: Message): Message | undefined;
  /** Nobody is left to turn to: the owner asks the seeds for contacts, then calls `meet`. Repeated, with pauses. */
  lonely(now: number): void;
  /** Who is no neighbor sent what has no place there. The link is closed. */
  misbehaved?(now: number, remote: Address, said: Message["type"]): void;
  /** How much would have to be mended if this neighbor were given up: of several, the one of least use makes room. */
  usesOf(now: number, neighbor: Neighbor): number;
  /** A hello of another network or version. The link is closed. */
  mismatched(now: number, link: LinkId, hello: Hello): void;
}
