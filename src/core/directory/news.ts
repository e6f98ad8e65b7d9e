/** Cuts what is to be told into messages that the wire takes. */
import { type Ended, listMax, type News } from "./messages.js";
import { type Accusation, type PeerRecord, recordBytes } from "./record.js";

/** How large a message may grow, of 65,536 bytes that the wire takes. */
const messageMaxBytes = 32_768;
const accusationBytes = 44;

/** What somebody is told. */
export interface Telling {
  readonly records: readonly PeerRecord[];
  readonly ended: readonly Ended[];
  readonly accusations: readonly Accusation[];
}

/** As few messages as will do. Accusations come after the records that they speak of, or with them. */
export function newsOf({ records, ended, accusations }: Telling): News[] {
  const all: News[] = [];
  let part = new Part();
  const cut = (bytes: number) => {
    if (part.isEmpty || (part.bytes + bytes <= messageMaxBytes && part.count < listMax)) return;
    all.push(part.news());
    part = new Part();
  };
  const accusationsOf = groupBySubject(accusations);
  const withItsAccusations = (record: PeerRecord, put: () => void) => {
    const own = accusationsOf.get(record.id) ?? [];
    accusationsOf.delete(record.id);
    const bytes = recordBytes(record) + own.length * accusationBytes;
    cut(bytes);
    put();
    part.accusations.push(...own);
    part.bytes += bytes;
  };
  for (const record of records) withItsAccusations(record, () => part.records.push(record));
  for (const one of ended) withItsAccusations(one.record, () => part.ended.push(one));
  for (const rest of accusationsOf.values()) {
    cut(rest.length * accusationBytes);
    part.accusations.push(...rest);
    part.bytes += rest.length * accusationBytes;
  }
  if (!part.isEmpty) all.push(part.news());
  return all;
}

/** A message that is being filled. */
class Part {
  readonly records: PeerRecord[] = [];
  readonly ended: Ended[] = [];
  readonly accusations: Accusation[] = [];
  bytes = 0;

  get isEmpty(): boolean {
    return this.bytes === 0;
  }

  get count(): number {
    return this.records.length + this.ended.length + this.accusations.length;
  }

  news(): News {
    const { records, ended, accusations } = this;
    return { type: "news", records, ended, accusations };
  }
}

function groupBySubject(accusations: readonly Accusation[]): Map<string, Accusation[]> {
  const groups = new Map<string, Accusation[]>();
  for (const accusation of accusations) {
    const group = groups.get(accusation.subject);
    if (group === undefined) groups.set(accusation.subject, [accusation]);
    else group.push(accusation);
  }
  return groups;
}
