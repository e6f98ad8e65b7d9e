/**
 * What connections of both dialects have in common: a socket, and an owner who feeds the core.
 *
 * A *link* is what the core knows; a *connection* is the socket under it, which may live on for a moment after the core
 * has let go of the link, until what was sent is out.
 *
 * A connection may be kept still, where a network is played on one machine: see wires.ts.
 */
import type { Socket } from "node:net";
import type { Address } from "../core/address.js";
import type { ClassicMessage } from "../core/classic/message.js";
import type { Dialect, DownReason, LinkId } from "../core/effects.js";
import type { Message } from "../core/message.js";
import type { ClassicRefusal } from "../wire/classic.js";
import type { NativeRefusal } from "../wire/native.js";
import { downReasonOf } from "./socket-address.js";

/** What a core says and hears on a link: of Hearsay's own protocol or of the classic one, as the link's dialect is. */
export type AnyMessage = Message | ClassicMessage;

/** Something came in that was turned away: bytes that are no message, or a connection that may not stay. */
export interface Turned {
  /** Where it came from, or where it was dialed. */
  readonly remote: string;
  /** Classic bytes that were refused. */
  readonly refusal?: ClassicRefusal;
  /** Bytes of Hearsay's own protocol that were refused. */
  readonly nativeRefusal?: NativeRefusal;
  /**
   * Without a refusal of bytes: why the connection was closed.
   *
   * - `too-many-connections`: it is one more than may be open.
   * - `too-many-silent`: too many connections have not yet shown what they speak, this one for the longest time.
   * - `not-spoken`: it speaks a dialect that this driver was told not to speak.
   * - `took-too-long`: it said nothing complete in time.
   * - `stayed-too-long`: a classic connection went on for too long.
   * - `does-not-read`: too much was waiting for it.
   * - `unwritable`: the core sent a message that has no bytes, which is a mistake of this program; see `error`.
   */
  readonly why?:
    | "too-many-connections"
    | "too-many-silent"
    | "not-spoken"
    | "took-too-long"
    | "stayed-too-long"
    | "does-not-read"
    | "unwritable";
  /** What `unwritable` is about. */
  readonly error?: Error;
}

/** Whom a connection tells. All of this happens outside of the core's inputs, `turned` and `flushLater` apart. */
export interface ConnectionOwner {
  /** Messages that came in together. Feeds them to the core, for as long as the link is {@link Connection.isOpen}. */
  received(from: Connection, messages: readonly AnyMessage[]): void;
  /** The other side will send nothing more. */
  ended(connection: Connection): void;
  /** The link is gone: tells the core, if it still knows the link. */
  down(connection: Connection, reason: DownReason): void;
  /** The socket is closed. */
  closed(connection: Connection): void;
  /** Something was turned away. */
  turned(turned: Turned): void;
}

/** One socket, and the link that it carries. */
export abstract class Connection {
  /** The name of the link. */
  readonly link: LinkId;
  /** Where it comes from, or was dialed. */
  readonly remote: Address;
  /** Whether the other side has dialed. */
  readonly isInbound: boolean;
  /** The core knows this link, or (dialed) still waits for it. */
  isKnown = true;
  protected readonly socket: Socket;
  /** Broken by this side while the core was speaking: the core is told when the socket has closed. */
  protected isDoomed = false;
  #failure: DownReason | undefined;
  #isStill = false;
  /** What is to happen when it is still no longer: the dial, and the news that the socket has closed. */
  #undone: (() => void) | undefined;
  #untold: (() => void) | undefined;

  constructor(
    owner: Pick<ConnectionOwner, "closed" | "down">,
    socket: Socket,
    link: LinkId,
    remote: Address,
    isInbound: boolean,
  ) {
    this.link = link;
    this.remote = remote;
    this.isInbound = isInbound;
    this.socket = socket;
    socket.on("data", (bytes) => this.take(bytes));
    socket.on("end", () => this.remoteEnded());
    socket.on("error", (error) => {
      this.#failure ??= downReasonOf(error);
    });
    socket.on("close", () => {
      const tell = () => {
        owner.closed(this);
        owner.down(this, this.#failure ?? "closed");
      };
      if (this.#isStill) this.#untold = tell;
      else tell();
    });
  }

  /** What is spoken here. */
  abstract readonly dialect: Dialect;

  /** Whether the core may still be told of messages here, and may send. */
  get isOpen(): boolean {
    return this.isKnown && !this.isDoomed;
  }

  /** Takes bytes that have arrived. They are given away: nobody may change them any more. */
  abstract take(bytes: Uint8Array): void;

  /** Sends. Dropped in silence when the link is broken, or this side has ended it. */
  abstract send(message: AnyMessage): void;

  /** This side sends nothing more, and still reads. */
  abstract end(): void;

  /** What was sent still goes out; whatever comes in is thrown away. */
  abstract close(): void;

  /** Its time is over. */
  abstract expire(): void;

  /** The other side sends nothing more. */
  protected abstract remoteEnded(): void;

  /**
   * From now on nothing gets through, in either direction, and nothing is told of the socket: see wires.ts.
   *
   * @param later - what to do when that is over
   */
  still(later?: () => void): void {
    this.#undone ??= later;
    if (this.#isStill) return;
    this.#isStill = true;
    this.socket.cork();
    this.socket.pause();
  }

  /** What has waited goes on. */
  stir(): void {
    if (!this.#isStill) return;
    this.#isStill = false;
    this.#undone?.();
    this.#undone = undefined;
    this.socket.uncork();
    this.socket.resume();
    this.#tell();
  }

  /** Lets go of the socket at once. */
  destroy(): void {
    this.#isStill = false;
    this.socket.destroy();
    this.#tell();
  }

  /** Breaks the link while the core is speaking. */
  protected doom(reason: DownReason): void {
    this.#failure = reason;
    this.isDoomed = true;
    this.#isStill = false;
    this.socket.destroy();
  }

  #tell(): void {
    const untold = this.#untold;
    this.#untold = undefined;
    untold?.();
  }
}
