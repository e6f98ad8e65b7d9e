/** The peers of a run: who they are, those that run, and who is chosen when something is to befall some of them. */
import { type Address, joinAddress } from "../../core/address.js";
import { type PeerId, parsePeerId } from "../../core/identity.js";
import type { PeerConfig } from "../../core/peer-config.js";
import { type Random, sample, seededRandom } from "../../core/random.js";
import type { VirtualNetwork } from "../network.js";
import type { AnyMessage } from "../virtual-peer.js";
import { Life, type LifeOwner } from "./life.js";
import type { Deed, Who } from "./scenario.js";

/** Who starts, when it is not somebody new. */
interface Identity {
  readonly number: number;
  readonly id: PeerId;
  readonly address: Address;
  /** By how much its clock is ahead. */
  readonly aheadMs: number;
}

/** What somebody must be for a deed, beside running: `awake`, not stopped; `honest`, meaning no harm yet. */
export type State = "awake" | "honest";

/** Peers that a newcomer is told of, where there are no seeds. */
const entrancesMax = 3;

/** All peers of one run. */
export class Crowd {
  /** All lives there have been, in order of their start. */
  readonly lives: Life[] = [];
  readonly seeds: Address[] = [];
  readonly #network: VirtualNetwork<AnyMessage>;
  readonly #config: PeerConfig;
  readonly #random: Random;
  readonly #owner: LifeOwner;
  readonly #started: (number: number, fields: object) => void;
  #numbers = 0;
  #addresses = 0;

  /** @param started - hears of every start */
  constructor(
    network: VirtualNetwork<AnyMessage>,
    config: PeerConfig,
    random: Random,
    owner: LifeOwner,
    started: (number: number, fields: object) => void,
  ) {
    this.#network = network;
    this.#config = config;
    this.#random = random;
    this.#owner = owner;
    this.#started = started;
  }

  /** Those that run, not frozen, and mean no harm. */
  running(): Life[] {
    return this.lives.filter(({ isHonest, process }) => isHonest && !process.frozen);
  }

  /**
   * Some of those that run, stopped or not. From now on they are disturbed.
   *
   * @param state - what they must be beside that
   * @param except - is not drawn
   */
  chosen(who: Who, state?: State, except?: Life): Life[] {
    const possible = this.lives.filter((life) => {
      if (!life.isUp || life === except) return false;
      return state === "awake" ? !life.process.frozen : state === "honest" ? life.isHonest : true;
    });
    const chosen = this.#drawn(who, possible);
    for (const life of chosen) life.calmSince = Math.max(life.calmSince, this.#network.now);
    return chosen;
  }

  #drawn(who: Who, possible: readonly Life[]): Life[] {
    if ("peers" in who) return possible.filter(({ number }) => who.peers.includes(number));
    return sample(this.#random, possible, "count" in who ? who.count : Math.round(who.share * possible.length));
  }

  /** One that has ended, killed or after its goodbye, starts again, as often as there is one. */
  restart({ count, identity, address, clockBackMs }: Extract<Deed, { do: "restart" }>): void {
    const last = new Map<number, Life>();
    for (const life of this.lives) last.set(life.number, life);
    const ended = [...last.values()].filter(({ isUp, process }) => !isUp && !process.alive);
    for (const life of sample(this.#random, ended, count)) {
      this.start({
        number: life.number,
        id: identity === "same" ? life.id : this.newId(),
        address: address === "same" ? life.address : this.#newAddress(),
        aheadMs: -clockBackMs,
      });
    }
  }

  /** Starts a peer: a new one, unless it is said who. */
  start(as?: Identity): void {
    const address = as?.address ?? this.#newAddress();
    const { number, id, aheadMs } = as ?? { number: ++this.#numbers, id: this.newId(), aheadMs: 0 };
    const others = this.seeds.length > 0 ? [] : sample(this.#random, this.running(), entrancesMax);
    const entrances = others.map((life) => life.address);
    const random = seededRandom(this.#random.below(0x1_0000_0000));
    this.#started(number, { id, address });
    const { seeds } = this;
    const [network, config] = [this.#network, this.#config];
    const start = { number, id, address, network, config, seeds, entrances, aheadMs, random };
    this.lives.push(new Life(start, this.#owner));
  }

  /** An id that nobody has. */
  newId(): PeerId {
    const words = Array.from({ length: 8 }, () => this.#random.below(0x1_0000).toString(16).padStart(4, "0"));
    return parsePeerId(words.join(""))!;
  }

  #newAddress(): Address {
    const index = ++this.#addresses;
    return joinAddress(`10.${(index >> 16) & 127}.${(index >> 8) & 255}.${index & 255}`, 5000)!;
  }
}
