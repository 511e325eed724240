/**
 * PNG's filters. A line stores the difference between each byte and its prediction, modulo 256. The prediction is
 * computed from the neighbors `a` (left), `b` (above) and `c` (above left); neighbors outside of the image are 0. The
 * first byte of a line is the number of its filter, whose predictions are: 0 zero, 1 `a`, 2 `b`, 3 `⌊(a + b) / 2⌋`, 4
 * the one of `a`, `b`, `c` that is nearest to `a + b - c`.
 * @module
 */
import type { Refuse } from "./fault.ts";

/** The number of filters. */
const FILTERS = 5;

/** The layout of an image's bytes. */
export interface Lines {
  /** The number of lines. */
  readonly height: number;
  /** Bytes of a line, without the filter byte. */
  readonly bytes: number;
  /** The distance from a byte to its neighbor `a`: the bytes of a pixel, at least 1. */
  readonly distance: number;
}

/**
 * Undoes the filter of one line in place.
 *
 * @param above the line before it, of as many bytes; zeros for the first line
 * @param distance the distance from a byte to its neighbor `a`
 * @throws {FormatError} made by `refuse` if the filter is unknown
 */
export function undoFilter(
  line: Uint8Array,
  { filter, above, distance, refuse }: {
    readonly filter: number;
    readonly above: Uint8Array;
    readonly distance: number;
    readonly refuse: Refuse;
  },
): void {
  const bytes = line.length;
  if (filter === 1) {
    for (let i = distance; i < bytes; i++) line[i] += line[i - distance];
  } else if (filter === 2) {
    for (let i = 0; i < bytes; i++) line[i] += above[i];
  } else if (filter === 3) {
    for (let i = 0; i < bytes; i++) line[i] += ((i < distance ? 0 : line[i - distance]) + above[i]) >> 1;
  } else if (filter === 4) {
    for (let i = 0; i < Math.min(distance, bytes); i++) line[i] += above[i]; // b is nearest if a and c are 0
    for (let i = distance; i < bytes; i++) {
      line[i] += nearest(line[i - distance], above[i], above[i - distance]);
    }
  } else if (filter >= FILTERS) {
    throw refuse(`has a line with filter ${filter}, needs 0 to 4`);
  }
}

/**
 * Filters lines `[height, bytes]` into `[height, 1 + bytes]`. Each line gets the filter whose differences have the
 * smallest sum of magnitudes, because such lines deflate well.
 */
export function applyFilters(
  pixels: Uint8Array,
  { height, bytes, distance }: Lines,
): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(height * (bytes + 1));
  const tried = Array.from({ length: FILTERS }, () => new Uint8Array(bytes));
  let above: Uint8Array = new Uint8Array(bytes);
  for (let row = 0; row < height; row++) {
    const line = pixels.subarray(row * bytes, (row + 1) * bytes);
    const sums = new Float64Array(FILTERS);
    for (let i = 0; i < bytes; i++) {
      const a = i < distance ? 0 : line[i - distance],
        b = above[i],
        c = i < distance ? 0 : above[i - distance];
      const predicted = [0, a, b, (a + b) >> 1, nearest(a, b, c)];
      for (let filter = 0; filter < FILTERS; filter++) {
        const difference = (line[i] - predicted[filter]) & 255;
        tried[filter][i] = difference;
        sums[filter] += difference < 128 ? difference : 256 - difference;
      }
    }
    const filter = sums.indexOf(Math.min(...sums));
    data[row * (bytes + 1)] = filter;
    data.set(tried[filter], row * (bytes + 1) + 1);
    above = line;
  }
  return data;
}

/** Returns the one of `a`, `b`, `c` that is nearest to `a + b - c`; the first of them if several are. */
function nearest(a: number, b: number, c: number): number {
  const toA = Math.abs(b - c), toB = Math.abs(a - c), toC = Math.abs(a + b - 2 * c);
  return toA <= toB && toA <= toC ? a : toB <= toC ? b : c;
}
