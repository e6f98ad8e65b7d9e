/** Carries out the deeds of a scenario, ends those that last for a while, and knows since when it has been calm. */
import type { Address } from "../../core/address.js";
import type { VirtualNetwork } from "../network.js";
import type { AnyMessage } from "../virtual-peer.js";
import type { Crowd, State } from "./crowd.js";
import { entryOf } from "./entry-of.js";
import { latencyDraw } from "./latency.js";
import type { Life } from "./life.js";
import type { Bandwidth, Deed, LatencyModel, Scenario, Who } from "./scenario.js";
import { Spells } from "./spells.js";

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
  /** @param chosen - whom it befalls; nothing where nobody is chosen */
  trace(deed: Deed, chosen: ChosenNumbers): void;
}

/** Whom a deed befalls, by their numbers. */
export interface ChosenNumbers {
  readonly peers?: readonly number[];
  /** Where ways lead from `peers` to others: to whom. */
  readonly toPeers?: readonly number[];
}

/** Whom a deed befalls; undefined where it chooses nobody. */
interface Chosen {
  readonly peers: readonly Life[] | undefined;
  /** Where ways lead from `peers` to others. */
  readonly to: readonly Life[] | undefined;
}

/** Whom a deed can befall, where it needs more than that there is a process: one that is stopped can do nothing by itself. */
const statesNeeded: Partial<Record<Deed["do"], State>> = {
  freeze: "awake",
  suspend: "awake",
  slow: "awake",
  jump: "awake",
  redial: "awake",
  leave: "awake",
  publish: "awake",
  tag: "awake",
  corrupt: "honest",
};

/** What is wrong in one run. */
export class Faults {
  readonly #world: FaultsWorld;
  /** What has an end: when, and what is to be done then. */
  #ends: { readonly at: number; readonly end: () => void }[] = [];
  /** Things that are wrong with the network as a whole, or with ways in it. */
  #wrongs = 0;
  readonly #latencies: Spells<LatencyModel>;
  readonly #losses: Spells<number>;
  /** By receiver. */
  readonly #incomingLosses = new Map<Address, Spells<number>>();
  /** By sender; undefined: of all that have none of their own. */
  readonly #bandwidths = new Map<Address | undefined, Spells<Bandwidth | undefined>>();
  readonly #costs = new Map<Life, Spells<number>>();
  /** One part of a network that is split; nobody while it is whole. */
  readonly #parts: Spells<readonly Life[]>;
  #isCut = false;
  /** When the last of them was over, in milliseconds since 1970. */
  #disturbedAt: number;

  constructor(world: FaultsWorld) {
    this.#world = world;
    this.#disturbedAt = world.network.now;
    const { network, scenario } = world;
    const { latency, lossRate, bandwidth } = scenario.network;
    this.#latencies = new Spells(latency, (model) => network.setLatencyDraw(latencyDraw(model)));
    this.#losses = new Spells(lossRate, (rate) => network.setLoss(rate));
    this.#parts = new Spells<readonly Life[]>([], (part) => network.partition([addressesOf(part)]));
    network.setLatencyDraw(latencyDraw(latency));
    if (bandwidth !== undefined) network.setBandwidth(bandwidth);
  }

  /** Whether somebody is cut off from somebody. */
  get #isSplit(): boolean {
    return this.#isCut || this.#parts.current.length > 0;
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
    const chosen = this.#choose(deed);
    const { peers, to } = chosen;
    this.#world.trace(deed, {
      ...(peers === undefined ? {} : { peers: numbersOf(peers) }),
      ...(to === undefined ? {} : { toPeers: numbersOf(to) }),
    });
    this.#carryOut(deed, chosen);
  }

  #choose(deed: Deed): Chosen {
    const { crowd } = this.#world;
    const { who, from, to } = deed as { readonly [name in "who" | "from" | "to"]?: Who };
    const first = who ?? from ?? to;
    if (first === undefined) return { peers: undefined, to: undefined };
    const peers = crowd.chosen(first, statesNeeded[deed.do]);
    if (to === undefined || first === to) return { peers, to: undefined };
    // No way leads from one to itself.
    return { peers, to: crowd.chosen(to, undefined, peers.length === 1 ? peers[0] : undefined) };
  }

  #carryOut(deed: Deed, { peers, to }: Chosen): void {
    const { network, crowd } = this.#world;
    const chosen = peers ?? [];
    switch (deed.do) {
      case "crash":
        for (const life of chosen) this.#crash(life);
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
          // Another life may be there by then.
          this.#disturb(life, deed.forMs, () => life.process.alive && network.resume(life.address));
        }
        break;
      case "slow":
        for (const life of chosen) {
          // Who answers late seems not to hear.
          life.wasDeafened = true;
          const costs = entryOf(this.#costs, life, () => new Spells<number>(0, (cost) => life.process.setCost(cost)));
          this.#disturb(life, deed.forMs, costs.begin(deed.msPerInput));
        }
        break;
      case "jump":
        for (const life of chosen) life.jump(deed.byMs);
        break;
      case "partition":
        this.#split(chosen, deed.forMs);
        break;
      case "cut":
        forEachWay(chosen, to ?? [], (one, other) => {
          other.wasDeafened = true;
          network.cut(one.address, other.address);
        });
        this.#isCut = true;
        break;
      case "heal":
        network.heal();
        this.#parts.replace([]);
        this.#isCut = false;
        this.#disturbedAt = network.now;
        break;
      case "clog":
        this.#clog(chosen, to, Math.min(deed.forMs, this.#world.scenario.forMs - this.#world.at));
        break;
      case "loss":
        this.#lose(deed.rate, peers, deed.forMs);
        break;
      case "latency":
        this.#slowDown(deed.latency, deed.forMs);
        break;
      case "bandwidth":
        this.#narrow(deed, peers);
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

  /** Its machine, if it was suspended, is there for the next life. */
  #crash(life: Life): void {
    life.process.crash();
    this.#world.network.resume(life.address);
  }

  #split(part: readonly Life[], forMs: number | undefined): void {
    if (forMs === undefined) {
      this.#parts.replace(part);
      return;
    }
    const end = this.#parts.begin(part);
    this.#later(forMs, () => {
      const before = this.#parts.current;
      end();
      const { current } = this.#parts;
      if (current === before) return;
      this.#disturbedAt = this.#world.network.now;
      // Who reads the trace need not know what else was split when.
      const peers = numbersOf(current);
      this.#world.trace({ do: "partition", who: { peers } }, { peers });
    });
  }

  #slowDown(model: LatencyModel, forMs: number): void {
    const { network } = this.#world;
    this.#disturbedAt = network.now;
    const end = this.#latencies.begin(model);
    this.#later(forMs, () => {
      end();
      this.#disturbedAt = network.now;
    });
  }

  #clog(peers: readonly Life[], to: readonly Life[] | undefined, forMs: number): void {
    const { network } = this.#world;
    for (const life of to ?? peers) life.wasDeafened = true;
    if (to === undefined) network.clog(addressesOf(peers), forMs);
    else forEachWay(peers, to, (one, other) => network.clogWay(one.address, other.address, forMs));
    this.#disturbAll(forMs, () => {});
  }

  #lose(rate: number, victims: readonly Life[] | undefined, forMs: number): void {
    const { network, crowd } = this.#world;
    if (rate >= deafeningRate) for (const life of victims ?? crowd.lives) life.wasDeafened = true;
    if (victims === undefined) {
      this.#disturbAll(forMs, this.#losses.begin(rate));
      return;
    }
    const ends = addressesOf(victims).map((address) => {
      const apply = (value: number) => network.setIncomingLoss(address, value);
      return entryOf(this.#incomingLosses, address, () => new Spells<number>(0, apply)).begin(rate);
    });
    this.#disturbAll(forMs, () => {
      for (const end of ends) end();
    });
  }

  #narrow(
    { forMs, linkBytesPerS, peerBytesPerS }: Extract<Deed, { do: "bandwidth" }>,
    who: readonly Life[] | undefined,
  ): void {
    const { network, scenario, crowd } = this.#world;
    const least = Math.min(linkBytesPerS ?? Number.POSITIVE_INFINITY, peerBytesPerS ?? Number.POSITIVE_INFINITY);
    if (least <= narrowBytesPerS) for (const life of who ?? crowd.lives) life.wasDeafened = true;
    const ends = (who === undefined ? [undefined] : addressesOf(who)).map((of) => {
      const otherwise = of === undefined ? scenario.network.bandwidth : undefined;
      const apply = (limits: Bandwidth | undefined) =>
        network.setBandwidth(limits, of === undefined ? undefined : [of]);
      const spells = entryOf(this.#bandwidths, of, () => new Spells<Bandwidth | undefined>(otherwise, apply));
      return spells.begin({ linkBytesPerS, peerBytesPerS });
    });
    this.#disturbAll(forMs, () => {
      for (const end of ends) end();
    });
  }

  #leave(life: Life): void {
    life.call((core, now) => core.leave(now));
    life.hasLeft = true;
    this.#later(1_000, () => life.process.crash("end"));
  }
}

function addressesOf(lives: readonly Life[]): Address[] {
  return lives.map(({ address }) => address);
}

function numbersOf(lives: readonly Life[]): number[] {
  return lives.map(({ number }) => number);
}

function forEachWay(from: readonly Life[], to: readonly Life[], call: (one: Life, other: Life) => void): void {
  for (const one of from) for (const other of to) if (one !== other) call(one, other);
}
