/**
 * Peers that dial again those they are linked with: what happens when two peers dial each other in the same moment, or when
 * one side has lost a link and the other has not noticed. The one that is dialed sees two links to the same life of the
 * same peer, and must not take them for two neighbors.
 *
 * The dialer's core knows nothing of it: here stands what it would say on that link, until it gives it up.
 */
import type { Address } from "../../core/address.js";
import type { LinkId } from "../../core/effects.js";
import type { Hello, Message } from "../../core/message.js";

/** What a second dial does on the network. */
export interface SecondDialEffects {
  dial(address: Address): LinkId;
  send(link: LinkId, message: Message): void;
  close(link: LinkId): void;
}

/** So many messages of the other side are heard before the link is given up. */
const messagesMax = 8;

/** The links of one process that its core does not know. */
export class SecondDials {
  /** What the core says first on its links; undefined until it has said it. */
  hello: Hello | undefined;
  readonly #effects: SecondDialEffects;
  /** Links, and how many messages have come on each. */
  readonly #heard = new Map<LinkId, number>();

  constructor(effects: SecondDialEffects) {
    this.#effects = effects;
  }

  /** Dials again. */
  dial(addresses: readonly Address[]): void {
    if (this.hello !== undefined) for (const address of addresses) this.#heard.set(this.#effects.dial(address), 0);
  }

  /** Whether this link is one of them. */
  owns(link: LinkId): boolean {
    return this.#heard.size > 0 && this.#heard.has(link);
  }

  /** It is up. */
  up(link: LinkId): void {
    this.#effects.send(link, this.hello!);
    this.#effects.send(link, { type: "neighbor-request", priority: "high" });
  }

  /** The other side says something on it. */
  receive(link: LinkId, message: Message): void {
    const heard = this.#heard.get(link)! + 1;
    this.#heard.set(link, heard);
    if (message.type === "probe") this.#effects.send(link, { type: "ack", nonce: message.nonce });
    const isRefused = message.type === "neighbor-reply" && !message.accepted;
    if (heard < messagesMax && !isRefused && message.type !== "disconnect") return;
    this.ended(link);
  }

  /** The other side ends it. */
  ended(link: LinkId): void {
    this.#heard.delete(link);
    this.#effects.close(link);
  }

  /** It is gone, or was never made. */
  gone(link: LinkId): void {
    this.#heard.delete(link);
  }
}
