// Hearsay as it is shipped: the built code in plain Node, all defaults, used as an application uses it.
import { setTimeout as pause } from "node:timers/promises";
import { createPeer } from "../../lib/index.js";
import { measured } from "./measured.mjs";

const topic = "bench";

measured(async (count, heard) => {
  const peers = [];
  for (let i = 0; i < count; i++) {
    const peer = await createPeer({
      listen: { host: "127.0.0.1", port: 0 },
      peers: i === 0 ? [] : [peers[0].address, peers[i - 1].address],
      seeds: [],
      network: "bench",
    });
    peers.push(peer);
    if (i > 0) void listen(peer, (payload) => heard(i, payload));
  }
  await linked(peers);
  const counts = peers.every((peer) => typeof peer.counters === "function");
  const duplicates = () => peers.reduce((sum, peer) => sum + peer.counters().duplicates, 0);
  return {
    publish: (payload) => peers[0].publish(topic, payload),
    duplicates: () => (counts ? duplicates() : null),
  };
});

async function listen(peer, heard) {
  for await (const message of peer.subscribe(topic)) heard(message.payload);
}

/** Until everybody has a few neighbors; the first messages show whether that is enough. */
async function linked(peers) {
  const enough = Math.min(3, peers.length - 1);
  for (let i = 0; i < 100; i++) {
    if (peers.every((peer) => peer.neighbors().length >= enough)) return;
    await pause(100);
  }
}
