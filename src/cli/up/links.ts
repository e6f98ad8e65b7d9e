/** Who is linked to whom in a local network, by name. */

/** Links that both sides know of: each once, as a pair of names. */
export function twoWayLinks(neighbors: ReadonlyMap<string, ReadonlySet<string>>): [string, string][] {
  const pairs: [string, string][] = [];
  for (const [name, others] of neighbors) {
    for (const other of others) {
      if (name < other && neighbors.get(other)?.has(name)) pairs.push([name, other]);
    }
  }
  return pairs;
}

/** How many can be reached from somebody over these links, itself included; 0 from nobody. */
export function reachableFrom(first: string | undefined, links: readonly (readonly [string, string])[]): number {
  if (first === undefined) return 0;
  const ways = new Map<string, string[]>();
  for (const [a, b] of links) {
    ways.set(a, [...(ways.get(a) ?? []), b]);
    ways.set(b, [...(ways.get(b) ?? []), a]);
  }
  const found = new Set([first]);
  for (const name of found) for (const next of ways.get(name) ?? []) found.add(next);
  return found.size;
}
