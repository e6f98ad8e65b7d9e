/** A classic peer of a local network. */
import { printMessageId } from "../../api/received-message.js";
import { joinAddress } from "../../core/address.js";
import { classicTopic, nativeIdOf } from "../../core/bridge/classic-form.js";
import { classicPeerDefaults } from "../../core/classic/config.js";
import type { Gossip } from "../../core/classic/message.js";
import type { ClassicPeerEvent } from "../../core/classic/peer.js";
import { now } from "../../net/clock.js";
import { ClassicPeer } from "../../net/peer.js";
import { peerPace } from "../pace.js";
import { type LocalPeer, type LocalPeerEvent, type LocalPeerOptions, loopback } from "./local-peer.js";

/** Starts one. Throws as {@link ClassicPeer.start} does. */
export async function startClassicLocalPeer(options: LocalPeerOptions): Promise<LocalPeer> {
  const { port, seeds, logDir, randomSeed, onEvent, onWarning } = options;
  const peer = await ClassicPeer.start({
    port,
    host: loopback,
    seeds,
    // What there is to say, the network tells it.
    config: { ...peerPace(options.livenessMs ?? classicPeerDefaults.probeIntervalMs), messages: 0 },
    logDir,
    wires: options.wires,
    ...(randomSeed === undefined ? {} : { randomSeed }),
    onEvent(event) {
      const told = toldOf(event);
      if (told !== undefined) onEvent(told);
    },
    onWarning,
  });
  return {
    address: joinAddress(loopback, peer.port)!,
    native: undefined,
    say: (text) => peer.say(text).text,
    freeze: () => peer.freeze(),
    thaw: () => peer.thaw(),
    get isJoined() {
      return peer.joined;
    },
    roundTripMs: undefined,
    neighbors: () => peer.neighbors(),
    publish: (count) => void peer.publish(`GOSSIP${count}`),
    crash: () => peer.crash(),
    close: () => peer.close(),
  };
}

/** The whole text; of one that comes from a native peer, the name that it has there. */
function idOf(gossip: Gossip): string {
  const native = nativeIdOf(gossip);
  if (native === undefined) return gossip.text;
  const publishedAt = Math.round(Number(gossip.timestamp) * 1_000);
  return printMessageId({ publishedAt, address: gossip.origin, seq: native.seq });
}

function toldOf(event: ClassicPeerEvent): LocalPeerEvent | undefined {
  switch (event.type) {
    case "joined":
      return { type: "joined" };
    case "linked":
      return { type: "linked", neighbor: event.peer };
    case "unlinked":
      return { type: "unlinked", neighbor: event.peer, reason: event.reason };
    case "gossip": {
      const { origin, body } = event.gossip;
      const way = { at: now(), round: undefined, from: undefined };
      return { type: "heard", id: idOf(event.gossip), origin, topic: classicTopic, body, own: event.own, ...way };
    }
    case "alive":
      return { type: "alive", neighbor: event.peer, roundTripMs: event.roundTripMs };
    case "silent":
      return { type: "silent", neighbor: event.peer, silences: event.silences };
    case "dead":
      return { type: "dead", neighbor: event.peer };
    default:
      return undefined;
  }
}
