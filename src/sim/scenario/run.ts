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
import { messageBytes } from "../message-bytes.js";
import { type NetworkCounters, type Travel, VirtualNetwork } from "../network.js";
import type { AnyMessage } from "../virtual-peer.js";
import { Crowd } from "./crowd.js";
import { Faults, type FaultsWorld } from "./faults.js";
import type { Life, LifeOwner } from "./life.js";
import { Judge, type JudgeWorld, type PromiseName, type Violation } from "./promises.js";
import { type Scenario, type Step, scenario } from "./scenario.js";
import { fieldsOf, type TraceLine, type TraceWriter } from "./trace-lines.js";

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
  /** The messages that were published, without those of flooders. */
  readonly coverage: readonly Coverage[];
  /** Messages that flooders have published. */
  readonly flooded: number;
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
  /** Hears of every message that a peer or a seed is given. Times are virtual milliseconds since the start of the run. */
  readonly travelled?: ((travel: Travel<AnyMessage>) => void) | undefined;
  /** Hears of every message as it departs, with `at` when it will be there. Times are virtual milliseconds since the start. */
  readonly departed?: ((travel: Travel<AnyMessage>) => void) | undefined;
  /** The promises that are looked at. Default: all. */
  readonly promises?: readonly PromiseName[] | undefined;
  /** Called now and then with the virtual time since the start, in milliseconds. */
  readonly progress?: ((at: number) => void) | undefined;
}

/** Between two misdeeds of a Byzantine peer. */
const misdeedEveryMs = 500;
/** Where ways are narrow, old messages may take so long after the calm to get to whoever joined late, while any come. */
const flowGraceMs = 180_000;
/** Between two looks at whether all agree, where they may take longer than it is calm. */
const graceStepMs = 5_000;
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
  readonly network: VirtualNetwork<AnyMessage>;
  #scenario: Scenario;
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
      if (coverage !== undefined) {
        if (life.startedAt - originMs <= coverage.publishedAt) coverage.reachedMs.push(this.at - coverage.publishedAt);
        coverage.lastHop = Math.max(coverage.lastHop, round);
      }
      this.#trace(life.number, "arrived", { origin: envelope.origin, epoch: envelope.epoch, seq: envelope.seq, round });
    },
    ordered: (life, envelope) => this.#judge.ordered(life, envelope),
    told: (life, event) => this.#told(life, event),
  };
  readonly #faults: Faults;
  #steps: readonly Step[];
  #joinsLeft: number;
  #joinAt = 0;
  #publishAt: number;
  #misdeedAt = misdeedEveryMs;
  #token = 0;
  #flooded = 0;
  /** Messages of the workload so far. */
  #talked = 0;
  /** Messages that had come to anybody when it was last asked whether more come. */
  #delivered = 0;
  #endAt: number;
  #isOver = false;

  constructor(scenario: Scenario, options: RunOptions = {}) {
    this.#scenario = scenario;
    this.#options = options;
    const { randomSeed, network } = scenario;
    this.#random = seededRandom(randomSeed + 0x5eed);
    this.#config = peerConfig(scenario.config);
    const { recheck, travelled, departed } = options;
    const told = (hear: typeof travelled) => (travel: Travel<AnyMessage>) =>
      hear?.({ ...travel, sentAt: travel.sentAt - originMs, at: travel.at - originMs });
    this.network = new VirtualNetwork<Message | ClassicMessage>({
      randomSeed,
      startMs: originMs,
      lossRate: network.lossRate,
      measure: messageBytes,
      ...(recheck === undefined ? {} : { recheck }),
      ...(travelled === undefined ? {} : { travelled: told(travelled) }),
      ...(departed === undefined ? {} : { departed: told(departed) }),
    });
    this.#judge = new Judge(this, this.#config, options.promises);
    this.#steps = scenario.steps;
    this.#endAt = scenario.forMs + scenario.calmMs;
    this.#joinsLeft = scenario.peers;
    const { everyMs } = scenario.workload;
    this.#publishAt = everyMs > 0 ? everyMs : Number.POSITIVE_INFINITY;
    this.#crowd = new Crowd(this.network, this.#config, this.#random, this.owner, (number, fields) =>
      this.#trace(number, "started", fields),
    );
    this.#faults = new Faults(this.#faultsWorld());
    for (let i = 0; i < scenario.seeds; i++) this.#startSeed(i);
  }

  /** What is run, with the steps that were added. */
  get scenario(): Scenario {
    return this.#scenario;
  }

  /**
   * Adds a step to those that are still to come. A run of the scenario that this makes is the same run.
   *
   * @throws RangeError for a step that is impossible, whose time is over, or that would come when all faults have ended
   */
  add(step: Step): void {
    const { forMs, steps } = this.#scenario;
    if (step.atMs < this.at) throw new RangeError(`it is ${this.at} ms already: nothing can be done at ${step.atMs}`);
    if (step.atMs >= forMs) throw new RangeError(`nothing can be done from ${forMs} ms on, when all faults have ended`);
    this.#scenario = scenario({ ...this.#scenario, steps: [...steps, step] });
    this.#steps = [...this.#steps, step].sort((a, b) => a.atMs - b.atMs);
  }

  /** The promises broken so far. */
  get violations(): readonly Violation[] {
    return this.#judge.violations;
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

  /** Whether packets are lost to the very end. */
  get isLossy(): boolean {
    return this.scenario.network.lossRate > 0;
  }

  get calmSince(): number {
    return this.#faults.calmSince;
  }

  /** Lets it run up to a time since the start, or to its end. */
  to(at: number): void {
    while (this.at < at && !this.#isOver) {
      this.#doDue();
      const next = Math.min(at, this.#endAt, this.#nextDue(), this.at + stepMs);
      this.network.run(Math.max(1, next - this.at));
      this.#options.progress?.(this.at);
      if (this.at >= this.#endAt) this.#comeToEnd();
    }
  }

  #comeToEnd(): void {
    const graceMs = Math.max(this.#judge.graceMs(), this.#isFlowing() ? flowGraceMs : 0);
    const latest = this.scenario.forMs + this.scenario.calmMs + graceMs;
    if (this.#endAt < latest) this.#endAt = Math.min(latest, this.#endAt + graceStepMs);
    else {
      this.#isOver = true;
      this.#judge.end();
    }
  }

  /** Whether ways are narrow, and something new has come to somebody since this was last asked. */
  #isFlowing(): boolean {
    if (this.scenario.network.bandwidth === undefined) return false;
    const before = this.#delivered;
    this.#delivered = 0;
    for (const { core } of this.lives) this.#delivered += core.counters.delivered;
    return this.#delivered > before;
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
      flooded: this.#flooded,
      delivered,
      duplicates,
      peers: this.lives.filter(({ isUp }) => isUp).length,
    };
  }

  // What is due

  #nextDue(): number {
    const step = this.#steps[0]?.atMs ?? Number.POSITIVE_INFINITY;
    const join = this.#joinsLeft > 0 ? this.#joinAt : Number.POSITIVE_INFINITY;
    const end = this.at < this.scenario.forMs ? this.scenario.forMs : Number.POSITIVE_INFINITY;
    return Math.min(step, join, end, this.#publishAt, this.#faults.nextEnd);
  }

  #doDue(): void {
    while (this.#joinsLeft > 0 && this.#joinAt <= this.at) {
      this.#joinsLeft--;
      this.#joinAt += this.scenario.joinEveryMs;
      this.#crowd.start();
    }
    this.#faults.endDue();
    while (this.#steps[0] !== undefined && this.#steps[0].atMs <= this.at) {
      const [step, ...rest] = this.#steps;
      this.#steps = rest;
      this.#faults.do(step!);
    }
    if (this.at >= this.scenario.forMs) {
      const hadMore = this.#steps.length > 0;
      this.#steps = [];
      this.#faults.endAll(hadMore);
    }
    if (this.#publishAt <= this.at) this.#talk();
    if (this.#misdeedAt <= this.at) {
      this.#misdeedAt += misdeedEveryMs;
      const others = this.lives.filter(({ isUp }) => isUp);
      for (const life of others)
        if (life.misdeed !== undefined) life.misbehave(others, (bytes) => this.#flood(life, bytes));
    }
  }

  #talk(): void {
    const { everyMs, bytes, from, messagesMax = Number.POSITIVE_INFINITY } = this.scenario.workload;
    this.#publishAt += everyMs;
    if (this.#talked >= messagesMax) return;
    const speakers = this.#crowd.running();
    // In the calm nobody speaks: what is under way is to arrive.
    if (speakers.length === 0 || this.at >= this.scenario.forMs) return;
    this.#talked++;
    this.#publish(from === "one" ? speakers[0]! : speakers[this.#random.below(speakers.length)]!, bytes);
  }

  #publish(life: Life, bytes: number): void {
    life.published = life.core.counters.published + 1;
    const key = `${life.id}/${life.epoch}/${life.published}`;
    const peers = this.lives.filter(({ isUp }) => isUp).length;
    this.#coverage.set(key, { publishedAt: this.at, by: life.number, peers, reachedMs: [], lastHop: 0 });
    this.#send(life, life.published, bytes);
  }

  #flood(life: Life, bytes: number): void {
    this.#flooded++;
    this.#send(life, life.core.counters.published + 1, bytes);
  }

  #send(life: Life, seq: number, bytes: number): void {
    const line = { at: this.at, peer: life.number, event: "published", id: life.id, epoch: life.epoch, seq, bytes };
    this.#judge.published(life, line);
    this.write(line);
    life.publish(++this.#token, bytes);
  }

  #faultsWorld(): FaultsWorld {
    const run = this;
    return {
      scenario: this.scenario,
      network: this.network,
      crowd: this.#crowd,
      get at() {
        return run.at;
      },
      below: (limit) => this.#random.below(limit),
      publish: (life, bytes) => this.#publish(life, bytes),
      trace: (deed, chosen) => this.#trace(0, deed.do, { ...deed, ...chosen }),
    };
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
    if (event.type === "published" || event.type === "publish-failed") return;
    this.#trace(life.number, event.type, fieldsOf(event));
  }

  #trace(peer: number, event: string, fields: object): void {
    this.write({ at: this.at, peer, event, ...fields });
  }

  /** Adds a line to the trace. */
  write(line: TraceLine): void {
    this.#options.trace?.(line);
  }
}
