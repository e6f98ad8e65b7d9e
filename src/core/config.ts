/**
 * Tunables of Hearsay's own protocol, with their defaults. Times are milliseconds; counts are plain numbers.
 */

/** How a peer chooses and keeps its neighbors. */
export interface OverlayConfig {
  /**
   * Neighbors, 1 to 8. HyParView's 5: log₁₀(10,000) + 1. A flood over four of them reaches everybody even when every
   * other peer fails at once; each one more costs every peer a link.
   */
  readonly activeViewMax: number;
  /** Contacts kept in reserve. HyParView's 30, six times the active view: with 90 % of all peers dead, three are alive. */
  readonly passiveViewMax: number;
  /** Steps of the walks on which newcomers and shuffles travel (HyParView's ARWL): 6 get far in 5⁶ = 15,625 peers. */
  readonly walkLength: number;
  /** Steps still to go when a newcomer is put into the passive view of the peer that it passes (PRWL). */
  readonly passiveWalkLength: number;
  /** From one shuffle to the next, ±25 %: how fast passive views forget the dead. Costs some 15 packets each. */
  readonly shuffleIntervalMs: number;
  /** Neighbors named in a shuffle. HyParView's 3. */
  readonly shuffleActiveCount: number;
  /** Passive contacts named in a shuffle. HyParView's 4. */
  readonly shufflePassiveCount: number;
  /** Every so many shuffles, on average, one goes straight to a passive contact: views mix even between parts without links. */
  readonly shufflesPerVisit: number;
  /** How long a dial with its greeting may take, and then the answer to a request. Two lost packets' worth. */
  readonly handshakeTimeoutMs: number;
  /** Links from others that have not become neighbors yet; more are closed. The bound on what strangers can make us keep. */
  readonly greetingsMax: number;
  /** Links dialed and not yet neighbors, at most: the bound on what walks and shuffles can make us do. */
  readonly dialsMax: number;
  /** Dials at the same time in search of a neighbor. Two: one that hangs doesn't stop the search. */
  readonly searchesMax: number;
  /** After so many refusals by full peers the search pauses: most likely everybody is full. */
  readonly refusalsMax: number;
  /** The first pause of a fruitless search; each is twice as long as the one before, ±50 % … */
  readonly retryMinMs: number;
  /** … up to this. A peer short of a neighbor is no worse off for a minute; one without any asks more than the view. */
  readonly retryMaxMs: number;
  /** … or up to this for a peer that has no neighbor at all. */
  readonly retryAloneMaxMs: number;
  /** Lost neighbors that are called again: what brings two parts together again after a partition. */
  readonly lostMax: number;
  /** Calls to one lost neighbor before it is forgotten. With the pauses below: an hour or more. */
  readonly recallsMax: number;
  /** The first pause before a lost neighbor is called again; each is 15 % longer than the one before … */
  readonly recallMinMs: number;
  /** … up to this, which is also how long two parts may take to notice that they can be one again. */
  readonly recallMaxMs: number;
  /** From the start to the first exchange of a neighbor for a random contact; six times as long to the second … */
  readonly mixMinMs: number;
  /**
   * … and this to each further one. An exchange takes links out of trees: what joins groups that formed in a storm of
   * joins must not disturb a network for ever.
   */
  readonly mixMaxMs: number;
}

/** For networks of 2 to 10,000 peers; for 100,000 take a passive view of 60. */
export const overlayDefaults: OverlayConfig = {
  activeViewMax: 5,
  passiveViewMax: 30,
  walkLength: 6,
  passiveWalkLength: 3,
  shuffleIntervalMs: 10_000,
  shuffleActiveCount: 3,
  shufflePassiveCount: 4,
  shufflesPerVisit: 6,
  handshakeTimeoutMs: 3_000,
  greetingsMax: 128,
  dialsMax: 16,
  searchesMax: 2,
  refusalsMax: 4,
  retryMinMs: 500,
  retryMaxMs: 60_000,
  retryAloneMaxMs: 8_000,
  lostMax: 8,
  recallsMax: 100,
  recallMinMs: 1_000,
  recallMaxMs: 60_000,
  mixMinMs: 10_000,
  mixMaxMs: 21_600_000,
};

/** How much of the past a peer remembers. */
export interface HistoryConfig {
  /** Messages kept whole, of all origins together; the oldest go first. */
  readonly retainedMax: number;
  /** Messages kept whole of one life of an origin; the lowest numbers go first. */
  readonly retainedPerOriginMax: number;
  /** What the kept messages may weigh together: payloads, and some 100 bytes for each message. */
  readonly retainedMaxBytes: number;
  /** How long a message is kept whole after it first came to the network, give or take one part in a hundred. */
  readonly retainedMaxAgeMs: number;
  /** Holes remembered for one life of an origin; the lowest is given up for the newest. At most 255. */
  readonly holesMax: number;
  /** Origins whose numbers are remembered; the one unheard for longest is forgotten, and is new when it speaks again. */
  readonly originsMax: number;
  /** Messages that came before their turn, of all origins together, and wait for it; then the oldest hole is given up. */
  readonly reorderMax: number;
  /** What those may weigh together. */
  readonly reorderMaxBytes: number;
}

/** Ten minutes of up to 100,000 messages. With 20,000 origins of one life each: some 10 MB for the numbers alone. */
export const historyDefaults: HistoryConfig = {
  retainedMax: 100_000,
  retainedPerOriginMax: 10_000,
  retainedMaxBytes: 67_108_864,
  retainedMaxAgeMs: 600_000,
  holesMax: 250,
  originsMax: 20_000,
  reorderMax: 16_384,
  reorderMaxBytes: 16_777_216,
};

/** How two neighbors find and repair what one of them lacks. */
export interface ReconcileConfig {
  /** Of the past: `retained` fetches all that neighbors keep; `none` starts with what is published from now on. */
  readonly history: "retained" | "none";
  /** From one comparison to the next, ±25 %, each with another neighbor. Costs some 21 bytes when nothing differs. */
  readonly reconcileIntervalMs: number;
  /** Up to so many lives under a differing prefix are listed; more are split by their next digit. */
  readonly listedLivesMax: number;
  /** How long something that a neighbor has and this peer lacks may still come by itself. */
  readonly wantDelayMs: number;
  /** How long a neighbor that was asked may be silent before another one is asked. */
  readonly wantRetryMs: number;
  /** Lives with something to fetch. More are noticed by later comparisons. */
  readonly lackingLivesMax: number;
  /** Lives that one neighbor has been asked for and has not sent yet. */
  readonly openWantsMax: number;
  /** After so long what neighbors have seen and none of them keeps is given up. */
  readonly goneAfterMs: number;
  /** After so long a hole that nobody can fill is given up. */
  readonly holeAfterMs: number;
  /** After repairs: how long until the other neighbors are compared with, so that what was news here spreads. */
  readonly newsDelayMs: number;
  /** Sent in repairs within one millisecond, before others have their turn. */
  readonly repairMaxBytes: number;
  /** Ranges that one neighbor has asked for and that are still to be sent; more are not noted: it will ask again. */
  readonly askedRangesMax: number;
  /** Sent to one neighbor in digests and marks within one interval. */
  readonly listedMaxBytes: number;
}

/** For links of up to some hundred milliseconds of round-trip time. */
export const reconcileDefaults: ReconcileConfig = {
  history: "retained",
  reconcileIntervalMs: 2_000,
  listedLivesMax: 4,
  wantDelayMs: 300,
  wantRetryMs: 1_000,
  lackingLivesMax: 20_000,
  openWantsMax: 2_048,
  goneAfterMs: 1_000,
  holeAfterMs: 30_000,
  newsDelayMs: 150,
  repairMaxBytes: 262_144,
  askedRangesMax: 8_192,
  listedMaxBytes: 4_194_304,
};
