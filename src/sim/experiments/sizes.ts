/** How small a network may be for what is measured in it. */

/** With fewer peers there is nobody to talk to. */
export const leastNetwork = 2;

/** The least network of which somebody is left when a share of it crashes. */
export function leastWithSurvivors(share: number): number {
  let peers = leastNetwork;
  while (Math.round(peers * share) === peers) peers++;
  return peers;
}
