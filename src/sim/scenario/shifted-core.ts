/**
 * A peer's core on a machine whose clock goes wrong: behind when it starts, or ahead all of a sudden. While a process runs its
 * clock never goes back: drivers see to that.
 */
import type { Address } from "../../core/address.js";
import type { ClassicMessage } from "../../core/classic/message.js";
import type { Core, Dialect, DownReason, LinkId } from "../../core/effects.js";
import type { Message } from "../../core/message.js";
import type { PeerCore } from "../../core/peer.js";

type AnyMessage = Message | ClassicMessage;

/** A core, and the error of its clock. */
export class ShiftedCore implements Core<AnyMessage> {
  readonly core: PeerCore;
  /** Added to the time of the network. May grow, not shrink. */
  aheadMs: number;
  readonly #gone: (link: LinkId) => void;

  /** @param gone - is told of every link that has ended */
  constructor(core: PeerCore, aheadMs = 0, gone: (link: LinkId) => void = () => {}) {
    this.core = core;
    this.aheadMs = aheadMs;
    this.#gone = gone;
  }

  get nextWake(): number {
    return this.core.nextWake - this.aheadMs;
  }

  linkUp(now: number, link: LinkId, remote: Address, dialect: Dialect): void {
    this.core.linkUp(now + this.aheadMs, link, remote, dialect);
  }

  linkEnded(now: number, link: LinkId): void {
    this.core.linkEnded(now + this.aheadMs, link);
  }

  linkDown(now: number, link: LinkId, reason: DownReason): void {
    this.#gone(link);
    this.core.linkDown(now + this.aheadMs, link, reason);
  }

  receive(now: number, link: LinkId, message: AnyMessage): void {
    this.core.receive(now + this.aheadMs, link, message);
  }

  congested(now: number, link: LinkId, isCongested: boolean): void {
    this.core.congested(now + this.aheadMs, link, isCongested);
  }

  wake(now: number): void {
    this.core.wake(now + this.aheadMs);
  }
}
