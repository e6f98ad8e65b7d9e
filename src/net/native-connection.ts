/**
 * One connection of Hearsay's own protocol: it stays, and much goes over it.
 *
 * Each write to a socket costs some 10 µs, whether it holds one message or a thousand. So nothing is written when the
 * core sends: the frames are collected, and the driver flushes each link once when the input is dealt with.
 */
import type { Socket } from "node:net";
import type { Address } from "../core/address.js";
import type { LinkId } from "../core/effects.js";
import type { Message } from "../core/message.js";
import { FrameWriter, NativeReader, nativePreamble } from "../wire/native.js";
import { type AnyMessage, Connection, type ConnectionOwner } from "./connection.js";
import { type Waits, WritePace } from "./write-pace.js";

/** From so many bytes on, frames are not collected any further: the kernel can begin to send. */
const flushAtBytes = 131_072;

/** How much may lie on one link. */
export interface NativeLimits {
  /** The most bytes of a payload; more is refused. Undefined: the default of the wire. */
  readonly maxPayloadBytes: number | undefined;
  /** Bytes waiting to be sent from which on a link is congested; below a quarter it no longer is. */
  readonly queueMaxBytes: number;
  /** Bytes waiting to be sent beyond which a link is closed. */
  readonly queueHardMaxBytes: number;
}

/** Whom a native connection tells. */
export interface NativeOwner extends ConnectionOwner {
  /** How long small writes on busy links wait for each other. */
  readonly waits: Waits;
  /** Something waits to be written: call {@link NativeConnection.flush} when the input is dealt with. */
  flushLater(connection: NativeConnection): void;
  /** The link has become congested, or no longer is. May be said in the middle of a flush. */
  congestionChanged(connection: NativeConnection): void;
  /** The core is through with the link; call {@link NativeConnection.expire} in a moment, if the other side is not. */
  lingers(connection: NativeConnection): void;
}

/** A connection of Hearsay's own protocol. */
export class NativeConnection extends Connection {
  readonly dialect = "native";
  readonly #owner: NativeOwner;
  readonly #limits: NativeLimits;
  readonly #reader: NativeReader;
  readonly #writer = new FrameWriter();
  /** Goes out with the first frames. */
  #preamble: Uint8Array | undefined = nativePreamble();
  #isFlushDue = false;
  #isCongested = false;
  #isCongestionTold = false;
  readonly #pace: WritePace;
  /** What the socket held after the last flush; it may have become less. */
  #queuedBytes = 0;
  readonly #onWritten = () => this.#written();

  /** Takes over a socket. */
  constructor(
    owner: NativeOwner,
    limits: NativeLimits,
    socket: Socket,
    link: LinkId,
    remote: Address,
    isInbound: boolean,
  ) {
    super(owner, socket, link, remote, isInbound);
    this.#owner = owner;
    this.#limits = limits;
    this.#pace = new WritePace(owner.waits);
    this.#reader = new NativeReader({ maxPayloadBytes: limits.maxPayloadBytes });
  }

  /** Whether too much waits to be sent. */
  get isCongested(): boolean {
    return this.#isCongested;
  }

  /** Bytes that wait to be written. */
  get queuedBytes(): number {
    return this.#writer.bytes + this.socket.writableLength;
  }

  /** Whether {@link isCongested} is news to the core. */
  takeCongestion(): boolean {
    if (!this.isOpen || this.#isCongested === this.#isCongestionTold) return false;
    this.#isCongestionTold = this.#isCongested;
    return true;
  }

  /** The socket is up: the preamble may go out. */
  open(): void {
    this.#flushLater();
  }

  take(bytes: Uint8Array): void {
    if (!this.isOpen) return;
    const reading = this.#reader.push(bytes);
    if (reading.messages.length > 0) {
      this.#owner.received(this, reading.messages);
      this.#reader.settle();
    }
    if (reading.refusal === undefined || !this.isOpen) return;
    this.#owner.turned({ remote: this.remote, nativeRefusal: reading.refusal });
    this.#owner.down(this, "garbage");
    this.#endSoon();
  }

  send(message: AnyMessage): void {
    if (!this.isOpen || this.socket.writableEnded) return;
    const writer = this.#writer;
    try {
      writer.add(message as Message);
    } catch (error) {
      // The core has made a message that no reader would take. One link is lost to the mistake, not the process.
      if (!(error instanceof RangeError)) throw error;
      this.#owner.turned({ remote: this.remote, why: "unwritable", error });
      this.doom("local");
      return;
    }
    if (!this.#isFlushDue) this.#flushLater();
    if (writer.bytes >= flushAtBytes) this.#write();
  }

  end(): void {
    this.#write();
    this.socket.end();
  }

  close(): void {
    if (this.socket.connecting) this.socket.destroy();
    else this.#endSoon();
  }

  /** Whether what has been collected had better wait for more to come. */
  shouldWait(now: number): boolean {
    return this.#pace.shouldWait(now, this.#writer.bytes) && this.isOpen;
  }

  /** Writes what has been collected. */
  flush(): void {
    this.#isFlushDue = false;
    this.#pace.wrote();
    this.#write();
  }

  expire(): void {
    this.#owner.closed(this);
    this.#owner.down(this, "timeout");
    this.socket.destroy();
  }

  protected remoteEnded(): void {
    // One that stops in the middle of a frame has been killed, most likely: nothing to hold against it.
    if (this.isKnown) this.#owner.ended(this);
  }

  /**
   * Ends this side, and reads on until the other side has ended too: the kernel answers bytes that come to a closed
   * socket with a reset, and a reset destroys what the other side has not read yet.
   */
  #endSoon(): void {
    this.#write();
    this.socket.end();
    this.#owner.lingers(this);
  }

  #flushLater(): void {
    this.#isFlushDue = true;
    this.#owner.flushLater(this);
  }

  #write(): void {
    const { socket } = this;
    if (this.isDoomed || socket.writableEnded || socket.destroyed) return;
    const pieces = this.#writer.take();
    if (this.#preamble !== undefined) {
      pieces.unshift(this.#preamble);
      this.#preamble = undefined;
    }
    const last = pieces.length - 1;
    if (last < 0) return;
    if (last > 0) {
      socket.cork();
      for (let i = 0; i < last; i++) socket.write(pieces[i]!);
    }
    socket.write(pieces[last]!, this.#onWritten);
    if (last > 0) socket.uncork();
    this.#queuedBytes = socket.writableLength;
    if (this.#queuedBytes > this.#limits.queueMaxBytes) this.#congest();
  }

  #congest(): void {
    if (this.#queuedBytes > this.#limits.queueHardMaxBytes) {
      this.#owner.turned({ remote: this.remote, why: "does-not-read" });
      this.doom("reset");
    } else if (!this.#isCongested) {
      this.#isCongested = true;
      this.#owner.congestionChanged(this);
    }
  }

  #written(): void {
    if (!this.#isCongested || !this.isOpen || this.socket.writableLength >= this.#limits.queueMaxBytes / 4) return;
    this.#isCongested = false;
    this.#owner.congestionChanged(this);
  }
}
