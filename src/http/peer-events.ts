/** What happens at a peer, as events of the stream. */
import type { PeerEventMap } from "../api/inbox.js";
import type { Peer } from "../api/peer.js";
import { now } from "../net/clock.js";
import { previewOf } from "./message-preview.js";
import { entryOf, type NameOf, someone } from "./peer-pages.js";
import type { Someone, StreamEvent } from "./schemas.js";

/** Whose events, and what others are called. */
export interface PeerStreamOptions {
  readonly who: Someone;
  readonly nameOf: NameOf;
}

type Told = PeerEventMap[keyof PeerEventMap];

const types: readonly (keyof PeerEventMap)[] = [
  "join",
  "update",
  "suspect",
  "alive",
  "dead",
  "leave",
  "link",
  "unlink",
  "slow",
  "gap",
  "joined",
  "alone",
  "mismatched",
  "seed-failed",
  "turned-away",
];

/** Messages that wait to be told of: more come only when this process has no time for them. */
const messagesMax = 1_000;

/** Tells what happens at a peer, messages included, until the function that is returned is called. */
export function peerEvents(peer: Peer, options: PeerStreamOptions, tell: (event: StreamEvent) => void): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  const stops = types.map((type) => {
    const listener = (event: Told) => {
      const streamed = streamedOf(event, options);
      if (streamed !== undefined) tell(streamed);
    };
    return peer.on(type, listener as (event: PeerEventMap[typeof type]) => void);
  });
  void tellMessages(peer, options, tell, signal);
  return () => {
    stop.abort();
    for (const stopListening of stops) stopListening();
  };
}

async function tellMessages(
  peer: Peer,
  { who, nameOf }: PeerStreamOptions,
  tell: (event: StreamEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    const limits = { bufferMax: messagesMax, overflow: "drop-oldest" } as const;
    for await (const message of peer.subscribe(undefined, { history: "none", order: "any", signal, ...limits })) {
      tell({
        type: "message",
        at: now(),
        observer: who,
        id: message.id,
        origin: someone({ id: message.origin, address: message.address }, nameOf),
        topic: message.topic,
        publishedAt: message.publishedAt,
        bytes: message.payload.length,
        preview: previewOf(message),
        expected: null,
      });
    }
  } catch (error) {
    // Nobody listens any more, or the peer is closed.
    if (!signal.aborted) throw error;
  }
}

/** One event in the words of the stream; undefined for what is not told. */
export function streamedOf(event: Told, { who, nameOf }: PeerStreamOptions): StreamEvent | undefined {
  const observed = { at: now(), observer: who };
  switch (event.type) {
    case "join":
    case "update":
    case "suspect":
    case "alive":
    case "dead":
    case "leave":
      return { type: event.type, ...observed, peer: entryOf(event.peer, nameOf) };
    case "link": {
      const { dialect } = event.neighbor;
      return { type: "link", ...observed, neighbor: someone(event.neighbor, nameOf), dialect };
    }
    case "unlink": {
      const { neighbor, reason } = event;
      return { type: "unlink", ...observed, neighbor: someone(neighbor, nameOf), dialect: neighbor.dialect, reason };
    }
    case "slow":
      return { type: "slow", ...observed, neighbor: someone(event.neighbor, nameOf), isSlow: event.isSlow };
    case "gap": {
      const { origin: id, count } = event;
      return { type: "gap", ...observed, origin: { id, name: null, address: "" }, count };
    }
    case "joined":
      return { type: "joined", ...observed, isAlone: event.alone };
    case "alone":
      return { type: "notice", ...observed, code: "alone", text: "no other peer can be reached" };
    case "mismatched": {
      const text = `${event.address} belongs to the network "${event.theirs}", and this peer to "${event.ours}"`;
      return { type: "notice", ...observed, code: "mismatched", text };
    }
    case "seed-failed":
      return { type: "notice", ...observed, code: "seed-failed", text: `${event.seed} ${event.failure}` };
    case "turned-away":
      return { type: "notice", ...observed, code: "turned-away", text: `${event.remote}: ${event.message}` };
    default:
      return undefined;
  }
}
