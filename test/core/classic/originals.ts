/** Just enough of the original programs, as cores on the virtual network: with the habits that ours must cope with. */
import { type Address, splitAddress, withIp } from "../../../src/core/address.js";
import type { ClassicMessage } from "../../../src/core/classic/message.js";
import type { Core, Effects, LinkId } from "../../../src/core/effects.js";

/** The original seed: appends every registration, and never hangs up. */
export class OriginalSeedCore implements Core<ClassicMessage> {
  readonly list: Address[] = [];
  readonly nextWake = Number.POSITIVE_INFINITY;
  readonly #effects: Effects<ClassicMessage, never>;
  readonly #remotes = new Map<LinkId, Address>();

  constructor(effects: Effects<ClassicMessage, never>) {
    this.#effects = effects;
  }

  linkUp(_now: number, link: LinkId, remote: Address): void {
    this.#remotes.set(link, remote);
  }

  linkEnded(): void {}

  linkDown(_now: number, link: LinkId): void {
    this.#remotes.delete(link);
  }

  receive(_now: number, link: LinkId, message: ClassicMessage): void {
    if (message.type === "registration") {
      this.list.push(withIp(message.address, splitAddress(this.#remotes.get(link)!).ip)!);
      this.#effects.send(link, { type: "peer-list", peers: [...this.list] });
    } else if (message.type === "death-report") {
      const index = this.list.indexOf(message.dead);
      if (index >= 0) this.list.splice(index, 1);
    }
  }

  wake(): void {}
}

/** The parts of the original peer that a seed and a neighbor see: it answers, and that is all. */
export class OriginalPeerCore implements Core<ClassicMessage> {
  readonly received: ClassicMessage[] = [];
  readonly nextWake = Number.POSITIVE_INFINITY;
  readonly #effects: Effects<ClassicMessage, never>;
  readonly #inbound = new Set<LinkId>();
  #call: { link: LinkId; message: ClassicMessage } | undefined;
  refuses = false;

  constructor(effects: Effects<ClassicMessage, never>) {
    this.#effects = effects;
  }

  say(to: Address, message: ClassicMessage): void {
    this.#call = { link: this.#effects.dial(to, "classic"), message };
  }

  linkUp(_now: number, link: LinkId): void {
    if (this.#call?.link === link) this.#effects.send(link, this.#call.message);
    else this.#inbound.add(link);
  }

  linkEnded(_now: number, link: LinkId): void {
    this.#inbound.delete(link);
    this.#effects.close(link, "done");
  }

  linkDown(_now: number, link: LinkId): void {
    this.#inbound.delete(link);
  }

  receive(_now: number, link: LinkId, message: ClassicMessage): void {
    this.received.push(message);
    if (this.#call?.link === link) this.#effects.close(link, "done");
    else if (message.type === "liveness-request") {
      const { timestamp, ip } = message;
      this.#effects.send(link, { type: "liveness-reply", timestamp, ip, ownIp: "10.9.9.9" });
    } else if (message.type === "connect-request") {
      if (this.refuses) this.#effects.close(link, "full");
      else this.#effects.send(link, { type: "connect-accepted" });
    }
  }

  wake(): void {}
}
