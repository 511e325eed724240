/** The notation of hand-written forms: strokes on a square from 0 to 100, y downward. @module */

/** A point (x, y). */
export type Point = readonly [x: number, y: number];
/** The pen's strokes in order, each with its points. */
export type Strokes = readonly (readonly Point[])[];

/** The number of points between two given points of a curve, and in a whole turn of an arc. */
const POINTS_A_SPAN = 8, POINTS_A_TURN = 40;

/**
 * Returns the strokes of a text. Strokes are separated by ` / `:
 *
 * - `10,20 30,40 …` is a line with corners;
 * - `~10,20 30,40 …` is a smooth curve through these points, with a corner after each `!`;
 * - `O 50,50 40,30 0,360` is an arc with its middle, its radii, and its angles in degrees, clockwise from the right.
 */
export function strokesOf(text: string): Strokes {
  return text.split(" / ").map((stroke) => {
    if (stroke.startsWith("~")) return curveThrough(stroke.slice(1));
    if (stroke.startsWith("O ")) return arcOf(stroke.slice(2));
    return stroke.split(" ").map(pointOf);
  });
}

function pointOf(text: string): Point {
  const [x, y] = text.replace("!", "").split(",").map(Number);
  if (Number.isFinite(x) && Number.isFinite(y)) return [x, y];
  throw new RangeError(`A point needs two numbers "x,y", found ${JSON.stringify(text)}`);
}

function arcOf(text: string): Point[] {
  const [[x, y], [radiusX, radiusY], [from, to]] = text.split(" ").map(pointOf);
  const steps = Math.max(4, Math.ceil(POINTS_A_TURN * Math.abs(to - from) / 360));
  return Array.from({ length: steps + 1 }, (_, i) => {
    const angle = (from + (to - from) * i / steps) * Math.PI / 180;
    return [x + radiusX * Math.cos(angle), y + radiusY * Math.sin(angle)];
  });
}

/** Returns a cubic Hermite spline between each pair of corners; the tangents are half of the neighbors' difference. */
function curveThrough(text: string): Point[] {
  const marked = text.split(" "), points = marked.map(pointOf);
  const isEnd = (i: number) => i === 0 || i === points.length - 1 || marked[i].endsWith("!");
  const curve: Point[] = [];
  for (let i = 0; i + 1 < points.length; i++) {
    const along = [0, 1].map((axis) => points[i + 1][axis] - points[i][axis]);
    const tangents = [i, i + 1].map((at) =>
      isEnd(at) ? along : [0, 1].map((axis) => (points[at + 1][axis] - points[at - 1][axis]) / 2)
    );
    for (let step = 0; step < POINTS_A_SPAN; step++) {
      const t = step / POINTS_A_SPAN, t2 = t * t, t3 = t2 * t;
      const at = (axis: 0 | 1) =>
        points[i][axis] * (2 * t3 - 3 * t2 + 1) + points[i + 1][axis] * (3 * t2 - 2 * t3) +
        tangents[0][axis] * (t3 - 2 * t2 + t) + tangents[1][axis] * (t3 - t2);
      curve.push([at(0), at(1)]);
    }
  }
  return [...curve, points[points.length - 1]];
}
