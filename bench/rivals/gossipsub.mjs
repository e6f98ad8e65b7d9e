// js-libp2p's gossipsub. Argument "defaults": what one gets from its documentation, signed and encrypted. Argument
// "fast": everything that costs time and can be switched off is off.

import { setTimeout as pause } from "node:timers/promises";
import { gossipsub } from "@libp2p/gossipsub";
import { identify } from "@libp2p/identify";
import { noise } from "@libp2p/noise";
import { plaintext } from "@libp2p/plaintext";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { createLibp2p } from "libp2p";
import { measured } from "../broadcast/measured.mjs";

const topic = "bench";
/** Connections that each peer makes; with those that it gets it has some ten, enough for a mesh of six. */
const dialsPerPeer = 5;
/** What gossipsub itself holds to be too few in a mesh. */
const meshMin = 4;
const meshLimitMs = 30_000;

const settings = {
  defaults: { encrypter: noise, gossipsub: {} },
  fast: {
    encrypter: plaintext,
    gossipsub: {
      globalSignaturePolicy: "StrictNoSign",
      floodPublish: false,
      batchPublish: true,
      // Without signatures a message is known by the hash of its payload; ours say their number.
      msgIdFn: (message) => message.data.subarray(0, 4),
      fastMsgIdFn: (message) => number(message.data),
    },
  },
}[process.argv[2]];

/**
 * What only says that all peers of a bench share one address and one processor. By default five connections a second
 * from one address are the limit, and one that answers a ping late is ended, …
 */
const oneProcess = {
  connectionManager: { inboundConnectionThreshold: Number.POSITIVE_INFINITY, maxIncomingPendingConnections: 1_000 },
  connectionMonitor: { abortConnectionOnPingFailure: false },
};
/** … and more than ten peers with one address are held to be an attack, and not listened to. */
const scoreParams = { IPColocationFactorWhitelist: new Set(["127.0.0.1"]) };

measured(async (count, heard) => {
  const peers = [];
  let duplicates = 0;
  for (let i = 0; i < count; i++) {
    const peer = await createLibp2p({
      addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
      transports: [tcp()],
      connectionEncrypters: [settings.encrypter()],
      streamMuxers: [yamux()],
      ...oneProcess,
      services: { identify: identify(), pubsub: gossipsub({ scoreParams, ...settings.gossipsub }) },
    });
    const { pubsub } = peer.services;
    pubsub.subscribe(topic);
    if (i > 0) pubsub.addEventListener("message", ({ detail }) => detail.topic === topic && heard(i, detail.data));
    // Its metrics would count duplicates too, and a hundred other things, and so slow it down.
    const { score } = pubsub;
    const original = score.duplicateMessage;
    score.duplicateMessage = function (...given) {
      duplicates++;
      return original.apply(this, given);
    };
    peers.push(peer);
  }
  for (const peer of peers) {
    for (const other of shuffled(peers.filter((one) => one !== peer)).slice(0, dialsPerPeer)) {
      await peer.dial(other.getMultiaddrs());
    }
  }
  await meshed(peers);
  return {
    publish: (payload) => peers[0].services.pubsub.publish(topic, payload),
    duplicates: () => duplicates,
  };
});

async function meshed(peers) {
  const enough = Math.min(meshMin, peers.length - 1);
  const limit = performance.now() + meshLimitMs;
  while (peers.some(({ services }) => services.pubsub.getMeshPeers(topic).length < enough)) {
    if (performance.now() > limit) throw new Error("no mesh");
    await pause(100);
  }
}

function number(bytes) {
  return String(bytes[0] | (bytes[1] << 8) | (bytes[2] << 16) | (bytes[3] << 24));
}

function shuffled(list) {
  const all = [...list];
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [all[i], all[j]] = [all[j], all[i]];
  }
  return all;
}
