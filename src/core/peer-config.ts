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
import { type DirectoryConfig, directoryDefaults } from "./directory/config.js";
import { type LinkConfig, linkDefaults } from "./link-watch.js";
import { slotsMax } from "./overlay.js";
import { type PublishConfig, publishDefaults } from "./publisher.js";
import { type RegistrationConfig, registrationDefaults } from "./registration.js";

/** How a peer behaves. Each part is described at its own type. */
export interface PeerConfig {
  readonly overlay: OverlayConfig;
  readonly broadcast: BroadcastConfig;
  readonly history: HistoryConfig;
  readonly reconcile: ReconcileConfig;
  readonly links: LinkConfig;
  readonly directory: DirectoryConfig;
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
  directory: directoryDefaults,
  publish: publishDefaults,
  registration: registrationDefaults,
  classic: classicSideDefaults,
  maxPayloadBytes: 1_048_576,
};

/**
 * The defaults with some of them changed.
 *
 * @throws RangeError for a tunable that does not exist, or has an impossible value
 */
export function peerConfig(tuning: PeerTuning = {}): PeerConfig {
  const config = merged("config", peerDefaults, tuning) as unknown as PeerConfig;
  const { activeViewMax } = config.overlay;
  if (activeViewMax < 1 || activeViewMax > slotsMax) {
    throw new RangeError(`config.overlay.activeViewMax is an integer from 1 to ${slotsMax}, not ${activeViewMax}`);
  }
  return config;
}

type Tunables = { readonly [name: string]: unknown };

function merged(path: string, defaults: object, changes: object): Tunables {
  const result: Record<string, unknown> = { ...defaults };
  for (const [name, value] of Object.entries(changes)) {
    const standard = (defaults as Tunables)[name];
    const place = `${path}.${name}`;
    if (value === undefined) continue;
    if (standard === undefined) throw new RangeError(`there is no ${place}`);
    if (typeof value !== typeof standard || value === null) {
      throw new RangeError(`${place} is a ${typeof standard}, not ${value === null ? "null" : `a ${typeof value}`}`);
    }
    if (typeof value === "number" && !(value >= 0))
      throw new RangeError(`${place} is a number from 0 on, not ${value}`);
    if (typeof standard === "number" && Number.isInteger(standard) && !isWhole(value as number)) {
      throw new RangeError(`${place} is an integer, not ${value}`);
    }
    result[name] = typeof value === "object" ? merged(place, standard as object, value) : value;
  }
  return result;
}

function isWhole(value: number): boolean {
  return Number.isInteger(value) || value === Number.POSITIVE_INFINITY;
}
