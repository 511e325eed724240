// The layout of a thread's working memory, and the parts of it that are the same for every image.

/** The number of knots along an axis; each quarter of the axis depends on four of them. */
export const KNOTS: i32 = 7;
/** Bytes of a column of knots, padded to whole vectors: 8 numbers for x, then 8 for y. */
export const KNOT_COLUMN: usize = 64;

// The sizes and addresses that `layOut` sets.
export let side: i32, stride: usize, frameBytes: usize;
export let frames: usize, mask: usize, columns: usize, knots: usize, lines: usize, weights: usize, spans: usize;

/** Lays out the working memory for images of that side, from the address `work` on. Returns its size in bytes. */
export function layOut(work: usize, imageSide: i32): usize {
  side = imageSide;
  stride = (<usize>side + 2 + 15) & ~15;
  frameBytes = (<usize>side + 2) * stride + 32; // neighbors of the first and the last row are read
  frames = work + 16;
  mask = frames + 3 * frameBytes;
  columns = mask + stride;
  knots = columns + 2 * stride;
  lines = knots + KNOTS * KNOT_COLUMN;
  weights = lines + <usize>KNOTS * 8 * stride;
  spans = weights + 16 * stride;
  return spans + 8 * stride - work;
}

/**
 * Writes the parts that are the same for every image: blank frames, the mask of a row's pixels, the spline's weights.
 */
export function prepare(): void {
  memory.fill(frames - 16, 0, mask - frames + 16);
  memory.fill(mask, 0, stride);
  memory.fill(mask + 1, 255, side);
  for (let x = 0; x < side; x++) {
    const at = splineAt(x), t = at - Mathf.floor(at), t2 = t * t, t3 = t2 * t, rest: f32 = 1 - t;
    const w = weights + (<usize>x << 4);
    store<f32>(w, rest * rest * rest / 6);
    store<f32>(w, (3 * t3 - 6 * t2 + 4) / 6, 4);
    store<f32>(w, (3 * (t + t2 - t3) + 1) / 6, 8);
    store<f32>(w, t3 / 6, 12);
  }
}

/** Returns the position of pixel `x` between the knots: from 0 to below 4. */
// @ts-ignore: decorator
@inline
export function splineAt(x: i32): f32 {
  return <f32>4 * <f32>x / <f32>side;
}
