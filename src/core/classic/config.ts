/**
 * Tunables of the classic network. Times are milliseconds of virtual or real time; counts are plain numbers.
 *
 * The defaults are those of the original programs wherever the original has one; the rest is chosen so that a peer
 * killed at the worst moment has left every seed's list 45 seconds later.
 */

/** How a classic peer behaves. */
export interface ClassicPeerConfig {
  /** From one liveness round to the next. The original's 13 s. */
  readonly probeIntervalMs: number;
  /** How long one liveness test may take. Shorter than a round, so that a silent neighbor delays nobody. */
  readonly probeTimeoutMs: number;
  /** Consecutive silences after which a neighbor is dead. The original's 3. */
  readonly silencesMax: number;
  /** How long a registration or a connect request may take before another seed or peer is asked. */
  readonly exchangeTimeoutMs: number;
  /** From here on a connect request is refused, as the original does. */
  readonly neighborsMax: number;
  /**
   * How many neighbors a peer looks for by itself, when the network has `neighborsMax` others or more. Two asked for
   * by each makes four on average: peers that came early keep room for those that come late.
   */
  readonly neighborsWanted: number;
  /**
   * The bound for requesters that come back after a refusal. One that nobody has room for would be cut off, so the
   * second time it is let in.
   */
  readonly neighborsInNeedMax: number;
  /** How long a refusal is remembered, on both sides. */
  readonly refusalMemoryMs: number;
  /** How long a peer that could not be reached is left alone. An original is on the list before it listens. */
  readonly absenceMemoryMs: number;
  /** From one registration with a seed to its renewal. A restarted seed knows everybody after this time. */
  readonly renewIntervalMs: number;
  /** The first pause before a failed search (for seeds or for neighbors) is tried again; it doubles each time … */
  readonly retryMinMs: number;
  /** … up to this. */
  readonly retryMaxMs: number;
  /** Messages in the Message List; the oldest are forgotten. A flood is over within seconds, so 10,000 are plenty. */
  readonly seenMax: number;
  /** Messages waiting for one neighbor; the oldest are dropped, and the owner is told. */
  readonly outboxMax: number;
  /** Addresses remembered from one seed's list. */
  readonly listMax: number;
  /** GOSSIP messages that the peer generates by itself: the original's 10. 0 for none. */
  readonly messages: number;
  /** From one generated message to the next: the original's 5 s. */
  readonly messageIntervalMs: number;
}

/** The classic network's own pace. */
export const classicPeerDefaults: ClassicPeerConfig = {
  probeIntervalMs: 13_000,
  probeTimeoutMs: 3_000,
  silencesMax: 3,
  exchangeTimeoutMs: 3_000,
  neighborsMax: 4,
  neighborsWanted: 2,
  neighborsInNeedMax: 8,
  refusalMemoryMs: 30_000,
  absenceMemoryMs: 8_000,
  renewIntervalMs: 10_000,
  retryMinMs: 500,
  retryMaxMs: 15_000,
  seenMax: 10_000,
  outboxMax: 1_000,
  listMax: 10_000,
  messages: 10,
  messageIntervalMs: 5_000,
};
