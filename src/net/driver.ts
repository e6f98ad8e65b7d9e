/**
 * Runs one core over TCP: sockets become links, bytes become messages, and one timer serves every deadline.
 *
 * Texts without frames need a moment of silence to be told complete (`settleMs`); whoever ends its side, as Hearsay
 * does, is understood at once. Every connection, whoever opened it, has a short life: nothing in the classic protocol
 * takes longer, so silent, endless and half-open ones all end the same way.
 */
import { connect, createServer, isIP, type Server, type Socket } from "node:net";
import { type Address, splitAddress } from "../core/address.js";
import type { ClassicMessage } from "../core/classic/message.js";
import type { CloseReason, Core, DownReason, Effects, LinkId } from "../core/effects.js";
import { answerTo, ClassicReader, type ClassicReading, type ClassicRefusal, encodeClassic } from "../wire/classic.js";
import { now } from "./clock.js";
import { ListenError } from "./errors.js";
import { downReasonOf, remoteAddress } from "./socket-address.js";

/** Where to listen, and the limits on sockets. */
export interface DriverOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** IP or name of the interface to listen on; all of them when left out. */
  readonly host?: string | undefined;
  /** Local IP to open connections from, where the machine has several. */
  readonly localIp?: string | undefined;
  /** Connections open at the same time; more are closed at once. */
  readonly connectionsMax?: number;
  /** The life of a connection, from its opening. */
  readonly connectionLifeMs?: number;
  /** Silence after which a text that may be complete is taken to be. */
  readonly settleMs?: number;
}

/** Something came in that was turned away: bytes that are no message, or one connection too many. */
export interface Turned {
  readonly remote: string;
  readonly refusal?: ClassicRefusal;
  /** Without a refusal of bytes: why the connection was closed. */
  readonly why?: "too-many-connections" | "took-too-long" | "stayed-too-long" | "does-not-read";
}

/** What a driver tells its owner, beside what the core has to tell. */
export interface DriverOwner<Event> {
  event(event: Event): void;
  turned(turned: Turned): void;
}

/** Bytes waiting for one reader; beyond, it is not reading at all. */
const maxUnreadBytes = 262_144;

/** A timer later than this means that this process was stopped or blocked, and that much may be waiting to be read. */
const lateMs = 500;

interface Connection {
  readonly link: LinkId;
  readonly socket: Socket;
  readonly inbound: boolean;
  readonly endsAt: number;
  /** Undefined while it is not known what may come (before the first message of a dialed link). */
  reader: ClassicReader | undefined;
  remote: string;
  /** The core knows this link, or (dialed) still waits for it. */
  known: boolean;
  quietAt: number;
  failure: DownReason | undefined;
  /** Broken by this side while the core was speaking; the core is told when the socket has closed. */
  doomed: boolean;
  /** At least one message has come over it. */
  hasSpoken: boolean;
}

/** One core on real sockets. */
export class Driver<C extends Core<ClassicMessage>, Event> {
  readonly #options: Required<Pick<DriverOptions, "connectionLifeMs" | "settleMs">> & DriverOptions;
  readonly #owner: DriverOwner<Event>;
  readonly #server: Server;
  /** In order of opening, which is the order in which their lives end. */
  readonly #connections = new Map<LinkId, Connection>();
  /** Connections whose bytes may be complete, in order of their last piece. */
  readonly #settling = new Set<Connection>();
  #core!: C;
  #nextLink = 1;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  /** No connection is ended before this time: set when this process was late itself, and has unread bytes to look at. */
  #patientUntil = 0;
  #stopped = false;

  private constructor(options: DriverOptions, owner: DriverOwner<Event>, server: Server) {
    this.#options = { connectionLifeMs: 10_000, settleMs: 150, ...options };
    this.#owner = owner;
    this.#server = server;
  }

  /**
   * Listens, and then makes the core.
   *
   * @throws {@link ListenError} when it cannot listen there
   */
  static async start<C extends Core<ClassicMessage>, Event>(
    options: DriverOptions,
    owner: DriverOwner<Event>,
    make: (effects: Effects<ClassicMessage, Event>, port: number) => C,
  ): Promise<Driver<C, Event>> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    server.maxConnections = options.connectionsMax ?? 4_096;
    await listen(server, options);
    const driver = new Driver<C, Event>(options, owner, server);
    driver.#core = make(driver.#effects(), driver.port);
    server.on("connection", (socket) => driver.#accept(socket));
    server.on("drop", (dropped) => {
      const remote = remoteAddress({
        remoteAddress: dropped?.remoteAddress ?? "",
        remotePort: dropped?.remotePort ?? 0,
      });
      owner.turned({ remote: remote ?? "unknown", why: "too-many-connections" });
    });
    server.on("error", () => {
      // Accepting failed for want of sockets. The kernel keeps the connection waiting and Node tries again.
    });
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
    return this.#connections.size;
  }

  /** The core, for reading. What changes it goes through {@link call}. */
  get core(): C {
    return this.#core;
  }

  /** Gives the core an input of its own kind: start, publish, leave. */
  call<T>(input: (core: C, now: number) => T): T {
    const result = input(this.#core, now());
    this.#schedule();
    return result;
  }

  /** Ends in good order: what was written still goes out, for at most `limitMs`. */
  async close(limitMs = 500): Promise<void> {
    if (this.#stopped) return;
    this.#stop();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const { socket } of this.#connections.values()) socket.destroySoon();
    const limit = setTimeout(() => {
      for (const { socket } of this.#connections.values()) socket.destroy();
    }, limitMs);
    await closed;
    clearTimeout(limit);
  }

  /** Ends as a killed process does: every socket is gone at once, and nobody is told. */
  crash(): void {
    if (this.#stopped) return;
    this.#stop();
    this.#server.close();
    for (const { socket } of this.#connections.values()) socket.destroy();
    this.#connections.clear();
  }

  #stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#settling.clear();
  }

  #effects(): Effects<ClassicMessage, Event> {
    return {
      dial: (address) => this.#dial(address),
      send: (link, message) => this.#send(link, message),
      end: (link) => this.#known(link)?.socket.end(),
      close: (link, reason) => this.#close(link, reason),
      notify: (event) => this.#owner.event(event),
    };
  }

  #dial(address: Address): LinkId {
    const { ip, port } = splitAddress(address);
    const localIp = this.#localIpFor(ip);
    const socket = connect({
      host: ip,
      port,
      allowHalfOpen: true,
      noDelay: true,
      ...(localIp ? { localAddress: localIp } : {}),
    });
    const connection = this.#open(socket, false, address, undefined);
    socket.once("connect", () => {
      if (connection.known) this.#input((at) => this.#core.linkUp(at, connection.link, address));
    });
    return connection.link;
  }

  /** The IP to dial from: the one that was asked for, if the target is of the same family. */
  #localIpFor(ip: string): string | undefined {
    const { localIp } = this.#options;
    return localIp !== undefined && (isIP(ip) === 0 || isIP(ip) === isIP(localIp)) ? localIp : undefined;
  }

  #accept(socket: Socket): void {
    const remote = remoteAddress(socket);
    if (remote === undefined || this.#stopped) {
      socket.destroy();
      return;
    }
    const reader = new ClassicReader({ expects: "requests", remoteIp: splitAddress(remote).ip });
    const connection = this.#open(socket, true, remote, reader);
    this.#input((at) => this.#core.linkUp(at, connection.link, remote));
  }

  #open(socket: Socket, inbound: boolean, remote: string, reader: ClassicReader | undefined): Connection {
    const link = this.#nextLink++;
    const endsAt = now() + this.#options.connectionLifeMs;
    const connection: Connection = {
      link,
      socket,
      inbound,
      endsAt,
      reader,
      remote,
      known: true,
      quietAt: 0,
      failure: undefined,
      doomed: false,
      hasSpoken: false,
    };
    this.#connections.set(link, connection);
    socket.on("data", (bytes) => this.#bytes(connection, bytes));
    socket.on("end", () => this.#ended(connection));
    socket.on("error", (error) => {
      connection.failure = downReasonOf(error);
    });
    socket.on("close", () => this.#closed(connection));
    this.#schedule();
    return connection;
  }

  #send(link: LinkId, message: ClassicMessage): void {
    const connection = this.#known(link);
    if (connection === undefined || connection.doomed || connection.socket.writableEnded) return;
    if (!connection.inbound) {
      const expects = answerTo(message);
      const ownPort = message.type === "registration" ? splitAddress(message.address).port : undefined;
      connection.reader = new ClassicReader({ expects, remoteIp: "", ownPort });
    }
    connection.socket.write(encodeClassic(message));
    if (connection.socket.writableLength > maxUnreadBytes) {
      // Answers pile up because nobody reads them. 'close' follows, and tells the core.
      this.#owner.turned({ remote: connection.remote, why: "does-not-read" });
      connection.failure = "reset";
      connection.doomed = true;
      connection.socket.destroy();
    }
  }

  #close(link: LinkId, _reason: CloseReason): void {
    const connection = this.#known(link);
    if (connection === undefined) return;
    connection.known = false;
    this.#settling.delete(connection);
    if (connection.socket.connecting) connection.socket.destroy();
    else connection.socket.destroySoon();
  }

  #known(link: LinkId): Connection | undefined {
    const connection = this.#connections.get(link);
    return connection?.known ? connection : undefined;
  }

  #bytes(connection: Connection, bytes: Uint8Array): void {
    if (!connection.known || connection.reader === undefined || this.#stopped) return;
    this.#settling.delete(connection);
    this.#take(connection, connection.reader.push(bytes));
    if (!connection.known || !connection.reader.waiting) return;
    connection.quietAt = now() + this.#options.settleMs;
    this.#settling.add(connection);
    this.#schedule();
  }

  #ended(connection: Connection): void {
    if (this.#stopped) return;
    this.#settling.delete(connection);
    if (connection.known && connection.reader !== undefined) this.#take(connection, connection.reader.end());
    if (!connection.known) {
      connection.socket.destroySoon();
    } else if (connection.inbound) {
      this.#input((at) => this.#core.linkEnded(at, connection.link));
    } else this.#down(connection, "closed");
  }

  #closed(connection: Connection): void {
    this.#connections.delete(connection.link);
    this.#settling.delete(connection);
    if (!this.#stopped) this.#down(connection, connection.failure ?? "closed");
  }

  #take(connection: Connection, reading: ClassicReading): void {
    for (const message of reading.messages) {
      if (!connection.known || connection.doomed) return;
      connection.hasSpoken = true;
      this.#input((at) => this.#core.receive(at, connection.link, message));
    }
    if (reading.refusal === undefined) return;
    this.#owner.turned({ remote: connection.remote, refusal: reading.refusal });
    this.#down(connection, "garbage");
  }

  /** Tells the core, once, that a link is gone, and lets go of the socket. */
  #down(connection: Connection, reason: DownReason): void {
    if (!connection.known) return;
    connection.known = false;
    this.#settling.delete(connection);
    connection.socket.destroySoon();
    this.#input((at) => this.#core.linkDown(at, connection.link, reason));
  }

  #input(give: (now: number) => void): void {
    if (this.#stopped) return;
    give(now());
    this.#schedule();
  }

  #schedule(): void {
    if (this.#stopped || this.#core === undefined) return;
    const next = this.#nextWake();
    if (next >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = next;
    // Longer waits than a timer can hold are cut; waking too early does no harm.
    const delay = Math.min(Math.max(0, next - now()), 2_000_000_000);
    this.#timer = setTimeout(() => this.#wake(), delay);
  }

  #nextWake(): number {
    const settling = this.#settling.values().next().value?.quietAt ?? Number.POSITIVE_INFINITY;
    const oldest = this.#connections.values().next().value?.endsAt ?? Number.POSITIVE_INFINITY;
    return Math.min(this.#core.nextWake, settling, Math.max(oldest, this.#patientUntil));
  }

  #wake(): void {
    const at = now();
    if (at - this.#timerAt > lateMs) this.#patientUntil = at + lateMs;
    this.#timerAt = Number.POSITIVE_INFINITY;
    for (const connection of this.#settling) {
      if (connection.quietAt > at) break;
      this.#settling.delete(connection);
      if (connection.reader !== undefined) this.#take(connection, connection.reader.quiet());
    }
    for (const connection of this.#connections.values()) {
      if (connection.endsAt > at || this.#patientUntil > at) break;
      this.#expire(connection);
    }
    if (this.#core.nextWake <= at) this.#core.wake(at);
    this.#schedule();
  }

  #expire(connection: Connection): void {
    if (connection.known && connection.inbound) {
      const why = connection.hasSpoken ? "stayed-too-long" : "took-too-long";
      this.#owner.turned({ remote: connection.remote, why });
    }
    this.#connections.delete(connection.link);
    this.#down(connection, "timeout");
    connection.socket.destroy();
  }
}

function listen(server: Server, options: DriverOptions): Promise<void> {
  const { host, port } = options;
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => reject(ListenError.from(error, host, port));
    server.once("error", failed);
    server.listen({ port, ...(host === undefined ? {} : { host }), backlog: 1_024 }, () => {
      server.off("error", failed);
      resolve();
    });
  });
}
