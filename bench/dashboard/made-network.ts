/**
 * A network that is only told of: so many peers with random links and a tree among them, along which a message goes twice
 * a second. For measuring the page that draws it; no protocol runs here.
 */
import { seededRandom } from "../../src/core/random.js";
import type { DirectoryEntryAnswer, Hop, MessagePath, NetworkAnswer, StreamEvent } from "../../src/http/schemas.js";
import type { PeerPages, Subject } from "../../src/http/subject.js";

/** How large. */
export interface MadeNetworkOptions {
  readonly peers: number;
  readonly links: number;
  /** A message is published so often. */
  readonly messageEveryMs: number;
}

interface Edge {
  readonly a: number;
  readonly b: number;
  readonly isEager: boolean;
}

const startedAt = Date.now();
const messagesKept = 10;

/** What an endpoint can show. */
export function madeNetwork({ peers, links, messageEveryMs }: MadeNetworkOptions): Subject {
  const random = seededRandom(1);
  const draw = (below: number) => random.below(below);
  const parent = Array.from({ length: peers }, (_, at) =>
    at === 0 ? 0 : draw(Math.max(1, Math.min(at, 40 + Math.floor(at / 4)))),
  );
  const edges: Edge[] = [];
  const known = new Set<number>();
  const link = (a: number, b: number, isEager: boolean) => {
    const key = Math.min(a, b) * peers + Math.max(a, b);
    if (a === b || known.has(key)) return;
    known.add(key);
    edges.push({ a, b, isEager });
  };
  for (let at = 1; at < peers; at++) link(at, parent[at]!, true);
  while (edges.length < links) link(draw(peers), draw(peers), false);
  const messages: MessagePath[] = [];
  const identity = { network: "made", dialect: "native" as const, startedAt };
  return {
    kind: "network",
    self: () => ({ ...identity, id: null, address: null, tags: {}, actions: ["publish", "kill"] }),
    notReady: () => [],
    counters: () => ({
      kind: "network",
      at: Date.now(),
      upMs: Date.now() - startedAt,
      peers,
      seeds: 3,
      links: edges.length,
      messages: messages.length,
      expected: 0,
      happened: 0,
      missing: 0,
      delivered: 0,
      published: 0,
      duplicates: 0,
      gaps: 0,
    }),
    peers: () => [pagesOf(peers)],
    seeds: () => [],
    network: (messagesMax) => networkOf(peers, edges, messages.slice(0, messagesMax)),
    listen(tell) {
      const timer = setInterval(() => publish(parent, messages, tell), messageEveryMs);
      return () => clearInterval(timer);
    },
  };
}

function networkOf(peers: number, edges: readonly Edge[], messages: MessagePath[]): NetworkAnswer {
  return {
    at: Date.now(),
    network: "made",
    dialect: "native",
    seeds: [1, 2, 3].map((at) => ({ name: `s${at}`, address: `10.1.0.${at}:9000`, registered: peers, group: null })),
    peers: Array.from({ length: peers }, (_, at) => ({
      name: nameOf(at),
      id: null,
      address: addressOf(at),
      dialect: "native",
      status: at % 97 === 5 ? "frozen" : "joined",
      startedAt,
      endedAt: null,
      neighbors: [],
      published: 0,
      expected: 0,
      delivered: 0,
      liveness: at % 41 === 3 ? { type: "suspect" } : { type: "ok", roundTripMs: 1 },
      group: null,
    })),
    links: edges.map(({ a, b, isEager }) => ({
      a: nameOf(a),
      b: nameOf(b),
      kind: isEager ? "eager" : "lazy",
      roots: [],
      isTwoWay: true,
      isCut: false,
    })),
    cuts: [],
    isPartitioned: false,
    messages,
  };
}

/** One message to all, from the tree's root on; everybody has it at once. */
function publish(parent: readonly number[], messages: MessagePath[], tell: (event: StreamEvent) => void): void {
  const at = Date.now();
  const id = `${at}:made`;
  const origin = nameOf(0);
  const someone = { id: null, name: origin, address: addressOf(0) };
  const expected = parent.length - 1;
  const words = { id, topic: "demo", preview: "a made message", publishedAt: at, expected };
  tell({ type: "message", at, observer: someone, origin: someone, bytes: 14, ...words });
  const hops: Hop[] = [{ peer: origin, from: null, round: 0, at }];
  for (let peer = 1; peer < parent.length; peer++) {
    const hop = { from: nameOf(parent[peer]!), round: 1, at: at + (peer % 50) };
    hops.push({ peer: nameOf(peer), ...hop });
    tell({ type: "hop", message: id, origin, to: nameOf(peer), isLast: peer === expected, ...hop });
  }
  messages.unshift({ ...words, origin, delivered: expected, hops: hops.slice(0, 1_000) });
  messages.length = Math.min(messages.length, messagesKept);
}

function pagesOf(peers: number): PeerPages {
  const entries = Array.from({ length: peers }, (_, at): DirectoryEntryAnswer => {
    const words = { id: at.toString(16).padStart(32, "0"), name: nameOf(at), address: addressOf(at) };
    const status = at % 41 === 3 ? "suspect" : "alive";
    const times = { epoch: startedAt, since: startedAt, seenAt: startedAt, rttMs: at % 30 };
    return {
      ...words,
      ...times,
      dialect: "native",
      status,
      incarnation: 0,
      tags: { zone: `z${at % 7}` },
      isSelf: at === 0,
    };
  });
  return {
    who: { id: entries[0]!.id, name: nameOf(0), address: addressOf(0) },
    connections: 0,
    directory: () => entries,
    neighbors: () => [],
    trees: () => [],
    kept: () => ({ messages: 0, bytes: 0 }),
    marks: () => [],
    counters: () => ({ delivered: 0, published: 0, duplicates: 0, gaps: 0 }),
    config: () => ({}),
  };
}

function nameOf(at: number): string {
  return `p${at + 1}`;
}

function addressOf(at: number): string {
  return `10.0.${at >> 8}.${at & 255}:9000`;
}
