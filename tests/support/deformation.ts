/** Computes in plain float64 what `deformImages` of src/augment/kernel computes if lines keep their width. @module */
import type { Strengths } from "../../src/augment/augmenter.ts";
import type { Random } from "../../src/random.ts";

/** Returns the image's ink: its sum, its center of mass, and the first and last column of each row's ink above 1/16. */
function inkOf(image: Uint8Array, side: number) {
  let sum = 0, x = 0, y = 0;
  const rows: { y: number; first: number; last: number }[] = [];
  for (let row = 0; row < side; row++) {
    const pixels = [...image.subarray(row * side, (row + 1) * side)];
    pixels.forEach((value, column) => {
      sum += value;
      x += value * column;
      y += value * row;
    });
    const first = pixels.findIndex((value) => value > 16);
    if (first >= 0) rows.push({ y: row, first, last: pixels.findLastIndex((value) => value > 16) });
  }
  return { x: x / sum, y: y / sum, rows };
}

/** Returns the longest side of the ink under a linear map. */
function longestSide(
  { rows }: ReturnType<typeof inkOf>,
  map: readonly (readonly [number, number])[],
): number {
  return Math.max(...map.map(([alongX, alongY]) => {
    const places = rows.flatMap(({ y, first, last }) => [first, last].map((x) => alongX * x + alongY * y));
    return Math.max(...places) - Math.min(...places) + Math.abs(alongX) + Math.abs(alongY);
  }));
}

/** Returns the four weights of the uniform cubic B-spline. */
function splineWeights(t: number): number[] {
  return [(1 - t) ** 3, 3 * t ** 3 - 6 * t ** 2 + 4, 3 * (t + t ** 2 - t ** 3) + 1, t ** 3].map((w) => w / 6);
}

/** Deforms an image `[side, side]` with numbers from `random`, drawn in the kernel's order. */
export function deformed(
  image: Uint8Array,
  side: number,
  random: Random,
  strengths: Strengths,
): Float64Array {
  const spread = () => (random.next() + random.next() + random.next() + random.next() - 2) * Math.sqrt(3);
  const unit = side / 28, ink = inkOf(image, side);
  const toX = ink.x + strengths.shift * unit * spread(), toY = ink.y + strengths.shift * unit * spread();
  random.next(); // decides if lines get another width
  const contrast = 1 + strengths.contrast * random.next();
  const tangent = strengths.rotation * spread() / 2, squared = tangent * tangent;
  const cos = (1 - squared) / (1 + squared), sin = 2 * tangent / (1 + squared);
  const slant = strengths.slant * spread(), half = strengths.stretch * spread() / 2;
  const stretch = (1 + half) / (1 - half);
  const map = [[cos * stretch, cos * slant - sin], [sin * stretch, sin * slant + cos]] as const;
  const scale = longestSide(ink, [[1, 0], [0, 1]]) / longestSide(ink, map);
  const determinant = scale * (map[0][0] * map[1][1] - map[0][1] * map[1][0]);
  const most = strengths.bend * unit / 0.48 * Math.sqrt(3);
  const knots = Array.from({ length: 7 }, () => { // [column, axis, row]
    return [0, 1].map(() => Array.from({ length: 7 }, () => most * (2 * random.next() - 1)));
  });
  const pixel = (x: number, y: number) => x >= 0 && y >= 0 && x < side && y < side ? image[y * side + x] : 0;
  return Float64Array.from(image, (_, at) => {
    const x = at % side, y = Math.floor(at / side), column = 4 * x / side, row = 4 * y / side;
    const [weightsX, weightsY] = [column, row].map((place) => splineWeights(place % 1));
    const [bendX, bendY] = [0, 1].map((axis) => {
      let sum = 0;
      for (let i = 0; i < 4; i++) {
        for (let j = 0; j < 4; j++) {
          sum += weightsX[i] * weightsY[j] * knots[Math.floor(column) + i][axis][Math.floor(row) + j];
        }
      }
      return sum;
    });
    const awayX = x - toX, awayY = y - toY;
    const fromX = ink.x + (map[1][1] * awayX - map[0][1] * awayY) / determinant + bendX;
    const fromY = ink.y + (map[0][0] * awayY - map[1][0] * awayX) / determinant + bendY;
    const left = Math.floor(fromX), top = Math.floor(fromY), shareX = fromX - left, shareY = fromY - top;
    const upper = pixel(left, top) * (1 - shareX) + pixel(left + 1, top) * shareX;
    const lower = pixel(left, top + 1) * (1 - shareX) + pixel(left + 1, top + 1) * shareX;
    const value = upper * (1 - shareY) + lower * shareY;
    return Math.min(255, Math.max(0, (value - 128) * contrast + 128));
  });
}
