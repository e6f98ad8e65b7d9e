/** All of a local network, as an endpoint answers it. */
import type { PeerId } from "../../core/identity.js";
import { previewText } from "../../http/message-preview.js";
import type { LivenessAnswer, MessagePath, NetworkAnswer, NetworkLink, NetworkPeer } from "../../http/schemas.js";
import { now } from "../../net/clock.js";
import type { LocalNetwork } from "./local-network.js";
import type { MessageWay } from "./message-ways.js";
import type { LivenessState, NetworkDialect, PeerState } from "./network-state.js";

/** Peers that have ended, of which more is not said. */
const endedMax = 1_000;

/** All of it, as it is now, with so many of the latest messages. */
export function networkAnswer(network: LocalNetwork, dialect: NetworkDialect, messagesMax: number): NetworkAnswer {
  const { breakage } = network;
  const group = (name: string) => breakage.groupOf(name) ?? null;
  const peers = network.peers();
  const ended = peers.filter(({ endedAt }) => endedAt !== undefined).length;
  let spared = Math.max(0, ended - endedMax);
  const shown = peers.filter(({ endedAt }) => endedAt === undefined || spared-- <= 0);
  return {
    at: now(),
    network: network.running.seeds[0]?.seed.network ?? "",
    dialect,
    seeds: network.seeds().map(({ name, address, registered }) => ({ name, address, registered, group: group(name) })),
    peers: shown.map((peer) => peerAnswer(network, peer, group(peer.name))),
    links: linksOf(network, peers),
    cuts: breakage.cuts,
    isPartitioned: breakage.isPartitioned,
    messages: network.ways(messagesMax).map(pathOf),
  };
}

function peerAnswer(network: LocalNetwork, peer: PeerState, group: number | null): NetworkPeer {
  const { name, id, address, dialect, status, startedAt, endedAt, neighbors, delivered, expected } = peer;
  return {
    name,
    id: id ?? null,
    address,
    dialect,
    status,
    startedAt,
    endedAt: endedAt ?? null,
    neighbors: [...neighbors],
    published: Math.max(peer.generated, publishedBy(network, name)),
    expected,
    delivered,
    liveness: livenessAnswer(peer.liveness),
    group,
  };
}

/** Messages that were asked for by the endpoint count too. */
function publishedBy(network: LocalNetwork, name: string): number {
  const found = network.find(name);
  return found !== undefined && "peer" in found ? (found.peer.native?.peer.counters().published ?? 0) : 0;
}

function livenessAnswer(liveness: LivenessState): LivenessAnswer {
  if (liveness.type !== "dead") return liveness;
  return { type: "dead", by: liveness.by ?? null, of: liveness.of ?? null };
}

/** Each link once, whichever side knows of it. */
function linksOf(network: LocalNetwork, peers: readonly PeerState[]): NetworkLink[] {
  const at = now();
  const dialects = new Map(peers.map(({ name, dialect }) => [name, dialect]));
  const names = new Map(peers.flatMap(({ id, name }) => (id === undefined ? [] : [[id, name] as const])));
  const links = new Map<string, { a: string; b: string; sides: number; roots: Set<string> }>();
  const linkOf = (one: string, other: string) => {
    const [a, b] = one < other ? [one, other] : [other, one];
    const link = links.get(`${a} ${b}`) ?? { a, b, sides: 0, roots: new Set() };
    links.set(`${a} ${b}`, link);
    return link;
  };
  for (const { name, neighbors } of peers) {
    for (const other of neighbors) if (dialects.has(other)) linkOf(name, other).sides++;
  }
  for (const { name, peer } of network.running.peers) {
    for (const tree of peer.native?.watch.inspection.trees(at) ?? []) {
      if (!tree.isInUse) continue;
      for (const { id } of tree.eager) {
        const other = names.get(id);
        const link = other === undefined ? undefined : links.get(keyOf(name, other));
        link?.roots.add(rootName(tree.root, names));
      }
    }
  }
  return [...links.values()].map(({ a, b, sides, roots }) => {
    const isNative = dialects.get(a) === "native" && dialects.get(b) === "native";
    const kind = !isNative ? "classic" : roots.size > 0 ? "eager" : "lazy";
    return { a, b, kind, roots: [...roots], isTwoWay: sides > 1, isCut: network.breakage.isCut(a, b) };
  });
}

function keyOf(one: string, other: string): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}

function rootName(root: PeerId, names: ReadonlyMap<PeerId, string>): string {
  return names.get(root) ?? root;
}

function pathOf({ id, origin, topic, body, publishedAt, expected, delivered, hops }: MessageWay): MessagePath {
  return { id, origin, topic, preview: previewText(body), publishedAt, expected, delivered, hops: [...hops] };
}
