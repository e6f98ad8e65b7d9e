/**
 * The table of messages: the code of each type, its limit, and its fields in the order in which they travel. A new type
 * is a line here, a row in docs/protocol.md and a vector beside it.
 */
import { listMax, pageMax } from "../../core/directory/messages.js";
import type { Message } from "../../core/message.js";
import type { Block } from "./block.js";
import type { ByteReader } from "./byte-reader.js";
import type { ByteWriter } from "./byte-writer.js";
import { accusation, directoryEntry, ended, peerRecord, versionOf } from "./directory-fields.js";
import { encodeEnvelope, readEnvelope } from "./envelope.js";
import {
  addresses,
  announcements,
  bits,
  bounds,
  choice,
  contact,
  contacts,
  digestParts,
  exactly,
  type Field,
  list,
  marksParts,
  messageId,
  optional,
  peerId,
  record,
  text,
  u8,
  u32,
  varint,
} from "./fields.js";
import { gossipCode } from "./own-frames.js";
import { gossipHeadBytes, oneByteRoundMax } from "./received-envelope.js";

/** The message of a type. */
export type MessageOf<Type extends Message["type"]> = Extract<Message, { readonly type: Type }>;

/** How the messages of one type travel. */
export interface Codec<Body extends Message> {
  /** The frame's type byte. Codes from {@link firstSkippable} on are skipped by those who do not know them. */
  readonly code: number;
  /** Whether the frame carries a payload, and may be as large as one. */
  readonly carriesPayload: boolean;
  /** Whether bytes after the last field are those of a newer version, rather than a mistake. */
  readonly open: boolean;
  /** Writes the fields. */
  write(to: ByteWriter, message: Body): void;
  /** Reads the fields. `block`: what the body lies in, if it has a payload. */
  read(from: ByteReader, block: Block | undefined): Body;
}

/** Types from here on may be skipped: whoever adds one must not depend on its being understood. */
export const firstSkippable = 128;

type FieldsOf<Body> = { readonly [Name in Exclude<keyof Body, "type">]-?: Field<Body[Name]> };

/** Every message of the protocol. */
export const codecs: { readonly [Type in Message["type"]]: Codec<MessageOf<Type>> } = {
  // Open: what a hello says about versions must be readable by all versions.
  hello: plain(
    "hello",
    1,
    { version: varint, network: text, capabilities: bits, self: contact, epoch: varint },
    { open: true },
  ),
  join: plain("join", 2, {}),
  "forward-join": plain("forward-join", 3, { newcomer: contact, ttl: u8 }),
  "neighbor-request": plain("neighbor-request", 4, { priority: choice("low", "high") }),
  "neighbor-reply": plain("neighbor-reply", 5, { accepted: choice(false, true) }),
  disconnect: plain("disconnect", 6, {}),
  shuffle: plain("shuffle", 7, { origin: contact, ttl: u8, contacts }),
  "shuffle-reply": plain("shuffle-reply", 8, { contacts }),
  gossip: {
    code: gossipCode,
    carriesPayload: true,
    open: false,
    write(to, message) {
      to.peerId(message.tree);
      to.varint(message.round);
      to.raw(encodeEnvelope(message.envelope));
    },
    read(from, block) {
      const tree = from.peerId();
      const round = from.varint();
      // All of the frame's head lies before the body: then it can be passed on as it is.
      const isWhole = from.at >= gossipHeadBytes && round < oneByteRoundMax;
      const envelope = readEnvelope(from, block!);
      if (isWhole) envelope.cameAs(tree, round);
      return { type: "gossip", tree, round, envelope };
    },
  },
  repair: {
    code: 27,
    carriesPayload: true,
    open: false,
    write(to, message) {
      to.varint(message.ageMs);
      to.varint(message.round);
      to.raw(encodeEnvelope(message.envelope));
    },
    read: (from, block) => ({
      type: "repair",
      ageMs: from.varint(),
      round: from.varint(),
      envelope: readEnvelope(from, block!),
    }),
  },
  ihave: plain("ihave", 17, { entries: announcements }),
  graft: plain("graft", 18, { tree: optional(peerId), wanted: optional(messageId) }),
  prune: plain("prune", 19, { tree: peerId }),
  digest: plain("digest", 24, { parts: digestParts }),
  marks: plain("marks", 25, { isQuestion: choice(false, true), parts: marksParts }),
  want: plain("want", 26, { origin: peerId, epoch: varint, seqs: bounds }),
  probe: plain("probe", 32, { nonce: varint }),
  ack: plain("ack", 33, { nonce: varint }),
  register: plain("register", 40, {}),
  registered: plain("registered", 41, { leaseMs: varint, observedIp: text, contacts, classic: addresses }),
  unregister: plain("unregister", 42, {}),
  news: plain("news", 48, {
    records: list(peerRecord, listMax),
    ended: list(ended, listMax),
    accusations: list(accusation, listMax),
  }),
  summary: plain("summary", 49, { lower: u32, upper: u32, count: varint }),
  sums: plain("sums", 50, { sums: exactly(u32, 256) }),
  versions: plain("versions", 51, { parts: list(u8, 256), versions: list(versionOf, listMax) }),
  ask: plain("ask", 52, { ids: list(peerId, listMax) }),
  "probe-request": plain("probe-request", 53, { subject: peerId }),
  "probe-result": plain("probe-result", 54, { subject: peerId }),
  "directory-request": plain("directory-request", 56, { after: text }),
  "directory-page": plain("directory-page", 57, {
    isLast: choice(false, true),
    entries: list(directoryEntry, pageMax),
  }),
};

/** A type whose fields just stand one after the other. */
function plain<Type extends Message["type"]>(
  type: Type,
  code: number,
  fields: FieldsOf<MessageOf<Type>>,
  { open = false }: { open?: boolean } = {},
): Codec<MessageOf<Type>> {
  const always: Field<Type> = { write() {}, read: () => type };
  // The type itself takes no bytes: it is the frame's.
  const row = { type: always, ...fields } as unknown as Parameters<typeof record<MessageOf<Type>>>[0];
  return { code, carriesPayload: false, open, ...record<MessageOf<Type>>(row) };
}
