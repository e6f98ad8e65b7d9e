/** What is played: a run of the simulator under way, or a trace that one has written. */

import { ScenarioRun } from "../../src/sim/scenario/run.js";
import { scenario as checked, type Deed, type Scenario } from "../../src/sim/scenario/scenario.js";
import type { TraceLine } from "../../src/sim/scenario/trace-lines.js";
import { Chronicle } from "./chronicle.js";
import { ClassicTwin } from "./classic-twin.js";
import type { Broken } from "./frames.js";
import { isBesideClassic } from "./scenes.js";

/** Something that can be played, and played again. */
export interface Stage {
  readonly chronicle: Chronicle;
  readonly at: number;
  readonly endAt: number;
  readonly calmAt: number;
  readonly isOver: boolean;
  /** Peers that there will be, as far as is known. */
  readonly planned: number;
  readonly broken: readonly Broken[];
  readonly hash: string;
  readonly messages: number | undefined;
  readonly duplicates: number | undefined;
  /** The classic network to which the same happens. */
  readonly twin: ClassicTwin | undefined;
  /** Plays on up to a time: a whole number of milliseconds. */
  to(at: number): void;
  /** Plays on until something happens. */
  toNextEvent(): void;
  /** Back to the beginning. */
  restart(): void;
  /** The messages that departed since this was asked last, or are still under way; five numbers each. */
  takeFlights(): Float64Array;
}

/** `runScenario` looks so often whether it is over; so does this, or two runs would not end alike. */
const lookEveryMs = 100;
/** Nothing in a quiet network is further away. */
const eventWithinMs = 2_000;

/** More peers than this are a matter for the command line. */
export const playedPeersMax = 5_000;

/** A run of the simulator. */
export class LiveStage implements Stage {
  chronicle = new Chronicle();
  twin: ClassicTwin | undefined;
  #run: ScenarioRun;
  #scenario: Scenario;
  #flights: number[] = [];
  #isOver = false;

  /** @throws RangeError for a scenario that is impossible, or has too many peers to be drawn */
  constructor(scenario: Scenario) {
    if (scenario.peers > playedPeersMax) {
      throw new RangeError(
        `the playground draws up to ${playedPeersMax.toLocaleString("en")} peers, and this scenario has ` +
          `${scenario.peers.toLocaleString("en")}: run it with hearsay sim`,
      );
    }
    this.#scenario = checked(scenario);
    this.#run = this.#begun();
  }

  /** What is run, with all that was done to it. */
  get scenario(): Scenario {
    return this.#scenario;
  }

  get at(): number {
    return this.#run.at;
  }

  get endAt(): number {
    return this.#scenario.forMs + this.#scenario.calmMs;
  }

  get calmAt(): number {
    return this.#scenario.forMs;
  }

  get planned(): number {
    return this.#scenario.peers;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get broken(): readonly Broken[] {
    return this.#run.violations.map(({ promise, message }) => ({ promise, message }));
  }

  get hash(): string {
    return this.#run.network.traceHash.toString(16).padStart(8, "0");
  }

  get messages(): number {
    return this.#run.network.counters.messages;
  }

  get duplicates(): number {
    let sum = 0;
    for (const { core } of this.#run.lives) sum += core.counters.duplicates;
    return sum;
  }

  to(at: number): void {
    while (this.#run.at < at && !this.#isOver) {
      const look = (Math.floor(this.#run.at / lookEveryMs) + 1) * lookEveryMs;
      this.#run.to(Math.min(at, look));
      if (this.#run.at % lookEveryMs === 0) this.#isOver = this.#run.isOver;
    }
    this.chronicle.advance(this.#run.at);
    this.twin?.to(this.#run.at);
  }

  toNextEvent(): void {
    const before = this.#run.network.counters.inputs;
    const limit = this.at + eventWithinMs;
    while (this.#run.network.counters.inputs === before && this.at < limit && !this.#isOver) this.to(this.at + 1);
  }

  restart(): void {
    this.chronicle = new Chronicle();
    this.#flights = [];
    this.#isOver = false;
    this.#run = this.#begun();
  }

  /**
   * Does something now. From then on the scenario holds it as steps, so that its address repeats it.
   *
   * @throws RangeError in the calm at the end, and for what is impossible
   */
  do(deeds: readonly Deed[]): void {
    for (const deed of deeds) this.#run.add({ ...deed, atMs: this.at });
    this.#scenario = this.#run.scenario;
    this.to(this.at + 1);
  }

  takeFlights(): Float64Array {
    const taken = Float64Array.from(this.#flights);
    this.#flights = [];
    return taken;
  }

  #begun(): ScenarioRun {
    const { chronicle } = this;
    const twin = isBesideClassic(this.#scenario) ? new ClassicTwin(this.#scenario) : undefined;
    this.twin = twin;
    return new ScenarioRun(this.#scenario, {
      trace: (line) => {
        chronicle.line(line);
        twin?.follow(line);
      },
      departed: ({ from, to, sentAt, at, message }) => {
        const [sender, receiver] = [chronicle.numberOf(from), chronicle.numberOf(to)];
        if (sender === undefined || receiver === undefined) return;
        const { type } = message;
        if ((type === "gossip" || type === "repair") && "envelope" in message) {
          const { origin, epoch, seq } = message.envelope;
          chronicle.sent(sender, receiver, `${origin}/${epoch}/${seq}`);
        }
        this.#flights.push(sender, receiver, sentAt, at, kindOf(type));
        if (this.#flights.length > flightsMax) this.#flights = underWay(this.#flights, this.#run.at);
      },
    });
  }
}

/** The numbers of so many messages are kept for a frame; then those that have arrived are forgotten. */
const flightsMax = 200_000;

function underWay(flights: readonly number[], at: number): number[] {
  const kept: number[] = [];
  for (let i = 0; i < flights.length; i += 5) if (flights[i + 3]! >= at) kept.push(...flights.slice(i, i + 5));
  return kept.length > flightsMax / 2 ? [] : kept;
}

function kindOf(type: string): number {
  if (type === "gossip" || type === "repair") return 0;
  if (type === "ihave" || type === "graft" || type === "prune") return 1;
  return type === "probe" || type === "ack" ? 2 : 3;
}

/** A trace that `hearsay sim --trace` has written. */
export class TraceStage implements Stage {
  chronicle = new Chronicle();
  readonly broken: readonly Broken[] = [];
  readonly hash = "";
  readonly messages = undefined;
  readonly duplicates = undefined;
  readonly twin = undefined;
  readonly calmAt = 0;
  readonly planned: number;
  readonly #lines: readonly TraceLine[];
  #next = 0;
  #at = 0;

  /** @throws RangeError that names the line that is none of a trace */
  constructor(text: string) {
    this.#lines = linesOf(text);
    this.planned = this.#lines.reduce((most, { peer }) => Math.max(most, peer), 1);
  }

  get at(): number {
    return this.#at;
  }

  get endAt(): number {
    return this.#lines.at(-1)!.at;
  }

  get isOver(): boolean {
    return this.#at >= this.endAt;
  }

  to(at: number): void {
    this.#at = Math.max(this.#at, Math.min(at, this.endAt));
    while (this.#next < this.#lines.length && this.#lines[this.#next]!.at <= this.#at) {
      this.chronicle.line(this.#lines[this.#next++]!);
    }
    this.chronicle.advance(this.#at);
  }

  toNextEvent(): void {
    this.to(this.#lines[this.#next]?.at ?? this.endAt);
  }

  restart(): void {
    this.chronicle = new Chronicle();
    this.#next = 0;
    this.#at = 0;
  }

  takeFlights(): Float64Array {
    return new Float64Array(0);
  }
}

function linesOf(text: string): TraceLine[] {
  const lines: TraceLine[] = [];
  let before = 0;
  for (const [index, row] of text.split("\n").entries()) {
    if (row.trim() === "") continue;
    let line: Partial<TraceLine> | null;
    try {
      line = JSON.parse(row) as Partial<TraceLine> | null;
    } catch {
      throw new RangeError(`line ${index + 1} is no line of a trace: it is not JSON`);
    }
    const { at, peer, event } = line ?? {};
    const isPeer = Number.isInteger(peer) && peer! >= 0 && peer! <= playedPeersMax;
    if (typeof at !== "number" || !(at >= before) || !isPeer || typeof event !== "string") {
      throw new RangeError(
        `line ${index + 1} is no line of a trace: it needs a time that does not go back (at), ` +
          `the number of a peer up to ${playedPeersMax} (peer), and what happened (event)`,
      );
    }
    before = at;
    lines.push(line as TraceLine);
  }
  if (lines.length === 0) throw new RangeError("there is nothing in this file");
  return lines;
}
