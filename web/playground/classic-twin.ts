/**
 * The original classic network beside the one that is played: as many peers and seeds on as good a network, to whom the same
 * happens at the same time. Peers of one number start, speak, and are befallen together in both.
 */
import { type Address, joinAddress } from "../../src/core/address.js";
import type { ClassicMessage } from "../../src/core/classic/message.js";
import type { Effects } from "../../src/core/effects.js";
import { parsePeerId } from "../../src/core/identity.js";
import { seedDefaults } from "../../src/core/seed/config.js";
import { SeedCore } from "../../src/core/seed/seed.js";
import { VirtualNetwork } from "../../src/sim/network.js";
import type { VirtualProcess } from "../../src/sim/process.js";
import { entryOf } from "../../src/sim/scenario/entry-of.js";
import { latencyDraw } from "../../src/sim/scenario/latency.js";
import type { Scenario } from "../../src/sim/scenario/scenario.js";
import { Spells } from "../../src/sim/scenario/spells.js";
import type { TraceLine } from "../../src/sim/scenario/trace-lines.js";
import type { AnyMessage } from "../../src/sim/virtual-peer.js";
import { Chronicle } from "./chronicle.js";
import { addressOf, type OriginalEvent, OriginalPeer } from "./original-peer.js";

const originMs = 1_704_067_200_000;
const port = 5000;

interface Life {
  readonly process: VirtualProcess<OriginalPeer>;
  readonly address: Address;
}

/** What is to be done at a time. */
interface Due {
  readonly at: number;
  run(): void;
}

/** One run of the classic network. */
export class ClassicTwin {
  readonly chronicle = new Chronicle();
  readonly #network: VirtualNetwork<AnyMessage>;
  readonly #seeds: Address[] = [];
  readonly #lives = new Map<number, Life>();
  /** The numbers of messages by their texts, and by how many hops each came to whom. */
  readonly #numbers = new Map<string, number>();
  readonly #hops = new Map<string, number>();
  readonly #losses: Spells<number>;
  readonly #costs = new Map<Life, Spells<number>>();
  /** Who was silent to whom. */
  readonly #silent = new Set<string>();
  #flights: number[] = [];
  #lines: TraceLine[] = [];
  #due: Due[] = [];
  #sequence = 0;

  constructor(scenario: Scenario) {
    this.#network = new VirtualNetwork<AnyMessage>({
      randomSeed: scenario.randomSeed,
      startMs: originMs,
      lossRate: scenario.network.lossRate,
      departed: ({ from, to, sentAt, at, message }) => this.#departed(from, to, sentAt, at, message),
    });
    this.#network.setLatencyDraw(latencyDraw(scenario.network.latency));
    this.#losses = new Spells(scenario.network.lossRate, (rate) => this.#network.setLoss(rate));
    for (let index = 0; index < scenario.seeds; index++) this.#startSeed(index);
  }

  /** Virtual milliseconds since the start. */
  get at(): number {
    return this.#network.now - originMs;
  }

  /** Nobody counts them in the originals. */
  readonly duplicates = undefined;

  /** Messages of all kinds that links have carried. */
  get messages(): number {
    return this.#network.counters.messages;
  }

  /** Something has happened in the network that is played: it will happen here. */
  follow(line: TraceLine): void {
    const isShared = line.peer === 0 || line.event === "started" || line.event === "published";
    if (isShared) this.#lines.push(line);
  }

  /** Runs up to a time. */
  to(at: number): void {
    while (this.at < at) {
      const line = this.#lines[0];
      const due = this.#due[0];
      const next = Math.min(at, line?.at ?? at, due?.at ?? at);
      if (next > this.at) this.#network.run(next - this.at);
      if (due !== undefined && due.at <= this.at) {
        this.#due.shift();
        due.run();
      } else if (line !== undefined && line.at <= this.at) {
        this.#lines.shift();
        this.#happen(line);
      }
    }
    for (let line = this.#lines[0]; line !== undefined && line.at <= this.at; line = this.#lines[0]) {
      this.#lines.shift();
      this.#happen(line);
    }
    this.chronicle.advance(this.at);
  }

  /** See {@link Stage.takeFlights}. */
  takeFlights(): Float64Array {
    const taken = Float64Array.from(this.#flights);
    this.#flights = [];
    return taken;
  }

  #happen(line: TraceLine): void {
    if (line.event === "started") this.#start(line.peer);
    else if (line.event === "published") {
      // Misdeeds are none of the original's.
      if (!this.chronicle.isFlooder(line.peer)) this.#publish(line.peer);
    } else this.#befall(line);
  }

  #start(number: number): void {
    const address = addressOf(number);
    this.chronicle.line({ at: this.at, peer: number, event: "started", id: address, address });
    const process = this.#network.start<OriginalPeer, OriginalEvent>(
      address,
      (effects, random) => new OriginalPeer(address, random, effects as Effects<ClassicMessage, OriginalEvent>),
      (event) => this.#told(number, event),
    );
    this.#lives.set(number, { process, address });
    process.call((core, now) => core.start(now, this.#seeds));
  }

  #startSeed(index: number): void {
    const address = joinAddress(`10.255.${index >> 8}.${index & 255}`, port)!;
    const id = parsePeerId(index.toString(16).padStart(32, "5"))!;
    this.#network.start<SeedCore>(
      address,
      (effects, random) =>
        new SeedCore({ contact: { id, address }, epoch: originMs, network: "sim" }, seedDefaults, random, effects),
    );
    this.#seeds.push(address);
  }

  #publish(number: number): void {
    const life = this.#running(number);
    const seq = ++this.#sequence;
    this.chronicle.line({ at: this.at, peer: number, event: "published", id: "classic", epoch: 0, seq });
    if (life === undefined) return;
    this.#numbers.set(`GOSSIP${seq}`, seq);
    life.process.call((core, now) => core.publish(now, `GOSSIP${seq}`));
  }

  #told(number: number, event: OriginalEvent): void {
    const line = (name: string, fields: object) =>
      this.chronicle.line({ at: this.at, peer: number, event: name, ...fields });
    switch (event.type) {
      case "joined":
        line("joined", {});
        break;
      case "linked":
        line("link", { address: event.peer });
        break;
      case "unlinked":
        line("unlink", { address: event.peer });
        break;
      case "silent":
        this.#silent.add(`${number} ${event.peer}`);
        line("suspect", { subject: event.peer, epoch: 0 });
        break;
      // Every test that is answered says so: worth a line after silence only.
      case "alive":
        if (this.#silent.delete(`${number} ${event.peer}`)) line("alive", { subject: event.peer, epoch: 0 });
        break;
      case "dead":
        line("dead", { subject: event.peer, epoch: 0 });
        break;
      case "gossip":
        line("arrived", {
          origin: "classic",
          epoch: 0,
          seq: this.#numbers.get(event.gossip.body) ?? 0,
          round: event.isOwn ? 0 : (this.#hops.get(`${event.gossip.body} ${number}`) ?? 1),
        });
        break;
    }
  }

  #departed(from: Address, to: Address, sentAt: number, at: number, message: AnyMessage): void {
    const [sender, receiver] = [this.chronicle.numberOf(from), this.chronicle.numberOf(to)];
    // A link's caller goes by a port of its own.
    const [one, other] = [sender ?? this.#callerAt(from), receiver ?? this.#callerAt(to)];
    if (one === undefined || other === undefined) return;
    const isGossip = message.type === "gossip" && "body" in message;
    if (isGossip) {
      this.chronicle.sent(one, other, `classic/0/${this.#numbers.get(message.body)}`);
      const hops = (this.#hops.get(`${message.body} ${one}`) ?? 0) + 1;
      const key = `${message.body} ${other}`;
      if (!this.#hops.has(key)) this.#hops.set(key, hops);
    }
    this.#flights.push(one, other, sentAt - originMs, at - originMs, isGossip ? 0 : 2);
  }

  #callerAt(address: Address): number | undefined {
    return this.chronicle.numberOf(`${address.slice(0, address.lastIndexOf(":"))}:${port}`);
  }

  #running(number: number): Life | undefined {
    const life = this.#alive(number);
    return life?.process.frozen === false ? life : undefined;
  }

  #alive(number: number): Life | undefined {
    const life = this.#lives.get(number);
    return life?.process.alive === true ? life : undefined;
  }

  /** Those of the numbers of a line that have a process, stopped or not. */
  #allOf(numbers: unknown): Life[] {
    return Array.isArray(numbers) ? numbers.flatMap((number: number) => this.#alive(number) ?? []) : [];
  }

  #befall(line: TraceLine): void {
    this.chronicle.line(line);
    const alive = this.#allOf(line.peers);
    const lives = alive.filter(({ process }) => !process.frozen);
    const network = this.#network;
    const lasting = (end: () => void) => this.#later(Number(line.forMs), end);
    switch (line.event) {
      case "crash":
        for (const { process } of alive) process.crash();
        break;
      // There is no goodbye in the classic network.
      case "leave":
        for (const { process } of lives) process.crash("end");
        break;
      case "freeze":
      case "suspend":
        for (const { process } of lives) {
          process.freeze();
          lasting(() => process.alive && process.thaw());
        }
        break;
      case "slow":
        for (const life of lives) {
          const costs = entryOf(this.#costs, life, () => new Spells(0 as number, (cost) => life.process.setCost(cost)));
          lasting(costs.begin(Number(line.msPerInput)));
        }
        break;
      case "partition":
        network.partition([alive.map(({ address }) => address)]);
        break;
      case "cut":
        for (const one of alive) {
          for (const other of this.#allOf(line.toPeers)) if (one !== other) network.cut(one.address, other.address);
        }
        break;
      case "heal":
        network.heal();
        break;
      case "loss":
        if (line.to !== undefined) break;
        lasting(this.#losses.begin(Number(line.rate)));
        break;
    }
  }

  #later(forMs: number, run: () => void): void {
    this.#due.push({ at: this.at + forMs, run });
    this.#due.sort((a, b) => a.at - b.at);
  }
}
