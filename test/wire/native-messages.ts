/** Arbitrary messages of Hearsay's own protocol, and what tests of it need to compare and to cut bytes. */
import fc from "fast-check";
import { type Address, joinAddress } from "../../src/core/address.js";
import { tagsFault } from "../../src/core/directory/record.js";
import { type Contact, type PeerId, parsePeerId } from "../../src/core/identity.js";
import type { Announcement, Envelope, Message, MessageId, NativeGossip } from "../../src/core/message.js";
import { NativeReader, type NativeReaderOptions, type NativeRefusal, nativePreamble } from "../../src/wire/native.js";

const ip = fc.oneof(
  fc.constantFrom("127.0.0.1", "0.0.0.0", "::", "::1", "1::", "2001:db8::8:0:0:1", "localhost", "seed-1.example", "_a"),
  fc.ipV4(),
  fc.ipV6(),
  fc.domain(),
);
const address: fc.Arbitrary<Address> = fc
  .tuple(ip, fc.integer({ min: 1, max: 65_535 }))
  .map(([anIp, port]) => joinAddress(anIp, port))
  .filter((joined) => joined !== undefined);

const peerId: fc.Arbitrary<PeerId> = fc.oneof(
  fc.constantFrom(...["0".repeat(32), "f".repeat(32), "0123456789abcdef".repeat(2)].map((text) => parsePeerId(text)!)),
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => parsePeerId(Buffer.from(bytes).toString("hex"))!),
);
const contact: fc.Arbitrary<Contact> = fc.record({ id: peerId, address });
const contacts = fc.array(contact, { maxLength: 64 });
const u8 = fc.nat({ max: 255 });
const edges = [0, 127, 128, 16_383, 16_384, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 49 - 1, 2 ** 49, 2 ** 53 - 1];
const number = fc.oneof(fc.maxSafeNat(), fc.constantFrom(...edges), u8);
const seq = number.map((value) => Math.max(1, value));
const text = fc.string({ unit: "binary", maxLength: 255 }).filter((string) => Buffer.byteLength(string) <= 255);
const messageId: fc.Arbitrary<MessageId> = fc.record({ origin: peerId, epoch: number, seq });
const announcement: fc.Arbitrary<Announcement> = fc
  .record({ origin: peerId, epoch: fc.oneof(number, fc.constant(7)), seq, count: seq, tree: peerId, round: number })
  .chain((entry) => fc.constantFrom(entry, { ...entry, tree: entry.origin }));

/** Payloads from none to longer than what is copied. */
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 600 }),
  fc.integer({ min: 0, max: 5000 }).map((length) => new Uint8Array(length).fill(length)),
);

/** An envelope as its origin makes it. */
export const envelope: fc.Arbitrary<Envelope> = fc.record({
  origin: peerId,
  epoch: number,
  seq,
  publishedAt: number,
  address,
  topic: text,
  payload,
});

const u32 = fc.nat({ max: 0xffff_ffff });
const prefix = fc.tuple(peerId, fc.nat({ max: 8 })).map(([id, length]) => id.slice(0, length));
/** Ranges with gaps between them. */
const bounds = fc
  .array(fc.tuple(fc.integer({ min: 2, max: 100_000 }), fc.nat({ max: 100_000 })), { maxLength: 256 })
  .map((steps) => {
    let last = -1;
    return steps.flatMap(([gap, length]) => {
      const first = last + gap;
      last = first + length;
      return [first, last];
    });
  });
const lifeMarks = fc.record({ origin: peerId, epoch: number, seen: bounds, kept: bounds });

const tags = fc
  .uniqueArray(
    fc.tuple(
      text.filter((name) => name !== "" && name !== "__proto__"),
      text,
    ),
    {
      selector: ([name]) => name,
      maxLength: 4,
    },
  )
  .map((entries) => Object.fromEntries(entries))
  .filter((one) => tagsFault(one) === undefined);
const incarnation = fc.oneof(fc.nat(), fc.constantFrom(0, 2 ** 40, 2 ** 52));
const peerRecord = fc.record({ id: peerId, address, epoch: number, incarnation, hasLeft: fc.boolean(), tags });
const accusation = fc.record({
  subject: peerId,
  incarnation,
  accuser: peerId,
  evidence: fc.constantFrom("refused" as const, "replaced" as const, "silent" as const, "deaf" as const),
});
/** A peer, as somebody sees it. */
export const directoryEntry = fc.record({
  id: fc.option(peerId, { nil: undefined }),
  address,
  dialect: fc.constantFrom("native" as const, "classic" as const),
  status: fc.constantFrom("alive" as const, "suspect" as const, "dead" as const, "left" as const),
  epoch: number,
  incarnation,
  forMs: number,
  seenAgoMs: fc.option(number, { nil: undefined }),
  rttMs: fc.option(number, { nil: undefined }),
  tags,
});

/** One of each type; a type that is missing here does not compile. */
const byType: { readonly [Type in Message["type"]]: fc.Arbitrary<Extract<Message, { type: Type }>> } = {
  hello: fc.record({
    type: fc.constant("hello" as const),
    version: number,
    network: text,
    capabilities: fc.nat({ max: 0xffff_ffff }),
    self: contact,
    epoch: number,
  }),
  join: fc.record({ type: fc.constant("join" as const) }),
  "forward-join": fc.record({ type: fc.constant("forward-join" as const), newcomer: contact, ttl: u8 }),
  "neighbor-request": fc.record({
    type: fc.constant("neighbor-request" as const),
    priority: fc.constantFrom("high" as const, "low" as const),
  }),
  "neighbor-reply": fc.record({ type: fc.constant("neighbor-reply" as const), accepted: fc.boolean() }),
  disconnect: fc.record({ type: fc.constant("disconnect" as const) }),
  shuffle: fc.record({ type: fc.constant("shuffle" as const), origin: contact, ttl: u8, contacts }),
  "shuffle-reply": fc.record({ type: fc.constant("shuffle-reply" as const), contacts }),
  gossip: fc.record({ type: fc.constant("gossip" as const), tree: peerId, round: number, envelope }),
  ihave: fc.record({
    type: fc.constant("ihave" as const),
    entries: fc.array(announcement, { maxLength: 40 }),
  }),
  graft: fc.record({
    type: fc.constant("graft" as const),
    tree: fc.option(peerId, { nil: undefined }),
    wanted: fc.option(messageId, { nil: undefined }),
  }),
  prune: fc.record({ type: fc.constant("prune" as const), tree: peerId }),
  digest: fc.record({
    type: fc.constant("digest" as const),
    parts: fc.array(fc.record({ prefix, lower: u32, upper: u32 }), { maxLength: 256 }),
  }),
  marks: fc.record({
    type: fc.constant("marks" as const),
    isQuestion: fc.boolean(),
    parts: fc.array(fc.record({ prefix, lives: fc.array(lifeMarks, { maxLength: 20 }) }), { maxLength: 20 }),
  }),
  want: fc.record({ type: fc.constant("want" as const), origin: peerId, epoch: number, seqs: bounds }),
  repair: fc.record({ type: fc.constant("repair" as const), ageMs: number, round: number, envelope }),
  probe: fc.record({ type: fc.constant("probe" as const), nonce: number }),
  ack: fc.record({ type: fc.constant("ack" as const), nonce: number }),
  register: fc.record({ type: fc.constant("register" as const) }),
  registered: fc.record({
    type: fc.constant("registered" as const),
    leaseMs: number,
    observedIp: text,
    contacts,
    classic: fc.array(address, { maxLength: 64 }),
  }),
  unregister: fc.record({ type: fc.constant("unregister" as const) }),
  news: fc.record({
    type: fc.constant("news" as const),
    records: fc.array(peerRecord, { maxLength: 8 }),
    ended: fc.array(fc.record({ record: peerRecord, agoMs: number }), { maxLength: 4 }),
    accusations: fc.array(accusation, { maxLength: 16 }),
  }),
  summary: fc.record({ type: fc.constant("summary" as const), lower: u32, upper: u32, count: number }),
  sums: fc.record({
    type: fc.constant("sums" as const),
    sums: fc.array(u32, { minLength: 256, maxLength: 256 }),
  }),
  versions: fc.record({
    type: fc.constant("versions" as const),
    parts: fc.array(u8, { maxLength: 256 }),
    versions: fc.array(fc.record({ id: peerId, version: u32 }), { maxLength: 64 }),
  }),
  ask: fc.record({ type: fc.constant("ask" as const), ids: fc.array(peerId, { maxLength: 64 }) }),
  "probe-request": fc.record({ type: fc.constant("probe-request" as const), subject: peerId }),
  "probe-result": fc.record({ type: fc.constant("probe-result" as const), subject: peerId }),
  "directory-request": fc.record({
    type: fc.constant("directory-request" as const),
    after: text,
  }),
  "directory-page": fc.record({
    type: fc.constant("directory-page" as const),
    isLast: fc.boolean(),
    entries: fc.array(directoryEntry, { maxLength: 8 }),
  }),
};

/** Any gossip. */
export const gossip: fc.Arbitrary<NativeGossip> = byType.gossip;

/** Any message. */
export const message: fc.Arbitrary<Message> = fc.oneof(...Object.values<fc.Arbitrary<Message>>(byType));

/** Places to cut a stream at. */
export const cuts: fc.Arbitrary<number[]> = fc.array(fc.nat({ max: 10_000 }), { maxLength: 12 });

/** The pieces of a stream, each in a buffer of its own. */
export function cut(bytes: Uint8Array, places: number[]): Uint8Array[] {
  const inside = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((one, other) => one - other);
  return [0, ...inside].map((start, index) => bytes.slice(start, inside[index] ?? bytes.length));
}

/** What a reader makes of the pieces, after a preamble. */
export function read(
  pieces: readonly Uint8Array[],
  options?: NativeReaderOptions,
): { messages: Message[]; refusal: NativeRefusal | undefined } {
  const reader = new NativeReader(options);
  const readings = [nativePreamble(), ...pieces].map((piece) => reader.push(piece));
  return {
    messages: readings.flatMap((reading) => reading.messages.map(plain)),
    refusal: readings.find((reading) => reading.refusal !== undefined)?.refusal,
  };
}

/** The message with an envelope of fields only, which tests can compare; what was read has them behind getters. */
export function plain(one: Message): Message {
  if (one.type !== "gossip" && one.type !== "repair") return one;
  const { origin, epoch, seq, publishedAt, address, topic, payload, bytes } = one.envelope;
  return { ...one, envelope: { origin, epoch, seq, publishedAt, address, topic, payload, bytes: bytes! } };
}

/** The message without the bytes that it came in, which its sender's does not have. */
export function bare(one: Message): Message {
  if (one.type !== "gossip" && one.type !== "repair") return one;
  const { origin, epoch, seq, publishedAt, address, topic, payload } = one.envelope;
  return { ...one, envelope: { origin, epoch, seq, publishedAt, address, topic, payload } };
}
