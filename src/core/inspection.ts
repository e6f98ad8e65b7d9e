/**
 * What somebody who watches a peer may want to know, beside what its application needs: the trees on which messages come,
 * and what it remembers of whom. Reads only; nothing of it is needed to run, and nobody pays for it who does not ask.
 */
import type { LinkId } from "./effects.js";
import type { LifeView } from "./history.js";
import type { Contact, PeerId } from "./identity.js";
import type { Bounds, MessageId } from "./message.js";
import type { PeerConfig } from "./peer-config.js";
import type { PeerParts } from "./peer-parts.js";
import { isInUse, type Tree } from "./tree.js";

/** A peer's part in one tree. A snapshot. */
export interface TreeState {
  /** The peer that the tree has grown from. */
  readonly root: PeerId;
  /** Whether something came on it, or was published on it here, in the last minute. */
  readonly isInUse: boolean;
  /** Hops to the root; undefined when they are not known. */
  readonly distance: number | undefined;
  /** The neighbor next on the way to the root; undefined for the root itself, and when it is not known. */
  readonly parent: Contact | undefined;
  /** Neighbors that are sent what comes on this tree. */
  readonly eager: readonly Contact[];
  /** Neighbors that are told of it. */
  readonly lazy: readonly Contact[];
  /** When something last came, or was published here, in milliseconds since 1970; undefined when nothing has. */
  readonly activeAt: number | undefined;
}

/** What is remembered of one life of an origin. A snapshot. */
export interface Mark {
  readonly origin: PeerId;
  /** The life: when that process started, in milliseconds since 1970. */
  readonly epoch: number;
  /** All numbers from 1 to this one were seen or given up. */
  readonly contiguous: number;
  /** The highest number seen. */
  readonly last: number;
  /** Numbers below the highest that were not seen. */
  readonly missing: number;
  /** Messages that are kept whole. */
  readonly kept: number;
  /** When the last one came, in milliseconds since 1970. */
  readonly heardAt: number;
}

/** The views of one peer; see `PeerCore.inspection`. */
export class Inspection {
  readonly #parts: PeerParts;

  /** For the peer itself. */
  constructor(parts: PeerParts) {
    this.#parts = parts;
  }

  /** The tunables in force. */
  get config(): PeerConfig {
    return this.#parts.config;
  }

  /** The native neighbors, and the links to them. */
  links(): { readonly contact: Contact; readonly link: LinkId }[] {
    return this.#parts.overlay.neighbors.map(({ contact, link }) => ({ contact, link }));
  }

  /** The trees that are known, in no particular order. */
  trees(now: number): TreeState[] {
    return [...this.#parts.broadcast.allTrees()].map((tree) => this.#treeState(now, tree));
  }

  /** What is remembered of each life of each origin, in no particular order. */
  marks(): Mark[] {
    return [...this.#parts.history.allLives()].map(markOf);
  }

  /** How much is kept whole: how many messages, and what they weigh in bytes. */
  get kept(): { readonly messages: number; readonly bytes: number } {
    const { size, bytes } = this.#parts.history;
    return { messages: size, bytes };
  }

  /** The neighbor that brought a message; undefined for one's own, those of classic peers, and what is not kept. */
  bringer(id: MessageId): Contact | undefined {
    const slot = this.#parts.history.from(id);
    return slot < 0 ? undefined : this.#parts.overlay.neighbors.find((neighbor) => neighbor.slot === slot)?.contact;
  }

  #treeState(now: number, tree: Readonly<Tree>): TreeState {
    const { neighbors } = this.#parts.overlay;
    const isLazy = (slot: number) => (tree.lazyMask & (1 << slot)) !== 0;
    const activeAt = Math.max(tree.activeAt, tree.publishedAt);
    return {
      root: tree.id,
      isInUse: isInUse(now, tree),
      distance: tree.distance === Number.POSITIVE_INFINITY ? undefined : tree.distance,
      parent: neighbors.find(({ slot }) => slot === tree.parent)?.contact,
      eager: neighbors.filter(({ slot }) => !isLazy(slot)).map(({ contact }) => contact),
      lazy: neighbors.filter(({ slot }) => isLazy(slot)).map(({ contact }) => contact),
      activeAt: activeAt === Number.NEGATIVE_INFINITY ? undefined : activeAt,
    };
  }
}

function markOf({ origin, epoch, heardAt, seen, kept }: LifeView): Mark {
  const { last, frontier } = seen;
  const missing = last - sizeOf(seen.bounds);
  return { origin, epoch, contiguous: frontier, last, missing, kept: sizeOf(kept.bounds), heardAt };
}

function sizeOf(bounds: Bounds): number {
  let size = 0;
  for (let i = 0; i < bounds.length; i += 2) size += bounds[i + 1]! - bounds[i]! + 1;
  return size;
}
