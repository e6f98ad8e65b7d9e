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

/** Links of the same process that the core does not know of. */
export interface OtherLinks {
  owns(link: LinkId): boolean;
  up(link: LinkId): void;
  receive(link: LinkId, message: Message): void;
  ended(link: LinkId): void;
  gone(link: LinkId): void;
}

/** A core, and the error of its clock. */
export class ShiftedCore implements Core<AnyMessage> {
  readonly core: PeerCore;
  /** Added to the time of the network. May grow, not shrink. */
  aheadMs: number;
  readonly #gone: (link: LinkId) => void;
  readonly #others: OtherLinks | undefined;

  /**
   * @param gone - is told of every link of the core that has ended
   * @param others - hears of those that it dials itself
   */
  constructor(core: PeerCore, aheadMs = 0, gone: (link: LinkId) => void = () => {}, others?: OtherLinks) {
    this.core = core;
    this.#others = others;
    this.aheadMs = aheadMs;
    this.#gone = gone;
  }

  get nextWake(): number {
    return this.core.nextWake - this.aheadMs;
  }

  linkUp(now: number, link: LinkId, remote: Address, dialect: Dialect): void {
    if (this.#others?.owns(link)) this.#others.up(link);
    else this.core.linkUp(now + this.aheadMs, link, remote, dialect);
  }

  linkEnded(now: number, link: LinkId): void {
    if (this.#others?.owns(link)) this.#others.ended(link);
    else this.core.linkEnded(now + this.aheadMs, link);
  }

  linkDown(now: number, link: LinkId, reason: DownReason): void {
    if (this.#others?.owns(link)) {
      this.#others.gone(link);
      return;
    }
    this.#gone(link);
    this.core.linkDown(now + this.aheadMs, link, reason);
  }

  receive(now: number, link: LinkId, message: AnyMessage): void {
    if (this.#others?.owns(link)) this.#others.receive(link, message as Message);
    else this.core.receive(now + this.aheadMs, link, message);
  }

  congested(now: number, link: LinkId, isCongested: boolean): void {
    if (!this.#others?.owns(link)) this.core.congested(now + this.aheadMs, link, isCongested);
  }

  wake(now: number): void {
    this.core.wake(now + this.aheadMs);
  }
}
