/**
 * A whole network in this process: seeds and peers on 127.0.0.1, each with real sockets of its own. Knows who is linked
 * to whom and who has heard what; knows nothing of terminals, so that anything may show it.
 */
import { type Address, joinAddress } from "../../core/address.js";
import type { Dialect } from "../../core/effects.js";
import type { SeedEvent } from "../../core/seed/seed.js";
import { now } from "../../net/clock.js";
import { Seed } from "../../net/seed.js";
import { startClassicLocalPeer } from "./classic-local-peer.js";
import type { NetworkEvent } from "./events.js";
import { type LocalPeer, type LocalPeerEvent, loopback } from "./local-peer.js";
import { startNativeLocalPeer } from "./native-local-peer.js";
import { type Opinion, Opinions } from "./opinions.js";
import { type Counts, type PeerCounts, Tally } from "./tally.js";

/** What the peers of a network speak; `mixed`: every other peer is a classic one. */
export type NetworkDialect = Dialect | "mixed";

/** How to run a network. */
export interface LocalNetworkOptions {
  readonly seeds: number;
  readonly peers: number;
  /** Seeds take this port and those after it, then peers. Any free ports when left out. */
  readonly basePort?: number | undefined;
  /** What the peers speak. They generate nothing by themselves: see {@link LocalNetwork.publish}. */
  readonly dialect: NetworkDialect;
  /** From one liveness test of each neighbor to the next, in milliseconds; the dialect's default when left out. */
  readonly livenessMs?: number | undefined;
  /** Folder for the logs of all; none when left out. */
  readonly logDir?: string | undefined;
  /** Makes the random choices of all repeat (not the timing of sockets). */
  readonly randomSeed?: number | undefined;
  readonly onEvent?: (event: NetworkEvent) => void;
}

/** What became of the latest liveness test of a peer, or by it, whichever its dialect tells; or what others say of its life. */
export type LivenessState =
  | { readonly type: "untested" }
  | { readonly type: "ok"; readonly roundTripMs: number }
  | { readonly type: "silent"; readonly silences: number }
  | { readonly type: "suspect" }
  /** Of a native peer: so many of so many others say it. */
  | { readonly type: "dead"; readonly by?: number; readonly of?: number };

/** One peer, as it is now. */
export interface PeerState extends PeerCounts {
  /** `p1`, `p2`, … in order of starting. */
  readonly name: string;
  readonly address: Address;
  readonly status: "joining" | "joined" | "killed";
  /** Names, in order of starting. */
  readonly neighbors: readonly string[];
  readonly generated: number;
  readonly liveness: LivenessState;
}

/** One seed, as it is now. */
export interface SeedState {
  /** `s1`, `s2`, … in order of starting. */
  readonly name: string;
  readonly address: Address;
  /** Peers on its list. */
  readonly registered: number;
}

interface RunningPeer {
  readonly name: string;
  readonly address: Address;
  readonly peer: LocalPeer;
  readonly isNative: boolean;
  readonly startedAt: number;
  killed: boolean;
  /** Infinity while it lives. */
  killedAt: number;
  /** Whether it was told that all say it is dead. */
  isMourned: boolean;
  generated: number;
  liveness: LivenessState;
}

interface RunningSeed {
  readonly name: string;
  readonly address: Address;
  readonly seed: Seed;
}

/** Seeds and peers on loopback. */
export class LocalNetwork {
  readonly #options: LocalNetworkOptions;
  readonly #seeds: RunningSeed[] = [];
  readonly #peers = new Map<string, RunningPeer>();
  readonly #names = new Map<Address, string>();
  readonly #tally = new Tally();
  readonly #opinions = new Opinions();
  #nextPort: number | undefined;
  #started = 0;
  #closed = false;

  private constructor(options: LocalNetworkOptions) {
    this.#options = options;
    this.#nextPort = options.basePort;
  }

  /**
   * Starts all seeds, then all peers. Resolves when all listen; they join and link after that.
   *
   * @throws {@link ListenError} when a port can't be had; the file system's error when a log can't be opened
   */
  static async start(options: LocalNetworkOptions): Promise<LocalNetwork> {
    const network = new LocalNetwork(options);
    try {
      for (let i = 0; i < options.seeds; i++) await network.#addSeed();
      for (let i = 0; i < options.peers; i++) await network.addPeer();
    } catch (error) {
      await network.close();
      throw error;
    }
    return network;
  }

  /** Starts one more peer, on the next port. Resolves with its name when it listens. Throws as {@link start} does. */
  async addPeer(): Promise<string> {
    const name = `p${++this.#started}`;
    const early: LocalPeerEvent[] = [];
    const onEvent = (event: LocalPeerEvent) => {
      const running = this.#peers.get(name);
      if (running === undefined) early.push(event);
      else this.#peerEvent(running, event);
    };
    const { dialect } = this.#options;
    const isNative = dialect === "native" || (dialect === "mixed" && this.#started % 2 === 1);
    const peer = await (isNative ? startNativeLocalPeer : startClassicLocalPeer)({
      port: this.#port(),
      seeds: this.#seeds.map(({ address }) => address),
      livenessMs: this.#options.livenessMs,
      logDir: this.#options.logDir,
      randomSeed: this.#randomSeed(),
      onEvent,
      onWarning: (line) => this.#warning(name, line),
    });
    const { address } = peer;
    const running: RunningPeer = {
      name,
      address,
      peer,
      isNative,
      startedAt: now(),
      killed: false,
      killedAt: Number.POSITIVE_INFINITY,
      isMourned: false,
      generated: 0,
      liveness: { type: "untested" },
    };
    this.#peers.set(name, running);
    this.#names.set(address, name);
    if (this.#closed) peer.crash();
    this.#tell({ type: "peer-started", peer: name, address });
    for (const event of early) this.#peerEvent(running, event);
    return name;
  }

  /** Ends a peer as SIGKILL would: nobody is told. False when there is no living peer of that name. */
  kill(name: string): boolean {
    const running = this.#peers.get(name);
    if (running === undefined || running.killed) return false;
    running.killed = true;
    running.killedAt = now();
    running.peer.crash();
    this.#tally.killed(name);
    this.#tell({ type: "killed", peer: name });
    for (const other of this.#peers.values()) this.#mourn(other);
    return true;
  }

  /**
   * Has a peer say its next message.
   *
   * @returns false when there is no such peer, or it has not joined yet
   */
  publish(name: string): boolean {
    const running = this.#peers.get(name);
    if (running === undefined || running.killed || !running.peer.isJoined) return false;
    running.peer.publish(++running.generated);
    return true;
  }

  /** The names of living peers, in order of starting. */
  living(): string[] {
    return [...this.#peers.values()].filter(({ killed }) => !killed).map(({ name }) => name);
  }

  /** Whether a living peer is part of the network. */
  joined(name: string): boolean {
    const running = this.#peers.get(name);
    return running !== undefined && !running.killed && running.peer.isJoined;
  }

  /** The two-way links between living peers: each once, as a pair of names. */
  links(): [string, string][] {
    const pairs: [string, string][] = [];
    const neighbors = new Map(this.living().map((name) => [name, new Set(this.#neighborsOf(name))]));
    for (const [name, others] of neighbors) {
      for (const other of others) {
        if (name < other && neighbors.get(other)?.has(name)) pairs.push([name, other]);
      }
    }
    return pairs;
  }

  /** How many living peers can be reached from the first one over two-way links, itself included. */
  reachable(): number {
    const ways = new Map<string, string[]>();
    for (const [a, b] of this.links()) {
      ways.set(a, [...(ways.get(a) ?? []), b]);
      ways.set(b, [...(ways.get(b) ?? []), a]);
    }
    const found = new Set(this.living().slice(0, 1));
    for (const name of found) for (const next of ways.get(name) ?? []) found.add(next);
    return found.size;
  }

  /** Whether all living peers have joined, and each can be reached from each over two-way links. */
  get connected(): boolean {
    const living = this.living();
    return living.every((name) => this.joined(name)) && this.reachable() === living.length;
  }

  /** Peers started so far, killed ones included. */
  get peerCount(): number {
    return this.#peers.size;
  }

  /** Messages, deliveries, and what is missing. */
  counts(): Counts {
    return this.#tally.counts();
  }

  /** All peers ever started, as they are now. */
  peers(): PeerState[] {
    return [...this.#peers.values()].map((running) => {
      const { name, address, generated, killed, peer } = running;
      const status = killed ? "killed" : peer.isJoined ? "joined" : "joining";
      const liveness = this.#livenessOf(running);
      const neighbors = killed ? [] : this.#neighborsOf(name);
      return { name, address, status, neighbors, generated, liveness, ...this.#tally.countsOf(name) };
    });
  }

  /** All seeds, as they are now. */
  seeds(): SeedState[] {
    return this.#seeds.map(({ name, address, seed }) => ({ name, address, registered: seed.size }));
  }

  /** Waits until every expected delivery has happened, for at most `limitMs`. */
  async settle(quietMs: number, limitMs: number): Promise<void> {
    const until = now() + limitMs;
    let { missing } = this.counts();
    let quietUntil = now() + quietMs;
    while (missing > 0 && now() < Math.min(until, quietUntil)) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      const left = this.counts().missing;
      if (left !== missing) quietUntil = now() + quietMs;
      missing = left;
    }
  }

  /** Ends all of them in good order. */
  async close(): Promise<void> {
    this.#closed = true;
    const living = [...this.#peers.values()].filter(({ killed }) => !killed);
    await Promise.all(living.map(({ peer }) => peer.close()));
    await Promise.all(this.#seeds.map(({ seed }) => seed.close()));
  }

  async #addSeed(): Promise<void> {
    const name = `s${this.#seeds.length + 1}`;
    const randomSeed = this.#randomSeed();
    const seed = await Seed.start({
      port: this.#port(),
      host: loopback,
      logDir: this.#options.logDir,
      ...(randomSeed === undefined ? {} : { randomSeed }),
      onEvent: (event) => this.#seedEvent(name, event),
      onWarning: (line) => this.#warning(name, line),
    });
    const address = joinAddress(loopback, seed.port)!;
    this.#seeds.push({ name, address, seed });
    this.#tell({ type: "seed-started", seed: name, address });
  }

  #port(): number {
    if (this.#nextPort === undefined) return 0;
    return this.#nextPort++;
  }

  #randomSeed(): number | undefined {
    const { randomSeed } = this.#options;
    return randomSeed === undefined ? undefined : randomSeed + this.#started * 101 + this.#seeds.length;
  }

  #neighborsOf(name: string): string[] {
    const neighbors = this.#peers.get(name)?.peer.neighbors() ?? [];
    return neighbors.map((address) => this.#nameOf(address)).sort(byNumber);
  }

  #nameOf(address: Address): string {
    return this.#names.get(address) ?? address;
  }

  #peerEvent(running: RunningPeer, event: LocalPeerEvent): void {
    if (running.killed || this.#closed) return;
    const { name } = running;
    if (event.type === "joined") {
      this.#tell({ type: "joined", peer: name });
      return;
    }
    if (event.type === "heard") {
      this.#heard(name, event);
      return;
    }
    if (event.type === "status") {
      this.#status(name, event);
      return;
    }
    const neighbor = this.#nameOf(event.neighbor);
    switch (event.type) {
      case "linked":
        this.#tell({ type: "linked", peer: name, neighbor });
        break;
      case "unlinked": {
        const isKilled = event.reason === "gone" && this.#peers.get(neighbor)?.killed === true;
        const reason = isKilled ? "killed" : event.reason;
        this.#tell({ type: "unlinked", peer: name, neighbor, reason });
        break;
      }
      case "alive":
        this.#tested(neighbor, { type: "ok", roundTripMs: event.roundTripMs });
        break;
      case "silent":
        this.#tested(neighbor, { type: "silent", silences: event.silences });
        this.#tell({ type: "silent", peer: neighbor, observer: name, silences: event.silences });
        break;
      case "dead":
        this.#tested(neighbor, { type: "dead" });
        this.#tell({ type: "reported", peer: neighbor, observer: name });
        break;
    }
  }

  #status(observer: string, { peer, status }: Extract<LocalPeerEvent, { type: "status" }>): void {
    const about = this.#nameOf(peer);
    const isFirst = this.#opinions.say(observer, about, status);
    this.#tell({ type: "status", peer: about, observer, status, isFirst });
    const running = this.#peers.get(about);
    if (running !== undefined) this.#mourn(running);
  }

  /** Tells once that all who could know of a death do. */
  #mourn(running: RunningPeer): void {
    const { name, killedAt } = running;
    const opinion = this.#opinionOf(running);
    if (opinion === undefined || running.isMourned || !running.killed || opinion.dead < opinion.of) return;
    running.isMourned = true;
    this.#tell({ type: "dead", peer: name, afterMs: now() - killedAt });
  }

  /** Those who came after its end have no opinion of a peer. */
  #opinionOf({ name, killedAt }: RunningPeer): Opinion | undefined {
    const isAsked = (other: RunningPeer) =>
      other.isNative && !other.killed && other.name !== name && other.startedAt < killedAt;
    return this.#opinions.of(name, () => [...this.#peers.values()].filter(isAsked).map((other) => other.name));
  }

  #livenessOf(running: RunningPeer): LivenessState {
    const opinion = this.#opinionOf(running);
    if (opinion !== undefined && opinion.dead > 0) return { type: "dead", by: opinion.dead, of: opinion.of };
    if (opinion !== undefined && opinion.suspect > 0) return { type: "suspect" };
    const { roundTripMs } = running.peer;
    return roundTripMs === undefined || running.killed ? running.liveness : { type: "ok", roundTripMs };
  }

  #heard(peer: string, { id, origin, body, own }: Extract<LocalPeerEvent, { type: "heard" }>): void {
    if (own) {
      const audience = this.living().filter((other) => other !== peer && this.joined(other));
      this.#tally.published(id, peer, audience);
      this.#tell({ type: "published", peer, id, body, expected: audience.length });
      return;
    }
    const outcome = this.#tally.delivered(id, peer);
    if (outcome === "unknown") return;
    this.#tell({ type: "delivered", peer, origin: this.#nameOf(origin), id, body, outcome });
  }

  #tested(name: string, liveness: LivenessState): void {
    const tested = this.#peers.get(name);
    // One neighbor's verdict stands against the silences that others still count.
    if (tested === undefined || (tested.liveness.type === "dead" && liveness.type === "silent")) return;
    tested.liveness = liveness;
  }

  #seedEvent(seed: string, event: SeedEvent): void {
    if (this.#closed) return;
    if (event.type === "removed") {
      this.#tell({ type: "removed", seed, peer: this.#nameOf(event.peer), evidence: event.evidence });
    } else if (event.type === "kept") {
      this.#tell({ type: "kept", seed, peer: this.#nameOf(event.peer) });
    }
  }

  /** In names instead of addresses; what is said about a killed peer is no news. */
  #warning(source: string, text: string): void {
    if (this.#closed) return;
    let line = text;
    for (const { name, address, killed } of this.#peers.values()) {
      const whole = new RegExp(`${address.replaceAll(".", "\\.")}(?!\\d)`, "g");
      if (killed && whole.test(line)) return;
      line = line.replace(whole, name);
    }
    this.#tell({ type: "warning", source, line });
  }

  #tell(event: NetworkEvent): void {
    this.#options.onEvent?.(event);
  }
}

/** p2 before p10. */
function byNumber(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
