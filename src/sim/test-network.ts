// For the compilers of users, too: none loads `Symbol.asyncDispose` by itself.
/// <reference lib="esnext.disposable" preserve="true" />
/**
 * A network of peers in one thread and in virtual time, for tests of what is built on Hearsay.
 *
 * The peers are the real ones, protocol and API; only sockets and clock are virtual. Time stands still unless the test
 * lets it pass, then it passes as fast as the machine allows, and the same `randomSeed` makes the same things happen.
 *
 * ```ts
 * await using network = await createTestNetwork({ peers: 5 });
 * const [one, other] = network.peers;
 * const news = other.subscribe("news");
 * await network.until(one.publish("news", "hello"));
 * const { value } = await network.until(news.next());
 * ```
 *
 * While time stands still nothing arrives: `await one.publish(…)` by itself would wait for ever. Await through
 * {@link TestNetwork.until}, or start it, {@link TestNetwork.advance}, and await it then. Between any two events the code
 * under test has its turn, as long as it waits for nothing but this network: promises of files, sockets or real timers
 * make no progress here.
 */
import type { Peer } from "../api/peer.js";
import { checkedTags } from "../api/peer-choice.js";
import { type Address, joinAddress } from "../core/address.js";
import type { Tags } from "../core/directory/record.js";
import { type PeerId, parsePeerId } from "../core/identity.js";
import { type PeerConfig, type PeerTuning, peerConfig } from "../core/peer-config.js";
import { type Random, seededRandom } from "../core/random.js";
import { seedDefaults } from "../core/seed/config.js";
import { SeedCore, type SeedEvent } from "../core/seed/seed.js";
import { SimulationError } from "./errors.js";
import { VirtualNetwork } from "./network.js";
import type { LatencyRange } from "./paths.js";
import { type AnyMessage, VirtualPeer } from "./virtual-peer.js";

/** What a test network is made with. */
export interface TestNetworkOptions {
  /** Peers to begin with. Default: 3. */
  readonly peers?: number | undefined;
  /** Seeds, through which peers find each other then. Default: 0, peers join through one that is there already. */
  readonly seeds?: number | undefined;
  /** The integer that everything by chance follows from. Default: 1. */
  readonly randomSeed?: number | undefined;
  /** One-way latency in milliseconds, drawn for each packet. Default: 10 to 50. */
  readonly latencyMs?: LatencyRange | undefined;
  /** Probability, 0 to 1, that a packet is lost. TCP sends it again, so that it is late. Default: 0. */
  readonly lossRate?: number | undefined;
  /** Tunables of the peers. */
  readonly config?: PeerTuning | undefined;
}

/** What a peer of a test network is made with. */
export interface TestPeerOptions {
  /** What it says of itself to all others, as for `createPeer`. Default: nothing. */
  readonly tags?: Tags | undefined;
}

/** How long to wait. */
export interface UntilOptions {
  /** Virtual milliseconds. Default: 60,000. */
  readonly limitMs?: number | undefined;
}

/** The most peers or seeds at the beginning: what one thread can take. */
const countMax = 10_000;
/** Virtual milliseconds in which all peers must have found a neighbor. */
const joinLimitMs = 60_000;
const untilLimitMs = 60_000;
const networkName = "test";
/** Rounds of the microtask queue without a call to a peer, after which the code under test is taken to be waiting. */
const quietTurns = 64;
/** Code that publishes in a loop without waiting for anything is given so many rounds; then time goes on. */
const turnsMax = 100_000;

/**
 * Makes a network, and lets it run until each peer has a neighbor.
 *
 * @throws RangeError for options out of range; SimulationError `out-of-time` when they can't find each other
 */
export async function createTestNetwork(options: TestNetworkOptions = {}): Promise<TestNetwork> {
  const { peers = 3, seeds = 0 } = options;
  for (const [name, count] of Object.entries({ peers, seeds })) {
    if (!Number.isInteger(count) || count < 0 || count > countMax) {
      throw new RangeError(`${name} must be an integer from 0 to ${countMax}, not ${count}`);
    }
  }
  const network = new TestNetwork(options);
  for (let i = 0; i < peers; i++) network.addPeer();
  const areLinked = () => peers < 2 || network.peers.every((peer) => peer.neighbors().length > 0);
  await network.until(areLinked, { limitMs: joinLimitMs });
  return network;
}

/** A network of virtual peers. Made by {@link createTestNetwork}. */
export class TestNetwork implements AsyncDisposable {
  readonly #network: VirtualNetwork<AnyMessage>;
  readonly #randomSeed: number;
  readonly #config: PeerConfig;
  readonly #ids: Random;
  readonly #seeds: Address[] = [];
  readonly #peers: Peer[] = [];
  readonly #virtual = new Map<Peer, VirtualPeer>();
  /** Counts what code under test has been told, and has asked for … */
  #activity = 0;
  /** … up to when it had its turn. */
  #settledActivity = 0;

  /** For {@link createTestNetwork}, which also adds the peers. Throws a RangeError for options out of range. */
  constructor(options: TestNetworkOptions) {
    const { randomSeed = 1, latencyMs = [10, 50], lossRate = 0, config, seeds = 0 } = options;
    if (!Number.isInteger(randomSeed)) throw new RangeError(`randomSeed must be an integer, not ${randomSeed}`);
    this.#network = new VirtualNetwork<AnyMessage>({ randomSeed, latencyMs, lossRate });
    this.#randomSeed = randomSeed;
    this.#config = peerConfig(config);
    this.#ids = seededRandom(randomSeed);
    for (let i = 0; i < seeds; i++) this.#startSeed(addressOf(1, i));
  }

  /** All peers there have been, in order of their start. */
  get peers(): readonly Peer[] {
    return this.#peers;
  }

  /** Virtual now, in milliseconds since 1970. */
  get now(): number {
    return this.#network.now;
  }

  /** A hash over all that the peers were told so far: the same number means the same run. */
  get traceHash(): number {
    return this.#network.traceHash;
  }

  /**
   * Starts another peer. It joins as time passes: `await network.until(peer.once("joined"))`.
   *
   * @returns the peer, which is also the last of {@link peers}
   * @throws HearsayError `bad-option` for what can't be tags
   */
  addPeer(options: TestPeerOptions = {}): Peer {
    const tags = checkedTags(options.tags ?? {});
    const address = addressOf(0, this.#peers.length);
    const self = { contact: { id: peerIdOf(this.#ids), address }, epoch: this.now, network: networkName, tags };
    const virtual = new VirtualPeer(this.#network, {
      self,
      config: this.#config,
      beginning: { seeds: this.#seeds, peers: this.#seeds.length > 0 ? [] : this.#entrance() },
      onActivity: () => {
        this.#activity++;
      },
    });
    this.#peers.push(virtual.peer);
    this.#virtual.set(virtual.peer, virtual);
    return virtual.peer;
  }

  /**
   * Lets virtual time pass, with all that is due in it. Throws a RangeError unless it is an integer from 0.
   */
  async advance(forMs: number): Promise<void> {
    const end = this.#endOf(forMs);
    this.#activity++;
    await this.#letRun();
    while (this.#step(end)) await this.#letRun();
  }

  /**
   * Lets virtual time pass until a promise is settled, or a condition holds.
   *
   * @param what - a promise, or a condition, which is asked whenever something has happened
   * @returns what the promise brings. Rejects with its reason
   * @throws SimulationError `out-of-time` when the limit is reached first; it names the random seed
   */
  until<T>(what: PromiseLike<T>, options?: UntilOptions): Promise<T>;
  until(what: () => boolean, options?: UntilOptions): Promise<void>;
  async until<T>(what: PromiseLike<T> | (() => boolean), options: UntilOptions = {}): Promise<T | undefined> {
    const { limitMs = untilLimitMs } = options;
    const end = this.#endOf(limitMs);
    const promise = typeof what === "function" ? undefined : settlementOf(what);
    const isDone = typeof what === "function" ? what : () => promise!.isSettled;
    this.#activity++;
    await this.#letRun();
    while (!isDone()) {
      const isLate = !this.#step(end);
      await this.#letRun();
      if (isLate && !isDone()) throw this.#outOfTime(typeof what === "function" ? "a condition" : "a promise", limitMs);
    }
    return promise?.result();
  }

  /**
   * Splits the network into these groups, and one more of all peers (and the seeds) that are named in none. Replaces an
   * earlier partition. Throws a RangeError when a peer is named twice.
   */
  partition(...groups: readonly (readonly Peer[])[]): void {
    this.#network.partition(groups.map((group) => group.map(({ address }) => address)));
  }

  /** Ends the partition. Links notice when they next try: up to a minute later. */
  heal(): void {
    this.#network.heal();
  }

  /** Kills a peer's process: the others get no goodbye. For the code under test it is as closed. */
  crash(peer: Peer): void {
    this.#virtualOf(peer).crash();
  }

  /**
   * Stops a peer's process without ending it, as a debugger or a long computation does. What is asked of it meanwhile
   * throws a SimulationError, `process-frozen`: its application would not run either.
   */
  freeze(peer: Peer): void {
    this.#virtualOf(peer).process.freeze();
  }

  /** Lets a frozen peer go on. */
  thaw(peer: Peer): void {
    this.#virtualOf(peer).process.thaw();
  }

  /** Ends all peers at once, and with them the iterations and promises of the code under test. */
  async close(): Promise<void> {
    for (const virtual of this.#virtual.values()) virtual.crash();
    this.#activity++;
    await this.#letRun();
  }

  /** The same as {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Goes on to the next millisecond in which something happens, and lets it happen; false when that is after the end. */
  #step(end: number): boolean {
    let asked = 0;
    return this.#network.runUntil(() => asked++ > 0, end - this.now);
  }

  /** Gives the code under test its turn, until it seems to wait. */
  async #letRun(): Promise<void> {
    let turns = 0;
    let seen: number;
    do {
      seen = this.#activity;
      // Code that was told nothing has hardly anything to do.
      const count = seen === this.#settledActivity ? 2 : quietTurns;
      for (let turn = 0; turn < count; turn++) await undefined;
      this.#settledActivity = seen;
      turns += count;
    } while (this.#activity !== seen && turns < turnsMax);
  }

  #endOf(forMs: number): number {
    if (!Number.isInteger(forMs) || forMs < 0) throw new RangeError(`milliseconds are an integer from 0, not ${forMs}`);
    return this.now + forMs;
  }

  #outOfTime(what: string, limitMs: number): SimulationError {
    const text = `nothing came of ${what} within ${limitMs} virtual ms; it is repeated by randomSeed ${this.#randomSeed}`;
    return new SimulationError("out-of-time", text);
  }

  #virtualOf(peer: Peer): VirtualPeer {
    const virtual = this.#virtual.get(peer);
    if (virtual === undefined) throw new RangeError(`the peer at ${peer.address} is none of this network's`);
    return virtual;
  }

  /** A peer that newcomers can turn to: the first that lives. */
  #entrance(): Address[] {
    for (const { process } of this.#virtual.values()) if (process.alive) return [process.address];
    return [];
  }

  #startSeed(address: Address): void {
    const self = { contact: { id: peerIdOf(this.#ids), address }, epoch: this.now, network: networkName };
    this.#network.start<SeedCore, SeedEvent>(
      address,
      (effects, random) => new SeedCore(self, seedDefaults, random, effects),
    );
    this.#seeds.push(address);
  }
}

/** What is known of a promise. */
interface Settlement<T> {
  isSettled: boolean;
  /** What it brought; throws its reason. */
  result(): T;
}

function settlementOf<T>(promise: PromiseLike<T>): Settlement<T> {
  const settlement: Settlement<T> = {
    isSettled: false,
    result() {
      throw new SimulationError("out-of-time", "the promise is not settled");
    },
  };
  const settle = (result: () => T) => {
    settlement.isSettled = true;
    settlement.result = result;
  };
  promise.then(
    (value) => settle(() => value),
    (reason) =>
      settle(() => {
        throw reason;
      }),
  );
  return settlement;
}

/** Seeds are at 10.1.0.1, …, peers at 10.0.0.1, …: all on port 5000. */
function addressOf(part: number, index: number): Address {
  const number = index + 1;
  return joinAddress(`10.${part}.${number >> 8}.${number & 255}`, 5000)!;
}

function peerIdOf(random: Random): PeerId {
  const words = Array.from({ length: 4 }, () => random.below(0x1_0000_0000).toString(16).padStart(8, "0"));
  return parsePeerId(words.join(""))!;
}
