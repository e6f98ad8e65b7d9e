/** Peers whose directories are judged: they can be restarted as somebody else, somewhere else, and with another clock. */
import { type Address, joinAddress } from "../../src/core/address.js";
import type { ClassicMessage } from "../../src/core/classic/message.js";
import type { PeerState, PeerStatus } from "../../src/core/directory/record.js";
import { type PeerId, parsePeerId } from "../../src/core/identity.js";
import type { Message } from "../../src/core/message.js";
import { PeerCore } from "../../src/core/peer.js";
import { type PeerTuning, peerConfig } from "../../src/core/peer-config.js";
import type { PeerEvent } from "../../src/core/peer-events.js";
import { type Random, seededRandom } from "../../src/core/random.js";
import { seedDefaults } from "../../src/core/seed/config.js";
import { SeedCore, type SeedEvent } from "../../src/core/seed/seed.js";
import { VirtualNetwork, type VirtualNetworkOptions } from "../../src/sim/network.js";
import type { VirtualProcess } from "../../src/sim/process.js";
import { ShiftedCore } from "../../src/sim/scenario/shifted-core.js";
import { throughTheWire } from "./peer-world.js";

export interface DirectoryPeer {
  readonly process: VirtualProcess<ShiftedCore>;
  readonly id: PeerId;
  readonly address: Address;
  readonly epoch: number;
  /** What it was told of others. */
  readonly told: { readonly at: number; readonly type: PeerStatus | string; readonly id: PeerId | undefined }[];
}

export interface StartOptions {
  readonly id?: PeerId;
  readonly address?: Address;
  readonly epoch?: number;
  readonly peers?: readonly Address[];
  readonly tuning?: PeerTuning;
}

export class DirectoryWorld {
  readonly network: VirtualNetwork<Message | ClassicMessage>;
  readonly random: Random;
  /** Those that run. */
  readonly peers: DirectoryPeer[] = [];
  readonly seeds: Address[] = [];
  readonly #tuning: PeerTuning;
  #addresses = 0;

  constructor(
    randomSeed: number,
    {
      tuning = {},
      seeds = 0,
      ...options
    }: { tuning?: PeerTuning; seeds?: number } & Partial<
      Omit<VirtualNetworkOptions<never>, "measure" | "travelled" | "departed">
    > = {},
  ) {
    this.#tuning = tuning;
    this.random = seededRandom(randomSeed + 4_711);
    this.network = new VirtualNetwork<Message | ClassicMessage>({ ...options, randomSeed, recheck });
    for (let i = 0; i < seeds; i++) this.#startSeed(i);
  }

  get now(): number {
    return this.network.now;
  }

  newId(): PeerId {
    const words = Array.from({ length: 8 }, () => this.random.below(0x1_0000).toString(16).padStart(4, "0"));
    return parsePeerId(words.join(""))!;
  }

  newAddress(): Address {
    const index = ++this.#addresses;
    return joinAddress(`10.0.${index >> 8}.${index & 255}`, 5000)!;
  }

  any(): DirectoryPeer {
    return this.peers[this.random.below(this.peers.length)]!;
  }

  start(options: StartOptions = {}): DirectoryPeer {
    const { id = this.newId(), address = this.newAddress(), epoch = this.now } = options;
    const told: DirectoryPeer["told"] = [];
    const self = { contact: { id, address }, epoch, network: "test" };
    const process = this.network.start<ShiftedCore, PeerEvent>(
      address,
      (effects, random) =>
        new ShiftedCore(
          new PeerCore(self, peerConfig(options.tuning ?? this.#tuning), random, {
            dial: (to, dialect) => effects.dial(to, dialect),
            send: (link, message) => effects.send(link, message),
            end: (link) => effects.end(link),
            close: (link, reason) => effects.close(link, reason),
            notify: (event) => {
              if ("peer" in event) told.push({ at: this.now, type: event.type, id: event.peer.id });
            },
            arrived() {},
            ordered() {},
          }),
        ),
    );
    // All of them: without seeds nobody could find a peer whose entrances are all killed before they answer.
    const peers = options.peers ?? (this.seeds.length > 0 ? [] : this.peers.map((peer) => peer.address));
    process.call(({ core }, now) => core.start(now, { seeds: this.seeds, peers }));
    const peer = { process, id, address, epoch, told };
    this.peers.push(peer);
    return peer;
  }

  grow(count: number, settleMs = 8_000): void {
    for (let i = 0; i < count; i++) {
      this.start();
      this.network.run(50);
    }
    this.network.run(settleMs);
  }

  /** Kills one. */
  kill(peer: DirectoryPeer): void {
    this.peers.splice(this.peers.indexOf(peer), 1);
    peer.process.crash();
  }

  /** Lets one go in good order. */
  leave(peer: DirectoryPeer): void {
    this.peers.splice(this.peers.indexOf(peer), 1);
    peer.process.call(({ core, aheadMs }, now) => core.leave(now + aheadMs));
    this.network.run(200);
    peer.process.crash("end");
  }

  /** Who is what to one peer, by id. */
  directoryOf({ process }: DirectoryPeer): Map<PeerId, PeerState> {
    // Links in the classic dialect stand for nobody in particular.
    const native = process.core.core.peers().filter(({ id }) => id !== undefined);
    return new Map(native.map((state) => [state.id!, state]));
  }

  /** Whom one peer takes for alive. */
  aliveTo(peer: DirectoryPeer): PeerId[] {
    return [...this.directoryOf(peer)].filter(([, { status }]) => status === "alive").map(([id]) => id);
  }

  /** What is wrong with the directories: nothing when each holds exactly the running peers as alive, in their present lives. */
  complaints(): string[] {
    const found: string[] = [];
    const running = new Map(this.peers.map((peer) => [peer.id, peer]));
    for (const peer of this.peers) {
      const directory = this.directoryOf(peer);
      for (const [id, other] of running) {
        const state = directory.get(id);
        if (state?.status !== "alive")
          found.push(`${nameOf(other)} is ${state?.status ?? "unknown"} to ${nameOf(peer)}`);
        else if (state.epoch !== other.epoch || state.address !== other.address) {
          found.push(`${nameOf(other)} is known to ${nameOf(peer)} by an earlier life`);
        }
      }
      for (const [id, { status, address }] of directory) {
        if (!running.has(id) && (status === "alive" || status === "suspect")) {
          found.push(`${address}, which is gone, is ${status} to ${nameOf(peer)}`);
        }
      }
    }
    return found;
  }

  #startSeed(index: number): void {
    const address = joinAddress(`10.255.0.${index + 1}`, 5000)!;
    const self = { contact: { id: this.newId(), address }, epoch: this.now, network: "test" };
    this.network.start<SeedCore, SeedEvent>(
      address,
      (effects, random) => new SeedCore(self, seedDefaults, random, effects),
    );
    this.seeds.push(address);
  }
}

function nameOf({ address }: DirectoryPeer): string {
  return address;
}

const classicTypes: ReadonlySet<string> = new Set([
  "registration",
  "peer-list",
  "connect-request",
  "connect-accepted",
  "liveness-request",
  "liveness-reply",
  "death-report",
]);

/** What is said in the classic dialect, to seeds, passes as it is. */
function recheck(message: Message | ClassicMessage): Message | ClassicMessage {
  return classicTypes.has(message.type) ? message : throughTheWire(message);
}
