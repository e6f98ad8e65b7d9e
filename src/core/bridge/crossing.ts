/**
 * Where the two dialects meet in one peer: classic neighbors as neighbors like any other, and messages that cross over in
 * both directions, each in the form of the other side.
 */
import type { Address } from "../address.js";
import type { LinkId } from "../effects.js";
import type { Contact } from "../identity.js";
import type { Envelope } from "../message.js";
import type { PeerEffects } from "../peer-effects.js";
import type { NeighborState } from "../peer-events.js";
import type { Random } from "../random.js";
import { fromClassic, toClassic } from "./classic-form.js";
import { ClassicSide, type ClassicSideConfig, type ClassicSideEvent } from "./classic-side.js";

/** What a crossing needs of its peer. */
export interface CrossingOwner {
  /** A classic text came, as a message: passes it on to the native neighbors, if it is not known there. */
  crossed(now: number, envelope: Envelope): void;
  /** The Hearsay peers that this one knows to exist. */
  nativePeers(): Iterable<Address>;
  /** A program of this project has linked to this one in the classic dialect: it may speak the native one as well. */
  mayBeNative(address: Address): void;
}

/** One peer's crossing. */
export class Crossing {
  /** Links, and the inputs that concern them. */
  readonly side: ClassicSide;
  readonly #effects: PeerEffects;
  readonly #owner: CrossingOwner;
  /** Classic neighbors as they were when they were linked. */
  readonly #linked = new Map<Address, NeighborState>();

  constructor(self: Contact, config: ClassicSideConfig, random: Random, effects: PeerEffects, owner: CrossingOwner) {
    this.#effects = effects;
    this.#owner = owner;
    this.side = new ClassicSide(self, config, random, {
      dial: (address) => effects.dial(address, "classic"),
      send: (link, message) => effects.send(link, message),
      end: (link: LinkId) => effects.end(link),
      close: (link, reason) => effects.close(link, reason),
      notify: (event) => this.#heard(event),
      nativePeers: () => owner.nativePeers(),
      heard: (now, gossip) => {
        const envelope = fromClassic(gossip);
        if (envelope !== undefined) owner.crossed(now, envelope);
      },
    });
  }

  /** The classic neighbors, as they are now. */
  neighbors(): NeighborState[] {
    return this.side.neighbors().map(({ address, since, rttMs }) => {
      return { id: undefined, address, dialect: "classic", since, rttMs, isCongested: false };
    });
  }

  /** Tells the classic neighbors of a message that has just arrived; nothing where there are none. */
  spread(now: number, envelope: Envelope, ageMs: number): void {
    const gossip = toClassic(envelope);
    if (gossip !== undefined) this.side.spread(now, gossip, ageMs);
  }

  #heard(event: ClassicSideEvent): void {
    if (event.type === "linked") {
      const neighbor = this.neighbors().find(({ address }) => address === event.peer);
      if (neighbor === undefined) return;
      this.#linked.set(event.peer, neighbor);
      this.#effects.notify({ type: "link", neighbor });
      if (this.side.neighbors().some(({ address, isHearsay }) => address === event.peer && isHearsay)) {
        this.#owner.mayBeNative(event.peer);
      }
    } else if (event.type === "unlinked") {
      const neighbor = this.#linked.get(event.peer);
      this.#linked.delete(event.peer);
      if (neighbor === undefined) return;
      this.#effects.notify({ type: "unlink", neighbor, reason: event.reason === "dead" ? "silent" : "gone" });
    }
  }
}
