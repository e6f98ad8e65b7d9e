/** What each of many peers has been told of all others: how many it knows, whom it takes for dead, and who came back. */
import type { PeerId } from "../../core/identity.js";
import type { PeerEvent } from "../../core/peer-events.js";

/** A change of one peer's mind about another. */
export interface Verdict {
  readonly observer: number;
  readonly subject: PeerId;
  readonly status: "dead" | "left" | "back";
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The opinions of all peers of a world. */
export class Opinions {
  /** All changes for the worse, and back, since the last {@link forget}. */
  verdicts: Verdict[] = [];
  readonly #known: number[] = [];
  readonly #gone: Set<PeerId>[] = [];

  /** A peer was told something. */
  told(observer: number, event: PeerEvent, at: number): void {
    switch (event.type) {
      case "join":
      case "alive": {
        const subject = event.peer.id!;
        const isBack = this.#goneAt(observer).delete(subject);
        if (isBack) this.verdicts.push({ observer, subject, status: "back", at });
        if (isBack || event.type === "join") this.#known[observer] = this.knownTo(observer) + 1;
        break;
      }
      case "dead":
      case "leave": {
        const subject = event.peer.id!;
        this.#goneAt(observer).add(subject);
        this.#known[observer] = this.knownTo(observer) - 1;
        this.verdicts.push({ observer, subject, status: event.type === "dead" ? "dead" : "left", at });
        break;
      }
    }
  }

  /** How many others a peer knows to be there. */
  knownTo(observer: number): number {
    return this.#known[observer] ?? 0;
  }

  /** Whether a peer takes another for dead, or knows that it has left. */
  isGone(observer: number, subject: PeerId): boolean {
    return this.#gone[observer]?.has(subject) === true;
  }

  /** Earlier changes are of no interest. */
  forget(): void {
    this.verdicts = [];
  }

  #goneAt(observer: number): Set<PeerId> {
    let gone = this.#gone[observer];
    if (gone === undefined) this.#gone[observer] = gone = new Set();
    return gone;
  }
}
