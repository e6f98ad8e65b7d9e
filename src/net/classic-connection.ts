/**
 * One connection of classic texts. They have no frames: a text that may be complete is taken to be after a moment of
 * silence; whoever ends its side, as Hearsay does, is understood at once.
 */
import type { Socket } from "node:net";
import { type Address, splitAddress } from "../core/address.js";
import type { ClassicMessage } from "../core/classic/message.js";
import type { LinkId } from "../core/effects.js";
import { answerTo, ClassicReader, type ClassicReading, encodeClassic } from "../wire/classic.js";
import { type AnyMessage, Connection, type ConnectionOwner } from "./connection.js";

/** Bytes waiting for one reader; beyond, it is not reading at all. */
const maxUnreadBytes = 262_144;

/** Whom a classic connection tells. */
export interface ClassicOwner extends ConnectionOwner {
  /** The text so far may be complete: call {@link ClassicConnection.quiet} when nothing has come for a moment. */
  settling(connection: ClassicConnection): void;
  /** That moment will not come. */
  settled(connection: ClassicConnection): void;
}

/** A connection of the classic dialect. */
export class ClassicConnection extends Connection {
  readonly dialect = "classic";
  readonly #owner: ClassicOwner;
  /** Undefined while it is not known what may come (before the first message of a dialed link). */
  #reader: ClassicReader | undefined;
  /** At least one message has come over it. */
  #hasSpoken = false;

  /** Takes over a socket. */
  constructor(owner: ClassicOwner, socket: Socket, link: LinkId, remote: Address, isInbound: boolean) {
    super(owner, socket, link, remote, isInbound);
    this.#owner = owner;
    if (isInbound) this.#reader = new ClassicReader({ expects: "requests", remoteIp: splitAddress(remote).ip });
  }

  take(bytes: Uint8Array): void {
    if (!this.isKnown || this.#reader === undefined) return;
    this.#owner.settled(this);
    this.#read(this.#reader.push(bytes));
    if (this.isKnown && this.#reader.waiting) this.#owner.settling(this);
  }

  /** Nothing has come for a moment: what may be complete is. */
  quiet(): void {
    if (this.#reader !== undefined) this.#read(this.#reader.quiet());
  }

  send(anyMessage: AnyMessage): void {
    if (!this.isOpen || this.socket.writableEnded) return;
    const message = anyMessage as ClassicMessage;
    if (!this.isInbound) {
      const expects = answerTo(message);
      const ownPort = message.type === "registration" ? splitAddress(message.address).port : undefined;
      this.#reader = new ClassicReader({ expects, remoteIp: "", ownPort });
    }
    this.socket.write(encodeClassic(message));
    if (this.socket.writableLength > maxUnreadBytes) {
      // Answers pile up because nobody reads them. 'close' follows, and tells the core.
      this.#owner.turned({ remote: this.remote, why: "does-not-read" });
      this.doom("reset");
    }
  }

  end(): void {
    this.socket.end();
  }

  close(): void {
    this.#owner.settled(this);
    if (this.socket.connecting) this.socket.destroy();
    else this.socket.destroySoon();
  }

  expire(): void {
    if (this.isKnown && this.isInbound) {
      const why = this.#hasSpoken ? "stayed-too-long" : "took-too-long";
      this.#owner.turned({ remote: this.remote, why });
    }
    this.#owner.closed(this);
    this.#owner.down(this, "timeout");
    this.socket.destroy();
  }

  protected remoteEnded(): void {
    this.#owner.settled(this);
    if (this.isKnown && this.#reader !== undefined) this.#read(this.#reader.end());
    if (!this.isKnown) this.socket.destroySoon();
    else if (this.isInbound) this.#owner.ended(this);
    else {
      this.#owner.down(this, "closed");
      this.socket.destroySoon();
    }
  }

  #read(reading: ClassicReading): void {
    if (reading.messages.length > 0) {
      this.#hasSpoken = true;
      this.#owner.received(this, reading.messages);
    }
    if (reading.refusal === undefined || !this.isOpen) return;
    this.#owner.turned({ remote: this.remote, refusal: reading.refusal });
    this.#owner.settled(this);
    this.#owner.down(this, "garbage");
    this.socket.destroySoon();
  }
}
