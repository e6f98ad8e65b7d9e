/**
 * Connections that have been accepted and have not shown yet what they speak. An honest dialer's first bytes come right
 * behind its connection, so these are few, and there for the time that a packet takes; the rest is silent on purpose.
 *
 * There is room for some hundred. When there are more, the one that has been silent for the longest time goes, not the
 * newest: a flood of silent connections then has to be faster than the packets of honest ones to keep these out.
 */
import type { Socket } from "node:net";
import type { Address } from "../core/address.js";
import type { Dialect } from "../core/effects.js";
import { dialectBytes, dialectOf } from "../wire/dialect.js";
import type { Turned } from "./connection.js";
import { Deadlines } from "./deadlines.js";

/** What is on the doorstep. */
interface Stranger {
  readonly socket: Socket;
  readonly remote: Address;
  /** Undecided bytes: fewer than {@link dialectBytes}. */
  held: Uint8Array;
  /** Stops listening to the socket. */
  readonly leave: () => void;
}

/** Whom the doorstep tells. */
export interface DoorstepOwner {
  /** It is known what is spoken. The socket is nobody's now, until the owner listens to it; `first` has been read. */
  decided(socket: Socket, remote: Address, dialect: Dialect, first: Uint8Array): void;
  /** A connection was closed. */
  turned(turned: Turned): void;
}

/** The connections of one port that are not decided yet. */
export class Doorstep {
  readonly #owner: DoorstepOwner;
  readonly #most: number;
  readonly #strangers: Deadlines<Stranger>;

  /** Takes how many connections may wait here, and for how long. */
  constructor(owner: DoorstepOwner, limits: { readonly undecidedMax: number; readonly undecidedLifeMs: number }) {
    this.#owner = owner;
    this.#most = limits.undecidedMax;
    this.#strangers = new Deadlines(limits.undecidedLifeMs);
  }

  /** How many connections wait here. */
  get size(): number {
    return this.#strangers.size;
  }

  /** When the next connection's time is over; `Infinity` without any. */
  get next(): number {
    return this.#strangers.next;
  }

  /** A connection has been accepted. */
  add(socket: Socket, remote: Address, now: number): void {
    const took = (bytes: Uint8Array) => this.#take(stranger, bytes);
    const gone = () => this.#remove(stranger);
    const ended = () => this.#turn(stranger, undefined);
    const failed = () => {
      // 'close' follows.
    };
    const stranger: Stranger = {
      socket,
      remote,
      held: new Uint8Array(0),
      leave: () => socket.off("data", took).off("end", ended).off("close", gone).off("error", failed),
    };
    socket.on("data", took).on("end", ended).on("close", gone).on("error", failed);
    this.#strangers.start(stranger, now);
    if (this.#strangers.size > this.#most) this.#turn(this.#strangers.first!, "too-many-silent");
  }

  /** Closes those whose time is over. */
  expire(now: number): void {
    for (const stranger of this.#strangers.takeDue(now)) this.#turn(stranger, "took-too-long");
  }

  /** Closes all. */
  clear(): void {
    for (const { socket } of this.#strangers.takeDue(Number.POSITIVE_INFINITY)) socket.destroy();
  }

  #take(stranger: Stranger, bytes: Uint8Array): void {
    const first = joined(stranger.held, bytes);
    const dialect = dialectOf(first);
    if (dialect === "unknown-yet") {
      stranger.held = first;
      return;
    }
    this.#remove(stranger);
    this.#owner.decided(stranger.socket, stranger.remote, dialect, first);
  }

  #turn(stranger: Stranger, why: Turned["why"]): void {
    this.#strangers.stop(stranger);
    if (why !== undefined) this.#owner.turned({ remote: stranger.remote, why });
    // Its listeners stay: the error that may still come must find one.
    stranger.socket.destroy();
  }

  #remove(stranger: Stranger): void {
    this.#strangers.stop(stranger);
    stranger.leave();
  }
}

function joined(held: Uint8Array, bytes: Uint8Array): Uint8Array {
  if (held.length === 0) return bytes;
  const all = new Uint8Array(held.length + bytes.length);
  all.set(held);
  all.set(bytes, held.length);
  return all;
}
