/** One peer of Hearsay's own protocol, as an endpoint shows it. */
import { HearsayError } from "../api/errors.js";
import type { Peer } from "../api/peer.js";
import { now } from "../net/clock.js";
import type { StartedPeer } from "../net/create-peer.js";
import { type PeerStreamOptions, peerEvents } from "./peer-events.js";
import { countsOf, pagesOf } from "./peer-pages.js";
import { RequestFailure } from "./request-failure.js";
import type { PublishedAnswer, PublishRequest } from "./schemas.js";
import type { Subject } from "./subject.js";

/** How a peer is shown. */
export interface PeerSubjectOptions {
  /** Whether it has joined; others wait for it then. */
  readonly isJoined: () => boolean;
}

/** Shows a peer. Names are for networks of one process: here there are none. */
export function peerSubject({ peer, watch }: StartedPeer, { isJoined }: PeerSubjectOptions): Subject {
  const pages = pagesOf(peer, watch, () => null);
  const streaming: PeerStreamOptions = { who: pages.who, nameOf: () => null };
  return {
    kind: "peer",
    self: () => ({
      id: peer.id,
      address: peer.address,
      network: peer.network,
      dialect: "native",
      tags: { ...peer.peers({ where: (state) => state.isSelf })[0]?.tags },
      startedAt: watch.epoch,
      actions: ["publish"],
    }),
    notReady() {
      if (!isJoined()) return ["it has not joined yet"];
      return peer.isAlone ? ["no other peer can be reached"] : [];
    },
    counters() {
      const { messages, bytes } = watch.inspection.kept;
      return {
        kind: "peer",
        at: now(),
        upMs: now() - watch.epoch,
        ...peer.counters(),
        neighbors: peer.neighbors().length,
        connections: watch.connections,
        directory: countsOf(peer.peers()),
        historyMessages: messages,
        historyBytes: bytes,
      };
    },
    peers: () => [pages],
    seeds: () => [],
    publish: (request) => publish(peer, null, request),
    listen: (tell) => peerEvents(peer, streaming, tell),
  };
}

/**
 * Has a peer say something.
 *
 * @throws RequestFailure (as a rejection) when it could not be said, or nobody took it
 */
export async function publish(peer: Peer, name: string | null, request: PublishRequest): Promise<PublishedAnswer> {
  const { topic, text, base64, allowAlone } = request;
  const payload = text ?? Buffer.from(base64 ?? "", "base64");
  try {
    const { id, neighbors } = await peer.publish(topic, payload, { allowAlone });
    return { id, peer: name, neighbors };
  } catch (error) {
    if (!(error instanceof HearsayError)) throw error;
    const { code, message } = error;
    if (code === "too-large") throw new RequestFailure(413, code, message);
    if (code === "bad-topic" || code === "bad-payload") throw new RequestFailure(400, code, message);
    throw new RequestFailure(503, code, message);
  }
}
