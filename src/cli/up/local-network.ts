/**
 * A whole network in this process: seeds and peers on 127.0.0.1, each with real sockets of its own. Knows who is linked
 * to whom and who has heard what; knows nothing of terminals, so that anything may show it.
 */
import { type Address, joinAddress, splitAddress } from "../../core/address.js";
import type { SeedEvent } from "../../core/seed/seed.js";
import { now } from "../../net/clock.js";
import { Seed } from "../../net/seed.js";
import { Breakage } from "./breakage.js";
import { startClassicLocalPeer } from "./classic-local-peer.js";
import type { NetworkEvent } from "./events.js";
import { reachableFrom, twoWayLinks } from "./links.js";
import { type LocalPeerEvent, loopback } from "./local-peer.js";
import { type MessageWay, MessageWays } from "./message-ways.js";
import { startNativeLocalPeer } from "./native-local-peer.js";
import type {
  LivenessState,
  LocalNetworkOptions,
  PeerState,
  RunningPeer,
  RunningSeed,
  SeedState,
} from "./network-state.js";
import { type Opinion, Opinions } from "./opinions.js";
import { type Counts, Tally } from "./tally.js";

export type { LivenessState, LocalNetworkOptions, NetworkDialect, PeerState, SeedState } from "./network-state.js";

/** Seeds and peers on loopback. */
export class LocalNetwork {
  /** What is broken on purpose. */
  readonly breakage = new Breakage((event) => this.#tell(event));
  readonly #options: LocalNetworkOptions;
  readonly #seeds: RunningSeed[] = [];
  readonly #peers = new Map<string, RunningPeer>();
  readonly #names = new Map<Address, string>();
  readonly #tally = new Tally();
  readonly #opinions = new Opinions();
  readonly #ways = new MessageWays();
  readonly #listeners = new Set<(event: NetworkEvent) => void>();
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
      wires: this.breakage.wires,
      onEvent,
      onWarning: (line) => this.#warning(name, line),
    });
    const { address } = peer;
    this.breakage.add(name, splitAddress(address).port);
    const running: RunningPeer = {
      name,
      address,
      peer,
      isNative,
      startedAt: now(),
      killed: false,
      hasLeft: false,
      isFrozen: false,
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
    this.#end(running);
    running.peer.crash();
    this.#tell({ type: "killed", peer: name });
    for (const other of this.#peers.values()) this.#mourn(other);
    return true;
  }

  /** Has a peer say goodbye, and end; resolves then. False when there is no living peer of that name. */
  async leave(name: string): Promise<boolean> {
    const running = this.#peers.get(name);
    if (running === undefined || running.killed) return false;
    running.hasLeft = true;
    this.#end(running);
    this.#tell({ type: "left", peer: name });
    await running.peer.close();
    return true;
  }

  /** Stops a peer as SIGSTOP would. False when there is no running peer of that name. */
  freeze(name: string): boolean {
    const running = this.#peers.get(name);
    if (running === undefined || running.killed || running.isFrozen) return false;
    running.isFrozen = true;
    running.peer.freeze();
    this.#tell({ type: "frozen", peer: name });
    return true;
  }

  /** Lets a frozen peer go on. False when there is none of that name. */
  thaw(name: string): boolean {
    const running = this.#peers.get(name);
    if (running === undefined || running.killed || !running.isFrozen) return false;
    running.isFrozen = false;
    running.peer.thaw();
    this.#tell({ type: "thawed", peer: name });
    return true;
  }

  /** The peer or seed of this name, ended or not; undefined when none was ever called so. */
  find(name: string): RunningPeer | RunningSeed | undefined {
    return this.#peers.get(name) ?? this.#seeds.find((seed) => seed.name === name);
  }

  /** Whether somebody says that a peer is suspect, dead, or has left. */
  isDoubted(name: string): boolean {
    return this.#opinions.of(name, () => []) !== undefined;
  }

  /** The peers that run or are frozen, in order of starting, and the seeds: for looking into them. */
  get running(): { readonly peers: readonly RunningPeer[]; readonly seeds: readonly RunningSeed[] } {
    return { peers: [...this.#peers.values()].filter(({ killed }) => !killed), seeds: this.#seeds };
  }

  /** The ways of so many of the latest messages, newest first. */
  ways(count: number): MessageWay[] {
    return this.#ways.latest(count);
  }

  /** The name of whoever listens on an address; the address itself for strangers. */
  nameOf(address: Address): string {
    return this.#names.get(address) ?? address;
  }

  /** Tells events from now on, beside {@link LocalNetworkOptions.onEvent}, until the function that is returned is called. */
  listen(listener: (event: NetworkEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Has a peer say its next message.
   *
   * @returns false when there is no such peer, or it has not joined yet
   */
  publish(name: string): boolean {
    const running = this.#peers.get(name);
    if (running === undefined || running.killed || running.isFrozen || !running.peer.isJoined) return false;
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
    return twoWayLinks(new Map(this.living().map((name) => [name, new Set(this.#neighborsOf(name))])));
  }

  /** How many living peers can be reached from the first one over two-way links, itself included. */
  reachable(): number {
    return reachableFrom(this.living()[0], this.links());
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
      const { name, address, generated, killed, startedAt, isNative } = running;
      const liveness = this.#livenessOf(running);
      const neighbors = killed ? [] : this.#neighborsOf(name);
      const life = { startedAt, endedAt: killed ? running.killedAt : undefined };
      const traits = {
        name,
        id: running.peer.native?.peer.id,
        address,
        dialect: isNative ? "native" : "classic",
        status: statusOf(running),
      } as const;
      return { ...traits, ...life, neighbors, generated, liveness, ...this.#tally.countsOf(name) };
    });
  }

  /** All seeds, as they are now. */
  seeds(): SeedState[] {
    return this.#seeds.map(({ name, address, seed }) => ({ name, address, registered: seed.size }));
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
      wires: this.breakage.wires,
      ...(randomSeed === undefined ? {} : { randomSeed }),
      onEvent: (event) => this.#seedEvent(name, event),
      onWarning: (line) => this.#warning(name, line),
    });
    const address = joinAddress(loopback, seed.port)!;
    this.#seeds.push({ name, address, seed });
    this.#names.set(address, name);
    this.breakage.add(name, seed.port);
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
    return neighbors.map((address) => this.nameOf(address)).sort(byNumber);
  }

  #end(running: RunningPeer): void {
    running.killed = true;
    running.killedAt = now();
    running.isFrozen = false;
    this.#tally.killed(running.name);
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
    const neighbor = this.nameOf(event.neighbor);
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

  #status(observer: string, { change, peer: state }: Extract<LocalPeerEvent, { type: "status" }>): void {
    const about = this.nameOf(state.address);
    const { status } = state;
    const isFirst = this.#opinions.say(observer, about, status);
    this.#tell({ type: "status", peer: about, observer, status, isFirst, change, state });
    const running = this.#peers.get(about);
    if (running !== undefined) this.#mourn(running);
  }

  /** Tells once that all who could know of a death do. */
  #mourn(running: RunningPeer): void {
    const { name, killedAt } = running;
    const opinion = this.#opinionOf(running);
    if (opinion === undefined || running.isMourned || !running.killed || running.hasLeft || opinion.dead < opinion.of)
      return;
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

  #heard(peer: string, heard: Extract<LocalPeerEvent, { type: "heard" }>): void {
    const { id, topic, body, own, at } = heard;
    const round = heard.round ?? null;
    if (own) {
      const audience = this.living().filter((other) => other !== peer && this.joined(other));
      const expected = audience.length;
      this.#tally.published(id, peer, audience);
      this.#ways.published({ id, origin: peer, topic, body, publishedAt: at, expected }, round);
      this.#tell({ type: "published", peer, id, topic, body, expected, at });
      return;
    }
    const outcome = this.#tally.delivered(id, peer);
    if (outcome === "unknown") return;
    const from = heard.from === undefined ? null : this.nameOf(heard.from);
    const isCounted = outcome === "counted" || outcome === "complete";
    if (outcome !== "duplicate") this.#ways.delivered(id, { peer, from, round, at }, isCounted);
    const origin = this.nameOf(heard.origin);
    this.#tell({ type: "delivered", peer, origin, id, body, outcome, from, round, at });
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
      this.#tell({ type: "removed", seed, peer: this.nameOf(event.peer), evidence: event.evidence });
    } else if (event.type === "kept") {
      this.#tell({ type: "kept", seed, peer: this.nameOf(event.peer) });
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
    for (const listener of this.#listeners) listener(event);
  }
}

function statusOf({ killed, hasLeft, isFrozen, peer }: RunningPeer): PeerState["status"] {
  if (killed) return hasLeft ? "left" : "killed";
  if (isFrozen) return "frozen";
  return peer.isJoined ? "joined" : "joining";
}

/** p2 before p10. */
function byNumber(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
