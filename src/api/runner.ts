/** What the public API needs from whoever runs a core: the real driver, or a virtual process. */
import type { Address } from "../core/address.js";
import type { PeerCore } from "../core/peer.js";

/** What an application may ask of a core. */
export type PeerRequests = Pick<
  PeerCore,
  "counters" | "isAlone" | "leave" | "neighbors" | "peer" | "peers" | "publish" | "retained" | "setTags"
>;

/** A running core. */
export interface PeerRunner {
  /** Where others reach it. */
  readonly address: Address;
  /** Runs an input on the core, now. */
  call<T>(input: (core: PeerRequests, now: number) => T): T;
  /** Waits until that is so, for a moment at most: what has just been published is to be taken before the peer leaves. */
  settle(isSettled: () => boolean): Promise<void>;
  /** Ends the process that the core runs in, after its core has left. What was sent before still goes out. */
  close(): Promise<void>;
}
