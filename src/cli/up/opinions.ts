/**
 * What the peers of a local network say of each other's lives: each its own directory's word. Peers are known by name.
 * Peers of the classic dialect keep no directory, and are not asked.
 */
import type { PeerStatus } from "../../core/directory/record.js";

/** What so many of those who are asked say of one peer. */
export interface Opinion {
  readonly suspect: number;
  readonly dead: number;
  /** How many are asked. */
  readonly of: number;
}

/** A collection of words that change. */
export class Opinions {
  /** By the one that is spoken of, then by the one who speaks; of the living nothing is kept. */
  readonly #words = new Map<string, Map<string, PeerStatus>>();

  /** @returns whether nobody has said so before */
  say(observer: string, about: string, status: PeerStatus): boolean {
    const words = this.#words.get(about) ?? new Map<string, PeerStatus>();
    const isFirst = ![...words.values()].includes(status);
    if (status === "alive") words.delete(observer);
    else words.set(observer, status);
    if (words.size === 0) this.#words.delete(about);
    else this.#words.set(about, words);
    return isFirst;
  }

  /** What these say of one peer; undefined when nobody says anything but that it is there. */
  of(about: string, observers: () => readonly string[]): Opinion | undefined {
    const words = this.#words.get(about);
    if (words === undefined) return undefined;
    const asked = observers();
    const count = (status: PeerStatus) => asked.filter((observer) => words.get(observer) === status).length;
    return { suspect: count("suspect"), dead: count("dead"), of: asked.length };
  }
}
