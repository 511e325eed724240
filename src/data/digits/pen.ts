/**
 * The simulated pen for drawn digits. Its width varies from digit to digit. Along a line, it varies with pressure
 * and, as for a flat nib, with direction.
 * @module
 */

import type { Random } from "../../random.ts";
import { paintLine, type Sheet } from "./raster.ts";

/** A smooth line, points `[N, 2]`. */
export type Line = Float64Array<ArrayBuffer>;

/** The parameters of the pen, chosen like those of the variation in `handwriting.ts`. */
const pen = {
  /** The median radius in pixels of the sheet, and the standard deviation of its logarithm. */
  radius: [2.5, 0.26],
  /** The exponent by which long lines are thinner: the radius is proportional to their length to minus this power. */
  thinning: 0.25,
  /** The maximum relative change of the radius with the direction of the line. */
  nib: 0.35,
  /** The standard deviation of the relative change of the radius with pressure. */
  pressure: 0.15,
  /** The minimum and the maximum softness of the line's edge, in pixels of the sheet. */
  softness: [0.6, 1.2],
} as const;

/** The longest side of a digit on its sheet: twice that in the image, so that area averaging smooths its edges. */
const sheetBox = 40;
/** The sheet's side, with a pixel of margin for soft edges. */
const sheetSide = sheetBox + 2;

/** Paints the lines with a random pen onto a new sheet, scaled so that they fill it. */
export function paintDigit(lines: readonly Line[], random: Random): Sheet {
  const { left, right, top, bottom, length } = measure(lines);
  const size = Math.max(right - left, bottom - top);
  const thinning = pen.thinning * Math.log(length / size / 2.2); // 2.2: a typical digit's lines, in heights
  const radius = pen.radius[0] * Math.exp(pen.radius[1] * random.normal() - thinning);
  const scale = Math.max(1, sheetBox - 2 * radius) / size;
  const offsetX = (sheetSide - scale * (left + right)) / 2,
    offsetY = (sheetSide - scale * (top + bottom)) / 2;

  const nib = pen.nib * random.next(), nibAngle = 2 * Math.PI * random.next();
  const nibX = nib * Math.cos(nibAngle), nibY = nib * Math.sin(nibAngle);
  const pressure = pen.pressure * random.normal();
  const phase = 2 * Math.PI * random.next(), wavelength = 2 + 6 * random.next();
  const softness = pen.softness[0] + (pen.softness[1] - pen.softness[0]) * random.next();
  const sheet = { values: new Float32Array(sheetSide * sheetSide), width: sheetSide, height: sheetSide };
  for (const line of lines) {
    const count = line.length / 2;
    const points = new Float64Array(3 * count);
    for (let i = 0; i < count; i++) {
      const from = 2 * Math.min(i, count - 2);
      const x = line[from + 2] - line[from], y = line[from + 3] - line[from + 1], squared = x * x + y * y;
      // the cosine of twice the angle between line and nib, by the double-angle formulas
      const width = squared > 0 ? ((x * x - y * y) * nibX + 2 * x * y * nibY) / squared : 0;
      points[3 * i] = offsetX + scale * line[2 * i];
      points[3 * i + 1] = offsetY + scale * line[2 * i + 1];
      points[3 * i + 2] = radius * (1 + width + pressure * Math.sin(phase + i / wavelength));
    }
    paintLine(sheet, points, softness);
  }
  return sheet;
}

/** Returns the bounding box of the lines, and their total length. */
function measure(lines: readonly Line[]) {
  let left = Infinity, right = -Infinity, top = Infinity, bottom = -Infinity, length = 0;
  for (const line of lines) {
    for (let i = 0; i < line.length; i += 2) {
      left = Math.min(left, line[i]);
      right = Math.max(right, line[i]);
      top = Math.min(top, line[i + 1]);
      bottom = Math.max(bottom, line[i + 1]);
      if (i > 0) length += distance(line[i] - line[i - 2], line[i + 1] - line[i - 1]);
    }
  }
  return { left, right, top, bottom, length };
}

/** Returns the same as `Math.hypot`, which is ten times as slow because it prevents overflow. */
function distance(x: number, y: number): number {
  return Math.sqrt(x * x + y * y);
}
