/** What an event says at once of a network that was read before it: the next reading says the rest. */
import type { NetworkAnswer, NetworkPeer, StreamEvent } from "../../src/http/schemas.js";

/** The network after the event; the same object when the event changes nothing that is shown. */
export function changedBy(network: NetworkAnswer, event: StreamEvent): NetworkAnswer {
  switch (event.type) {
    case "killed":
    case "left":
      return withPeer(network, event.peer.name, { status: event.type, endedAt: event.at });
    case "frozen":
      return withPeer(network, event.peer.name, { status: "frozen" });
    case "thawed":
      return withPeer(network, event.peer.name, { status: "joined" });
    case "mourned":
      return withPeer(network, event.peer.name, { liveness: { type: "dead", by: null, of: null } });
    case "partitioned":
      return { ...network, isPartitioned: true };
    case "healed":
      return { ...network, isPartitioned: false, cuts: [] };
    default:
      return network;
  }
}

function withPeer(network: NetworkAnswer, name: string | null, change: Partial<NetworkPeer>): NetworkAnswer {
  const peers = network.peers.map((peer) => (peer.name === name ? { ...peer, ...change } : peer));
  return { ...network, peers };
}
