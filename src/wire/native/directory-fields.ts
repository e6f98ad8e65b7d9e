/** The fields of the directory's messages. */
import type { DirectoryEntry, Ended, VersionOf } from "../../core/directory/messages.js";
import { type Accusation, incarnationMax, type PeerRecord, type Tags, tagsFault } from "../../core/directory/record.js";
import { address } from "./address.js";
import { choice, type Field, optional, peerId, record, text, u8, u32, varint } from "./fields.js";

/** A count, then for each tag its name and its value, in the order of the names' UTF-16 code units. */
const tags: Field<Tags> = {
  write(to, values) {
    const fault = tagsFault(values);
    if (fault !== undefined) throw new RangeError(fault);
    const names = Object.keys(values).sort();
    u8.write(to, names.length);
    for (const name of names) {
      text.write(to, name);
      text.write(to, values[name]!);
    }
  },
  read(from) {
    const count = u8.read(from);
    if (count === 0) return noTags;
    const values: Record<string, string> = {};
    let before: string | undefined;
    for (let i = 0; i < count; i++) {
      const name = text.read(from);
      if (before !== undefined && name <= before)
        from.fail("bad-value", "tags that are not in the order of their names");
      if (name === "__proto__") from.fail("bad-value", "a tag called __proto__");
      values[name] = text.read(from);
      before = name;
    }
    const fault = tagsFault(values);
    return fault === undefined ? values : from.fail("bad-value", fault);
  },
};

const noTags: Tags = Object.freeze({});

/** From 0 to {@link incarnationMax}. */
const incarnation: Field<number> = {
  write: (to, value) => to.varint(value, incarnationMax),
  read: (from) => from.varint(incarnationMax),
};

/** What a peer says of itself. */
export const peerRecord: Field<PeerRecord> = record<PeerRecord>({
  id: peerId,
  address,
  epoch: varint,
  incarnation,
  hasLeft: choice(false, true),
  tags,
});

/** A peer that is gone. */
export const ended: Field<Ended> = record<Ended>({ record: peerRecord, agoMs: varint });

/** One peer's word against another. */
export const accusation: Field<Accusation> = record<Accusation>({
  subject: peerId,
  incarnation,
  accuser: peerId,
  evidence: choice("refused", "replaced", "silent", "deaf"),
});

/** What is known of one peer, as 32 bits. */
export const versionOf: Field<VersionOf> = record<VersionOf>({ id: peerId, version: u32 });

/** One peer, as another one sees it. */
export const directoryEntry: Field<DirectoryEntry> = record<DirectoryEntry>({
  id: optional(peerId),
  address,
  dialect: choice("native", "classic"),
  status: choice("alive", "suspect", "dead", "left"),
  epoch: varint,
  incarnation,
  forMs: varint,
  seenAgoMs: optional(varint),
  rttMs: optional(varint),
  tags,
});
