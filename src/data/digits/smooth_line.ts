/** Smooth lines through points. @module */
import type { Line } from "./pen.ts";

/** Segments of the drawn line between two control points. */
const segmentsPerSpan = 4;

/** The weights of a Catmull-Rom spline's four points at each step between the middle two. */
const splineSteps = Array.from({ length: segmentsPerSpan }, (_, step) => {
  const t = step / segmentsPerSpan, t2 = t * t, t3 = t2 * t;
  return [
    (2 * t2 - t3 - t) / 2,
    (3 * t3 - 5 * t2 + 2) / 2,
    (4 * t2 - 3 * t3 + t) / 2,
    (t3 - t2) / 2,
  ] as const;
});

/** Returns the Catmull-Rom spline through the points. At a corner, one curve ends and the next begins. */
export function smoothLine(points: Float64Array, corners: readonly boolean[]): Line {
  const count = corners.length;
  const line = new Float64Array(2 * ((count - 1) * segmentsPerSpan + 1));
  let at = 0;
  for (let i = 0; i + 1 < count; i++) {
    const before = 2 * (i === 0 || corners[i] ? i : i - 1);
    const after = 2 * (i + 2 === count || corners[i + 1] ? i + 1 : i + 2);
    for (const [a, b, c, d] of splineSteps) {
      for (let axis = 0; axis < 2; axis++) {
        line[at++] = a * points[before + axis] + b * points[2 * i + axis] + c * points[2 * i + 2 + axis] +
          d * points[after + axis];
      }
    }
  }
  line.set(points.subarray(-2), at);
  return line;
}
