/**
 * Runs one core over TCP: sockets become links, bytes become messages, and one timer serves every deadline.
 *
 * One port serves both dialects. Whoever dials speaks first, and the first bytes tell which dialect it is; the core is
 * told of the link then. Classic connections have a short life, whoever opened them: nothing in the classic protocol
 * takes longer, so silent, endless and half-open ones all end the same way. Connections of Hearsay's own protocol stay;
 * that the other side is still there is for the core to find out.
 *
 * What the core sends goes out when it has dealt with all that came in together: with everything that one read of a
 * socket brought, or with all that an application asks for before it lets go of the processor. On a link that is written
 * to very often it waits for a few milliseconds, so that many messages share the cost of a write.
 */
import { createServer, type Server, Socket } from "node:net";
import { type Address, splitAddress } from "../core/address.js";
import type { Core, Dialect, DownReason, Effects, LinkId } from "../core/effects.js";
import { defaultMaxPayloadBytes } from "../wire/native.js";
import { ClassicConnection, type ClassicOwner } from "./classic-connection.js";
import { now } from "./clock.js";
import type { AnyMessage, Connection, Turned } from "./connection.js";
import { Deadlines } from "./deadlines.js";
import { Doorstep, type DoorstepOwner } from "./doorstep.js";
import type { DialectOptions } from "./driver-options.js";
import { Flushes } from "./flushes.js";
import { listen } from "./listen.js";
import { NativeConnection, type NativeLimits, type NativeOwner } from "./native-connection.js";
import { localAddressFor, remoteAddress } from "./socket-address.js";

export type { AnyMessage, Turned } from "./connection.js";
export type { DialectOptions, DriverOptions } from "./driver-options.js";

/** What a driver tells its owner, beside what the core has to tell. */
export interface DriverOwner<Event> {
  /** Something happened. Must not call the driver: the core is in the middle of an input. */
  event(event: Event): void;
  /** Something was turned away, at most once for each connection. */
  turned(turned: Turned): void;
}

/** A timer later than this means that this process was stopped or blocked, and that much may be waiting to be read. */
const lateMs = 500;

/** One core on real sockets. */
export class Driver<C extends Core<AnyMessage>, Event> implements ClassicOwner, NativeOwner, DoorstepOwner {
  readonly #options: DialectOptions;
  readonly #limits: NativeLimits;
  readonly #owner: DriverOwner<Event>;
  readonly #server: Server;
  readonly #connections = new Map<LinkId, Connection>();
  /** Undefined when only the classic dialect is spoken. */
  readonly #doorstep: Doorstep | undefined;
  /** Classic connections, and dials. */
  readonly #lives: Deadlines<Connection>;
  /** Native connections that the core is through with. */
  readonly #lingering: Deadlines<Connection>;
  /** Classic connections whose bytes may be complete. */
  readonly #settling: Deadlines<ClassicConnection>;
  /** Native connections with something to write. */
  readonly #flushes = new Flushes(() => this.#settle());
  readonly waits = this.#flushes.waits;
  /** Whether a flush is on its way, at the end of what runs now. */
  #isFlushing = false;
  /** Native connections that are congested, or no longer are, and the core does not know yet. */
  #changed: NativeConnection[] = [];
  #core!: C;
  #nextLink = 1;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  /** No connection is ended before this time: set when this process was late itself, and has unread bytes to look at. */
  #patientUntil = 0;
  #stopped = false;
  /** What has happened since this driver was frozen; undefined when it is not. */
  #held: (() => void)[] | undefined;
  #onEmpty: (() => void) | undefined;

  private constructor(options: DialectOptions, owner: DriverOwner<Event>, server: Server) {
    const { maxPayloadBytes, queueMaxBytes = 4_194_304, dialects = ["classic"] } = options;
    const largestBytes = maxPayloadBytes ?? defaultMaxPayloadBytes;
    const queueHardMaxBytes = options.queueHardMaxBytes ?? 4 * queueMaxBytes + largestBytes;
    this.#options = { ...options, dialects };
    this.#limits = { maxPayloadBytes, queueMaxBytes, queueHardMaxBytes };
    this.#owner = owner;
    this.#server = server;
    this.#lives = new Deadlines(options.connectionLifeMs ?? 10_000);
    this.#settling = new Deadlines(options.settleMs ?? 150);
    this.#lingering = new Deadlines(options.lingerMs ?? 1_000);
    if (dialects.includes("native")) {
      const { undecidedMax = 256, undecidedLifeMs = 3_000 } = options;
      this.#doorstep = new Doorstep(this, { undecidedMax, undecidedLifeMs });
    }
  }

  /**
   * Listens, and then makes the core. Its effects are plain functions: they may be taken apart and wrapped.
   *
   * @throws {@link ListenError} when it cannot listen there
   */
  static async start<C extends Core<AnyMessage>, Event>(
    options: DialectOptions,
    owner: DriverOwner<Event>,
    make: (effects: Effects<AnyMessage, Event>, port: number) => C,
  ): Promise<Driver<C, Event>> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    server.maxConnections = options.connectionsMax ?? 4_096;
    await listen(server, options);
    const driver = new Driver<C, Event>(options, owner, server);
    driver.#core = make(driver.#effects(), driver.port);
    server.on("connection", (socket) => driver.#accept(socket));
    server.on("drop", (dropped) => {
      owner.turned({ remote: remoteAddress(dropped ?? {}) ?? "unknown", why: "too-many-connections" });
    });
    server.on("error", () => {
      // Accepting failed for want of sockets. The kernel keeps the connection waiting and Node tries again.
    });
    options.wires?.attach(driver.port, () => driver.#look());
    driver.#schedule();
    return driver;
  }

  /** The port that it listens on. */
  get port(): number {
    const bound = this.#server.address();
    return typeof bound === "object" && bound !== null ? bound.port : 0;
  }

  /** Connections open now. */
  get connections(): number {
    return this.#connections.size + (this.#doorstep?.size ?? 0);
  }

  /** Bytes that wait to be written on a link; undefined for a link that there is not, or one of the classic dialect. */
  queuedBytes(link: LinkId): number | undefined {
    const connection = this.#connections.get(link);
    return connection instanceof NativeConnection ? connection.queuedBytes : undefined;
  }

  /** The core, for reading. What changes it goes through {@link call}. */
  get core(): C {
    return this.#core;
  }

  /** Gives the core an input of its own kind: start, publish, leave. Not for use within an effect. */
  call<T>(input: (core: C, now: number) => T): T {
    const result = input(this.#core, now());
    if (this.#changed.length > 0) this.#tellCongestion();
    // A caller that asks for much does so in a loop: it all goes out together, once the loop is through.
    if (this.#flushes.hasNew) this.#settleSoon();
    else this.#schedule();
    return result;
  }

  /** Ends in good order: what was sent still goes out, for at most `limitMs`. */
  async close(limitMs = 500): Promise<void> {
    if (this.#stopped) return;
    this.thaw();
    this.#flushes.flushAll();
    this.#stop();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    this.#doorstep?.clear();
    for (const connection of this.#connections.values()) {
      if (!connection.isKnown) continue;
      connection.isKnown = false;
      connection.stir();
      connection.close();
    }
    if (this.#connections.size === 0) this.#onEmpty?.();
    const limit = setTimeout(() => {
      for (const connection of this.#connections.values()) connection.destroy();
    }, limitMs);
    await Promise.all([closed, empty]);
    clearTimeout(limit);
  }

  /** Ends as a killed process does: every socket is gone at once, and nobody is told. */
  crash(): void {
    if (this.#stopped) return;
    this.#stop();
    this.#server.close();
    this.#doorstep?.clear();
    for (const connection of this.#connections.values()) connection.destroy();
    this.#connections.clear();
  }

  /**
   * Stops as a process does that is sent SIGSTOP: it reads nothing, writes nothing, no timer runs, and what connects to it
   * is not answered. The core is not to be called then.
   */
  freeze(): void {
    if (this.#stopped || this.#held !== undefined) return;
    this.#held = [];
    clearTimeout(this.#timer);
    this.#flushes.stop();
    for (const connection of this.#connections.values()) connection.still();
  }

  /** Goes on after {@link freeze}; the time in between has passed for it, too. */
  thaw(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    // The timer first, which is late: then it is known that all that waits to be read may be old.
    if (!this.#stopped) this.#wake();
    this.#look();
    for (const happen of held) happen();
  }

  /** Which connections have something to say may have changed. */
  #look(): void {
    if (this.#held !== undefined || this.#stopped) return;
    for (const one of this.#connections.values()) this.#isCut(one) ? one.still() : one.stir();
  }

  #isCut({ remote, isInbound }: Connection): boolean {
    const { wires } = this.#options;
    if (wires === undefined) return false;
    const { port } = splitAddress(remote);
    return wires.isCut(this.port, isInbound ? wires.dialerAt(port) : port);
  }

  #stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#flushes.stop();
    this.#settling.clear();
    this.#options.wires?.detach(this.port);
  }

  #effects(): Effects<AnyMessage, Event> {
    const own: Dialect = this.#doorstep === undefined ? "classic" : "native";
    return {
      dial: (address, dialect = own) => this.#dial(address, dialect),
      send: (link, message) => this.#connections.get(link)?.send(message),
      end: (link) => this.#known(link)?.end(),
      close: (link) => {
        const connection = this.#known(link);
        if (connection === undefined) return;
        connection.isKnown = false;
        connection.close();
      },
      notify: (event) => this.#owner.event(event),
    };
  }

  #known(link: LinkId): Connection | undefined {
    const connection = this.#connections.get(link);
    return connection?.isKnown ? connection : undefined;
  }

  #dial(address: Address, dialect: Dialect): LinkId {
    const { ip, port } = splitAddress(address);
    const to = { host: ip, port, ...localAddressFor(ip, this.#options.localIp) };
    const socket = new Socket({ allowHalfOpen: true }).setNoDelay(true);
    const connection = this.#open(socket, address, dialect, false);
    if (this.#isCut(connection)) connection.still(() => (connection.isKnown ? socket.connect(to) : socket.destroy()));
    else socket.connect(to);
    this.#lives.start(connection, now());
    socket.once("connect", () => this.#connected(connection, socket));
    this.#schedule();
    return connection.link;
  }

  #connected(connection: Connection, socket: Socket): void {
    const { wires } = this.#options;
    const { localPort } = socket;
    if (wires !== undefined && localPort !== undefined) {
      socket.once("close", () => wires.hungUp(localPort));
      wires.dialed(localPort, this.port);
    }
    if (this.#held !== undefined) this.#held.push(() => this.#connected(connection, socket));
    else if (connection.isKnown) this.#up(connection);
  }

  #accept(socket: Socket): void {
    if (this.#held !== undefined) {
      this.#held.push(() => this.#accept(socket));
      return;
    }
    const remote = remoteAddress(socket);
    if (remote === undefined || this.#stopped) socket.destroy();
    else if (this.#doorstep === undefined) this.#welcome(socket, remote, "classic");
    else {
      this.#doorstep.add(socket, remote, now());
      this.#schedule();
    }
  }

  decided(socket: Socket, remote: Address, dialect: Dialect, first: Uint8Array): void {
    if (this.#held !== undefined) {
      socket.pause();
      this.#held.push(() => this.decided(socket, remote, dialect, first));
      return;
    }
    if (this.#options.dialects?.includes(dialect)) this.#welcome(socket, remote, dialect).take(first);
    else {
      this.turned({ remote, why: "not-spoken" });
      socket.destroy();
    }
  }

  #welcome(socket: Socket, remote: Address, dialect: Dialect): Connection {
    const connection = this.#open(socket, remote, dialect, true);
    if (dialect === "classic") this.#lives.start(connection, now());
    this.#up(connection);
    return connection;
  }

  #open(socket: Socket, remote: Address, dialect: Dialect, isInbound: boolean): Connection {
    const link = this.#nextLink++;
    const connection =
      dialect === "native"
        ? new NativeConnection(this, this.#limits, socket, link, remote, isInbound)
        : new ClassicConnection(this, socket, link, remote, isInbound);
    this.#connections.set(link, connection);
    return connection;
  }

  #up(connection: Connection): void {
    if (this.#stopped) return;
    if (connection instanceof NativeConnection) {
      this.#lives.stop(connection);
      connection.open();
    }
    this.#core.linkUp(now(), connection.link, connection.remote, connection.dialect);
    this.#settle();
  }

  received(from: Connection, messages: readonly AnyMessage[]): void {
    if (this.#stopped) return;
    const core = this.#core;
    const { link } = from;
    const at = now();
    for (let i = 0; i < messages.length && from.isOpen; i++) core.receive(at, link, messages[i]!);
    this.#settle();
  }

  ended({ link }: Connection): void {
    if (this.#stopped) return;
    this.#core.linkEnded(now(), link);
    this.#settle();
  }

  down(connection: Connection, reason: DownReason): void {
    if (!connection.isKnown) return;
    connection.isKnown = false;
    if (this.#stopped) return;
    this.#core.linkDown(now(), connection.link, reason);
    this.#settle();
  }

  closed(connection: Connection): void {
    this.#connections.delete(connection.link);
    this.#lives.stop(connection);
    this.#lingering.stop(connection);
    if (connection instanceof ClassicConnection) this.settled(connection);
    if (this.#connections.size === 0) this.#onEmpty?.();
  }

  settling(connection: ClassicConnection): void {
    if (this.#stopped) return;
    this.#settling.start(connection, now());
    this.#schedule();
  }

  settled(connection: ClassicConnection): void {
    this.#settling.stop(connection);
  }

  lingers(connection: NativeConnection): void {
    this.#lingering.start(connection, now());
    this.#schedule();
  }

  flushLater(connection: NativeConnection): void {
    this.#flushes.add(connection);
  }

  congestionChanged(connection: NativeConnection): void {
    this.#changed.push(connection);
    // Outside of an input, nobody else would look.
    this.#settleSoon();
  }

  turned(turned: Turned): void {
    this.#owner.turned(turned);
  }

  /** Settles when the code that runs now has come to its end. */
  #settleSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      this.#settle();
    });
  }

  /** After an input: what the core has said goes out, and what it waits for is put on the clock. */
  #settle(): void {
    if (this.#stopped) return;
    if (this.#flushes.hasWaiting) this.#flushes.flush();
    while (this.#flushes.hasNew || this.#changed.length > 0) {
      this.#flushes.flush();
      this.#tellCongestion();
    }
    this.#schedule();
  }

  #tellCongestion(): void {
    const changed = this.#changed;
    if (changed.length === 0) return;
    this.#changed = [];
    for (const connection of changed) {
      if (connection.takeCongestion()) this.#core.congested?.(now(), connection.link, connection.isCongested);
    }
  }

  #schedule(): void {
    if (this.#stopped || this.#core === undefined || this.#held !== undefined) return;
    const next = this.#nextWake();
    if (next >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = next;
    // Longer waits than a timer can hold are cut; waking too early does no harm.
    const delay = Math.min(Math.max(0, next - now()), 2_000_000_000);
    this.#timer = setTimeout(() => this.#wake(), delay);
  }

  #nextWake(): number {
    const end = Math.min(this.#lives.next, this.#doorstep?.next ?? Number.POSITIVE_INFINITY);
    const next = Math.min(this.#core.nextWake, this.#settling.next, this.#lingering.next);
    return Math.min(next, Math.max(end, this.#patientUntil));
  }

  #wake(): void {
    const at = now();
    if (at - this.#timerAt > lateMs) this.#patientUntil = at + lateMs;
    this.#timerAt = Number.POSITIVE_INFINITY;
    for (const connection of this.#settling.takeDue(at)) connection.quiet();
    if (this.#patientUntil <= at) {
      this.#doorstep?.expire(at);
      for (const connection of this.#lives.takeDue(at)) connection.expire();
    }
    for (const connection of this.#lingering.takeDue(at)) connection.expire();
    if (this.#core.nextWake <= at) this.#core.wake(at);
    this.#settle();
  }
}
