/** The fields that messages are made of. Each knows how it is written and read; {@link record} puts them in a row. */
import type { Address } from "../../core/address.js";
import type { Contact, PeerId } from "../../core/identity.js";
import type { Announcement, Bounds, DigestPart, LifeMarks, MarksPart, MessageId } from "../../core/message.js";
import { address } from "./address.js";
import type { ByteReader } from "./byte-reader.js";
import type { ByteWriter } from "./byte-writer.js";

/** How one kind of value travels. Reading throws what it refuses; writing throws a RangeError for what nobody would read. */
export interface Field<Value> {
  write(to: ByteWriter, value: Value): void;
  read(from: ByteReader): Value;
}

/** The most contacts in one message. */
export const maxContacts = 64;
/** The most entries of an ihave. */
export const maxAnnouncements = 1024;

/** 0–255. */
export const u8: Field<number> = { write: (to, value) => to.u8(value), read: (from) => from.u8() };

/** 0 up to 2^53 − 1, the shortest form only. */
export const varint: Field<number> = { write: (to, value) => to.varint(value), read: (from) => from.varint() };

/** 32 bits, as a varint. */
export const bits: Field<number> = {
  write: (to, value) => to.varint(value, 0xffff_ffff),
  read: (from) => from.varint(0xffff_ffff),
};

/** Four bytes, the highest first. */
export const u32: Field<number> = {
  write(to, value) {
    if (value !== value >>> 0) throw new RangeError(`${value} is not a number of 32 bits`);
    for (let shift = 24; shift >= 0; shift -= 8) to.u8((value >>> shift) & 0xff);
  },
  read: (from) => from.u8() * 0x100_0000 + ((from.u8() << 16) | (from.u8() << 8) | from.u8()),
};

/** At most 255 bytes of UTF-8. */
export const text: Field<string> = { write: (to, value) => to.text(value), read: (from) => from.text() };

/** 16 bytes. */
export const peerId: Field<PeerId> = { write: (to, id) => to.peerId(id), read: (from) => from.peerId() };

/** One of some values, each of them a byte: its place in the list. */
export function choice<Value extends string | boolean>(...values: readonly Value[]): Field<Value> {
  return {
    write: (to, value) => to.u8(values.indexOf(value)),
    read(from) {
      const place = from.u8();
      return place < values.length ? values[place]! : from.fail("bad-value", `${place} stands for nothing`);
    },
  };
}

/** A byte, 0 or 1, and the value if it is 1. */
export function optional<Value>(field: Field<Value>): Field<Value | undefined> {
  const present = choice(false, true);
  return {
    write(to, value) {
      present.write(to, value !== undefined);
      if (value !== undefined) field.write(to, value);
    },
    read: (from) => (present.read(from) ? field.read(from) : undefined),
  };
}

/** A count, checked before anything is allocated, and that many values. */
export function list<Value>(field: Field<Value>, most: number): Field<readonly Value[]> {
  return {
    write(to, values) {
      writeCount(to, values.length, most);
      for (const value of values) field.write(to, value);
    },
    read(from) {
      const count = readCount(from, most);
      const values: Value[] = [];
      while (values.length < count) values.push(field.read(from));
      return values;
    },
  };
}

/** Always so many values: no count travels. */
export function exactly<Value>(field: Field<Value>, count: number): Field<readonly Value[]> {
  return {
    write(to, values) {
      if (values.length !== count) throw new RangeError(`${values.length} values, and not ${count}`);
      for (const value of values) field.write(to, value);
    },
    read: (from) => Array.from({ length: count }, () => field.read(from)),
  };
}

/** The fields of an object, in the order in which they are written here. */
export function record<Value extends object>(
  fields: { readonly [Key in keyof Value]-?: Field<Value[Key]> },
): Field<Value> {
  const row = Object.entries(fields) as [keyof Value, Field<Value[keyof Value]>][];
  return {
    write(to, value) {
      for (const [name, field] of row) field.write(to, value[name]);
    },
    read(from) {
      const value: Partial<Value> = {};
      for (const [name, field] of row) value[name] = field.read(from);
      return value as Value;
    },
  };
}

/** Who, and where. */
export const contact: Field<Contact> = record<Contact>({ id: peerId, address });

/** At most {@link maxContacts}. */
export const contacts: Field<readonly Contact[]> = list(contact, maxContacts);

/** At most {@link maxContacts}. */
export const addresses: Field<readonly Address[]> = list(address, maxContacts);

/** A number counted from 1. */
export const seq: Field<number> = {
  write(to, value) {
    if (value === 0) throw new RangeError("sequence numbers are counted from 1");
    to.varint(value);
  },
  read: (from) => from.varint() || from.fail("bad-value", "the sequence number 0"),
};

/** The name of a message. */
export const messageId: Field<MessageId> = record<MessageId>({ origin: peerId, epoch: varint, seq });

/** The origin and epoch are those of the entry before. */
const sameLife = 1;
/** The tree is that of the entry before. */
const sameTree = 2;
/** The tree grew from the origin. */
const ownTree = 4;

/**
 * The entries of an ihave. Most of them follow one of the same origin, on the same tree: what an entry shares with the
 * one before is left out, which takes it from 43 bytes to 4.
 */
export const announcements: Field<readonly Announcement[]> = {
  write(to, entries) {
    writeCount(to, entries.length, maxAnnouncements);
    let last: Announcement | undefined;
    for (const entry of entries) {
      const life = entry.origin === last?.origin && entry.epoch === last.epoch ? sameLife : 0;
      const tree = entry.tree === last?.tree ? sameTree : entry.tree === entry.origin ? ownTree : 0;
      to.u8(life | tree);
      if (life === 0) {
        to.peerId(entry.origin);
        to.varint(entry.epoch);
      }
      seq.write(to, entry.seq);
      seq.write(to, entry.count);
      if (tree === 0) to.peerId(entry.tree);
      to.varint(entry.round);
      last = entry;
    }
  },
  read(from) {
    const count = readCount(from, maxAnnouncements);
    const entries: Announcement[] = [];
    let last: Announcement | undefined;
    while (entries.length < count) {
      const shared = from.u8();
      if (shared > (sameLife | ownTree) || (last === undefined && (shared & (sameLife | sameTree)) !== 0)) {
        from.fail("bad-value", `an entry cannot begin with ${shared}`);
      }
      const before = (shared & sameLife) === 0 ? undefined : last;
      const origin = before?.origin ?? from.peerId();
      const epoch = before?.epoch ?? from.varint();
      const number = seq.read(from);
      const many = seq.read(from);
      const tree = (shared & ownTree) !== 0 ? origin : (shared & sameTree) !== 0 ? last!.tree : from.peerId();
      last = { origin, epoch, seq: number, count: many, tree, round: from.varint() };
      entries.push(last);
    }
    return entries;
  },
};

/** The most ranges of one {@link Bounds}. */
export const maxRanges = 256;

/** Ranges: a count, then for each how far its first number is from the last one before, and its length less one. */
export const bounds: Field<Bounds> = {
  write(to, values) {
    if (values.length % 2 !== 0) throw new RangeError("ranges are pairs of a first and a last number");
    writeCount(to, values.length / 2, maxRanges);
    let before = 0;
    for (let i = 0; i < values.length; i += 2) {
      const first = values[i]!;
      const last = values[i + 1]!;
      const isAscending = first > (i === 0 ? 0 : before + 1) && last >= first;
      if (!isAscending) throw new RangeError(`the range ${first}–${last} does not follow one up to ${before}`);
      to.varint(first - before);
      to.varint(last - first);
      before = last;
    }
  },
  read(from) {
    const count = readCount(from, maxRanges);
    const values: number[] = [];
    let before = 0;
    while (values.length < 2 * count) {
      const step = from.varint();
      const first = before + step;
      const last = first + from.varint();
      if (step < (before === 0 ? 1 : 2) || !Number.isSafeInteger(last)) from.fail("bad-value", "ranges out of order");
      values.push(first, last);
      before = last;
    }
    return values;
  },
};

/** 0 to 8 hex digits: their number in one byte, then two a byte, the last half of an odd number's last byte 0. */
const prefix: Field<string> = {
  write(to, value) {
    if (!/^[0-9a-f]{0,8}$/.test(value)) throw new RangeError(`"${value}" is not a prefix of an id`);
    to.u8(value.length);
    for (let i = 0; i < value.length; i += 2) to.u8(Number.parseInt(value.slice(i, i + 2).padEnd(2, "0"), 16));
  },
  read(from) {
    const length = from.u8();
    if (length > 8) from.fail("bad-value", `a prefix of ${length} digits`);
    let digits = "";
    while (digits.length < length) digits += from.u8().toString(16).padStart(2, "0");
    if (digits.length > length && !digits.endsWith("0")) from.fail("bad-value", "a prefix with a half digit");
    return digits.slice(0, length);
  },
};

/** The most parts of one digest, or of one marks. */
export const maxParts = 256;
/** The most lives in one part of marks. */
export const maxLives = 256;

/** At most {@link maxParts}. */
export const digestParts: Field<readonly DigestPart[]> = list(
  record<DigestPart>({ prefix, lower: u32, upper: u32 }),
  maxParts,
);

const lifeMarks: Field<LifeMarks> = record<LifeMarks>({ origin: peerId, epoch: varint, seen: bounds, kept: bounds });

/** At most {@link maxParts}. */
export const marksParts: Field<readonly MarksPart[]> = list(
  record<MarksPart>({ prefix, lives: list(lifeMarks, maxLives) }),
  maxParts,
);

function writeCount(to: ByteWriter, count: number, most: number): void {
  if (count > most) throw new RangeError(`${count} entries, of at most ${most}`);
  to.varint(count);
}

function readCount(from: ByteReader, most: number): number {
  const count = from.varint();
  return count <= most ? count : from.fail("too-many", `${count} entries, of at most ${most}`);
}
