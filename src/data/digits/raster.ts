/**
 * Rasterization of pen lines with soft edges.
 * @module
 */

/** A sheet of gray pixels, from 0 (paper) to 1 (ink). The center of pixel (x, y) is at (x + 0.5, y + 0.5). */
export interface Sheet {
  /** The values `[height, width]`, row by row. */
  readonly values: Float32Array;
  /** The width in pixels. */
  readonly width: number;
  /** The height in pixels. */
  readonly height: number;
}

/**
 * Paints a line with a round pen: each pixel becomes the maximum of its old value and the share of it that the pen
 * covers. Parts of the line outside of the sheet are clipped.
 *
 * @param points The line's points `[N, 3]`, N at least 2: x, y and the pen's radius at the point, in pixels.
 * @param softness The width of the transition from ink to paper, in pixels; 1 is plain anti-aliasing.
 */
export function paintLine(sheet: Sheet, points: Float64Array, softness: number): void {
  const { values, width, height } = sheet, half = softness / 2, inverseSoftness = 1 / softness;
  for (let i = 0; i + 3 < points.length; i += 3) {
    const startX = points[i], startY = points[i + 1], radius = points[i + 2];
    const alongX = points[i + 3] - startX, alongY = points[i + 4] - startY, growth = points[i + 5] - radius;
    const squared = alongX * alongX + alongY * alongY, inverse = squared > 0 ? 1 / squared : 0;
    const reach = Math.max(radius, radius + growth) + half, reachSquared = reach > 0 ? reach * reach : 0;
    const full = Math.min(radius, radius + growth) - half, fullSquared = full > 0 ? full * full : 0;
    const left = Math.max(0, Math.floor(Math.min(startX, startX + alongX) - reach));
    const right = Math.min(width, Math.ceil(Math.max(startX, startX + alongX) + reach));
    const top = Math.max(0, Math.floor(Math.min(startY, startY + alongY) - reach));
    const bottom = Math.min(height, Math.ceil(Math.max(startY, startY + alongY) + reach));
    for (let y = top; y < bottom; y++) {
      const pixelY = y + 0.5 - startY, alongThere = pixelY * alongY;
      for (let x = left, at = y * width + left; x < right; x++, at++) {
        const there = values[at];
        if (there === 1) continue; // already full; so are most pixels of the previous segment
        const pixelX = x + 0.5 - startX;
        const nearest = Math.min(1, Math.max(0, (pixelX * alongX + alongThere) * inverse));
        const awayX = pixelX - nearest * alongX, awayY = pixelY - nearest * alongY;
        const away = awayX * awayX + awayY * awayY;
        if (away >= reachSquared) continue;
        if (away <= fullSquared) {
          values[at] = 1;
          continue;
        }
        const cover = (radius + nearest * growth - Math.sqrt(away)) * inverseSoftness + 0.5;
        if (cover > there) values[at] = cover < 1 ? cover : 1;
      }
    }
  }
}
