/** Carries out the deeds of a scenario, ends those that last for a while, and knows since when it has been calm. */
import type { Address } from "../../core/address.js";
import type { VirtualNetwork } from "../network.js";
import type { AnyMessage } from "../virtual-peer.js";
import type { Crowd } from "./crowd.js";
import { latencyDraw } from "./latency.js";
import type { Life } from "./life.js";
import type { Deed, LatencyModel, Scenario, Who } from "./scenario.js";

/** Who loses so much of what comes to it hears badly. */
const deafeningRate = 0.2;
/** Ways so narrow hold answers up for seconds, behind what is being sent. */
const narrowBytesPerS = 100_000;
/** A network that loses no more than this is calm all the same. */
const calmLossRate = 0.1;

/** What the deeds need of the run. */
export interface FaultsWorld {
  readonly scenario: Scenario;
  readonly network: VirtualNetwork<AnyMessage>;
  readonly crowd: Crowd;
  /** Virtual milliseconds since the start of the run. */
  readonly at: number;
  /** A number by chance, below another. */
  below(limit: number): number;
  publish(life: Life, bytes: number): void;
  /** @param peers - whom it befalls, by their numbers; undefined where nobody is chosen */
  trace(deed: Deed, peers: readonly number[] | undefined): void;
}

/** What is wrong in one run. */
export class Faults {
  readonly #world: FaultsWorld;
  /** What has an end: when, and what is to be done then. */
  #ends: { readonly at: number; readonly end: () => void }[] = [];
  /** Things that are wrong with the network as a whole, or with ways in it. */
  #wrongs = 0;
  #isSplit = false;
  /** When the last of them was over, in milliseconds since 1970. */
  #disturbedAt: number;

  constructor(world: FaultsWorld) {
    this.#world = world;
    this.#disturbedAt = world.network.now;
    const { latency, bandwidth } = world.scenario.network;
    this.#setLatency(latency);
    if (bandwidth !== undefined) world.network.setBandwidth(bandwidth);
  }

  /** Since when nothing is wrong with the network, in milliseconds since 1970. */
  get calmSince(): number {
    const { network, scenario } = this.#world;
    if (this.#isSplit || this.#wrongs > 0 || scenario.network.lossRate > calmLossRate) return network.now;
    return Math.max(this.#disturbedAt, network.lateAt);
  }

  /** When the next of those that last for a while ends. */
  get nextEnd(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { at } of this.#ends) next = Math.min(next, at);
    return next;
  }

  /** Ends what is due. */
  endDue(): void {
    const now = this.#world.at;
    const due = this.#ends.filter(({ at }) => at <= now);
    if (due.length === 0) return;
    this.#ends = this.#ends.filter(({ at }) => at > now);
    for (const { end } of due) end();
  }

  /** Everything that is wrong ends. */
  endAll(hadMore: boolean): void {
    if (!hadMore && this.#ends.length === 0 && !this.#isSplit) return;
    const ends = this.#ends;
    this.#ends = [];
    for (const { end } of ends) end();
    this.do({ do: "heal" });
  }

  /** Does it, or begins to. */
  do(deed: Deed): void {
    const { network, crowd } = this.#world;
    const isOfWays = deed.do === "clog" && deed.to !== undefined;
    const chosen = "who" in deed && deed.who !== undefined && !isOfWays ? crowd.chosen(deed.who) : undefined;
    this.#world.trace(
      deed,
      chosen?.map(({ number }) => number),
    );
    this.#carryOut(deed, chosen ?? [], network, crowd);
  }

  #carryOut(deed: Deed, chosen: readonly Life[], network: FaultsWorld["network"], crowd: Crowd): void {
    switch (deed.do) {
      case "crash":
        for (const life of chosen) life.process.crash();
        break;
      case "restart":
        crowd.restart(deed);
        break;
      case "freeze":
        for (const life of chosen) {
          life.process.freeze();
          this.#disturb(life, deed.forMs, () => life.process.thaw());
        }
        break;
      case "suspend":
        for (const life of chosen) {
          network.suspend(life.address);
          this.#disturb(life, deed.forMs, () => network.resume(life.address));
        }
        break;
      case "slow":
        for (const life of chosen) {
          life.process.setCost(deed.msPerInput);
          // Who answers late seems not to hear.
          life.wasDeafened = true;
          this.#disturb(life, deed.forMs, () => life.process.setCost(0));
        }
        break;
      case "jump":
        for (const life of chosen) life.jump(deed.byMs);
        break;
      case "partition":
        network.partition([addressesOf(chosen)]);
        this.#isSplit = true;
        break;
      case "cut":
        this.#eachWay(deed.from, deed.to, (from, to) => {
          to.wasDeafened = true;
          if (from !== to) network.cut(from.address, to.address);
        });
        this.#isSplit = true;
        break;
      case "heal":
        network.heal();
        this.#isSplit = false;
        this.#disturbedAt = network.now;
        break;
      case "clog":
        this.#clog(
          deed.to === undefined ? chosen : deed.who,
          deed.to,
          Math.min(deed.forMs, this.#world.scenario.forMs - this.#world.at),
        );
        break;
      case "loss":
        this.#lose(deed.rate, deed.to, deed.forMs);
        break;
      case "latency":
        this.#setLatency(deed.latency);
        this.#disturbedAt = network.now;
        this.#later(deed.forMs, () => {
          this.#setLatency(this.#world.scenario.network.latency);
          this.#disturbedAt = network.now;
        });
        break;
      case "bandwidth":
        this.#narrow(deed, deed.who === undefined ? undefined : chosen);
        break;
      case "reset":
        for (const life of chosen) network.resetLinks(life.address);
        break;
      case "redial":
        for (const life of chosen) life.redial();
        break;
      case "join":
        for (let i = 0; i < deed.count; i++) crowd.start();
        break;
      case "leave":
        for (const life of chosen) this.#leave(life);
        break;
      case "publish":
        for (const life of chosen) {
          for (let i = 0; i < deed.messages; i++) this.#world.publish(life, deed.bytes);
        }
        break;
      case "tag":
        for (const life of chosen) {
          life.call((core, now) => core.setTags(now, { turn: String(this.#world.below(1_000_000)) }));
        }
        break;
      case "corrupt":
        for (const life of chosen) life.misdeed = deed.misdeed;
        break;
    }
  }

  #later(forMs: number, end: () => void): void {
    this.#ends.push({ at: this.#world.at + forMs, end });
  }

  /** Something is wrong with one peer for a while. */
  #disturb(life: Life, forMs: number, end: () => void): void {
    life.disturb();
    this.#later(forMs, () => {
      end();
      life.settle(this.#world.network.now);
    });
  }

  /** Something is wrong with the network for a while. */
  #disturbAll(forMs: number, end: () => void): void {
    this.#wrongs++;
    this.#later(forMs, () => {
      this.#wrongs--;
      this.#disturbedAt = this.#world.network.now;
      end();
    });
  }

  #eachWay(from: Who, to: Who, close: (from: Life, to: Life) => void): void {
    const { crowd } = this.#world;
    for (const one of crowd.chosen(from)) for (const other of crowd.chosen(to)) close(one, other);
  }

  #clog(who: readonly Life[] | Who, to: Who | undefined, forMs: number): void {
    const { network } = this.#world;
    if (isList(who)) {
      for (const life of who) life.wasDeafened = true;
      network.clog(addressesOf(who), forMs);
    } else {
      this.#eachWay(who, to!, (from, other) => {
        other.wasDeafened = true;
        network.clogWay(from.address, other.address, forMs);
      });
    }
    this.#disturbAll(forMs, () => {});
  }

  #lose(rate: number, to: Who | undefined, forMs: number): void {
    const { network, crowd } = this.#world;
    const victims = to === undefined ? undefined : crowd.chosen(to);
    if (rate >= deafeningRate) for (const life of victims ?? crowd.lives) life.wasDeafened = true;
    if (victims === undefined) network.setLoss(rate);
    else for (const { address } of victims) network.setIncomingLoss(address, rate);
    this.#disturbAll(forMs, () => {
      if (victims === undefined) network.setLoss(this.#world.scenario.network.lossRate);
      else for (const { address } of victims) network.setIncomingLoss(address, 0);
    });
  }

  #narrow(
    { forMs, linkBytesPerS, peerBytesPerS }: Extract<Deed, { do: "bandwidth" }>,
    who: readonly Life[] | undefined,
  ): void {
    const { network, scenario, crowd } = this.#world;
    const bandwidth = { linkBytesPerS, peerBytesPerS };
    const of = who === undefined ? undefined : addressesOf(who);
    if (
      Math.min(linkBytesPerS ?? Number.POSITIVE_INFINITY, peerBytesPerS ?? Number.POSITIVE_INFINITY) <= narrowBytesPerS
    ) {
      for (const life of who ?? crowd.lives) life.wasDeafened = true;
    }
    network.setBandwidth(bandwidth, of);
    this.#disturbAll(forMs, () => network.setBandwidth(of === undefined ? scenario.network.bandwidth : undefined, of));
  }

  #leave(life: Life): void {
    life.call((core, now) => core.leave(now));
    life.hasLeft = true;
    this.#later(1_000, () => life.process.crash("end"));
  }

  #setLatency(model: LatencyModel): void {
    this.#world.network.setLatencyDraw(latencyDraw(model));
  }
}

function addressesOf(lives: readonly Life[]): Address[] {
  return lives.map(({ address }) => address);
}

function isList(who: readonly Life[] | Who): who is readonly Life[] {
  return Array.isArray(who);
}
