/**
 * The ground between the processes: which packets get through, and how long they take.
 *
 * A path is one-way, from one listening address to another. It is open unless the two are in different parts of a
 * partition, one of them is on a machine that is suspended, or the way is cut; a process always reaches itself. What is on
 * its way already when a path closes still arrives. A path that is clogged is open: what is sent on it arrives at the end
 * of that, or later.
 */
import type { Address } from "../core/address.js";
import type { Random } from "../core/random.js";

/** One-way latency in milliseconds: drawn for each packet, every integer from min to max equally likely. */
export type LatencyRange = readonly [min: number, max: number];

/** How long a packet takes from one address to another, in milliseconds; rounded up to whole ones, from 1 on. */
export type LatencyDraw = (random: Random, from: Address, to: Address) => number;

/** The state of all paths of one network. */
export class Paths {
  readonly #random: Random;
  readonly #parts = new Map<Address, number>();
  readonly #cuts = new Map<Address, Set<Address>>();
  readonly #suspended = new Set<Address>();
  /** Until when a peer's ways, and single ways, are clogged. */
  readonly #cloggedPeers = new Map<Address, number>();
  readonly #cloggedWays = new Map<Address, Map<Address, number>>();
  #isAnyClogged = false;
  #whole = true;
  #latencyMin = 0;
  #latencySpread = 0;
  #latencyDraw: LatencyDraw | undefined;
  #lossBelow = 0;
  /** By receiver; on top of the loss that all share. */
  readonly #incomingLossBelow = new Map<Address, number>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** Latency from now on. Throws a RangeError unless both are integers and 1 ≤ min ≤ max. */
  setLatency([min, max]: LatencyRange): void {
    // At least 1 ms, so that no two processes can keep each other busy for ever within one millisecond.
    if (!Number.isInteger(min) || !Number.isInteger(max) || min < 1 || max < min) {
      throw new RangeError(`latency must be integers 1 ≤ min ≤ max, not [${min}, ${max}]`);
    }
    this.#latencyDraw = undefined;
    this.#latencyMin = min;
    this.#latencySpread = max - min + 1;
  }

  /** Latencies of another kind, from now on. */
  setLatencyDraw(draw: LatencyDraw): void {
    this.#latencyDraw = draw;
  }

  /** Probability from now on that one transmission is lost. Throws a RangeError unless it is within 0..1. */
  setLoss(rate: number): void {
    this.#lossBelow = lossBelowOf(rate);
  }

  /**
   * Probability from now on that a transmission to one address is lost, whatever is lost elsewhere; 1 is as good as cut off
   * from all. Throws a RangeError unless it is within 0..1.
   */
  setIncomingLoss(to: Address, rate: number): void {
    const below = lossBelowOf(rate);
    if (below === 0) this.#incomingLossBelow.delete(to);
    else this.#incomingLossBelow.set(to, below);
  }

  /**
   * Splits the network into these groups, and one more of all addresses that are named in none (also of processes that
   * start later). Replaces an earlier partition, keeps the cuts. Throws a RangeError when an address is named twice.
   */
  partition(groups: readonly (readonly Address[])[]): void {
    const parts = new Map<Address, number>();
    for (const [part, group] of groups.entries()) {
      for (const address of group) {
        if (parts.has(address)) throw new RangeError(`${address} is named twice`);
        parts.set(address, part);
      }
    }
    this.#parts.clear();
    for (const [address, part] of parts) this.#parts.set(address, part);
    this.#lookWhole();
  }

  /** Closes the path from one address to another. The way back stays as it is. */
  cut(from: Address, to: Address): void {
    const targets = this.#cuts.get(from);
    if (targets === undefined) this.#cuts.set(from, new Set([to]));
    else targets.add(to);
    this.#whole = false;
  }

  /** Ends the partition and all cuts. */
  heal(): void {
    this.#parts.clear();
    this.#cuts.clear();
    this.#lookWhole();
  }

  /** Closes all paths to and from an address, whatever else is said of them; or opens them again. */
  setSuspended(address: Address, isSuspended: boolean): void {
    if (isSuspended) this.#suspended.add(address);
    else this.#suspended.delete(address);
    this.#lookWhole();
  }

  /** What is sent to or from an address until then arrives then. A way that is clogged for longer stays so. */
  clog(address: Address, until: number): void {
    this.#cloggedPeers.set(address, Math.max(until, this.#cloggedPeers.get(address) ?? 0));
    this.#isAnyClogged = true;
  }

  /** What is sent from one address to another until then arrives then. */
  clogWay(from: Address, to: Address, until: number): void {
    const ways = this.#cloggedWays.get(from) ?? new Map<Address, number>();
    ways.set(to, Math.max(until, ways.get(to) ?? 0));
    this.#cloggedWays.set(from, ways);
    this.#isAnyClogged = true;
  }

  /** Until when what is sent now is held back; a time in the past where it is not. */
  cloggedUntil(from: Address, to: Address): number {
    if (!this.#isAnyClogged || from === to) return 0;
    return Math.max(
      this.#cloggedPeers.get(from) ?? 0,
      this.#cloggedPeers.get(to) ?? 0,
      this.#cloggedWays.get(from)?.get(to) ?? 0,
    );
  }

  /** Whether packets get from one address to another, chance aside. */
  isOpen(from: Address, to: Address): boolean {
    if (this.#whole && this.#incomingLossBelow.size === 0) return true;
    if (from === to) return true;
    // A loss of everything is no chance: nothing gets through, however often it is tried.
    if (this.#incomingLossBelow.size > 0 && this.#incomingLossBelow.get(to) === certain) return false;
    if (this.#whole) return true;
    if (this.#suspended.size > 0 && (this.#suspended.has(from) || this.#suspended.has(to))) return false;
    return this.#parts.get(from) === this.#parts.get(to) && this.#cuts.get(from)?.has(to) !== true;
  }

  /** Draws whether one transmission is lost by chance on its way to an address. */
  drawLoss(to: Address): boolean {
    if (this.#draw(this.#lossBelow)) return true;
    return this.#incomingLossBelow.size > 0 && this.#draw(this.#incomingLossBelow.get(to) ?? 0);
  }

  /** Draws the latency of one packet, in milliseconds. */
  drawLatency(from: Address, to: Address): number {
    if (this.#latencyDraw !== undefined) return Math.max(1, Math.ceil(this.#latencyDraw(this.#random, from, to)));
    return this.#latencySpread === 1 ? this.#latencyMin : this.#latencyMin + this.#random.below(this.#latencySpread);
  }

  #lookWhole(): void {
    this.#whole = this.#parts.size === 0 && this.#cuts.size === 0 && this.#suspended.size === 0;
  }

  #draw(below: number): boolean {
    return below > 0 && this.#random.below(certain) < below;
  }
}

const certain = 0x1_0000_0000;

function lossBelowOf(rate: number): number {
  if (!(rate >= 0 && rate <= 1)) throw new RangeError(`a loss rate is within 0..1, not ${rate}`);
  return rate * certain;
}
