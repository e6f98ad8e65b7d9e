/**
 * What tests of native links are made of: a core that notes what it is told and does as it was bid, and the other end of
 * a link, which says any bytes.
 */
import type { Address } from "../../src/core/address.js";
import type { ClassicMessage } from "../../src/core/classic/message.js";
import type { Core, Dialect, DownReason, Effects, LinkId } from "../../src/core/effects.js";
import type { PeerId } from "../../src/core/identity.js";
import type { Message, NativeGossip } from "../../src/core/message.js";
import { type DialectOptions, Driver, type Turned } from "../../src/net/driver.js";
import { encodeNative, NativeReader, nativePreamble } from "../../src/wire/native.js";
import { until, type Wire } from "./scene.js";

type AnyMessage = Message | ClassicMessage;

/** What a toy does when a message arrives. */
export type Reaction = (toy: ToyCore, link: LinkId, message: AnyMessage) => void;

/** A core without a will of its own. */
export class ToyCore implements Core<AnyMessage> {
  readonly effects: Effects<AnyMessage, string>;
  /** Everything it was told, messages apart: `up 1 native`, `ended 1`, `down 1 reset`, `congested 1 true`. */
  readonly told: string[] = [];
  readonly messages: AnyMessage[] = [];
  nextWake = Number.POSITIVE_INFINITY;
  /** Links whose other side has ended are closed at once, unless told otherwise. */
  closesEnded = true;
  readonly #reaction: Reaction;

  constructor(effects: Effects<AnyMessage, string>, reaction: Reaction) {
    this.effects = effects;
    this.#reaction = reaction;
  }

  linkUp(_now: number, link: LinkId, _remote: Address, dialect: Dialect): void {
    this.told.push(`up ${link} ${dialect}`);
  }

  linkEnded(_now: number, link: LinkId): void {
    this.told.push(`ended ${link}`);
    if (this.closesEnded) this.effects.close(link, "done");
  }

  linkDown(_now: number, link: LinkId, reason: DownReason): void {
    this.told.push(`down ${link} ${reason}`);
  }

  receive(_now: number, link: LinkId, message: AnyMessage): void {
    this.messages.push(message);
    this.#reaction(this, link, message);
  }

  congested(_now: number, link: LinkId, isCongested: boolean): void {
    this.told.push(`congested ${link} ${isCongested}`);
  }

  wake(): void {
    this.nextWake = Number.POSITIVE_INFINITY;
  }
}

/** A toy on a real port, and what its driver told. */
export interface ToyOnStage {
  readonly driver: Driver<ToyCore, string>;
  readonly core: ToyCore;
  readonly port: number;
  readonly address: Address;
  readonly turned: Turned[];
  /** Sends from outside, as an application does. */
  send(link: LinkId, ...messages: AnyMessage[]): void;
}

/** Starts a toy; it crashes when `ends` is run through. */
export async function startToy(
  ends: (() => unknown)[],
  options: Partial<DialectOptions> = {},
  reaction: Reaction = () => {},
): Promise<ToyOnStage> {
  const turned: Turned[] = [];
  const owner = { event() {}, turned: (one: Turned) => void turned.push(one) };
  const driver = await Driver.start<ToyCore, string>(
    { port: 0, host: "127.0.0.1", dialects: ["native", "classic"], ...options },
    owner,
    (effects) => new ToyCore(effects, reaction),
  );
  ends.push(() => driver.crash());
  return {
    driver,
    core: driver.core,
    port: driver.port,
    address: `127.0.0.1:${driver.port}` as Address,
    turned,
    send: (link, ...messages) =>
      driver.call((core) => {
        for (const message of messages) core.effects.send(link, message);
      }),
  };
}

/** Links two toys; gives the dialer's name for the link. */
export async function linked(dialer: ToyOnStage, acceptor: ToyOnStage): Promise<LinkId> {
  const link = dialer.driver.call((core) => core.effects.dial(acceptor.address));
  await until(
    () => dialer.core.told.length > 0 && acceptor.core.told.length > 0,
    () => `both are up: ${dialer.core.told} / ${acceptor.core.told}`,
  );
  return link;
}

/** What has been heard on a raw connection, as messages. Throws when it is none. */
export function heardOn(wire: Wire): Message[] {
  const { messages, refusal } = new NativeReader().push(Uint8Array.from(wire.bytes));
  if (refusal !== undefined) throw new Error(refusal.message);
  return messages;
}

/** A probe. */
export function probe(nonce: number): Message {
  return { type: "probe", nonce };
}

/** A gossip with a payload of so many bytes. */
export function gossip(seq: number, payloadBytes: number): NativeGossip {
  const origin = "00112233445566778899aabbccddeeff" as PeerId;
  const envelope = {
    origin,
    epoch: 1_731_234_567_000,
    seq,
    publishedAt: 1_731_234_567_890,
    address: "127.0.0.1:6001" as Address,
    topic: "t",
    payload: new Uint8Array(payloadBytes).fill(seq),
  };
  return { type: "gossip", tree: origin, round: 1, envelope };
}

/** One direction of a connection: the preamble, and these messages. */
export function spoken(...messages: readonly Message[]): Uint8Array {
  return Buffer.concat([nativePreamble(), ...messages.map(encodeNative)]);
}

/** The same bytes, cut at these places. */
export function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const cuts = [...new Set(places.map((place) => place % bytes.length))].sort((a, b) => a - b);
  return [...cuts, bytes.length]
    .map((end, index) => bytes.subarray(cuts[index - 1] ?? 0, end))
    .filter((piece) => piece.length > 0);
}
