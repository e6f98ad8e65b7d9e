/**
 * All sides of links that cores may speak of, by their ids.
 *
 * Ids are given out in order and never again, so the table is made of pages, and one of which everything is gone is let go. One
 * table for all processes: what is needed of it is small, and stays in the processor's cache, as a table in each of thousands
 * of processes would not.
 */
import type { LinkEnd } from "./link-ends.js";

const pageBits = 8;
const pageMask = (1 << pageBits) - 1;

interface Page<Message> {
  readonly ends: (LinkEnd<Message> | undefined)[];
  count: number;
}

/** The links of one network. */
export class LinkTable<Message> {
  readonly #pages: (Page<Message> | undefined)[] = [];

  /** The side of this id; undefined when there is none, or no more. */
  get(id: number): LinkEnd<Message> | undefined {
    return this.#pages[id >> pageBits]?.ends[id & pageMask];
  }

  /** Takes in a new one, for its owner as well. */
  add(end: LinkEnd<Message>): void {
    const number = end.id >> pageBits;
    while (this.#pages.length <= number) this.#pages.push(undefined);
    const page = this.#pages[number] ?? { ends: new Array(1 << pageBits).fill(undefined), count: 0 };
    this.#pages[number] = page;
    page.ends[end.id & pageMask] = end;
    page.count++;
    end.owner.links.push(end);
  }

  /** Lets one go: its core speaks of it no more. */
  remove(end: LinkEnd<Message>): void {
    const number = end.id >> pageBits;
    const page = this.#pages[number];
    if (page === undefined || page.ends[end.id & pageMask] !== end) return;
    page.ends[end.id & pageMask] = undefined;
    if (--page.count === 0) this.#pages[number] = undefined;
    const { links } = end.owner;
    links.splice(links.indexOf(end), 1);
  }
}
