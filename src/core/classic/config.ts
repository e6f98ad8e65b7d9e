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

/** How a seed behaves. */
export interface SeedConfig {
  /**
   * How long a registration stands without renewal. After it the seed tests the peer itself: originals never renew, and
   * stay as long as they answer.
   */
  readonly leaseMs: number;
  /** How long one liveness test by the seed may take. */
  readonly checkTimeoutMs: number;
  /** Silent tests in a row that confirm a death report. A refused connection confirms at once. */
  readonly reportedSilencesMax: number;
  /** Silent tests in a row that end a lease nobody complained about. */
  readonly leaseSilencesMax: number;
  /** Pause between two silent tests of the same peer at the end of its lease. */
  readonly recheckMs: number;
  /** Shortest time between two tests for ended leases: bounds what 10,000 idle registrations cost. */
  readonly leaseCheckIntervalMs: number;
  /** Tests under way at once. */
  readonly checksMax: number;
  /** Death reports waiting for their test; more are dropped with an event. */
  readonly reportsMax: number;
  /** Registrations; more are refused with an event. */
  readonly registrationsMax: number;
  /** Longest list sent. The original reads 10,240 bytes and no more. */
  readonly maxListBytes: number;
}

/** A seed that original peers and ours can share. */
export const seedDefaults: SeedConfig = {
  leaseMs: 25_000,
  checkTimeoutMs: 2_000,
  reportedSilencesMax: 2,
  leaseSilencesMax: 3,
  recheckMs: 5_000,
  leaseCheckIntervalMs: 250,
  checksMax: 64,
  reportsMax: 1_000,
  registrationsMax: 200_000,
  maxListBytes: 10_240,
};
