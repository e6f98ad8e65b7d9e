/** A peer of a local network that speaks Hearsay's own protocol. */
import { HearsayError } from "../../api/errors.js";
import type { Peer } from "../../api/peer.js";
import { splitAddress } from "../../core/address.js";
import { classicTopic } from "../../core/bridge/classic-form.js";
import { linkDefaults } from "../../core/link-watch.js";
import type { PeerTuning } from "../../core/peer-config.js";
import { startPeer } from "../../net/create-peer.js";
import { journalOf, type ToldEvent } from "../../net/peer-journal.js";
import { textOf } from "../message-print.js";
import { type LocalPeer, type LocalPeerEvent, type LocalPeerOptions, loopback } from "./local-peer.js";

const topic = "demo";

/** Starts one. Throws as {@link startPeer} does; the file system's error when the log can't be opened. */
export async function startNativeLocalPeer(options: LocalPeerOptions): Promise<LocalPeer> {
  const { port, seeds, logDir, randomSeed, onEvent, onWarning } = options;
  const { peer, join, crash } = await startPeer({
    seeds,
    listen: { port, host: loopback },
    config: paceOf(options.livenessMs),
    ...(randomSeed === undefined ? {} : { randomSeed }),
  });
  let isJoined = false;
  const journal = journalOf(peer, {
    logDir,
    onWarning,
    onEvent(event) {
      if (event.type === "joined") isJoined = true;
      const told = toldOf(event);
      if (told !== undefined) onEvent(told);
    },
  });
  try {
    await journal.open(`peerlog_${splitAddress(peer.address).port}.txt`);
  } catch (error) {
    crash();
    throw error;
  }
  void hear(peer, onEvent);
  join().catch((error: unknown) => onWarning(error instanceof Error ? error.message : String(error)));
  return {
    address: peer.address,
    get isJoined() {
      return isJoined;
    },
    get roundTripMs() {
      const times = peer.neighbors().flatMap(({ rttMs }) => (rttMs === undefined ? [] : [rttMs]));
      return times.length === 0 ? undefined : Math.max(...times);
    },
    neighbors: () => peer.neighbors().map(({ address }) => address),
    publish: (count) => void say(peer, `message ${count}`, onWarning),
    crash() {
      crash();
      void journal.close();
    },
    async close() {
      await peer.close();
      await journal.close();
    },
  };
}

function paceOf(livenessMs: number | undefined): PeerTuning {
  if (livenessMs === undefined) return {};
  const probeTimeoutMs = Math.min(linkDefaults.probeTimeoutMs, livenessMs);
  return { links: { probeIntervalMs: livenessMs, probeTimeoutMs } };
}

/** Whatever is said, each message as soon as it is here. This loop is as fast as the peer itself: nothing may be lost. */
async function hear(peer: Peer, onEvent: (event: LocalPeerEvent) => void): Promise<void> {
  const limits = { bufferMax: Number.POSITIVE_INFINITY, bufferMaxBytes: Number.POSITIVE_INFINITY };
  for await (const message of peer.subscribe(undefined, { order: "any", ...limits })) {
    const body = textOf(message) ?? "";
    // A message of a classic peer is known by its whole text.
    const id = message.topic === classicTopic ? body : message.id;
    onEvent({ type: "heard", id, origin: message.address, body, own: message.origin === peer.id });
  }
}

async function say(peer: Peer, text: string, onWarning: (line: string) => void): Promise<void> {
  try {
    await peer.publish(topic, text, { allowAlone: true });
  } catch (error) {
    if (!(error instanceof HearsayError)) throw error;
    if (error.code !== "closed") onWarning(`not published: ${error.message}`);
  }
}

function toldOf(event: ToldEvent): LocalPeerEvent | undefined {
  switch (event.type) {
    case "joined":
      return { type: "joined" };
    case "link":
      return { type: "linked", neighbor: event.neighbor.address };
    case "unlink":
      return { type: "unlinked", neighbor: event.neighbor.address, reason: event.reason };
    case "join":
    case "suspect":
    case "alive":
    case "dead":
    case "leave":
      return { type: "status", peer: event.peer.address, status: event.peer.status };
    default:
      return undefined;
  }
}
