/** A local network, as an endpoint shows it. Loaded only when there is one. */
import { PeerError } from "../../core/classic/peer.js";
import { pagesOf } from "../../http/peer-pages.js";
import { publish } from "../../http/peer-subject.js";
import { nobodyCalled, RequestFailure } from "../../http/request-failure.js";
import type { CountersAnswer, PublishedAnswer, PublishRequest, StreamEvent } from "../../http/schemas.js";
import { seedPagesOf } from "../../http/seed-subject.js";
import type { NetworkActions, PeerPages, SeedPages, Subject } from "../../http/subject.js";
import { now } from "../../net/clock.js";
import type { LocalNetwork } from "./local-network.js";
import { networkAnswer } from "./network-answer.js";
import type { NetworkDialect, RunningPeer } from "./network-state.js";
import { NetworkWords } from "./network-words.js";

/** Peers that run at the same time: each is real sockets and timers in this one process. */
const peersMax = 500;

/** What the endpoint is told beside the network itself. */
export interface NetworkSubjectOptions {
  readonly dialect: NetworkDialect;
  /** A peer was added on request. */
  readonly onAdded: (name: string) => void;
}

/** Shows a local network. */
export class NetworkSubject implements Subject {
  readonly kind = "network";
  readonly actions: NetworkActions;
  readonly #network: LocalNetwork;
  readonly #dialect: NetworkDialect;
  readonly #startedAt = now();
  readonly #pages = new WeakMap<RunningPeer, PeerPages>();

  constructor(network: LocalNetwork, { dialect, onAdded }: NetworkSubjectOptions) {
    this.#network = network;
    this.#dialect = dialect;
    this.actions = actionsOn(network, onAdded);
  }

  self(): ReturnType<Subject["self"]> {
    return {
      id: null,
      address: null,
      network: this.#network.running.seeds[0]?.seed.network ?? "",
      dialect: this.#dialect,
      tags: {},
      startedAt: this.#startedAt,
      actions: ["publish", "add-peer", "kill", "freeze", "thaw", "leave", "cut", "partition", "heal"],
    };
  }

  notReady(): string[] {
    const { peers } = this.#network.running;
    const joining = peers.filter(({ name, isFrozen }) => !isFrozen && !this.#network.joined(name));
    const reasons = joining.length === 0 ? [] : [`not joined yet: ${joining.map(({ name }) => name).join(", ")}`];
    const reachable = this.#network.reachable();
    if (reachable < peers.length) reasons.push(`only ${reachable} of ${peers.length} peers are linked to each other`);
    return reasons;
  }

  counters(): CountersAnswer {
    const network = this.#network;
    const total = { delivered: 0, published: 0, duplicates: 0, gaps: 0 };
    for (const pages of this.peers()) {
      const counters = pages.counters();
      for (const name of ["delivered", "published", "duplicates", "gaps"] as const) total[name] += counters[name];
    }
    const { messages, expected, delivered: happened, missing } = network.counts();
    return {
      kind: "network",
      at: now(),
      upMs: now() - this.#startedAt,
      ...total,
      peers: network.living().length,
      seeds: network.running.seeds.length,
      links: network.links().length,
      ...{ messages, expected, happened, missing },
    };
  }

  peers(): PeerPages[] {
    return this.#network.running.peers.flatMap((running) => this.#pagesOf(running) ?? []);
  }

  seeds(): SeedPages[] {
    const { seeds } = this.#network.running;
    return seeds.map(({ name, seed }) => seedPagesOf(seed, name, (address) => this.#nameAt(address)));
  }

  async publish(request: PublishRequest): Promise<PublishedAnswer> {
    const running = this.#speaker(request.peer);
    const { name, peer } = running;
    if (peer.native !== undefined) return publish(peer.native.peer, name, request);
    if (request.text === undefined)
      throw new RequestFailure(400, "bad-payload", `${name} is a classic peer: it says text`);
    try {
      return { id: peer.say!(request.text), peer: name, neighbors: peer.neighbors().length };
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      throw new RequestFailure(error.code === "bad-text" ? 400 : 503, error.code, error.message);
    }
  }

  network(messagesMax: number): ReturnType<NonNullable<Subject["network"]>> {
    return networkAnswer(this.#network, this.#dialect, messagesMax);
  }

  listen(tell: (event: StreamEvent) => void): () => void {
    const words = new NetworkWords(this.#network);
    return this.#network.listen((event) => {
      const streamed = words.streamedOf(event);
      if (streamed !== undefined) tell(streamed);
    });
  }

  #pagesOf(running: RunningPeer): PeerPages | undefined {
    const { native } = running.peer;
    if (native === undefined) return undefined;
    const known = this.#pages.get(running);
    if (known !== undefined) return known;
    const pages = pagesOf(native.peer, native.watch, (address) => this.#nameAt(address));
    this.#pages.set(running, pages);
    return pages;
  }

  #nameAt(address: Parameters<LocalNetwork["nameOf"]>[0]): string | null {
    const name = this.#network.nameOf(address);
    return name === address ? null : name;
  }

  #speaker(name: string | undefined): RunningPeer {
    const { peers } = this.#network.running;
    const canSpeak = (peer: RunningPeer) => !peer.isFrozen && peer.peer.isJoined;
    const found = name === undefined ? peers.find(canSpeak) : peers.find((peer) => peer.name === name);
    if (found !== undefined && canSpeak(found)) return found;
    if (name !== undefined && this.#network.find(name) === undefined) throw nobodyCalled(name);
    throw new RequestFailure(409, "cannot-speak", `${name ?? "none of the peers"} is not there to say anything`);
  }
}

function actionsOn(network: LocalNetwork, onAdded: (name: string) => void): NetworkActions {
  const mustExist = (...names: string[]) => {
    for (const name of names) if (network.find(name) === undefined) throw nobodyCalled(name);
  };
  const mustBePeer = (name: string) => {
    const found = network.find(name);
    if (found === undefined || !("peer" in found)) throw nobodyCalled(name);
  };
  return {
    async addPeers({ count }) {
      if (network.living().length + count > peersMax) {
        throw new RequestFailure(409, "too-many-peers", `${peersMax} peers are as many as one process takes`);
      }
      const names: string[] = [];
      for (let i = 0; i < count; i++) {
        const name = await network.addPeer();
        onAdded(name);
        names.push(name);
      }
      return names;
    },
    kill(name) {
      mustBePeer(name);
      return network.kill(name);
    },
    freeze(name) {
      mustBePeer(name);
      return network.freeze(name);
    },
    thaw(name) {
      mustBePeer(name);
      return network.thaw(name);
    },
    leave(name) {
      mustBePeer(name);
      return network.leave(name);
    },
    cut({ a, b }) {
      mustExist(a, b);
      return network.breakage.cut(a, b);
    },
    partition({ groups }) {
      const names = groups.flat();
      mustExist(...names);
      const twice = names.find((name, i) => names.indexOf(name) !== i);
      if (twice !== undefined) throw new RequestFailure(400, "bad-request", `${twice} is in two groups`);
      network.breakage.partition(groups);
      return true;
    },
    heal: () => network.breakage.heal(),
  };
}
