/**
 * The layout of matrices in the kernels' memory: panels of 16 columns, described in `kernels/prims.ts`.
 * @module
 */
import type { FloatArray } from "../backend.ts";

/** Columns of a panel. */
const WIDTH = 16;

/** Panels of a matrix with that many columns. */
export function panelsOf(columns: number): number {
  return Math.ceil(columns / WIDTH);
}

/** `count` rounded up to a whole number of panel widths. */
export function padded(count: number): number {
  return panelsOf(count) * WIDTH;
}

/** Numbers that a matrix takes, padding included. */
export function panelNumbers(rows: number, columns: number): number {
  return rows * padded(columns);
}

/**
 * Copies weights `[O, I]` into panels of their transpose `[I, O]`, `stride` rows allocated a panel; the padding is left
 * as it is, zero.
 */
export function weightsToPanels(
  weights: FloatArray,
  panels: Float32Array,
  shape: { inFeatures: number; outFeatures: number; stride: number },
): void {
  eachWeight(shape, (at, index) => panels[at] = weights[index]);
}

/** Copies weights back out of their panels. */
export function weightsFromPanels(
  panels: Float32Array,
  shape: { inFeatures: number; outFeatures: number; stride: number },
): Float32Array<ArrayBuffer> {
  const weights = new Float32Array(shape.inFeatures * shape.outFeatures);
  eachWeight(shape, (at, index) => weights[index] = panels[at]);
  return weights;
}

function eachWeight(
  { inFeatures, outFeatures, stride }: { inFeatures: number; outFeatures: number; stride: number },
  visit: (panelIndex: number, weightIndex: number) => void,
): void {
  for (let o = 0; o < outFeatures; o++) {
    const column = Math.floor(o / WIDTH) * stride * WIDTH + o % WIDTH;
    for (let i = 0; i < inFeatures; i++) visit(column + i * WIDTH, o * inFeatures + i);
  }
}
