/**
 * Which of many peers see to one other, without a word between them.
 *
 * Every peer ranks everybody it knows, itself included, by a hash of the two addresses; the first few in the order for
 * an address are called to see to it (highest random weight hashing: Thaler & Ravishankar 1998). Peers that know each
 * other agree. One that knows a sample only may feel called wrongly, one in so many as it knows; but whoever is first of
 * all is first in every sample, so there is always somebody who does it.
 */
import type { Address } from "../address.js";

/**
 * The addresses of `targets` that `own` is called to see to, by all that it knows.
 *
 * @param others - whom it knows that can see to them as well; `own` may be among them
 * @param callersMax - how many are called for each target, from 1 on
 */
export function calledFor(
  own: Address,
  others: Iterable<Address>,
  targets: Iterable<Address>,
  callersMax: number,
): Address[] {
  const rivals: number[] = [];
  for (const other of others) if (other !== own) rivals.push(hashOf(other));
  const ownHash = hashOf(own);
  const called: Address[] = [];
  for (const target of targets) {
    const hash = hashOf(target);
    const ownRank = rank(ownHash, hash);
    let before = 0;
    for (const rival of rivals) if (rank(rival, hash) < ownRank) before++;
    if (before < callersMax) called.push(target);
  }
  return called;
}

function rank(one: number, other: number): number {
  return mixed(one ^ Math.imul(other, 0x9e3779b1));
}

/** FNV-1a, 32 bits, and a last mixing: addresses differ in their last digits only. */
function hashOf(address: Address): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < address.length; index++) {
    hash = Math.imul(hash ^ address.charCodeAt(index), 0x01000193);
  }
  return mixed(hash);
}

function mixed(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
