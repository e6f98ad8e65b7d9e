/** What shows a local network's run: lines, JSON, or a live view. */
import type { NetworkEvent } from "./events.js";
import type { LocalNetwork } from "./local-network.js";
import type { Publisher } from "./publisher.js";

/** Told of a run, step by step, in the order of these methods. */
export interface Show {
  /** Seeds and peers are about to be started. */
  starting(seeds: number, peers: number): void;
  /** Something happened; from the first seed's start to the end. */
  event(event: NetworkEvent): void;
  /** All listen. Whatever lets people act on the network may begin. */
  open(network: LocalNetwork, publisher: Publisher): void;
  /** The network can be looked at, and acted on, at this address. */
  endpoint(url: string): void;
  /** Not all are joined and linked yet: called again and again until they are. */
  linking(joined: number, linked: number, living: number): void;
  /** All are linked; each peer publishes a message every `intervalMs` from now on. */
  linked(intervalMs: number): void;
  /** Nothing more is published; some deliveries are still on the way. */
  settling(): void;
  /** The run is over, or has failed. May be called twice. */
  close(): void;
}
