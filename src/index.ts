/**
 * Hearsay's public API: peers and seeds of its own protocol, a virtual network to test with, and the classic network.
 */

export type { Listener, ListenOptions } from "./api/emitter.js";
export { HearsayError, type HearsayErrorCode } from "./api/errors.js";
export type { OverflowEvent, PeerEventMap } from "./api/inbox.js";
export type { Overflow } from "./api/message-buffer.js";
export { json, text } from "./api/payload.js";
export type { Peer, PublishOptions, ReadyOptions } from "./api/peer.js";
export type { PeersWhere, PeerTraitsWanted } from "./api/peer-choice.js";
export type { Published } from "./api/publications.js";
export { printMessageId, type ReceivedMessage } from "./api/received-message.js";
export type { SubscribeOptions, Subscription } from "./api/subscription.js";
export { type Address, joinAddress, parseAddress, splitAddress } from "./core/address.js";
export { type ClassicPeerConfig, classicPeerDefaults } from "./core/classic/config.js";
export type { DeathReport, Gossip } from "./core/classic/message.js";
export { type ClassicPeerEvent, PeerError } from "./core/classic/peer.js";
export type { PeerState, PeerStatus, Tags } from "./core/directory/record.js";
export type { PeerId } from "./core/identity.js";
export type { PeerConfig, PeerTuning } from "./core/peer-config.js";
export { peerDefaults } from "./core/peer-config.js";
export type { PeerCounters } from "./core/peer-effects.js";
export type { Gap, NeighborState, PeerEvent } from "./core/peer-events.js";
export { type PresetName, presets } from "./core/presets.js";
export { type SeedConfig, seedDefaults } from "./core/seed/config.js";
export type { SeedEvent } from "./core/seed/seed.js";
export { createPeer, type PeerOptions } from "./net/create-peer.js";
export { IdentityError, ListenError, SeedsFileError } from "./net/errors.js";
export { ClassicPeer, type ClassicPeerOptions } from "./net/peer.js";
export { type CreateSeedOptions, createSeed, Seed, type SeedOptions } from "./net/seed.js";
export { parseSeeds, readSeedsFile } from "./net/seeds-file.js";
export { SimulationError } from "./sim/errors.js";
export {
  createTestNetwork,
  type TestNetwork,
  type TestNetworkOptions,
  type TestPeerOptions,
  type UntilOptions,
} from "./sim/test-network.js";
