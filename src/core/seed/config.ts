/** Tunables of a seed. Times are milliseconds of virtual or real time; counts are plain numbers. */

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
  /** Contacts in one answer to a native peer, at most 64: twice a passive view of HyParView's 30. */
  readonly sampleMax: number;
  /** Addresses of the classic dialect in one answer to a native peer, at most 64. A few are enough to be linked to all. */
  readonly classicSampleMax: number;
  /** How long a conversation with a native peer may take, from its first bytes to its end. */
  readonly conversationTimeoutMs: number;
  /** Conversations with native peers at the same time; more are closed. */
  readonly conversationsMax: number;
}

/** A seed that original peers and ours can share: classic figures are those of the original where it has any. */
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
  sampleMax: 64,
  classicSampleMax: 32,
  conversationTimeoutMs: 5_000,
  conversationsMax: 4_096,
};
