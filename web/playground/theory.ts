/**
 * What theory says of a rumor: when each peer that has it tells one other, drawn at random, in each round, everybody has it
 * after log₂N + ln N rounds (B. Pittel, *On spreading a rumor*, SIAM J. Appl. Math. 47, 1987). A round is one latency.
 */

/** Rounds until everybody has it. */
export function roundsOf(peers: number): number {
  return Math.log2(Math.max(1, peers)) + Math.log(Math.max(1, peers));
}

/** The share of peers that have it after 0, 1, 2, … rounds, as expected. */
export function expectedShares(peers: number): number[] {
  const shares = [1 / Math.max(1, peers)];
  for (let round = 1; round <= Math.ceil(roundsOf(peers)) + 1; round++) {
    const share = shares.at(-1)!;
    // Each who lacks it is missed by all that have it with a probability of (1 − 1/N)^(N·share), nearly e^(−share).
    shares.push(1 - (1 - share) * Math.exp(-share));
  }
  return shares;
}
