/** A peer of a local network that speaks Hearsay's own protocol. */
import { HearsayError } from "../../api/errors.js";
import type { Peer } from "../../api/peer.js";
import type { ReceivedMessage } from "../../api/received-message.js";
import { type Address, splitAddress } from "../../core/address.js";
import { classicTopic } from "../../core/bridge/classic-form.js";
import { linkDefaults } from "../../core/link-watch.js";
import type { PeerTuning } from "../../core/peer-config.js";
import { now } from "../../net/clock.js";
import { startPeer } from "../../net/create-peer.js";
import { journalOf, type ToldEvent } from "../../net/peer-journal.js";
import { textOf } from "../message-print.js";
import { type LocalPeer, type LocalPeerEvent, type LocalPeerOptions, loopback } from "./local-peer.js";

const topic = "demo";

/** Starts one. Throws as {@link startPeer} does; the file system's error when the log can't be opened. */
export async function startNativeLocalPeer(options: LocalPeerOptions): Promise<LocalPeer> {
  const { port, seeds, logDir, randomSeed, onEvent, onWarning } = options;
  const ways = new Map<string, Way>();
  const native = await startPeer(
    {
      seeds,
      listen: { port, host: loopback },
      config: paceOf(options.livenessMs),
      ...(randomSeed === undefined ? {} : { randomSeed }),
    },
    {
      wires: options.wires,
      onArrival: ({ envelope, round, from }) => {
        ways.set(nameOf(envelope), { at: now(), round, from: from?.address });
      },
    },
  );
  const { peer, join, crash, watch } = native;
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
  void hear(peer, ways, onEvent);
  join().catch((error: unknown) => onWarning(error instanceof Error ? error.message : String(error)));
  return {
    address: peer.address,
    native,
    say: undefined,
    freeze: () => watch.freeze(),
    thaw: () => watch.thaw(),
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

/** How a message came, until its turn to be told of has come. */
interface Way {
  readonly at: number;
  readonly round: number;
  readonly from: Address | undefined;
}

function nameOf({ origin, epoch, seq }: Pick<ReceivedMessage, "origin" | "epoch" | "seq">): string {
  return `${origin} ${epoch} ${seq}`;
}

function paceOf(livenessMs: number | undefined): PeerTuning {
  if (livenessMs === undefined) return {};
  const probeTimeoutMs = Math.min(linkDefaults.probeTimeoutMs, livenessMs);
  return { links: { probeIntervalMs: livenessMs, probeTimeoutMs } };
}

/** Whatever is said, each message as soon as it is here. This loop is as fast as the peer itself: nothing may be lost. */
async function hear(peer: Peer, ways: Map<string, Way>, onEvent: (event: LocalPeerEvent) => void): Promise<void> {
  const limits = { bufferMax: Number.POSITIVE_INFINITY, bufferMaxBytes: Number.POSITIVE_INFINITY };
  for await (const message of peer.subscribe(undefined, { order: "any", ...limits })) {
    const body = textOf(message) ?? "";
    // A message of a classic peer is known by its whole text.
    const id = message.topic === classicTopic ? body : message.id;
    const name = nameOf(message);
    const { at, round, from } = ways.get(name) ?? { at: now(), round: undefined, from: undefined };
    ways.delete(name);
    const { address: origin, topic } = message;
    onEvent({ type: "heard", id, origin, topic, body, own: message.origin === peer.id, at, round, from });
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
      return { type: "status", change: event.type, peer: event.peer };
    default:
      return undefined;
  }
}
