/**
 * One virtual process: a core, its timer, and what waits for it while it is frozen or blocked, or busy because it is slow.
 */
import { type Address, splitAddress } from "../core/address.js";
import type { Core, Dialect, DownReason, Effects, LinkId } from "../core/effects.js";
import type { Random } from "../core/random.js";
import { SimulationError } from "./errors.js";
import { type Endpoint, type Farewell, type LinkEnd, SimEvent, type Tcp } from "./tcp.js";
import type { Trace } from "./trace.js";

/** Connections that the kernel accepts for a process that does not: Node's default backlog. */
export const backlogMax = 511;
/** Datagrams that the kernel keeps for a process that does not read: what fits into Linux's default receive buffer. */
export const datagramsMax = 256;
/** What a datagram has come on. */
export const noLink: LinkId = 0;
/** So many wakes of one core within one millisecond are a loop. */
export const wakesPerMsMax = 1_000;
const ephemeralPortMin = 49_152;
const ephemeralPortMax = 65_535;

/** A running process of a virtual network, from its start to its crash. */
export interface VirtualProcess<C> {
  readonly core: C;
  /** Where it listens. */
  readonly address: Address;
  /** False from its crash on. A later process at the same address is another one. */
  readonly alive: boolean;
  /** Whether it is stopped (SIGSTOP) for now. */
  readonly frozen: boolean;
  /** Whether all that it says and hears waits for now. */
  readonly blocked: boolean;
  /**
   * Runs an input that is not one of the driver's (`start`, `publish`, `leave`) on the core, and reads its next wake
   * again. Throws a SimulationError: `process-dead`, `process-frozen`, or `core-busy` when called from within an effect.
   */
  call<T>(input: (core: C, now: number) => T): T;
  /**
   * Ends the process at once (SIGKILL). Its core gets no more inputs, its effects are ignored, its address is free. Does
   * nothing when it is dead. An exit in good order is a crash of a process that has closed its links; a machine that
   * loses power is a process that is partitioned from all others, and then crashes.
   *
   * @param farewell - what the other sides of its links get: `linkDown` with `reset` (the default), or `linkEnded`, as
   *   from a close. A real kernel does either, depending on whether the process had read all its input
   */
  crash(farewell?: Farewell): void;
  /**
   * Stops the process (SIGSTOP). Its kernel goes on: it accepts up to 511 connections and receives what is sent. The
   * core sees nothing of it, nor of time.
   */
  freeze(): void;
  /**
   * Lets a frozen process go on: it gets all that has waited, in order, now, before anything newer. Its timer comes first if
   * it is due, as in Node, whose loop runs timers before it reads.
   */
  thaw(): void;
  /**
   * Blocks all its sends and receives; its core and its timers go on. That is how a process of many threads stalls whose
   * network threads get no time, and how the anomalies of Lifeguard's experiments were made (Dadgar, Phillips, Currey,
   * DSN-W 2018, section V). What the core dials, sends, ends and closes waits in this order, datagrams too. What comes to
   * it waits unread, as when frozen.
   */
  block(): void;
  /** Lets all that has waited go out, in order, and then gives the core all that has come, now, before anything newer. */
  unblock(): void;
  /**
   * How long the process is busy with each input from now on, in milliseconds, fractions allowed; 0: no time at all. What
   * comes meanwhile waits, the timer first, as while it is frozen. What it answers leaves at the beginning of that time.
   * Throws a RangeError for a negative number.
   */
  setCost(msPerInput: number): void;
}

/** What all processes of one network share. */
export interface World<Message> {
  readonly tcp: Tcp<Message>;
  readonly trace: Trace;
  /** Milliseconds since 1970 at time 0 of the queue. */
  readonly startMs: number;
  readonly recheck: ((message: Message) => Message) | undefined;
  /** Hears of every message that a core is given. */
  readonly travelled: ((event: SimEvent<Message>, sentAt: number) => void) | undefined;
}

/** The process behind a {@link VirtualProcess}, with the side that the kernel sees. */
export class Process<Message, C extends Core<Message>, Event> implements VirtualProcess<C>, Endpoint<Message> {
  readonly core: C;
  readonly address: Address;
  readonly ip: string;
  readonly links: LinkEnd<Message>[] = [];
  alive = true;
  frozen = false;
  blocked = false;
  readonly #world: World<Message>;
  /** Names the process in the trace: the first one started is 1. */
  readonly #number: number;
  /** What the core has asked for while the process was blocked. */
  #unsent: (() => void)[] = [];
  /** Inputs that came while the process was frozen, blocked or busy, until they have all been given to the core. */
  #held: SimEvent<Message>[] = [];
  /** Inbound links among the held inputs. */
  #unaccepted = 0;
  /** Datagrams among them. */
  #unread = 0;
  #nextPort = ephemeralPortMin;
  /** The one wake that counts; others that may still be in the queue are stale. */
  #wake: SimEvent<Message> | undefined = undefined;
  /** When that is due; −1: there is none. Kept here as well: the event itself lies far away in memory. */
  #wakeAt = -1;
  #lastWakeAt = -1;
  #wakesInThisMs = 0;
  #isBusy = false;
  /** Milliseconds that each input takes. */
  #costMs = 0;
  /** Until when it is busy with those that it has been given. */
  #busyUntil = 0;
  /** What it was given last, of what had to wait, was its timer. */
  #wasWake = false;
  /** A drain is on its way. */
  #drainAt = -1;

  constructor(
    world: World<Message>,
    number: number,
    address: Address,
    random: Random,
    make: (effects: Effects<Message, Event>, random: Random) => C,
    onEvent: ((event: Event, now: number) => void) | undefined,
  ) {
    this.#world = world;
    this.#number = number;
    this.address = address;
    this.ip = splitAddress(address).ip;
    this.core = make(new ProcessEffects(this, world, onEvent), random);
    this.#scheduleWake();
  }

  /** Milliseconds since 1970. */
  get now(): number {
    return this.#world.startMs + this.#world.tcp.queue.now;
  }

  get isAccepting(): boolean {
    return this.#unaccepted < backlogMax;
  }

  takePort(): number {
    const port = this.#nextPort;
    this.#nextPort = port === ephemeralPortMax ? ephemeralPortMin : port + 1;
    return port;
  }

  call<T>(input: (core: C, now: number) => T): T {
    if (!this.alive) throw new SimulationError("process-dead", `${this.address} has crashed`);
    if (this.frozen) throw new SimulationError("process-frozen", `${this.address} is frozen`);
    if (this.#isBusy) throw new SimulationError("core-busy", `an effect of ${this.address} calls back into its core`);
    this.#world.trace.add(this.#world.tcp.queue.now, this.#number, traceCall, 0);
    this.#isBusy = true;
    try {
      return input(this.core, this.now);
    } finally {
      this.#isBusy = false;
      if (this.alive) this.#scheduleWake();
    }
  }

  crash(farewell: Farewell = "reset"): void {
    if (!this.alive) return;
    this.alive = false;
    this.frozen = false;
    this.blocked = false;
    this.#unsent = [];
    this.#held = [];
    this.#unread = 0;
    this.#world.tcp.listeners.delete(this.address);
    this.#world.tcp.abort(this, farewell);
  }

  freeze(): void {
    this.frozen = this.alive;
  }

  thaw(): void {
    if (!this.frozen) return;
    this.frozen = false;
    this.#scheduleDrain();
  }

  block(): void {
    this.blocked = this.alive;
  }

  unblock(): void {
    if (!this.blocked) return;
    this.blocked = false;
    for (const send of this.#unsent.splice(0)) send();
    this.#scheduleWake();
    this.#scheduleDrain();
  }

  postpone(send: () => void): void {
    this.#unsent.push(send);
  }

  setCost(msPerInput: number): void {
    if (!(msPerInput >= 0)) throw new RangeError(`an input costs 0 ms or more, not ${msPerInput}`);
    this.#costMs = msPerInput;
    if (msPerInput === 0) this.#busyUntil = 0;
    this.#scheduleDrain();
  }

  input(event: SimEvent<Message>): void {
    if (!this.alive) return;
    if (event.kind === "drain") this.#drain();
    else if (this.blocked && !this.frozen && event.kind === "wake" && !this.#isOccupied()) this.#feed(event);
    else if (this.frozen || this.blocked || this.#held.length > 0 || this.#isOccupied()) {
      if (event.end?.seen === "unseen" && event.kind === "up") this.#unaccepted++;
      else if (event.kind === "datagram" && ++this.#unread > datagramsMax) {
        this.#unread--;
        return;
      }
      // The timer comes before all that could be read.
      if (event.kind === "wake") this.#held.unshift(event);
      else this.#held.push(event);
      if (!this.frozen) this.#scheduleDrain();
    } else this.#feed(event);
  }

  /** Whether it is still at work on what it was given before. */
  #isOccupied(): boolean {
    return this.#busyUntil >= this.#world.tcp.queue.now + 1;
  }

  /** What has waited has its turn as soon as it is neither frozen nor busy. */
  #scheduleDrain(): void {
    if (this.#held.length === 0 || this.frozen) return;
    if (this.blocked && this.#held[0]!.kind !== "wake") return;
    const { queue } = this.#world.tcp;
    const at = Math.max(queue.now, Math.floor(this.#busyUntil));
    if (this.#drainAt >= queue.now && this.#drainAt <= at) return;
    this.#drainAt = at;
    queue.schedule(new SimEvent<Message>("drain", this), at);
  }

  #drain(): void {
    this.#drainAt = -1;
    let fed = 0;
    while (fed < this.#held.length && !this.frozen && this.alive && !this.#isOccupied()) {
      if (this.#costMs > 0 && !this.blocked) this.#takeTurns(fed);
      const event = this.#held[fed]!;
      // A process that is thawed while it is blocked has its timer, and no more.
      if (this.blocked && event.kind !== "wake") break;
      fed++;
      if (event.end?.seen === "unseen") this.#unaccepted--;
      if (event.kind === "datagram") this.#unread--;
      this.#feed(event);
    }
    this.#held.splice(0, fed);
    if (this.alive) this.#scheduleDrain();
  }

  /** A loop that is late runs its timers, then reads, then runs its timers again: none of the two starves the other. */
  #takeTurns(first: number): void {
    const [one, other] = [this.#held[first]!, this.#held[first + 1]];
    if (one.kind === "wake" && this.#wasWake && other !== undefined) {
      this.#held[first] = other;
      this.#held[first + 1] = one;
    }
    this.#wasWake = this.#held[first]!.kind === "wake";
  }

  #feed(event: SimEvent<Message>): void {
    if (this.#costMs > 0) this.#work();
    this.#isBusy = true;
    try {
      if (event.kind === "datagram") {
        this.#world.trace.add(this.#world.tcp.queue.now, this.#number, traceMessage, noLink);
        this.core.receive(this.now, noLink, event.message as Message);
      } else if (event.end === undefined) this.#feedWake(event);
      else this.#feedLink(event, event.end);
    } finally {
      this.#isBusy = false;
    }
    if (this.alive) this.#scheduleWake();
  }

  #work(): void {
    this.#busyUntil = Math.max(this.#busyUntil, this.#world.tcp.queue.now) + this.#costMs;
  }

  #feedLink(event: SimEvent<Message>, end: LinkEnd<Message>): void {
    // The core may have closed the link while this was waiting.
    if (end.seen === "gone") return;
    const { trace, tcp } = this.#world;
    const at = tcp.queue.now;
    if (event.kind === "message") {
      trace.add(at, this.#number, traceMessage, end.id);
      this.#world.travelled?.(event, tcp.sentAt?.get(event) ?? at);
      this.core.receive(this.now, end.id, event.message as Message);
    } else if (event.kind === "up") {
      end.seen = "up";
      trace.add(at, this.#number, traceUp, end.id);
      this.core.linkUp(this.now, end.id, end.remote, end.dialect);
    } else if (event.kind === "ended") {
      // The core has ended its half while this was waiting: `linkDown` is next.
      if (end.hasEnded) return;
      trace.add(at, this.#number, traceEnded, end.id);
      this.core.linkEnded(this.now, end.id);
    } else if (event.kind === "congested" || event.kind === "eased") {
      const isCongested = event.kind === "congested";
      trace.add(at, this.#number, isCongested ? traceCongested : traceEased, end.id);
      this.core.congested?.(this.now, end.id, isCongested);
    } else {
      const reason = event.reason!;
      end.seen = "gone";
      tcp.links.remove(end);
      trace.add(at, this.#number, traceDown[reason], end.id);
      this.core.linkDown(this.now, end.id, reason);
    }
  }

  #feedWake(event: SimEvent<Message>): void {
    if (event !== this.#wake) return;
    this.#wake = undefined;
    this.#wakeAt = -1;
    if (this.core.nextWake > this.now) return;
    const at = this.#world.tcp.queue.now;
    this.#wakesInThisMs = at === this.#lastWakeAt ? this.#wakesInThisMs + 1 : 1;
    this.#lastWakeAt = at;
    if (this.#wakesInThisMs > wakesPerMsMax) {
      throw new SimulationError("wake-loop", `${this.address} wants ever more wakes at ${this.now}`);
    }
    this.#world.trace.add(at, this.#number, traceWake, 0);
    this.core.wake(this.now);
  }

  /**
   * Sees to it that a wake is queued at `nextWake` or before. One that comes too early costs less than a new event for
   * every input that moves `nextWake` on: when it is due it looks again.
   */
  #scheduleWake(): void {
    const { nextWake } = this.core;
    if (nextWake === Number.POSITIVE_INFINITY) return;
    const { queue } = this.#world.tcp;
    const at = Math.max(queue.now, Math.ceil(nextWake - this.#world.startMs));
    if (this.#wakeAt >= 0 && this.#wakeAt <= at) return;
    if (Number.isNaN(at)) throw new SimulationError("wake-loop", `${this.address} wants a wake at ${nextWake}`);
    this.#wake = new SimEvent<Message>("wake", this);
    this.#wakeAt = at;
    queue.schedule(this.#wake, at);
  }
}

const traceCall = 1;
const traceUp = 2;
const traceMessage = 3;
const traceWake = 4;
const traceEnded = 12;
const traceCongested = 13;
const traceEased = 14;
const traceDown: Record<DownReason, number> = {
  refused: 5,
  unreachable: 6,
  timeout: 7,
  reset: 8,
  closed: 9,
  garbage: 10,
  local: 11,
};

/** What a core may do to the virtual world. */
class ProcessEffects<Message, C extends Core<Message>, Event> implements Effects<Message, Event> {
  readonly #process: Process<Message, C, Event>;
  readonly #world: World<Message>;
  readonly #onEvent: ((event: Event, now: number) => void) | undefined;

  constructor(
    process: Process<Message, C, Event>,
    world: World<Message>,
    onEvent: ((event: Event, now: number) => void) | undefined,
  ) {
    this.#process = process;
    this.#world = world;
    this.#onEvent = onEvent;
  }

  dial(address: Address, dialect: Dialect = "native"): LinkId {
    const { tcp } = this.#world;
    if (!this.#process.alive) return tcp.takeLinkId();
    const link = tcp.open(this.#process, address, dialect);
    if (this.#process.blocked) this.#process.postpone(() => tcp.connect(this.#process, link));
    else tcp.connect(this.#process, link);
    return link;
  }

  send(link: LinkId, message: Message): void {
    if (!this.#process.alive) return;
    const { tcp, recheck } = this.#world;
    const checked = recheck === undefined ? message : recheck(message);
    if (this.#process.blocked) this.#process.postpone(() => tcp.send(this.#process, link, checked));
    else tcp.send(this.#process, link, checked);
  }

  end(link: LinkId): void {
    if (!this.#process.alive) return;
    const { tcp } = this.#world;
    if (this.#process.blocked) this.#process.postpone(() => tcp.end(this.#process, link));
    else tcp.end(this.#process, link);
  }

  close(link: LinkId): void {
    if (!this.#process.alive) return;
    const { tcp } = this.#world;
    if (this.#process.blocked) this.#process.postpone(() => tcp.close(this.#process, link));
    else tcp.close(this.#process, link);
  }

  notify(event: Event): void {
    if (this.#process.alive) this.#onEvent?.(event, this.#process.now);
  }
}
