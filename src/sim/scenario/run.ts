/**
 * Runs a scenario: the real cores on the virtual network, everything in it from one number.
 */
import { joinAddress } from "../../core/address.js";
import type { ClassicMessage } from "../../core/classic/message.js";
import type { Message } from "../../core/message.js";
import { type PeerConfig, peerConfig } from "../../core/peer-config.js";
import type { PeerEvent } from "../../core/peer-events.js";
import { type Random, seededRandom } from "../../core/random.js";
import { seedDefaults } from "../../core/seed/config.js";
import { SeedCore, type SeedEvent } from "../../core/seed/seed.js";
import { type NetworkCounters, VirtualNetwork } from "../network.js";
import type { AnyMessage } from "../virtual-peer.js";
import { Crowd } from "./crowd.js";
import { latencyDraw } from "./latency.js";
import type { Life, LifeOwner } from "./life.js";
import { Judge, type JudgeWorld, type PromiseName, type Violation } from "./promises.js";
import type { Deed, LatencyModel, Scenario, Step, Who } from "./scenario.js";
import type { TraceLine, TraceWriter } from "./trace-lines.js";

/** How far a published message has come. */
export interface Coverage {
  /** Virtual milliseconds since the start of the run. */
  readonly publishedAt: number;
  readonly by: number;
  /** Peers that were there when it was published. */
  readonly peers: number;
  /** Of those that have it, its origin included: after how many milliseconds each, ascending. */
  readonly reachedMs: number[];
  lastHop: number;
}

/** What a run has shown. */
export interface ScenarioReport {
  readonly scenario: Scenario;
  readonly violations: readonly Violation[];
  /** Tells two runs apart: the same inputs to all cores, in the same order, make the same number. */
  readonly hash: string;
  /** Virtual milliseconds. */
  readonly lastedMs: number;
  readonly counters: NetworkCounters;
  /** The messages that were published. */
  readonly coverage: readonly Coverage[];
  readonly delivered: number;
  readonly duplicates: number;
  /** Peers that run at the end. */
  readonly peers: number;
}

/** How to run. */
export interface RunOptions {
  /** Hears of everything that happens. */
  readonly trace?: TraceWriter | undefined;
  /** Every message that is sent goes through this: encode and decode it there to cover the wire format. */
  readonly recheck?: ((message: AnyMessage) => AnyMessage) | undefined;
  /** The promises that are looked at. Default: all. */
  readonly promises?: readonly PromiseName[] | undefined;
  /** Called now and then with the virtual time since the start, in milliseconds. */
  readonly progress?: ((at: number) => void) | undefined;
}

/** Between two misdeeds of a Byzantine peer. */
const misdeedEveryMs = 500;
/** Time passes in steps of at most this, between looks at what is due. */
const stepMs = 100;
const originMs = 1_704_067_200_000;

/** Runs it to its end. Throws a RangeError for a scenario that is impossible. */
export function runScenario(scenario: Scenario, options: RunOptions = {}): ScenarioReport {
  const run = new ScenarioRun(scenario, options);
  run.toEnd();
  return run.report();
}

/** A scenario under way. */
export class ScenarioRun implements JudgeWorld {
  readonly scenario: Scenario;
  readonly network: VirtualNetwork<AnyMessage>;
  readonly #options: RunOptions;
  readonly #random: Random;
  readonly #config: PeerConfig;
  readonly #judge: Judge;
  readonly #crowd: Crowd;
  readonly #coverage = new Map<string, Coverage>();
  /** What the lives tell. */
  readonly owner: LifeOwner = {
    arrived: (life, envelope, round) => {
      this.#judge.arrived(life, envelope);
      const coverage = this.#coverage.get(`${envelope.origin}/${envelope.epoch}/${envelope.seq}`);
      if (coverage === undefined) return;
      if (life.startedAt - originMs <= coverage.publishedAt) coverage.reachedMs.push(this.at - coverage.publishedAt);
      coverage.lastHop = Math.max(coverage.lastHop, round);
      this.#trace(life.number, "arrived", { origin: envelope.origin, epoch: envelope.epoch, seq: envelope.seq, round });
    },
    ordered: (life, envelope) => this.#judge.ordered(life, envelope),
    told: (life, event) => this.#told(life, event),
  };
  /** What has an end: when, and what is to be done then. */
  #ends: { readonly at: number; readonly end: () => void }[] = [];
  #steps: readonly Step[];
  #joinsLeft: number;
  #joinAt = 0;
  #publishAt: number;
  #misdeedAt = misdeedEveryMs;
  #token = 0;
  #lossRates = 0;
  #isSplit = false;
  #disturbedAt = originMs;
  #isOver = false;

  constructor(scenario: Scenario, options: RunOptions = {}) {
    this.scenario = scenario;
    this.#options = options;
    const { randomSeed, network } = scenario;
    this.#random = seededRandom(randomSeed + 0x5eed);
    this.#config = peerConfig(scenario.config);
    const { recheck } = options;
    this.network = new VirtualNetwork<Message | ClassicMessage>({
      randomSeed,
      startMs: originMs,
      lossRate: network.lossRate,
      ...(recheck === undefined ? {} : { recheck }),
    });
    this.#setLatency(network.latency);
    this.#judge = new Judge(this, this.#config, options.promises);
    this.#steps = scenario.steps;
    this.#joinsLeft = scenario.peers;
    const { everyMs } = scenario.workload;
    this.#publishAt = everyMs > 0 ? everyMs : Number.POSITIVE_INFINITY;
    this.#crowd = new Crowd(this.network, this.#config, this.#random, this.owner, (number, fields) =>
      this.#trace(number, "started", fields),
    );
    for (let i = 0; i < scenario.seeds; i++) this.#startSeed(i);
  }

  /** All lives there have been, in order of their start. */
  get lives(): readonly Life[] {
    return this.#crowd.lives;
  }

  /** Virtual milliseconds since the start of the run. */
  get at(): number {
    return this.network.now - originMs;
  }

  get now(): number {
    return this.network.now;
  }

  get calmSince(): number {
    const isDisturbed = this.#isSplit || this.#lossRates > 0 || this.scenario.network.lossRate > calmLossRate;
    return isDisturbed ? this.network.now : this.#disturbedAt;
  }

  /** Lets it run up to a time since the start, or to its end. */
  to(at: number): void {
    const { forMs, calmMs } = this.scenario;
    const end = Math.min(at, forMs + calmMs);
    while (this.at < end) {
      this.#doDue();
      const next = Math.min(end, this.#nextDue(), this.at + stepMs);
      this.network.run(Math.max(1, next - this.at));
      this.#options.progress?.(this.at);
    }
    if (this.at >= forMs + calmMs && !this.#isOver) {
      this.#isOver = true;
      this.#judge.end();
    }
  }

  /** Whether there is nothing more to run: it has come to its end, or a promise is broken. */
  get isOver(): boolean {
    return this.#isOver || this.#judge.violations.length > 0;
  }

  /** Lets a tenth of a second pass. */
  step(): void {
    this.to(this.at + stepMs);
  }

  /** Lets it run to its end, or until a promise is broken. */
  toEnd(): void {
    while (!this.isOver) this.step();
  }

  /** What it has shown so far. */
  report(): ScenarioReport {
    let delivered = 0;
    let duplicates = 0;
    for (const life of this.lives) {
      delivered += life.core.counters.delivered;
      duplicates += life.core.counters.duplicates;
    }
    const coverage = [...this.#coverage.values()];
    for (const one of coverage) one.reachedMs.sort((a, b) => a - b);
    return {
      scenario: this.scenario,
      violations: this.#judge.violations,
      hash: this.network.traceHash.toString(16).padStart(8, "0"),
      lastedMs: this.at,
      counters: this.network.counters,
      coverage,
      delivered,
      duplicates,
      peers: this.lives.filter(({ isUp }) => isUp).length,
    };
  }

  // What is due

  #nextDue(): number {
    const step = this.#steps[0]?.atMs ?? Number.POSITIVE_INFINITY;
    const join = this.#joinsLeft > 0 ? this.#joinAt : Number.POSITIVE_INFINITY;
    let next = Math.min(
      step,
      join,
      this.#publishAt,
      this.at < this.scenario.forMs ? this.scenario.forMs : Number.POSITIVE_INFINITY,
    );
    for (const { at } of this.#ends) next = Math.min(next, at);
    return next;
  }

  #doDue(): void {
    while (this.#joinsLeft > 0 && this.#joinAt <= this.at) {
      this.#joinsLeft--;
      this.#joinAt += this.scenario.joinEveryMs;
      this.#crowd.start();
    }
    const due = this.#ends.filter(({ at }) => at <= this.at);
    this.#ends = this.#ends.filter(({ at }) => at > this.at);
    for (const { end } of due) end();
    while (this.#steps[0] !== undefined && this.#steps[0].atMs <= this.at) {
      const [step, ...rest] = this.#steps;
      this.#steps = rest;
      this.#do(step!);
    }
    if (this.at >= this.scenario.forMs) this.#calm();
    if (this.#publishAt <= this.at) this.#talk();
    if (this.#misdeedAt <= this.at) {
      this.#misdeedAt += misdeedEveryMs;
      const others = this.lives.filter(({ isUp }) => isUp);
      for (const life of others) if (life.misdeed !== undefined) life.misbehave(others, () => ++this.#token);
    }
  }

  /** Everything that is wrong ends. */
  #calm(): void {
    if (this.#steps.length === 0 && this.#ends.length === 0 && !this.#isSplit) return;
    this.#steps = [];
    const ends = this.#ends;
    this.#ends = [];
    for (const { end } of ends) end();
    this.#do({ do: "heal" });
  }

  #talk(): void {
    const { everyMs, bytes, from } = this.scenario.workload;
    this.#publishAt += everyMs;
    const speakers = this.#crowd.running();
    // In the calm nobody speaks: what is under way is to arrive.
    if (speakers.length === 0 || this.at >= this.scenario.forMs) return;
    this.#publish(from === "one" ? speakers[0]! : speakers[this.#random.below(speakers.length)]!, bytes);
  }

  #publish(life: Life, bytes: number): void {
    life.published = life.core.counters.published + 1;
    const key = `${life.id}/${life.epoch}/${life.published}`;
    const peers = this.lives.filter(({ isUp }) => isUp).length;
    this.#coverage.set(key, { publishedAt: this.at, by: life.number, peers, reachedMs: [], lastHop: 0 });
    this.#judge.published(life, life.published);
    this.#trace(life.number, "published", { id: life.id, epoch: life.epoch, seq: life.published, bytes });
    life.publish(++this.#token, bytes);
  }

  // Deeds

  #do(deed: Deed): void {
    this.#trace(0, deed.do, { ...deed });
    switch (deed.do) {
      case "crash":
        for (const life of this.#crowd.chosen(deed.who)) life.process.crash();
        break;
      case "restart":
        this.#crowd.restart(deed);
        break;
      case "freeze":
        for (const life of this.#crowd.chosen(deed.who)) this.#freeze(life, deed.forMs);
        break;
      case "jump":
        for (const life of this.#crowd.chosen(deed.who)) life.jump(deed.byMs);
        break;
      case "partition":
        this.network.partition([this.#crowd.chosen(deed.who).map(({ address }) => address)]);
        this.#isSplit = true;
        break;
      case "cut":
        for (const from of this.#crowd.chosen(deed.from)) {
          for (const to of this.#crowd.chosen(deed.to)) {
            to.wasDeafened = true;
            if (from !== to) this.network.cut(from.address, to.address);
          }
        }
        this.#isSplit = true;
        break;
      case "heal":
        this.network.heal();
        this.#isSplit = false;
        this.#disturbedAt = this.now;
        break;
      case "loss":
        this.#lose(deed.rate, deed.to, deed.forMs);
        break;
      case "latency":
        this.#setLatency(deed.latency);
        this.#disturbedAt = this.now;
        this.#later(deed.forMs, () => {
          this.#setLatency(this.scenario.network.latency);
          this.#disturbedAt = this.now;
        });
        break;
      case "reset":
        for (const life of this.#crowd.chosen(deed.who)) this.network.resetLinks(life.address);
        break;
      case "join":
        for (let i = 0; i < deed.count; i++) this.#crowd.start();
        break;
      case "leave":
        for (const life of this.#crowd.chosen(deed.who)) this.#leave(life);
        break;
      case "publish":
        for (const life of this.#crowd.chosen(deed.who)) {
          for (let i = 0; i < deed.messages; i++) this.#publish(life, deed.bytes);
        }
        break;
      case "tag":
        for (const life of this.#crowd.chosen(deed.who)) {
          life.call((core, now) => core.setTags(now, { turn: String(this.#random.below(1_000_000)) }));
        }
        break;
      case "corrupt":
        for (const life of this.#crowd.chosen(deed.who)) life.misdeed = deed.misdeed;
        break;
    }
  }

  #later(forMs: number, end: () => void): void {
    this.#ends.push({ at: this.at + forMs, end });
  }

  #freeze(life: Life, forMs: number): void {
    life.process.freeze();
    life.calmSince = Number.POSITIVE_INFINITY;
    this.#later(forMs, () => {
      life.process.thaw();
      life.calmSince = this.now;
    });
  }

  #lose(rate: number, to: Who | undefined, forMs: number): void {
    this.#lossRates++;
    const victims = to === undefined ? undefined : this.#crowd.chosen(to);
    if (rate >= deafeningRate) for (const life of victims ?? this.lives) life.wasDeafened = true;
    if (victims === undefined) this.network.setLoss(rate);
    else for (const { address } of victims) this.network.setIncomingLoss(address, rate);
    this.#later(forMs, () => {
      this.#lossRates--;
      this.#disturbedAt = this.now;
      if (victims === undefined) this.network.setLoss(this.scenario.network.lossRate);
      else for (const { address } of victims) this.network.setIncomingLoss(address, 0);
    });
  }

  #leave(life: Life): void {
    life.call((core, now) => core.leave(now));
    life.hasLeft = true;
    this.#later(1_000, () => life.process.crash("end"));
  }

  #startSeed(index: number): void {
    const address = joinAddress(`10.255.${index >> 8}.${index & 255}`, 5000)!;
    const self = { contact: { id: this.#crowd.newId(), address }, epoch: this.now, network: "sim" };
    const make = (effects: ConstructorParameters<typeof SeedCore>[3], random: Random) =>
      new SeedCore(self, seedDefaults, random, effects);
    this.network.start<SeedCore, SeedEvent>(address, make);
    this.#crowd.seeds.push(address);
  }

  #told(life: Life, event: PeerEvent): void {
    this.#judge.told(life, event);
    if (this.#options.trace === undefined) return;
    const { type, ...fields } = event;
    if ("peer" in fields) {
      const { id, address, epoch, status } = fields.peer;
      this.#trace(life.number, type, { subject: id, address, epoch, status });
    } else if ("neighbor" in fields) {
      const { id, address } = fields.neighbor;
      this.#trace(life.number, type, {
        neighbor: id,
        address,
        ...("reason" in fields ? { reason: fields.reason } : {}),
      });
    } else if (type !== "published" && type !== "publish-failed") this.#trace(life.number, type, fields);
  }

  #trace(peer: number, event: string, fields: object): void {
    const line: TraceLine = { at: this.at, peer, event, ...fields };
    this.#options.trace?.(line);
  }

  #setLatency(model: LatencyModel): void {
    this.network.setLatencyDraw(latencyDraw(model));
  }
}

/** Who loses so much of what comes to it hears badly. */
const deafeningRate = 0.2;
/** A network that loses no more than this is calm all the same. */
const calmLossRate = 0.1;
