/**
 * Sets of tunables for networks of different kinds.
 *
 * What differs is how long an answer may take before its absence means something. Everything else follows the round trips
 * that are measured.
 */
import type { PeerTuning } from "./peer-config.js";

/** The kinds of networks that there are sets for. */
export type PresetName = keyof typeof presets;

/** The changes to the defaults. */
export const presets = {
  /** Machines near to each other: the defaults. A killed peer is dead within a second, a stopped one within four. */
  lan: {},
  /** Machines anywhere on Earth, or behind lossy links: a stopped peer is dead within some fifteen seconds. */
  wan: {
    links: { probeIntervalMs: 2_000, probeTimeoutMs: 2_000, deafMaxMs: 20_000 },
    directory: { checkTimeoutMs: 5_000, newsHoldMs: 100, refusedGraceMs: 2_000, silentGraceMs: 4_000 },
  },
  /** One machine: a killed peer is dead within a third of a second, a stopped one within two. */
  local: {
    links: { probeIntervalMs: 500, probeTimeoutMs: 300, deafMaxMs: 3_000 },
    directory: { checkTimeoutMs: 600, newsHoldMs: 20, refusedGraceMs: 200, silentGraceMs: 400 },
  },
  /** The pace of the classic network: a test every 13 s, and three silences. */
  classic: {
    links: { probeIntervalMs: 13_000, probeTimeoutMs: 13_000, deafMaxMs: 120_000 },
    directory: { checkTimeoutMs: 5_000, sweepIntervalMs: 13_000, sweepMinIntervalMs: 1_000 },
  },
} as const satisfies Readonly<Record<string, PeerTuning>>;

/** Their names. */
export const presetNames = Object.keys(presets) as readonly PresetName[];

/** A preset with changes of one's own, which go before it. */
export function withPreset(name: PresetName, tuning: PeerTuning = {}): PeerTuning {
  const preset: PeerTuning = presets[name];
  return {
    ...tuning,
    links: { ...preset.links, ...tuning.links },
    directory: { ...preset.directory, ...tuning.directory },
  };
}
