/**
 * Randomness, injected. Cores draw from a {@link Random} that they are given, so that a run repeats exactly from its
 * number.
 */

/** A source of uniformly distributed numbers. */
export interface Random {
  /** An integer in [0, below), for `below` from 1 to 2³². */
  below(below: number): number;
}

/**
 * A small, fast generator with 128 bits of state: xoshiro128** (Blackman & Vigna, 2018), its state filled from one
 * number by splitmix32. Not for secrets.
 */
export function seededRandom(randomSeed: number): Random {
  let mix = randomSeed | 0;
  const next32 = () => {
    mix = (mix + 0x9e3779b9) | 0;
    let z = mix ^ (mix >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let a = next32();
  let b = next32();
  let c = next32();
  let d = next32();
  const draw = () => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  return {
    // 2³² values spread over `below` buckets: for the sizes drawn here (at most some 100,000) the bias is under 1 in 40,000.
    below: (below) => Math.floor((draw() / 0x1_0000_0000) * below),
  };
}

/** `count` distinct elements in random order (all of them, when there are fewer). The input is left as it was. */
export function sample<T>(random: Random, from: readonly T[], count: number): T[] {
  const pool = from.slice();
  const size = Math.max(0, Math.min(count, pool.length));
  for (let i = 0; i < size; i++) {
    const j = i + random.below(pool.length - i);
    [pool[i], pool[j]] = [pool[j]!, pool[i]!];
  }
  pool.length = size;
  return pool;
}
