/**
 * The paper of a picture: its brightness, which may change slowly from one edge to the other, and its noise.
 * @module
 */

/** Brightness `[height, width]`. */
export interface Sheet {
  /** The values, row by row; 0 is black, 255 white. */
  readonly values: Float32Array;
  /** The width in pixels. */
  readonly width: number;
  /** The height in pixels. */
  readonly height: number;
}

/** The paper of a sheet. */
export interface Paper {
  /** Its brightness without ink, `[height, width]`. */
  readonly values: Float32Array;
  /** The standard deviation of its noise. */
  readonly noise: number;
}

/** The thickness of the frame that is assumed to be paper, as a share of the shorter side. */
const FRAME = 1 / 25;
/** The maximum difference from the median for the first fit; a frame pixel beyond it is ink that reaches the edge. */
const FIRST_TOLERANCE = 16;
/**
 * The maximum difference from the fitted paper, in standard deviations of the noise, for the fits after the first.
 */
const TOLERANCE = 3;
/** The difference that rounding to bytes alone can make. */
const ROUNDING = 1;
/** The number of fits, each with the pixels that the previous one classified as paper; more fits change nothing. */
const ROUNDS = 4;
/** The number of terms of the surface: 1, u, v, uv, u², v². */
const TERMS = 6;
/** A regularization that keeps undetermined terms, on a sheet of one row or column, at 0. */
const RIDGE = 1e-9;
/** The ratio of the standard deviation to the median magnitude of normally distributed values. */
const DEVIATIONS_PER_MEDIAN = 1.4826;

/** Fits a surface of second degree to the frame of a sheet, without the outliers among its pixels. */
export function fitPaper(sheet: Sheet): Paper {
  const places = frameOf(sheet);
  const found = Float64Array.from(places, (at) => sheet.values[at]);
  let surface: Float64Array = Float64Array.of(medianOf(found), 0, 0, 0, 0, 0);
  let noise = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const errors = found.map((value, i) => Math.abs(value - heightAt(surface, sheet, places[i])));
    noise = DEVIATIONS_PER_MEDIAN * medianOf(errors);
    const within = Math.max(round === 0 ? FIRST_TOLERANCE : ROUNDING, TOLERANCE * noise);
    surface = fitSurface(sheet, places.filter((_, i) => errors[i] <= within));
  }
  const values = sheet.values.map((_, at) => heightAt(surface, sheet, at));
  return { values, noise };
}

/** Returns the indices of the pixels in the frame. */
function frameOf({ width, height }: Sheet): Uint32Array {
  const thickness = Math.max(1, Math.round(Math.min(width, height) * FRAME));
  const places: number[] = [];
  for (let y = 0, at = 0; y < height; y++) {
    const isEdge = y < thickness || y >= height - thickness;
    for (let x = 0; x < width; x++, at++) {
      if (isEdge || x < thickness || x >= width - thickness) places.push(at);
    }
  }
  return Uint32Array.from(places);
}

/** Returns the column and row of a pixel, each scaled to a range from -1 to 1 over the sheet. */
function positionOf({ width, height }: Sheet, at: number): [u: number, v: number] {
  return [(2 * (at % width) + 1) / width - 1, (2 * Math.floor(at / width) + 1) / height - 1];
}

function heightAt([constant, u1, v1, uv, u2, v2]: Float64Array, sheet: Sheet, at: number): number {
  const [u, v] = positionOf(sheet, at);
  return constant + u1 * u + v1 * v + uv * u * v + u2 * u * u + v2 * v * v;
}

/** Fits the surface with the least squared error at these pixels, by elimination on the normal equations. */
function fitSurface(sheet: Sheet, places: Uint32Array): Float64Array {
  const rows = Array.from({ length: TERMS }, () => new Float64Array(TERMS + 1)); // [TERMS, TERMS | right side]
  for (const at of places) {
    const [u, v] = positionOf(sheet, at), terms = [1, u, v, u * v, u * u, v * v];
    for (let i = 0; i < TERMS; i++) {
      for (let j = 0; j < TERMS; j++) rows[i][j] += terms[i] * terms[j];
      rows[i][TERMS] += terms[i] * sheet.values[at];
    }
  }
  for (let i = 1; i < TERMS; i++) rows[i][i] += RIDGE * (places.length + 1);
  // The matrix is positive definite, so that elimination needs no pivoting.
  for (let i = 0; i < TERMS; i++) {
    for (let other = 0; other < TERMS; other++) {
      if (other === i) continue;
      const factor = rows[other][i] / rows[i][i];
      for (let j = i; j <= TERMS; j++) rows[other][j] -= factor * rows[i][j];
    }
  }
  return Float64Array.from(rows, (row, i) => row[TERMS] / row[i]);
}

function medianOf(values: Float64Array): number {
  return values.slice().sort()[values.length >> 1];
}
