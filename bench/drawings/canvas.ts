/**
 * The part of a browser's canvas that the page's ink needs, in software: lines of Bézier curves with round ends, discs
 * and filled rectangles, in gray.
 * @module
 */
import { paintLine, type Sheet } from "../../src/data/digits/raster.ts";

/** Straight pieces of a Bézier curve: on a sheet of 196 pixels they are at most 0.01 pixels from it. */
const PIECES = 12;

/** A context that draws on a square sheet of `side` pixels. */
export function createContext(side: number) {
  const sheet: Sheet = { values: new Float32Array(side * side), width: side, height: side };
  let path: number[] = [];
  let disc: { x: number; y: number; radius: number } | undefined;
  const grayOf = (color: string) => {
    if (color === "#fff") return 1;
    if (color === "#000") return 0;
    throw new RangeError(`The software canvas has no color ${JSON.stringify(color)}`);
  };
  return {
    canvas: { width: side, height: side },
    strokeStyle: "#000",
    fillStyle: "#000",
    lineCap: "butt",
    lineJoin: "miter",
    lineWidth: 1,
    imageSmoothingEnabled: true,
    beginPath() {
      path = [];
      disc = undefined;
    },
    moveTo(x: number, y: number) {
      path = [x, y];
    },
    bezierCurveTo(x1: number, y1: number, x2: number, y2: number, x3: number, y3: number) {
      const [x0, y0] = path.slice(-2);
      for (let i = 1; i <= PIECES; i++) {
        const t = i / PIECES, s = 1 - t, weights = [s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t];
        path.push(
          weights[0] * x0 + weights[1] * x1 + weights[2] * x2 + weights[3] * x3,
          weights[0] * y0 + weights[1] * y1 + weights[2] * y2 + weights[3] * y3,
        );
      }
    },
    arc(x: number, y: number, radius: number) {
      disc = { x, y, radius };
    },
    stroke() {
      grayOf(this.strokeStyle) === 1 && paintLine(sheet, withRadius(path, this.lineWidth / 2), 1);
    },
    fill() {
      if (disc === undefined || grayOf(this.fillStyle) === 0) return;
      paintLine(sheet, withRadius([disc.x, disc.y, disc.x, disc.y], disc.radius), 1);
    },
    fillRect(_x: number, _y: number, _width: number, _height: number) {
      sheet.values.fill(grayOf(this.fillStyle)); // the page only ever fills the whole sheet
    },
    /** Returns the whole sheet `[side, side, 4]`. */
    getImageData: () => ({
      data: Uint8ClampedArray.from(
        { length: 4 * side * side },
        (_, i) => i % 4 === 3 ? 255 : 255 * sheet.values[i >> 2],
      ),
    }),
  };
}

/** Returns points `[N, 3]` with the pen's radius. */
function withRadius(points: readonly number[], radius: number): Float64Array {
  const line: number[] = [];
  for (let i = 0; i < points.length; i += 2) line.push(points[i], points[i + 1], radius);
  return Float64Array.from(line);
}
