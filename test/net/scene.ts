/**
 * What tests with real sockets are made of: seeds and peers in this process, raw connections that say any bytes, and
 * listeners that stand in for a peer or seed and keep every byte. All of it ends with the scene.
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Address, joinAddress } from "../../src/core/address.js";
import type { ClassicPeerEvent } from "../../src/core/classic/peer.js";
import type { SeedEvent } from "../../src/core/seed/seed.js";
import { ClassicPeer, type ClassicPeerOptions } from "../../src/net/peer.js";
import { Seed, type SeedOptions } from "../../src/net/seed.js";

const loopback = "127.0.0.1";

/** How long anything here may take to happen. Far more than it needs: other programs may want the processor too. */
const patienceMs = 10_000;

/** One connection, from our end. */
export class Wire {
  readonly socket: Socket;
  readonly #pieces: Buffer[] = [];
  /** The other side has said that it will send nothing more. */
  ended = false;
  /** Both sides are closed. */
  closed = false;
  /** What broke it. */
  error: string | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (piece) => this.#pieces.push(piece));
    socket.on("end", () => {
      this.ended = true;
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message;
    });
    socket.on("close", () => {
      this.closed = true;
    });
  }

  /** Everything heard so far. */
  get bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  /** Everything heard so far, as text. */
  get text(): string {
    return this.bytes.toString("utf8");
  }

  /** Says something, and no more than that. */
  say(text: string | Uint8Array): this {
    this.socket.write(text);
    return this;
  }

  /** Says something piece by piece, with pauses. */
  async sayInPieces(pieces: readonly (string | Uint8Array)[], pauseMs: number): Promise<this> {
    for (const piece of pieces) {
      this.socket.write(piece);
      await sleep(pauseMs);
    }
    return this;
  }

  /** Says that nothing more will be said. */
  end(): this {
    this.socket.end();
    return this;
  }

  /** Waits for exactly this text. */
  async hears(text: string): Promise<void> {
    await until(
      () => this.text.length >= Buffer.from(text).toString().length || this.closed,
      () => `"${text}" is heard; heard: "${this.text}"`,
    );
    if (this.text !== text) throw new Error(`expected "${text}", heard "${this.text}"`);
  }

  /** Waits until the other side has ended or broken the connection. */
  async isHungUp(): Promise<this> {
    if (this.ended || this.closed) return this;
    await new Promise<void>((resolve, reject) => {
      const limit = setTimeout(
        () => reject(new Error(`not hung up in ${patienceMs} ms; heard: "${this.text}"`)),
        patienceMs,
      );
      const done = () => {
        clearTimeout(limit);
        resolve();
      };
      this.socket.once("end", done);
      this.socket.once("close", done);
    });
    return this;
  }
}

/** Stands in for a peer or a seed: keeps what it is told, and answers as it was told to. */
export class Listener {
  readonly wires: Wire[] = [];
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  get port(): number {
    const bound = this.#server.address();
    return typeof bound === "object" && bound !== null ? bound.port : 0;
  }

  get address(): Address {
    return joinAddress(loopback, this.port)!;
  }

  /** Ends as a killed process does: connections are refused from now on. */
  close(): void {
    this.#server.close();
    for (const { socket } of this.wires) socket.destroy();
  }

  /** Everything heard, one text a connection, in order of connecting. */
  texts(): string[] {
    return this.wires.map(({ text }) => text);
  }

  /** The first text, from now on or before, that begins so, once its connection is closed. */
  async hears(head: string | RegExp, after = 0): Promise<string> {
    const heard = () =>
      this.wires.slice(after).find(({ text, ended, closed }) => {
        return (ended || closed) && (typeof head === "string" ? text.startsWith(head) : head.test(text));
      });
    await until(
      () => heard() !== undefined,
      () => `"${head}" is heard; heard: ${JSON.stringify(this.texts())}`,
    );
    return heard()!.text;
  }
}

/** What a listener says to what it has heard so far on one connection; nothing for undefined. */
export type Answer = (text: string) => string | Uint8Array | undefined;

/** A seed and what it told. */
export interface SeedOnStage {
  readonly seed: Seed;
  readonly port: number;
  readonly address: Address;
  readonly events: SeedEvent[];
  readonly lines: string[];
  readonly warnings: string[];
}

/** A peer and what it told. */
export interface PeerOnStage {
  readonly peer: ClassicPeer;
  readonly port: number;
  readonly address: Address;
  readonly events: ClassicPeerEvent[];
  readonly lines: string[];
  readonly warnings: string[];
}

/** Everything that one test has running. */
export class Scene {
  readonly #endings: (() => unknown)[] = [];
  #wires: Wire[] = [];

  /** A seed on a free port. */
  async seed(options: Partial<SeedOptions> = {}): Promise<SeedOnStage> {
    const events: SeedEvent[] = [];
    const lines: string[] = [];
    const warnings: string[] = [];
    const seed = await Seed.start({
      port: 0,
      host: loopback,
      onEvent: (event) => events.push(event),
      onLine: (line) => lines.push(line),
      onWarning: (line) => warnings.push(line),
      ...options,
    });
    this.#endings.push(() => seed.crash());
    return { seed, port: seed.port, address: joinAddress(loopback, seed.port)!, events, lines, warnings };
  }

  /** A peer on a free port, that says nothing by itself unless told to. */
  async peer(seeds: readonly Address[], options: Partial<ClassicPeerOptions> = {}): Promise<PeerOnStage> {
    const events: ClassicPeerEvent[] = [];
    const lines: string[] = [];
    const warnings: string[] = [];
    const peer = await ClassicPeer.start({
      port: 0,
      host: loopback,
      seeds,
      onEvent: (event) => events.push(event),
      onLine: (line) => lines.push(line),
      onWarning: (line) => warnings.push(line),
      ...options,
      config: { messages: 0, ...options.config },
    });
    this.#endings.push(() => peer.crash());
    return { peer, port: peer.port, address: joinAddress(loopback, peer.port)!, events, lines, warnings };
  }

  /** A raw connection. */
  async connect(port: number, ip = loopback): Promise<Wire> {
    const socket = connect({ port, host: ip, allowHalfOpen: true, noDelay: true });
    const wire = new Wire(socket);
    this.#wires.push(wire);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return wire;
  }

  /** Says one text on a new connection, ends it, and gives back all that was answered until the other side closed. */
  async ask(port: number, text: string | Uint8Array, ip = loopback): Promise<string> {
    const wire = await this.connect(port, ip);
    await wire.say(text).end().isHungUp();
    return wire.text;
  }

  /** A listener on a free port. Closes each connection after its answer, or when the other side does. */
  async listen(answer: Answer = () => undefined): Promise<Listener> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    const listener = new Listener(server);
    server.on("connection", (socket) => {
      const wire = new Wire(socket);
      listener.wires.push(wire);
      let answered = false;
      socket.on("data", () => {
        const reply = answered ? undefined : answer(wire.text);
        if (reply === undefined) return;
        answered = true;
        socket.write(reply);
      });
      socket.on("end", () => socket.end());
    });
    await new Promise<void>((resolve) => server.listen({ port: 0, host: loopback }, resolve));
    this.#endings.push(() => listener.close());
    return listener;
  }

  /** A listener that does what a peer has to do to be linked to, and to stay so. */
  listenAsPeer(): Promise<Listener> {
    return this.listen((text) => {
      if (text.startsWith("New Connect Request From:")) return "New Connect Accepted";
      const [, timestamp, ip] = /^Liveness Request:([^:]*):([^:]*)$/.exec(text) ?? [];
      return timestamp === undefined ? undefined : `Liveness Reply:${timestamp}:${ip}:${loopback}`;
    });
  }

  /** A listener that answers registrations with these peers, and the asker last. */
  listenAsSeed(listed: readonly Address[]): Promise<Listener> {
    return this.listen((text) => {
      const [, port] = /^[\d.]+:(\d+)$/.exec(text) ?? [];
      return port === undefined ? undefined : [...listed, `${loopback}:${port}`].join(",");
    });
  }

  /** Closes all raw connections and lets go of them, for those who measure memory. */
  forgetWires(): void {
    for (const { socket } of this.#wires) socket.destroy();
    this.#wires = [];
  }

  /** Ends everything. */
  clear(): void {
    this.forgetWires();
    for (const end of this.#endings.splice(0).reverse()) end();
  }
}

/** Waits for something to become true. */
export async function until(condition: () => boolean, what: string | (() => string), limitMs = patienceMs) {
  const deadline = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > deadline) {
      throw new Error(`not in ${limitMs} ms: ${typeof what === "string" ? what : what()}`);
    }
    await sleep(10);
  }
}
