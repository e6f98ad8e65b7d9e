/** Choosing from the directory. */
import { type PeerState, type PeerStatus, type Tags, tagsFault } from "../core/directory/record.js";
import type { Dialect } from "../core/effects.js";
import { HearsayError } from "./errors.js";

/** What all chosen peers have in common. */
export interface PeerTraitsWanted {
  /** One of these. */
  readonly status?: PeerStatus | readonly PeerStatus[] | undefined;
  readonly dialect?: Dialect | undefined;
  /** Each of these tags, with this value. */
  readonly tags?: Tags | undefined;
  /** Whether it is the asking peer itself. */
  readonly isSelf?: boolean | undefined;
}

/** Which peers are wanted: those with these traits, or those for which the function is true. */
export type PeersWhere = PeerTraitsWanted | ((peer: PeerState) => boolean);

const traits = ["status", "dialect", "tags", "isSelf"] as const;
const statuses: readonly PeerStatus[] = ["alive", "suspect", "dead", "left"];
const dialects: readonly Dialect[] = ["native", "classic"];

/**
 * Whether a peer is wanted.
 *
 * @throws HearsayError `bad-option` for a trait that does not exist, or a value that no peer can have: who is told of
 *   nobody would take it for the truth
 */
export function isWanted(where: PeersWhere | undefined): (peer: PeerState) => boolean {
  if (where === undefined) return () => true;
  if (typeof where === "function") return where;
  if (typeof where !== "object" || where === null) {
    throw new HearsayError("bad-option", "where is an object of traits, or a function");
  }
  const unknown = Object.keys(where).find((name) => !traits.some((trait) => trait === name));
  if (unknown !== undefined) {
    throw new HearsayError("bad-option", `peers have no trait ${unknown}; there are ${traits.join(", ")}`);
  }
  const { status, dialect, isSelf } = where;
  const wanted = status === undefined ? undefined : [status].flat();
  for (const one of wanted ?? []) mustBeOne("status", one, statuses);
  if (dialect !== undefined) mustBeOne("dialect", dialect, dialects);
  if (isSelf !== undefined) mustBeOne("isSelf", isSelf, [true, false]);
  const tags = Object.entries(checkedTags(where.tags ?? {}));
  return (peer) =>
    (wanted === undefined || wanted.includes(peer.status)) &&
    (dialect === undefined || peer.dialect === dialect) &&
    (isSelf === undefined || peer.isSelf === isSelf) &&
    tags.every(([name, value]) => peer.tags[name] === value);
}

function mustBeOne(name: string, value: unknown, words: readonly unknown[]): void {
  if (words.includes(value)) return;
  throw new HearsayError("bad-option", `${name} is one of ${words.join(", ")}; not ${JSON.stringify(value)}`);
}

/**
 * A copy of what an application says of its peer.
 *
 * @throws HearsayError `bad-option` when it can't be tags
 */
export function checkedTags(tags: Tags): Tags {
  const fault = tagsFault(tags);
  if (fault !== undefined) throw new HearsayError("bad-option", fault);
  return Object.freeze({ ...tags });
}
