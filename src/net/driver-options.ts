/** How a driver is told where to listen, what to speak there, and how much of everything there may be. */
import type { Dialect } from "../core/effects.js";
import type { Wires } from "./wires.js";

/** Where to listen, and the limits on sockets. */
export interface DriverOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** IP or name of the interface to listen on; all of them when left out. */
  readonly host?: string | undefined;
  /** Local IP to open connections from, where the machine has several. */
  readonly localIp?: string | undefined;
  /** Paths to other drivers of this process that may be cut. */
  readonly wires?: Wires | undefined;
  /** Connections from others that are open at the same time; more are closed at once. */
  readonly connectionsMax?: number;
  /** The life of a classic connection, from its opening; and how long a dial may take. */
  readonly connectionLifeMs?: number;
  /** Silence after which a classic text that may be complete is taken to be. */
  readonly settleMs?: number;
}

/** What a driver has to know as well, to speak more than the classic dialect. */
export interface DialectOptions extends DriverOptions {
  /**
   * What is spoken here; a connection that speaks something else is closed. Left out: `classic` alone, and the core is
   * told of connections before they say anything.
   */
  readonly dialects?: readonly Dialect[];
  /** The most bytes of a payload; a link that brings a larger one is closed. 1 MiB if left out. */
  readonly maxPayloadBytes?: number | undefined;
  /** How long a connection may take to show what it speaks. */
  readonly undecidedLifeMs?: number;
  /** Connections that have not shown it yet; when there are more, the oldest of them is closed. */
  readonly undecidedMax?: number;
  /** Bytes waiting on a native link from which on the core is told that it is congested, until a quarter is left. */
  readonly queueMaxBytes?: number;
  /** Bytes waiting on a native link beyond which it is closed. */
  readonly queueHardMaxBytes?: number;
  /** How long a native connection that the core has closed waits for the other side to end, too. */
  readonly lingerMs?: number;
}
