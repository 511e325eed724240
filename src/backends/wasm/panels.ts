/**
 * Converts matrices to and from their layout in the kernels' memory: panels of 16 columns, see `kernels/prims.ts`.
 * @module
 */
import type { FloatArray } from "../backend.ts";

/** Columns of a panel. */
const WIDTH = 16;

/** Returns the number of panels of a matrix with `columns` columns. */
export function panelsOf(columns: number): number {
  return Math.ceil(columns / WIDTH);
}

/** Returns `count` rounded up to a multiple of the panel width. */
export function padded(count: number): number {
  return panelsOf(count) * WIDTH;
}

/** Returns how many numbers a matrix takes, padding included. */
export function panelNumbers(rows: number, columns: number): number {
  return rows * padded(columns);
}

/**
 * Copies weights `[O, I]` into panels of their transpose `[I, O]` with `stride` rows in each panel. The padding is not
 * written and stays zero.
 */
export function weightsToPanels(
  weights: FloatArray,
  panels: Float32Array,
  shape: { inFeatures: number; outFeatures: number; stride: number },
): void {
  eachWeight(shape, (at, index) => panels[at] = weights[index]);
}

/** Returns weights `[O, I]` copied from their panels. */
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
