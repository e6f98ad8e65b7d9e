/**
 * A virtual network: processes, the links between them and the faults that befall them, in virtual time.
 *
 * It drives any {@link Core} the way the real driver does, as fast as the machine allows, and everything that happens
 * follows from one number. What a link is and how it fails is written down in `tcp.ts`, what befalls a process in
 * `process.ts`, which packets get through in `paths.ts`.
 *
 * ```ts
 * const network = new VirtualNetwork<Message>({ randomSeed: 1 });
 * const peer = network.start(address, (effects, random) => new PeerCore(address, config, random, effects));
 * peer.call((core, now) => core.start(now, seeds));
 * network.run(60_000);
 * ```
 */
import type { Address } from "../core/address.js";
import type { Core, Effects } from "../core/effects.js";
import { type Random, seededRandom } from "../core/random.js";
import { SimulationError } from "./errors.js";
import { type LatencyDraw, type LatencyRange, Paths } from "./paths.js";
import { noLink, Process, type VirtualProcess, type World } from "./process.js";
import { type SimEvent, Tcp } from "./tcp.js";
import { Trace } from "./trace.js";
import type { Bandwidth } from "./uplink.js";

export { noLink };

/** A message that has arrived. Times are milliseconds since 1970. */
export interface Travel<Message> {
  readonly from: Address;
  readonly to: Address;
  /** When its sender gave it to the network. */
  readonly sentAt: number;
  /** When its receiver's core was given it. */
  readonly at: number;
  readonly message: Message;
}

/** What a virtual network is made with. */
export interface VirtualNetworkOptions<Message> {
  /** The number that the whole run follows from: an integer. */
  readonly randomSeed: number;
  /** Where virtual time begins, in milliseconds since 1970. Default: 2024-01-01T00:00:00Z. */
  readonly startMs?: number;
  /** One-way latency in milliseconds, drawn for each packet. At least 1. Default: 10 to 50. */
  readonly latencyMs?: LatencyRange;
  /** Probability, 0 to 1, that one transmission is lost by chance. TCP repairs it, late. Default: 0. */
  readonly lossRate?: number;
  /** Every message sent goes through this first. For tests: encode and decode it, so that they cover the wire format. */
  readonly recheck?: (message: Message) => Message;
  /** Bytes of a message on the wire. Asked only where bandwidth is limited. Default: none has any. */
  readonly measure?: (message: Message) => number;
  /** Hears of every message that a core is given, when it is. */
  readonly travelled?: (travel: Travel<Message>) => void;
  /** Hears of every message that a link carries, as it departs: its `sentAt` is now, its `at` is when it will be there. */
  readonly departed?: (travel: Travel<Message>) => void;
}

/** How much has happened in a network since it was made. */
export interface NetworkCounters {
  /** Events taken from the queue: the measure of the simulator's own work. */
  readonly events: number;
  /** Inputs given to cores: links up and down, messages, wakes, calls. */
  readonly inputs: number;
  /** Links that cores asked for. */
  readonly dials: number;
  /** Messages sent on links that were up, whether they arrived or not. */
  readonly messages: number;
  /** Times that TCP tried again what had not got through. */
  readonly retransmissions: number;
}

/** Many processes and the network between them, in one thread, in virtual time. */
export class VirtualNetwork<Message> {
  readonly #tcp: Tcp<Message>;
  readonly #paths: Paths;
  readonly #trace = new Trace();
  readonly #world: World<Message>;
  /** Draws one number for each process, so that what one draws depends on nothing but the order of starts. */
  readonly #processSeeds: Random;
  #started = 0;
  #events = 0;

  /** Throws a RangeError when an option is out of its range. */
  constructor(options: VirtualNetworkOptions<Message>) {
    const {
      randomSeed,
      startMs = 1_704_067_200_000,
      latencyMs = [10, 50],
      lossRate = 0,
      recheck,
      measure,
      travelled,
      departed,
    } = options;
    if (!Number.isInteger(startMs)) throw new RangeError(`startMs must be an integer, not ${startMs}`);
    const seeds = seededRandom(randomSeed);
    this.#paths = new Paths(seededRandom(seeds.below(0x1_0000_0000)));
    this.#processSeeds = seededRandom(seeds.below(0x1_0000_0000));
    this.#paths.setLatency(latencyMs);
    this.#paths.setLoss(lossRate);
    this.#tcp = new Tcp(this.#paths, measure);
    const heard = (event: SimEvent<Message>, sentAt: number) => {
      const { owner, end, message } = event;
      const from = end!.other!.owner.address;
      travelled!({ from, to: owner.address, sentAt: startMs + sentAt, at: this.now, message: message! });
    };
    if (travelled !== undefined) this.#tcp.sentAt = new WeakMap();
    if (departed !== undefined) {
      this.#tcp.departed = ({ owner, end, message }, arrivesAt) => {
        const from = end!.other!.owner.address;
        departed({ from, to: owner.address, sentAt: this.now, at: startMs + arrivesAt, message: message! });
      };
    }
    this.#world = {
      tcp: this.#tcp,
      trace: this.#trace,
      startMs,
      recheck,
      travelled: travelled === undefined ? undefined : heard,
    };
  }

  /** Virtual now, in milliseconds since 1970. */
  get now(): number {
    return this.#world.startMs + this.#tcp.queue.now;
  }

  /** A hash over every input that a core was given: the same number means the same run. */
  get traceHash(): number {
    return this.#trace.hash;
  }

  /** How much has happened so far. A snapshot. */
  get counters(): NetworkCounters {
    const { dials, messages, retransmissions } = this.#tcp;
    return { events: this.#events, inputs: this.#trace.inputs, dials, messages, retransmissions };
  }

  /**
   * Starts a process that listens at this address. Also how a crashed one is started again.
   *
   * @param make - makes the core. Its random stream depends on the network's number and on how many processes were
   *   started before
   * @param onEvent - hears what the core tells its owner. It must not call back into the same core
   * @throws SimulationError `address-taken`, while another live process listens there
   */
  start<C extends Core<Message>, Event = unknown>(
    address: Address,
    make: (effects: Effects<Message, Event>, random: Random) => C,
    onEvent?: (event: Event, now: number) => void,
  ): VirtualProcess<C> {
    if (this.#tcp.listeners.has(address)) {
      throw new SimulationError("address-taken", `another process listens at ${address}`);
    }
    const random = seededRandom(this.#processSeeds.below(0x1_0000_0000));
    const process = new Process(this.#world, ++this.#started, address, random, make, onEvent);
    this.#tcp.listeners.set(address, process);
    return process;
  }

  /** Lets so many milliseconds pass, all that is due in them included. Whatever a core throws comes out here. */
  run(forMs: number): void {
    const { queue } = this.#tcp;
    const end = queue.now + forMs;
    for (let event = queue.next(end); event !== undefined; event = queue.next(end)) this.#dispatch(event);
  }

  /**
   * Lets time pass until the condition holds, at most `limitMs` milliseconds. It is asked at the beginning and after
   * every millisecond in which something happened.
   *
   * @returns whether it holds
   */
  runUntil(condition: () => boolean, limitMs: number): boolean {
    const { queue } = this.#tcp;
    const end = queue.now + limitMs;
    while (!condition()) {
      let event = queue.next(end);
      if (event === undefined) return false;
      for (; event !== undefined; event = queue.next(queue.now)) this.#dispatch(event);
    }
    return true;
  }

  /**
   * Splits the network into these groups, and one more of all addresses that are named in none. Replaces an earlier
   * partition. Packets under way still arrive. Throws a RangeError when an address is named twice.
   */
  partition(groups: readonly (readonly Address[])[]): void {
    this.#paths.partition(groups);
  }

  /** Closes the path from one address to another, one-way. */
  cut(from: Address, to: Address): void {
    this.#paths.cut(from, to);
  }

  /** Ends the partition and all cuts. Links notice when they next try: 200 ms to a minute later. */
  heal(): void {
    this.#paths.heal();
  }

  /** The probability, 0 to 1, that a transmission from now on is lost by chance. Throws a RangeError outside of it. */
  setLoss(rate: number): void {
    this.#paths.setLoss(rate);
  }

  /**
   * The probability, 0 to 1, that a transmission to one address is lost from now on, beside what is lost everywhere; with
   * 1 nothing gets there. Throws a RangeError outside of it.
   */
  setIncomingLoss(to: Address, rate: number): void {
    this.#paths.setIncomingLoss(to, rate);
  }

  /**
   * Sends a datagram, for cores that speak without links: `receive` is called there with {@link noLink}. It may be lost, and
   * overtaken; a frozen process keeps the first 256 that come.
   */
  post(from: Address, to: Address, message: Message): void {
    this.#tcp.post(from, to, message);
  }

  /** Whether what the process at this address sends waits for now. False when none listens there. */
  isBlocked(address: Address): boolean {
    return this.#tcp.listeners.get(address)?.blocked === true;
  }

  /**
   * How many bytes a second get through from now on; see `uplink.ts`. Needs `measure`.
   *
   * @param bandwidth - undefined: no limits of their own
   * @param of - the peers that send; undefined: all those that nothing else was said of
   * @throws RangeError for fewer than 1 byte a second
   */
  setBandwidth(bandwidth: Bandwidth | undefined, of?: readonly Address[]): void {
    this.#tcp.uplinks.set(of, bandwidth);
  }

  /** When packets last left that had waited for long where the way is narrow (half a second), in milliseconds since 1970. */
  get lateAt(): number {
    return this.#world.startMs + this.#tcp.uplinks.lateAt;
  }

  /** Whether packets of the process at this address have waited for so long. */
  wasLate(address: Address): boolean {
    return this.#tcp.uplinks.late.has(address);
  }

  /**
   * Clogs all ways to and from these addresses: what is sent in the next milliseconds arrives at their end, all at once and
   * in order. Nothing is lost, and links do not notice.
   */
  clog(addresses: readonly Address[], forMs: number): void {
    for (const address of addresses) this.#paths.clog(address, this.#tcp.queue.now + forMs);
  }

  /** Clogs the way from one address to another, one-way. */
  clogWay(from: Address, to: Address, forMs: number): void {
    this.#paths.clogWay(from, to, this.#tcp.queue.now + forMs);
  }

  /**
   * Suspends the machine at this address, as closing the lid of a laptop does: its process and its kernel stop, nothing gets
   * to it or from it. Nothing when no process listens there.
   */
  suspend(address: Address): void {
    const process = this.#tcp.listeners.get(address);
    if (process === undefined) return;
    this.#paths.setSuspended(address, true);
    process.freeze();
  }

  /** The machine goes on: its process remembers everything, and learns what has become of its links. */
  resume(address: Address): void {
    this.#paths.setSuspended(address, false);
    this.#tcp.listeners.get(address)?.thaw();
  }

  /** The latency of packets sent from now on. Throws a RangeError unless 1 ≤ min ≤ max, in integer milliseconds. */
  setLatency(latencyMs: LatencyRange): void {
    this.#paths.setLatency(latencyMs);
  }

  /** The latency of packets sent from now on, drawn for each from its way. */
  setLatencyDraw(draw: LatencyDraw): void {
    this.#paths.setLatencyDraw(draw);
  }

  /** Breaks all links of the process at this address: both sides hear of a reset. Nothing when none listens there. */
  resetLinks(address: Address): void {
    const process = this.#tcp.listeners.get(address);
    if (process !== undefined) this.#tcp.reset(process);
  }

  #dispatch(event: SimEvent<Message>): void {
    this.#events++;
    this.#tcp.dispatch(event);
  }
}
