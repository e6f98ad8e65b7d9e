/** What is broken in a local network on purpose: paths cut one by one, and a partition. Peers and seeds by name. */
import { Wires } from "../../net/wires.js";
import type { NetworkEvent } from "./events.js";

/** Two names. */
export interface Cut {
  readonly a: string;
  readonly b: string;
}

/** The paths of one network. */
export class Breakage {
  /** What the network's programs are joined by. */
  readonly wires = new Wires();
  readonly #names = new Map<number, string>();
  readonly #cuts = new Map<string, Cut>();
  readonly #tell: (event: NetworkEvent) => void;
  #groups: readonly (readonly string[])[] = [];
  #groupOf = new Map<string, number>();

  /** @param tell - told what was broken and mended */
  constructor(tell: (event: NetworkEvent) => void) {
    this.#tell = tell;
  }

  /** A program of this name listens on a port. */
  add(name: string, port: number): void {
    this.#names.set(port, name);
  }

  /** Paths that were cut one by one. */
  get cuts(): Cut[] {
    return [...this.#cuts.values()];
  }

  /** Whether there is a partition. */
  get isPartitioned(): boolean {
    return this.#groups.length > 0;
  }

  /** The side of the partition that it is on, from 0 on; undefined when there is none. */
  groupOf(name: string): number | undefined {
    return this.isPartitioned ? (this.#groupOf.get(name) ?? this.#groups.length) : undefined;
  }

  /** Whether nothing gets through between the two. */
  isCut(a: string, b: string): boolean {
    return this.#cuts.has(keyOf(a, b)) || this.groupOf(a) !== this.groupOf(b);
  }

  /** Cuts one path. False when it was cut one by one already, or there is none. */
  cut(a: string, b: string): boolean {
    if (a === b || this.#cuts.has(keyOf(a, b))) return false;
    this.#cuts.set(keyOf(a, b), { a, b });
    this.#changed();
    this.#tell({ type: "cut", a, b });
    return true;
  }

  /** Cuts all paths between groups, in place of an earlier partition; whoever is in none makes one more with the others. */
  partition(groups: readonly (readonly string[])[]): void {
    this.#groups = groups;
    this.#groupOf = new Map(groups.flatMap((names, group) => names.map((name) => [name, group] as const)));
    this.#changed();
    const rest = [...this.#names.values()].filter((name) => !this.#groupOf.has(name));
    this.#tell({ type: "partitioned", groups: rest.length === 0 ? groups : [...groups, rest] });
  }

  /** Mends everything. False when nothing was broken. */
  heal(): boolean {
    if (this.#cuts.size === 0 && !this.isPartitioned) return false;
    this.#cuts.clear();
    this.#groups = [];
    this.#groupOf.clear();
    this.#changed();
    this.#tell({ type: "healed" });
    return true;
  }

  #changed(): void {
    if (this.#cuts.size === 0 && !this.isPartitioned) this.wires.change(undefined);
    else this.wires.change((a, b) => this.#isPortCut(a, b));
  }

  #isPortCut(a: number, b: number): boolean {
    const [one, other] = [this.#names.get(a), this.#names.get(b)];
    return one !== undefined && other !== undefined && one !== other && this.isCut(one, other);
  }
}

function keyOf(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}
