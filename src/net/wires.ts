/**
 * The paths between programs that run in one process, on one machine: each may be cut, as a network would be, and mended.
 *
 * Over a cut path nothing gets through, in either direction, and nobody is told: what is sent waits, a dial is not
 * answered, an end or a reset is not seen. So it is with a pulled cable, until somebody gives up. When the path is mended,
 * what has waited goes on.
 *
 * A program is known by the port that it listens on. Where connections come from is told by those who dial.
 */

/** Paths that may be cut. Drivers that are given the same one are on the same network. */
export class Wires {
  readonly #looks = new Map<number, () => void>();
  /** Who has dialed, by the port that the connection comes from. */
  readonly #dialers = new Map<number, number>();
  #isCut: ((a: number, b: number) => boolean) | undefined;

  /** Says which paths are cut from now on; undefined for none. The order of the two ports must not matter. */
  change(isCut: ((a: number, b: number) => boolean) | undefined): void {
    this.#isCut = isCut;
    for (const look of this.#looks.values()) look();
  }

  /** Whether nothing gets through between two programs. */
  isCut(a: number, b: number | undefined): boolean {
    return b !== undefined && this.#isCut?.(a, b) === true;
  }

  /** A program listens on a port, and wants to be told when paths have changed. */
  attach(port: number, look: () => void): void {
    this.#looks.set(port, look);
  }

  /** It does no longer. */
  detach(port: number): void {
    this.#looks.delete(port);
  }

  /** A program has dialed: its connection comes from this port. */
  dialed(from: number, port: number): void {
    this.#dialers.set(from, port);
    if (this.#isCut !== undefined) for (const look of this.#looks.values()) look();
  }

  /** The connection that came from this port is closed. */
  hungUp(from: number): void {
    this.#dialers.delete(from);
  }

  /** Who has dialed the connection that comes from this port; undefined for strangers. */
  dialerAt(from: number): number | undefined {
    return this.#dialers.get(from);
  }
}
