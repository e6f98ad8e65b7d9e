/**
 * Hearsay's public API.
 *
 * Today: the classic network, whole. Seeds, peers, the file that names the seeds, and the errors that these throw.
 */
export { type Address, joinAddress, parseAddress, splitAddress } from "./core/address.js";
export {
  type ClassicPeerConfig,
  classicPeerDefaults,
  type SeedConfig,
  seedDefaults,
} from "./core/classic/config.js";
export type { DeathReport, Gossip } from "./core/classic/message.js";
export { type ClassicPeerEvent, PeerError } from "./core/classic/peer.js";
export type { SeedEvent } from "./core/classic/seed.js";
export { ListenError, SeedsFileError } from "./net/errors.js";
export { ClassicPeer, type ClassicPeerOptions } from "./net/peer.js";
export { Seed, type SeedOptions } from "./net/seed.js";
export { parseSeeds, readSeedsFile } from "./net/seeds-file.js";
