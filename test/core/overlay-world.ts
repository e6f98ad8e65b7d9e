/** A network of peers that have an overlay and nothing else, and what a test wants to know about its shape. */
import { type Address, parseAddress } from "../../src/core/address.js";
import { type OverlayConfig, overlayDefaults } from "../../src/core/config.js";
import type { Core, DownReason, Effects, LinkId } from "../../src/core/effects.js";
import { type Contact, parsePeerId } from "../../src/core/identity.js";
import type { Hello, Message } from "../../src/core/message.js";
import { type Neighbor, Overlay, type OverlaySelf } from "../../src/core/overlay.js";
import { type Random, sample, seededRandom } from "../../src/core/random.js";
import { VirtualNetwork, type VirtualNetworkOptions } from "../../src/sim/network.js";
import type { VirtualProcess } from "../../src/sim/process.js";

export type OverlayEvent = { readonly type: "lonely" } | { readonly type: "mismatched"; readonly hello: Hello };

/** A core that holds an overlay alone. What is not the overlay's is kept. */
export class OverlayCore implements Core<Message> {
  readonly overlay: Overlay;
  readonly ups: Neighbor[] = [];
  readonly downs: Neighbor[] = [];
  readonly others: Message[] = [];

  constructor(self: OverlaySelf, config: OverlayConfig, random: Random, effects: Effects<Message, OverlayEvent>) {
    this.overlay = new Overlay(self, config, random, {
      dial: (address) => effects.dial(address),
      send: (link, message) => effects.send(link, message),
      close: (link, reason) => effects.close(link, reason),
      neighborUp: (_now, neighbor) => this.ups.push(neighbor),
      neighborDown: (_now, neighbor) => this.downs.push(neighbor),
      dialFailed: () => {},
      asked: () => undefined,
      usesOf: () => 0,
      lonely: () => effects.notify({ type: "lonely" }),
      mismatched: (_now, _link, hello) => effects.notify({ type: "mismatched", hello }),
    });
  }

  get nextWake(): number {
    return this.overlay.nextWake;
  }

  linkUp(now: number, link: LinkId, remote: Address): void {
    this.overlay.linkUp(now, link, remote);
  }

  linkEnded(now: number, link: LinkId): void {
    this.overlay.linkEnded(now, link);
  }

  linkDown(now: number, link: LinkId, reason: DownReason): void {
    this.overlay.linkDown(now, link, reason);
  }

  receive(now: number, link: LinkId, message: Message): void {
    if (!this.overlay.receive(now, link, message)) this.others.push(message);
  }

  wake(now: number): void {
    this.overlay.wake(now);
  }
}

export interface OverlayPeer {
  readonly contact: Contact;
  process: VirtualProcess<OverlayCore>;
  lonely: number;
  readonly mismatched: Hello[];
}

export interface OverlayWorldOptions {
  readonly network?: Partial<VirtualNetworkOptions<Message>>;
  readonly overlay?: Partial<OverlayConfig>;
  /** Whether a lonely peer is given contacts, as by seeds. Default: true. */
  readonly seeds?: boolean;
}

export function contactOf(randomSeed: number, index: number): Contact {
  const random = seededRandom(randomSeed * 1_000_003 + index);
  const id = Array.from({ length: 4 }, () => random.below(0x1_0000_0000).toString(16).padStart(8, "0")).join("");
  const address = `10.${3 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}:4000`;
  return { id: parsePeerId(id)!, address: parseAddress(address)! };
}

export class OverlayWorld {
  readonly network: VirtualNetwork<Message>;
  readonly random: Random;
  readonly peers: OverlayPeer[] = [];
  readonly #randomSeed: number;
  readonly #config: OverlayConfig;
  readonly #hasSeeds: boolean;
  #seeking: OverlayPeer[] = [];

  constructor(randomSeed: number, { network = {}, overlay = {}, seeds = true }: OverlayWorldOptions = {}) {
    this.#randomSeed = randomSeed;
    this.random = seededRandom(randomSeed ^ 0x0e71);
    this.network = new VirtualNetwork<Message>({ randomSeed, ...network });
    this.#config = { ...overlayDefaults, ...overlay };
    this.#hasSeeds = seeds;
  }

  get alive(): OverlayPeer[] {
    return this.peers.filter(({ process }) => process.alive);
  }

  /** Starts the next peer, which joins through one of these addresses. */
  startPeer(addresses: readonly Address[], network = "test"): OverlayPeer {
    const contact = contactOf(this.#randomSeed, this.peers.length);
    const mismatched: Hello[] = [];
    const peer: OverlayPeer = { contact, process: undefined as never, lonely: 0, mismatched };
    this.#launch(peer, addresses, network);
    this.peers.push(peer);
    return peer;
  }

  /** Starts a peer that has crashed once more: the same id, a new life. */
  restart(peer: OverlayPeer, addresses: readonly Address[]): void {
    this.#launch(peer, addresses, "test");
  }

  /** Starts peers one after the other (`everyMs` apart), each joining through up to `contacts` earlier ones. */
  startPeers(count: number, everyMs: number, contacts = 1): void {
    for (let i = 0; i < count; i++) {
      this.startPeer(this.peers.slice(0, contacts).map(({ contact }) => contact.address));
      if (everyMs > 0) this.run(everyMs);
    }
  }

  /** Starts peers, each joining through one random earlier one. */
  startScattered(count: number, everyMs: number): void {
    for (let i = 0; i < count; i++) {
      this.startPeer(sample(this.random, this.peers, 1).map(({ contact }) => contact.address));
      if (everyMs > 0) this.run(everyMs);
    }
  }

  /** Lets time pass. Lonely peers get contacts every 200 ms. */
  run(forMs: number): void {
    for (let left = forMs; left > 0; left -= 200) {
      this.network.run(Math.min(left, 200));
      this.#answerLonely();
    }
  }

  /** Lets time pass until the condition holds, asked every 200 ms; returns the time it took, or undefined. */
  runUntil(condition: () => boolean, limitMs: number): number | undefined {
    for (let spent = 0; ; spent += 200) {
      if (condition()) return spent;
      if (spent >= limitMs) return undefined;
      this.run(200);
    }
  }

  crash(share: number): void {
    const { alive } = this;
    for (const peer of sample(this.random, alive, Math.round(alive.length * share))) peer.process.crash();
  }

  neighborsOf(peer: OverlayPeer): readonly Neighbor[] {
    return peer.process.core.overlay.neighbors;
  }

  /** The sizes of the components of live peers, the biggest first. A link counts when both sides have it. */
  components(peers = this.alive): number[] {
    return sizesOfParts(this.graph(peers));
  }

  /** The same where a contact in either one's views counts as a link: nobody can find whom none of its part knows of. */
  acquaintances(peers = this.alive): number[] {
    const indexOf = new Map(peers.map(({ contact }, index) => [contact.id, index]));
    const graph: number[][] = peers.map(() => []);
    for (const [index, { process }] of peers.entries()) {
      const { neighbors, passive } = process.core.overlay;
      for (const { id } of [...neighbors.map(({ contact }) => contact), ...passive]) {
        const other = indexOf.get(id);
        if (other === undefined) continue;
        graph[index]!.push(other);
        graph[other]!.push(index);
      }
    }
    return sizesOfParts(graph);
  }

  /** Two-way links between live peers, as lists of indices into `peers`. */
  graph(peers = this.alive): number[][] {
    const indexOf = new Map(peers.map(({ contact }, index) => [contact.id, index]));
    const targets = peers.map(
      (peer) => new Set(this.neighborsOf(peer).map(({ contact }) => indexOf.get(contact.id) ?? -1)),
    );
    return targets.map((set, index) => [...set].filter((other) => other >= 0 && targets[other]!.has(index)));
  }

  /** What is wrong with the views, in words; empty when nothing is. Not to be asked while links are being made. */
  faults(peers = this.alive): string[] {
    const faults: string[] = [];
    const byId = new Map(peers.map((peer) => [peer.contact.id, peer]));
    for (const peer of peers) {
      const { address, id } = peer.contact;
      const { neighbors, passive } = peer.process.core.overlay;
      const ids = neighbors.map(({ contact }) => contact.id);
      if (ids.includes(id) || passive.some((contact) => contact.id === id)) faults.push(`${address} knows itself`);
      if (new Set(ids).size !== ids.length) faults.push(`${address} has two links to one peer`);
      if (new Set(neighbors.map(({ slot }) => slot)).size !== ids.length) faults.push(`${address} gave a slot twice`);
      if (neighbors.length > this.#config.activeViewMax) faults.push(`${address} has ${neighbors.length} neighbors`);
      if (passive.length > this.#config.passiveViewMax) faults.push(`${address} has ${passive.length} contacts`);
      if (passive.some((contact) => ids.includes(contact.id))) faults.push(`${address} has a neighbor in reserve`);
      for (const { contact } of neighbors) {
        const other = byId.get(contact.id);
        if (other === undefined) faults.push(`${address} is linked to the dead ${contact.address}`);
        else if (!this.neighborsOf(other).some((back) => back.contact.id === id)) {
          faults.push(`${address} → ${contact.address} is one-way`);
        }
      }
      const { ups, downs } = peer.process.core;
      if (ups.length - downs.length !== neighbors.length) faults.push(`${address} has told of other neighbors`);
    }
    return faults;
  }

  meanDegree(peers = this.alive): number {
    return peers.reduce((sum, peer) => sum + this.neighborsOf(peer).length, 0) / peers.length;
  }

  #launch(peer: OverlayPeer, addresses: readonly Address[], network: string): void {
    const { contact } = peer;
    const self = { contact, epoch: this.network.now, network };
    peer.process = this.network.start<OverlayCore, OverlayEvent>(
      contact.address,
      (effects, random) => new OverlayCore(self, this.#config, random, effects),
      (event) => {
        if (event.type === "mismatched") peer.mismatched.push(event.hello);
        else {
          peer.lonely++;
          this.#seeking.push(peer);
        }
      },
    );
    peer.process.call((core, now) => core.overlay.start(now, addresses));
  }

  #answerLonely(): void {
    const seeking = this.#seeking;
    this.#seeking = [];
    if (!this.#hasSeeds || seeking.length === 0) return;
    const { alive } = this;
    for (const peer of seeking) {
      if (!peer.process.alive || peer.process.frozen) continue;
      const found = sample(this.random, alive, 6).filter((one) => one !== peer);
      peer.process.call((core, now) =>
        core.overlay.meet(
          now,
          found.map(({ contact }) => contact.address),
        ),
      );
    }
  }
}

function sizesOfParts(graph: readonly (readonly number[])[]): number[] {
  const seen = new Uint8Array(graph.length);
  const sizes: number[] = [];
  for (let start = 0; start < graph.length; start++) {
    if (seen[start] === 1) continue;
    const queue = [start];
    seen[start] = 1;
    for (let i = 0; i < queue.length; i++) {
      for (const next of graph[queue[i]!]!) {
        if (seen[next] === 1) continue;
        seen[next] = 1;
        queue.push(next);
      }
    }
    sizes.push(queue.length);
  }
  return sizes.sort((a, b) => b - a);
}
