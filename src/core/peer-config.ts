/** All tunables of a peer. */
import { type ClassicSideConfig, classicSideDefaults } from "./bridge/classic-side.js";
import type { BroadcastConfig } from "./broadcast.js";
import { broadcastDefaults } from "./broadcast.js";
import {
  type HistoryConfig,
  historyDefaults,
  type OverlayConfig,
  overlayDefaults,
  type ReconcileConfig,
  reconcileDefaults,
} from "./config.js";
import { type LinkConfig, linkDefaults } from "./link-watch.js";
import { type PublishConfig, publishDefaults } from "./publisher.js";
import { type RegistrationConfig, registrationDefaults } from "./registration.js";

/** How a peer behaves. Each part is described at its own type. */
export interface PeerConfig {
  readonly overlay: OverlayConfig;
  readonly broadcast: BroadcastConfig;
  readonly history: HistoryConfig;
  readonly reconcile: ReconcileConfig;
  readonly links: LinkConfig;
  readonly publish: PublishConfig;
  readonly registration: RegistrationConfig;
  readonly classic: ClassicSideConfig;
  /** The largest payload, in bytes. All peers of a network must have the same. */
  readonly maxPayloadBytes: number;
}

/** Some of the tunables; the others keep their defaults. */
export type PeerTuning = {
  readonly [Part in keyof PeerConfig]?: PeerConfig[Part] extends number ? number : Partial<PeerConfig[Part]>;
};

/** For networks of up to 10,000 peers on machines near to each other. */
export const peerDefaults: PeerConfig = {
  overlay: overlayDefaults,
  broadcast: broadcastDefaults,
  history: historyDefaults,
  reconcile: reconcileDefaults,
  links: linkDefaults,
  publish: publishDefaults,
  registration: registrationDefaults,
  classic: classicSideDefaults,
  maxPayloadBytes: 1_048_576,
};

/** The defaults with some of them changed. */
export function peerConfig(tuning: PeerTuning = {}): PeerConfig {
  return {
    overlay: { ...peerDefaults.overlay, ...tuning.overlay },
    broadcast: { ...peerDefaults.broadcast, ...tuning.broadcast },
    history: { ...peerDefaults.history, ...tuning.history },
    reconcile: { ...peerDefaults.reconcile, ...tuning.reconcile },
    links: { ...peerDefaults.links, ...tuning.links },
    publish: { ...peerDefaults.publish, ...tuning.publish },
    registration: { ...peerDefaults.registration, ...tuning.registration },
    classic: { ...peerDefaults.classic, ...tuning.classic },
    maxPayloadBytes: tuning.maxPayloadBytes ?? peerDefaults.maxPayloadBytes,
  };
}
