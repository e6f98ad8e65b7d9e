/** Plays a stage at a speed, in small slices, and makes frames of it. The worker gives it time. */
import type { Chronicle } from "./chronicle.js";
import type { ClassicTwin } from "./classic-twin.js";
import { type Answer, type Frame, type NetworkFrame, type Order, statuses } from "./frames.js";
import { LiveStage, type Stage, TraceStage } from "./stage.js";

/** Of each turn so many real milliseconds are spent; then the page has its say. */
const sliceMs = 12;
/** While it seeks, more. */
const seekSliceMs = 40;
/** Virtual milliseconds between two looks at the clock, at most; fewer where they take long. */
const strideMaxMs = 5;
/** Real milliseconds from one set of links to the next, at least: there are many, and eyes are slow. */
const linksEveryMs = 100;
/** The largest trace that is opened. */
const traceMaxBytes = 200_000_000;

/** Which links the page was told last, and when. */
interface LinksTold {
  turn: number;
  at: number;
}

/** Answers orders. */
export class Player {
  readonly #answer: (answer: Answer, transfer: Transferable[]) => void;
  readonly #clock: () => number;
  #stage: Stage | undefined;
  #isPlaying = false;
  #speed = 1;
  /** Where it should be by now, with fractions. */
  #target = 0;
  #turnedAt = 0;
  #pace = 0;
  #stride = strideMaxMs;
  #seekTo: number | undefined;
  #turn = 0;
  #isDrawn = true;
  #isStale = true;
  readonly #linksTold = { turn: -1, at: Number.NEGATIVE_INFINITY };
  readonly #besideTold = { turn: -1, at: Number.NEGATIVE_INFINITY };

  /** @param clock - real milliseconds */
  constructor(answer: (answer: Answer, transfer: Transferable[]) => void, clock: () => number) {
    this.#answer = answer;
    this.#clock = clock;
  }

  /** Whether it has work to do without being asked. */
  get isBusy(): boolean {
    return this.#stage !== undefined && (this.#isPlaying || this.#seekTo !== undefined);
  }

  /** Does as it is told. What is impossible is answered in words. */
  async obey(order: Order): Promise<void> {
    try {
      if (order.type === "trace") await this.#open(order.file, order.name);
      else this.#do(order);
    } catch (error) {
      this.#isPlaying = false;
      this.#isStale = true;
      this.#answer({ type: "failed", message: error instanceof Error ? error.message : String(error) }, []);
    }
    this.#show();
  }

  /** Plays on for a little while. */
  turn(): void {
    const stage = this.#stage;
    if (stage === undefined) return;
    try {
      if (this.#seekTo !== undefined) this.#seek(stage, this.#seekTo);
      else if (this.#isPlaying) this.#play(stage);
    } catch (error) {
      this.#isPlaying = false;
      this.#seekTo = undefined;
      this.#answer({ type: "failed", message: `the simulation has failed: ${String(error)}` }, []);
    }
    this.#show();
  }

  #do(order: Exclude<Order, { type: "trace" }>): void {
    const stage = this.#stage;
    switch (order.type) {
      case "run":
        this.#take(new LiveStage(order.scenario), order.isPlaying);
        this.#seekTo = order.seekTo;
        this.#answer({ type: "scenario", scenario: order.scenario, name: order.scenario.name }, []);
        break;
      case "play":
        this.#isPlaying = order.isPlaying;
        this.#goOn();
        break;
      case "speed":
        this.#speed = order.speed;
        this.#goOn();
        break;
      case "step":
        this.#isPlaying = false;
        if (order.by === "event") stage?.toNextEvent();
        else stage?.to(stage.at + 1);
        this.#goOn();
        break;
      case "seek":
        this.#seekTo = Math.max(0, Math.round(order.at));
        if (stage !== undefined && this.#seekTo < stage.at) {
          stage.restart();
          this.#turn++;
        }
        break;
      case "do":
        if (!(stage instanceof LiveStage)) throw new RangeError("nothing can be done to what a trace tells");
        stage.do(order.deeds);
        this.#goOn();
        this.#answer({ type: "scenario", scenario: stage.scenario, name: stage.scenario.name }, []);
        break;
      case "drawn":
        this.#isDrawn = true;
        return;
    }
    this.#isStale = true;
  }

  async #open(file: Blob, name: string): Promise<void> {
    if (file.size > traceMaxBytes) {
      throw new RangeError(`this trace is larger than ${traceMaxBytes / 1e6} MB: hearsay sim replay reads it`);
    }
    this.#take(new TraceStage(await file.text()), true);
    this.#answer({ type: "scenario", scenario: undefined, name }, []);
  }

  #take(stage: Stage, isPlaying: boolean): void {
    this.#stage = stage;
    this.#isPlaying = isPlaying;
    this.#seekTo = undefined;
    this.#turn++;
    this.#goOn();
    this.#isStale = true;
  }

  /** From where it is now. */
  #goOn(): void {
    this.#target = this.#stage?.at ?? 0;
    this.#turnedAt = this.#clock();
    this.#isStale = true;
  }

  #seek(stage: Stage, to: number): void {
    const until = this.#clock() + seekSliceMs;
    while (stage.at < to && !stage.isOver && this.#clock() < until) this.#stridden(stage, to);
    if (stage.at >= to || stage.isOver) this.#seekTo = undefined;
    this.#goOn();
  }

  #stridden(stage: Stage, to: number): void {
    const startedAt = this.#clock();
    stage.to(Math.min(to, stage.at + this.#stride));
    const took = this.#clock() - startedAt;
    this.#stride = took > sliceMs / 4 ? 1 : strideMaxMs;
  }

  #play(stage: Stage): void {
    const startedAt = this.#clock();
    const passed = Math.min(100, startedAt - this.#turnedAt);
    this.#turnedAt = startedAt;
    this.#target += passed * this.#speed;
    const before = stage.at;
    const goal = Math.floor(this.#target);
    while (stage.at < goal && !stage.isOver && this.#clock() < startedAt + sliceMs) {
      this.#stridden(stage, goal);
    }
    // What could not be done in time is not made up for: it is slower than was asked.
    if (stage.at < goal) this.#target = stage.at;
    if (passed > 0) this.#pace += 0.1 * ((stage.at - before) / passed - this.#pace);
    if (stage.isOver) this.#isPlaying = false;
    if (stage.at !== before || stage.isOver) this.#isStale = true;
  }

  #show(): void {
    if (!this.#isDrawn || !this.#isStale || this.#stage === undefined) return;
    this.#isDrawn = false;
    this.#isStale = false;
    const frame = this.#frameOf(this.#stage);
    const networks = frame.beside === undefined ? [frame] : [frame, frame.beside];
    const transfer = networks.flatMap(({ statuses: states, hadMs, sides, links, flights }) => {
      const all = [states.buffer, hadMs.buffer, sides.buffer, flights.buffer];
      return links === undefined ? all : [...all, links.buffer];
    });
    this.#answer(frame, transfer as Transferable[]);
  }

  #frameOf(stage: Stage): Frame {
    const { chronicle, twin } = stage;
    return {
      ...this.#networkOf(stage, stage.isOver, this.#linksTold),
      beside: twin === undefined ? undefined : this.#networkOf(twin, stage.isOver, this.#besideTold),
      type: "frame",
      at: stage.at,
      endAt: stage.endAt,
      calmAt: stage.calmAt,
      isOver: stage.isOver,
      isPlaying: this.#isPlaying,
      isSeeking: this.#seekTo !== undefined,
      pace: this.#pace,
      turn: this.#turn,
      planned: Math.max(stage.planned, chronicle.size),
      remarks: chronicle.remarks.slice(-40),
      broken: stage.broken,
      hash: stage.hash,
    };
  }

  #networkOf(network: Stage | ClassicTwin, isOver: boolean, told: LinksTold): NetworkFrame {
    const { chronicle } = network;
    const [states, hadMs, sides] = [
      new Uint8Array(chronicle.size),
      new Float32Array(chronicle.size),
      new Uint8Array(chronicle.size),
    ];
    chronicle.statusesInto(states, hadMs, sides);
    const flights = network.takeFlights();
    return {
      statuses: states,
      hadMs,
      sides,
      links: this.#linksOf(chronicle, isOver, told),
      flights: this.#seekTo === undefined ? flights : new Float64Array(0),
      counts: {
        up: chronicle.up,
        published: chronicle.published,
        delivered: chronicle.delivered,
        expected: chronicle.expected,
        messages: network.messages,
        duplicates: network.duplicates,
        deaths: chronicle.deaths,
        falseDeaths: chronicle.falseDeaths,
      },
      last: chronicle.last,
      recent: chronicle.recent,
    };
  }

  /** Undefined when they are what they were, or too many to be told again so soon. */
  #linksOf(chronicle: Chronicle, isOver: boolean, told: LinksTold): Int32Array | undefined {
    const turn = this.#turn * 2 ** 32 + chronicle.linksTurn;
    const now = this.#clock();
    const isAtRest = !this.#isPlaying || isOver;
    if (turn === told.turn || (!isAtRest && now - told.at < linksEveryMs)) return undefined;
    told.turn = turn;
    told.at = now;
    return chronicle.links();
  }
}

/** A number of a frame in words. */
export function statusAt(frame: Pick<Frame, "statuses">, number: number): (typeof statuses)[number] | undefined {
  return statuses[frame.statuses[number - 1] ?? -1];
}
