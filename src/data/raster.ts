/**
 * Painting pen strokes with soft edges onto a sheet of pixels.
 * @module
 */

/** A polyline with the pen's radius at each point, in pixels. Pixel (x, y) has its centre at (x + 0.5, y + 0.5). */
export interface PenLine {
  /** The points `[N, 3]`: x, y and the pen's radius there. */
  readonly points: Float64Array;
  /** How wide the change from ink to paper is at the line's edge, in pixels; 1 is plain anti-aliasing. */
  readonly softness: number;
}

/**
 * Paints `line` onto `sheet` `[height, width]`, from 0 (paper) to 1 (ink): each pixel gets the darkest of what it has and
 * the coverage by a round pen along each segment. What lies outside the sheet is left away.
 */
export function paintLine(
  sheet: { values: Float32Array; width: number; height: number },
  line: PenLine,
): void {
  const { values, width, height } = sheet;
  const { points, softness } = line;
  const last = points.length - 3;
  for (let i = 0; i <= last; i += 3) {
    if (i === last && last > 0) break; // a line of one point is a dot
    const next = Math.min(i + 3, last);
    const ax = points[i], ay = points[i + 1], ar = points[i + 2];
    const dx = points[next] - ax, dy = points[next + 1] - ay, dr = points[next + 2] - ar;
    const squared = dx * dx + dy * dy, inverse = squared > 0 ? 1 / squared : 0;
    const reach = Math.max(ar, ar + dr) + softness / 2;
    const left = Math.max(0, Math.floor(Math.min(ax, ax + dx) - reach));
    const right = Math.min(width, Math.ceil(Math.max(ax, ax + dx) + reach));
    const top = Math.max(0, Math.floor(Math.min(ay, ay + dy) - reach));
    const bottom = Math.min(height, Math.ceil(Math.max(ay, ay + dy) + reach));
    const reach2 = reach * reach;
    for (let y = top; y < bottom; y++) {
      const py = y + 0.5 - ay;
      for (let x = left; x < right; x++) {
        const px = x + 0.5 - ax;
        let t = (px * dx + py * dy) * inverse;
        t = t < 0 ? 0 : t > 1 ? 1 : t;
        const ex = px - t * dx, ey = py - t * dy, e2 = ex * ex + ey * ey;
        if (e2 >= reach2) continue;
        const cover = (ar + t * dr - Math.sqrt(e2)) / softness + 0.5;
        const at = y * width + x;
        if (cover > values[at]) values[at] = cover < 1 ? cover : 1;
      }
    }
  }
}
