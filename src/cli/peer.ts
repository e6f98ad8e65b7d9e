/** `hearsay peer`: one peer, until it is asked to leave. */
import { runClassicPeer } from "./classic-peer.js";
import { runNativePeer } from "./native-peer.js";
import { checkDialect, type PeerCommandOptions } from "./peer-options.js";

/** Runs a peer. Resolves with the exit code when it has left. */
export async function runPeer(options: PeerCommandOptions): Promise<number> {
  checkDialect(options);
  return options.dialect === "native" ? runNativePeer(options) : runClassicPeer(options);
}
