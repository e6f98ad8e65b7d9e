/**
 * MurmurHash3, its variant of 128 bits for 32-bit machines (Austin Appleby, 2011, public domain; `MurmurHash3_x86_128`).
 *
 * Fast, pure and well mixed, and no protection at all: whoever wants two texts with one hash makes them in no time.
 */

/**
 * 128 bits that stand for the bytes: 32 lower-case hex digits, the four words of the reference implementation one after
 * the other, each with its highest digit first.
 *
 * @param start - what the reference calls the seed: an integer of 32 bits
 */
export function murmur128(bytes: Uint8Array, start = 0): string {
  const { length } = bytes;
  const state: State = [start, start, start, start];
  const blocksEnd = length - (length % blockBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  for (let at = 0; at < blocksEnd; at += blockBytes) addBlock(state, view, at);
  addTail(state, bytes, blocksEnd);
  for (const lane of lanes) state[lane] ^= length;
  spread(state);
  for (const lane of lanes) state[lane] = finish(state[lane]);
  spread(state);
  return state.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

type State = [number, number, number, number];

type Lane = 0 | 1 | 2 | 3;

const lanes: readonly Lane[] = [0, 1, 2, 3];
const blockBytes = 16;
const factors = [0x239b961b, 0xab0e9789, 0x38b34ae5, 0xa1e38b93] as const;
const wordTurns = [15, 16, 17, 18] as const;
const stateTurns = [19, 17, 15, 13] as const;
const summands = [0x561ccd1b, 0x0bcaa747, 0x96cd1c35, 0x32ac3b17] as const;

function addBlock(state: State, view: DataView, at: number): void {
  for (const lane of lanes) {
    const word = mixed(view.getUint32(at + 4 * lane, true), lane);
    const turned = rotate(state[lane] ^ word, stateTurns[lane]) + state[after(lane)];
    state[lane] = (Math.imul(turned, 5) + summands[lane]) | 0;
  }
}

/** What is left after the last whole block: as if zeros followed, but lanes without a byte stay as they are. */
function addTail(state: State, bytes: Uint8Array, from: number): void {
  for (const lane of lanes) {
    let word = 0;
    for (let i = 3; i >= 0; i--) word = (word << 8) | (bytes[from + 4 * lane + i] ?? 0);
    state[lane] ^= mixed(word, lane);
  }
}

function mixed(word: number, lane: Lane): number {
  return Math.imul(rotate(Math.imul(word, factors[lane]), wordTurns[lane]), factors[after(lane)]);
}

function after(lane: Lane): Lane {
  return ((lane + 1) & 3) as Lane;
}

/** Every word into the first, and the first into every other. */
function spread(state: State): void {
  state[0] = (state[0] + state[1] + state[2] + state[3]) | 0;
  for (const lane of [1, 2, 3] as const) state[lane] = (state[lane] + state[0]) | 0;
}

function finish(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
