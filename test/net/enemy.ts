/** Whoever speaks Hearsay's own protocol with bad intent: says anything, in any order, as a stranger or as a neighbor. */
import { randomBytes } from "node:crypto";
import { connect, createServer, type Server, type Socket } from "node:net";
import { type Address, parseAddress } from "../../src/core/address.js";
import { type Contact, type PeerId, parsePeerId } from "../../src/core/identity.js";
import type { Hello, Message } from "../../src/core/message.js";
import { encodeNative, NativeReader, nativePreamble } from "../../src/wire/native.js";
import { until } from "./scene.js";

/** An id that nobody else has. */
export function strangeId(): PeerId {
  return parsePeerId(randomBytes(16).toString("hex"))!;
}

/** One link of an enemy's. */
export class Enemy {
  readonly self: Contact;
  readonly socket: Socket;
  /** All that was heard, but for what a quiet enemy has not read. */
  readonly heard: Message[] = [];
  heardBytes = 0;
  isClosed = false;
  readonly #reader = new NativeReader();

  constructor(socket: Socket, address: Address, id = strangeId()) {
    this.self = { id, address };
    this.socket = socket;
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => {
      this.heardBytes += bytes.length;
      this.heard.push(...this.#reader.push(Uint8Array.from(bytes)).messages);
    });
    socket.on("end", () => {
      this.isClosed = true;
      socket.end();
    });
    socket.on("close", () => {
      this.isClosed = true;
    });
  }

  /** Dials a victim, and says nothing yet. */
  static async dial(victim: Address, own = "127.0.0.1:9" as Address): Promise<Enemy> {
    const port = Number(victim.split(":").at(-1));
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    const enemy = new Enemy(socket, own);
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return enemy;
  }

  /** Dials a victim, who then has it for a neighbor. */
  static async befriend(victim: Address, own?: Address): Promise<Enemy> {
    const enemy = await Enemy.dial(victim, own);
    enemy.sayHello().say({ type: "neighbor-request", priority: "high" });
    await enemy.hears("neighbor-reply");
    return enemy;
  }

  /** The victim's hello, once it is heard. */
  get victim(): Hello {
    const [hello] = this.heard;
    if (hello?.type !== "hello") throw new Error("no hello yet");
    return hello;
  }

  /** Says who it is: preamble and hello. */
  sayHello(changes: Partial<Hello> = {}): this {
    this.socket.write(nativePreamble());
    const { self } = this;
    const hello: Hello = { type: "hello", version: 1, network: "hearsay", capabilities: 0, self, epoch: 1 };
    return this.say({ ...hello, ...changes });
  }

  /** Says messages. */
  say(...messages: readonly Message[]): this {
    return this.sayBytes(Buffer.concat(messages.map(encodeNative)));
  }

  /** Says any bytes. */
  sayBytes(bytes: Uint8Array): this {
    if (!this.socket.destroyed && this.socket.writable) this.socket.write(bytes);
    return this;
  }

  /** Waits for a message of this type. */
  async hears(type: Message["type"]): Promise<void> {
    await until(
      () => this.heard.some((message) => message.type === type) || this.isClosed,
      () => `${type} is heard; heard: ${this.heard.map((message) => message.type)}`,
    );
  }

  /** Waits until the victim has dealt with all that was said before: it answers, or has hung up. */
  async isDealtWith(): Promise<void> {
    const nonce = this.heard.length + 7_000_000;
    this.say({ type: "probe", nonce });
    await until(
      () => this.isClosed || this.heard.some((message) => message.type === "ack" && message.nonce === nonce),
      "answered or hung up",
    );
  }

  /** Waits until the victim has hung up. */
  async isHungUp(): Promise<void> {
    await until(
      () => this.isClosed,
      () => `hung up; heard: ${this.heard.map(({ type }) => type)}`,
    );
  }
}

/** A place where victims come by themselves. */
export class Trap {
  readonly address: Address;
  readonly caught: Enemy[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.address = parseAddress(`127.0.0.1:${(server.address() as { port: number }).port}`)!;
    const id = strangeId();
    server.on("connection", (socket) => {
      this.caught.push(new Enemy(socket, this.address, id));
    });
  }

  /** Opens one. */
  static async open(): Promise<Trap> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    await new Promise<void>((resolve) => server.listen({ port: 0, host: "127.0.0.1" }, resolve));
    return new Trap(server);
  }

  /** The next one who dials and says hello. */
  async catches(): Promise<Enemy> {
    const before = this.caught.length;
    await until(() => this.caught.length > before && this.caught[before]!.heard.length > 0, "somebody comes");
    return this.caught[before]!;
  }

  /** Closes it, and all links. */
  close(): void {
    this.#server.close();
    for (const { socket } of this.caught) socket.destroy();
  }
}
