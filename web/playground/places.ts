/** Where peers are drawn: the few on a circle, the many on a disc like the seeds of a sunflower, and the sides of a partition apart. */

/** So many are few. */
const circleMax = 80;
const goldenAngle = Math.PI * (3 - Math.sqrt(5));

/** Where all of them are. */
export interface Places {
  /** Two numbers for each peer: how far it is from the middle, right and down, in halves of the picture's shorter side. */
  readonly places: Float32Array;
  /** From one to the next, in the same unit. */
  readonly spacing: number;
  readonly isSplit: boolean;
}

/** @param aspect - the width of the picture by its height */
export function placesOf(sides: Uint8Array, aspect: number): Places {
  const total = sides.length;
  const places = new Float32Array(2 * total);
  const second = sides.reduce((sum, side) => sum + (side === 1 ? 1 : 0), 0);
  const isSplit = second > 0 && second < total;
  const done = [0, 0];
  const sizes = isSplit ? [total - second, second] : [total, 0];
  // Two discs side by side, or one above the other where there is more room that way.
  const longer = Math.max(aspect, 1 / aspect);
  const shrink = isSplit ? Math.min(longer / 2, 1) * 0.86 : 1;
  const shiftX = isSplit && aspect >= 1 ? longer / 2 : 0;
  const shiftY = isSplit && aspect < 1 ? longer / 2 : 0;
  for (let i = 0; i < total; i++) {
    const side = isSplit ? sides[i]! : 0;
    const [x, y] = placeOf(done[side]!++, sizes[side]!);
    places[2 * i] = x * shrink + (side === 0 ? -shiftX : shiftX);
    places[2 * i + 1] = y * shrink + (side === 0 ? -shiftY : shiftY);
  }
  const most = Math.max(...sizes);
  const spacing = shrink * (most <= circleMax ? (2 * Math.PI) / Math.max(8, most) : Math.sqrt(Math.PI / most));
  return { places, spacing, isSplit };
}

function placeOf(index: number, total: number): [x: number, y: number] {
  if (total <= circleMax) {
    const angle = (2 * Math.PI * index) / Math.max(1, total) - Math.PI / 2;
    const radius = total === 1 ? 0 : 1;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  }
  const radius = Math.sqrt((index + 0.5) / total);
  return [radius * Math.cos(index * goldenAngle), radius * Math.sin(index * goldenAngle)];
}
