/** The geometry of strokes, in widths of the sheet. @module */
/** @import { Picture, Stroke } from "./parts.ts" */

/** The distance between two points from which the line between them is straight. */
const longGap = 0.2;
/** A turn by more than 60° is a corner, unless both lines there are shorter than this: pointers move by whole pixels. */
const cornerCosine = 0.5, shortLine = 0.01;
/**
 * The thinnest and the thickest line for the network, in longest sides of the drawing. Networks trained on MNIST read
 * lines between them best.
 */
const thinnest = 0.1, thickest = 0.17;
/** Drawings smaller than this have the line of this size: a dot with a trembling hand is no stroke. */
const smallest = 0.1;

/**
 * Returns Bézier curves through every point of a line: a centripetal Catmull-Rom spline, which does not overshoot. Long
 * gaps are straight, and corners stay corners.
 *
 * @param {readonly number[]} points x, y, x, y, …
 * @returns {number[]} for each pair of neighbors, the curve's two control points and its end
 */
export function curveOf(points) {
  const count = points.length / 2;
  /** The square roots of the distances between neighbors. */
  const roots = Array.from({ length: Math.max(0, count - 1) }, (_, i) => Math.sqrt(gapAt(points, i)));
  const isSmooth = Array.from({ length: count }, (_, i) => i > 0 && i < count - 1 && isSmoothAt(points, i));
  /** @type {number[]} */
  const curve = [];
  for (let i = 0; i + 1 < count; i++) {
    const root = roots[i];
    for (const side of [0, 1]) { // the control points after point i and before point i + 1
      const at = i + side, far = i + 1 - side, beyond = side === 0 ? i - 1 : i + 2;
      const other = roots[side === 0 ? i - 1 : i + 1];
      for (const axis of [0, 1]) {
        const here = points[2 * at + axis], there = points[2 * far + axis];
        if (!isSmooth[at]) {
          curve.push(here + (there - here) / 3);
          continue;
        }
        const before = points[2 * beyond + axis];
        curve.push(
          (other ** 2 * there - root ** 2 * before + (2 * other ** 2 + 3 * other * root + root ** 2) * here) /
            (3 * other * (other + root)),
        );
      }
    }
    curve.push(points[2 * i + 2], points[2 * i + 3]);
  }
  return curve;
}

/** Returns the distance from point `i` to the next. @param {readonly number[]} points @param {number} i */
const gapAt = (points, i) =>
  Math.hypot(points[2 * i + 2] - points[2 * i], points[2 * i + 3] - points[2 * i + 1]);

/** @param {readonly number[]} points @param {number} i a point with two neighbors */
function isSmoothAt(points, i) {
  const [x0, y0, x1, y1, x2, y2] = points.slice(2 * i - 2, 2 * i + 4);
  const before = gapAt(points, i - 1), after = gapAt(points, i), longer = Math.max(before, after);
  if (before === 0 || after === 0 || longer >= longGap) return false;
  const cosine = ((x1 - x0) * (x2 - x1) + (y1 - y0) * (y2 - y1)) / (before * after);
  return cosine >= cornerCosine || longer < shortLine;
}

/**
 * Returns the part of a straight line that is on the sheet, as the shares of its length at which the part begins and
 * ends; `undefined` if the line misses the sheet.
 *
 * @param {readonly number[]} from x, y
 * @param {readonly number[]} to x, y
 * @param {number} [height] the height of the sheet
 * @returns {[number, number] | undefined}
 */
export function partOnSheet(from, to, height = 1) {
  let begin = 0, end = 1;
  for (const axis of [0, 1]) {
    const start = from[axis], step = to[axis] - start, length = axis === 0 ? 1 : height;
    if (step === 0 && (start < 0 || start > length)) return undefined;
    if (step === 0) continue;
    const edges = [-start / step, (length - start) / step];
    begin = Math.max(begin, Math.min(...edges));
    end = Math.min(end, Math.max(...edges));
  }
  return begin <= end ? [begin, end] : undefined;
}

/**
 * Returns items whose strokes have another width, for the network: the pen's, but neither too thin nor too thick for a
 * drawing of this size. A dot alone and strokes on a picture keep the pen's width.
 *
 * @param {readonly (Stroke | Picture)[]} items
 * @returns {readonly (Stroke | Picture)[]}
 */
export function withFittingPen(items) {
  const size = sizeOf(items);
  if (size === 0) return items;
  const least = thinnest * size, most = thickest * Math.max(size, smallest);
  return items.map((item) =>
    "pixels" in item ? item : { ...item, width: Math.min(Math.max(item.width, least), most) }
  );
}

/**
 * Returns the longest side of the box around the points of all strokes, as far as it is on the sheet; 0 if there is a
 * picture.
 *
 * @param {readonly (Stroke | Picture)[]} items
 */
function sizeOf(items) {
  const least = [1, 1], most = [0, 0];
  for (const item of items) {
    if ("pixels" in item) return 0;
    for (const [i, value] of item.points.entries()) {
      const inside = Math.min(1, Math.max(0, value));
      least[i % 2] = Math.min(least[i % 2], inside);
      most[i % 2] = Math.max(most[i % 2], inside);
    }
  }
  return Math.max(0, most[0] - least[0], most[1] - least[1]);
}
