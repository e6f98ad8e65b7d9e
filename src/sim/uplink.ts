/**
 * How much fits through: packets that wait for those before them, where their way is narrow.
 *
 * Two places can be narrow. A **link** lets so many bytes through in a second, each way: what a core sends waits in that
 * link's own buffer. A **peer** has one uplink, which all of its links share: first come, first served, so a large message
 * on one link delays a probe on another. What a peer receives is not limited, and bytes are those of the messages: the
 * headers of TCP and IP come on top, as does the connection itself (SYN, FIN, RST take no room here).
 *
 * What waits is bounded as in the real driver: a core is told that a link is congested when {@link queueMaxBytes} wait on it,
 * until a quarter is left, and a link on which far more waits breaks.
 */
import type { Address } from "../core/address.js";
import type { LinkEnd } from "./link-ends.js";
import { SimEvent } from "./link-ends.js";
import { type Parcel, Pipe } from "./pipe.js";
import type { EventQueue } from "./queue.js";

/** How many bytes a second get through. What is left out is unlimited. */
export interface Bandwidth {
  /** On each link, each way. From 1 on. */
  readonly linkBytesPerS?: number | undefined;
  /** From each peer, on all its links together. From 1 on. */
  readonly peerBytesPerS?: number | undefined;
}

/** From so many bytes waiting on a link on, a core is told that it is congested: the default of the real driver. */
export const queueMaxBytes = 4_194_304;
/** A link on which more than this waits breaks, as the real driver breaks it. */
export const queueHardMaxBytes = 4 * queueMaxBytes + 1_048_576;
/** A network in which packets wait for longer than this is not calm. */
const lateMs = 500;

type LinkPipe<Message> = Pipe<LinkEnd<Message>, SimEvent<Message>>;

/** All narrow places of one network. */
export class Uplinks<Message> {
  /** When something last left that had waited for long; on the queue's clock. */
  lateAt = Number.NEGATIVE_INFINITY;
  /** Peers whose packets have waited for long. */
  readonly late = new Set<Address>();
  readonly #queue: EventQueue<SimEvent<Message>>;
  readonly #launch: (end: LinkEnd<Message>, event: SimEvent<Message>) => void;
  readonly #ofPeers = new Map<Address, LinkPipe<Message>>();
  /** Of sides of links, and of peers: those in which something waits, and whose they are. */
  readonly #busy = new Map<LinkPipe<Message>, LinkEnd<Message>>();
  #common: Bandwidth = {};
  readonly #special = new Map<Address, Bandwidth>();
  #isLimited = false;

  /** @param launch - sends an event on its way, once it is through */
  constructor(queue: EventQueue<SimEvent<Message>>, launch: (end: LinkEnd<Message>, event: SimEvent<Message>) => void) {
    this.#queue = queue;
    this.#launch = launch;
  }

  /** Whether anything is narrow, or anything waits. */
  get isOn(): boolean {
    return this.#isLimited || this.#busy.size > 0;
  }

  /**
   * How much fits through from now on, also for what waits already.
   *
   * @param of - the peers that this is about; undefined: all others
   * @param bandwidth - undefined: they have no limits of their own
   * @throws RangeError for a number below 1
   */
  set(of: readonly Address[] | undefined, bandwidth: Bandwidth | undefined): void {
    for (const value of [bandwidth?.linkBytesPerS, bandwidth?.peerBytesPerS]) {
      if (value !== undefined && !(value >= 1)) throw new RangeError(`a bandwidth is at least 1 byte/s, not ${value}`);
    }
    if (of === undefined) this.#common = bandwidth ?? {};
    else if (bandwidth === undefined) for (const address of of) this.#special.delete(address);
    else for (const address of of) this.#special.set(address, bandwidth);
    const { linkBytesPerS, peerBytesPerS } = this.#common;
    this.#isLimited = linkBytesPerS !== undefined || peerBytesPerS !== undefined || this.#special.size > 0;
    const { now } = this.#queue;
    for (const [pipe, end] of this.#busy) {
      pipe.setPace(now, pipe === end.pipe ? this.#linkPace(end) : this.#peerPace(end));
      this.#await(pipe, end);
    }
  }

  /** An event is to leave, after all that this side has sent before. */
  send(end: LinkEnd<Message>, event: SimEvent<Message>): void {
    const pace = this.#linkPace(end);
    end.pipe ??= new Pipe();
    if (pace === Number.POSITIVE_INFINITY && end.pipe.size === 0) this.#sendOn(end, event);
    else this.#push(end.pipe, pace, end, event);
  }

  /** A pipe's event has come. */
  dispatch(timer: SimEvent<Message>): void {
    const end = timer.end!;
    const { now } = this.#queue;
    if (end.pipe?.timer === timer) {
      for (let one = this.#shift(end.pipe, now); one !== undefined; one = this.#shift(end.pipe, now)) {
        this.#sendOn(end, one.event);
      }
      this.#await(end.pipe, end);
      return;
    }
    const pipe = this.#ofPeers.get(end.owner.address);
    if (pipe?.timer !== timer) return;
    for (let one = this.#shift(pipe, now); one !== undefined; one = this.#shift(pipe, now)) {
      this.#launch(one.end, one.event);
    }
    this.#await(pipe, end);
  }

  /** Takes back what one side has sent and what has not left yet, in order. */
  takeBack(end: LinkEnd<Message>): SimEvent<Message>[] {
    const { now } = this.#queue;
    const back: SimEvent<Message>[] = [];
    for (const pipe of [this.#ofPeers.get(end.owner.address), end.pipe]) {
      if (pipe === undefined || pipe.size === 0) continue;
      for (const { event } of pipe.remove(end, now)) back.push(event);
      this.#await(pipe, end);
    }
    return back;
  }

  #linkPace({ owner }: LinkEnd<Message>): number {
    const { linkBytesPerS } = this.#special.get(owner.address) ?? this.#common;
    return (linkBytesPerS ?? this.#common.linkBytesPerS ?? Number.POSITIVE_INFINITY) / 1_000;
  }

  #peerPace({ owner }: LinkEnd<Message>): number {
    const { peerBytesPerS } = this.#special.get(owner.address) ?? this.#common;
    return (peerBytesPerS ?? this.#common.peerBytesPerS ?? Number.POSITIVE_INFINITY) / 1_000;
  }

  /** From the link's own buffer to the uplink that all links of a peer share. */
  #sendOn(end: LinkEnd<Message>, event: SimEvent<Message>): void {
    const { address } = end.owner;
    const pace = this.#peerPace(end);
    let pipe = this.#ofPeers.get(address);
    if (pace === Number.POSITIVE_INFINITY && (pipe === undefined || pipe.size === 0)) {
      this.#launch(end, event);
      return;
    }
    if (pipe === undefined) {
      pipe = new Pipe();
      this.#ofPeers.set(address, pipe);
    }
    this.#push(pipe, pace, end, event);
  }

  #push(pipe: LinkPipe<Message>, pace: number, end: LinkEnd<Message>, event: SimEvent<Message>): void {
    const { now } = this.#queue;
    pipe.setPace(now, pace);
    pipe.push({ event, end, since: now }, now);
    if (pipe.size === 1) this.#await(pipe, end);
  }

  #shift(pipe: LinkPipe<Message>, now: number): Parcel<LinkEnd<Message>, SimEvent<Message>> | undefined {
    const parcel = pipe.shift(now);
    if (parcel !== undefined && now - parcel.since > lateMs) {
      this.lateAt = now;
      this.late.add(parcel.end.owner.address);
    }
    return parcel;
  }

  /** Sees to it that an event comes when the first one in a pipe is through. */
  #await(pipe: LinkPipe<Message>, end: LinkEnd<Message>): void {
    if (pipe.size === 0) {
      pipe.timer = undefined;
      this.#busy.delete(pipe);
      return;
    }
    if (!this.#busy.has(pipe)) this.#busy.set(pipe, end);
    const at = Math.max(this.#queue.now, pipe.dueAt);
    if (pipe.timer?.at === at) return;
    pipe.timer = new SimEvent<Message>("through", end.owner, end);
    this.#queue.schedule(pipe.timer, at);
  }
}
