// The operations of a step that work on weights. One item is a range of rows of one panel of one layer, or of two panels. Its
// gradient is summed into memory that is still in the cache when the update reads it, so that no gradient is stored. If
// gradients are clipped, they are stored: all gradients and their sums of squares are computed first, and the updates follow
// after a barrier.

import { Item, Layer, Program } from "./generated";
import { columnsTimes, columnSums, transpose } from "./matmul";
import { panelsOf, ROW, rowAt } from "./prims";
import { sparseColumnsTimes } from "./sparse";
import { average, scale, sumOfSquares, update } from "./updates";

/** Computes the gradient of an item, and applies it if gradients are not clipped. */
export function gradientItem(program: Program, index: i32, numbers: usize, rows: i32, thread: i32): void {
  const item = changetype<Item>(program.items + <usize>index * offsetof<Item>());
  const layer = changetype<Layer>(program.layers + <usize>item.layer * offsetof<Layer>());
  const k0 = item.k0, k1 = item.k1;
  const clipped = program.clipNorm > 0;
  const length = <usize>(k1 - k0) * ROW;
  const scratch = program.scratch + <usize>thread * program.scratchBytes;

  if (!layer.x) {
    const d = rowAt(layer.dZ, program.stride, item.panel, 0);
    const d2 = item.panels == 2 ? rowAt(layer.dZ, program.stride, item.panel + 1, 0) : 0;
    const g = clipped ? rowAt(layer.g, layer.wStride, item.panel, k0) : scratch + ROW;
    const g2 = clipped ? rowAt(layer.g, layer.wStride, item.panel + 1, k0) : scratch + ROW + length;
    sparseColumnsTimes(program.listEnds, program.lists, d, d2, g, g2, k0, k1);
  }
  let squares: f64 = 0;
  for (let i = 0; i < item.panels; i++) {
    const panel = item.panel + i;
    const d = rowAt(layer.dZ, program.stride, panel, 0);
    const g = clipped ? rowAt(layer.g, layer.wStride, panel, k0) : scratch + ROW + <usize>i * length;
    const bias = clipped ? layer.biasG + <usize>panel * ROW : scratch;
    if (layer.x) columnsTimes(layer.x, program.stride, d, g, rows, k0, k1);
    if (k0 == 0) columnSums(d, bias, rows);
    if (clipped) {
      squares += sumOfSquares(g, length);
      if (k0 == 0) squares += sumOfSquares(bias, ROW);
    } else apply(program, layer, panel, k0, k1, g, bias, numbers);
  }
  if (clipped) store<f64>(program.squares + (<usize>index << 3), squares);
}

/** Scales an item's gradient by min(1, clipNorm / (norm + 1e-6)) and applies it. */
export function clippedItem(program: Program, index: i32, numbers: usize): void {
  const item = changetype<Item>(program.items + <usize>index * offsetof<Item>());
  const layer = changetype<Layer>(program.layers + <usize>item.layer * offsetof<Layer>());
  let squares: f64 = 0;
  for (let i = 0; i < program.itemCount; i++) squares += load<f64>(program.squares + (<usize>i << 3));
  const factor = <f32>min<f64>(1, <f64>program.clipNorm / (Math.sqrt(squares) + 1e-6));
  for (let i = 0; i < item.panels; i++) {
    const panel = item.panel + i;
    const g = rowAt(layer.g, layer.wStride, panel, item.k0);
    const bias = layer.biasG + <usize>panel * ROW;
    scale(g, <usize>(item.k1 - item.k0) * ROW, factor);
    if (item.k0 == 0) scale(bias, ROW, factor);
    apply(program, layer, panel, item.k0, item.k1, g, bias, numbers);
  }
}

/** Updates rows [k0, k1) of a panel from their gradient `g`, and the panel's bias if k0 is 0. */
function apply(
  program: Program, layer: Layer, panel: i32, k0: i32, k1: i32, g: usize, bias: usize, numbers: usize,
): void {
  updateRange(program, rowAt(layer.w, layer.wStride, panel, k0), g, <usize>(k1 - k0) * ROW, numbers);
  if (k0 == 0) updateRange(program, layer.bias + <usize>panel * ROW, bias, ROW, numbers);
  if (layer.t) transpose(rowAt(layer.w, layer.wStride, panel, 0), panel, layer.t, layer.tStride, k0, k1);
}

/** Updates the `length` bytes at `p`, and then their average while they are in the cache. */
function updateRange(program: Program, p: usize, g: usize, length: usize, numbers: usize): void {
  update(program.update, p, g, length, program.stateDistance, numbers);
  const distance = program.averageDistance;
  if (distance) average(p, length, p + distance, program.averageDecay, program.oneMinusAverageDecay);
}

/** Copies all weights of a layer to its transposed matrix. It is called after the host has written the weights. */
export function transposeLayer(layer: Layer): void {
  for (let panel = 0, panels = panelsOf(layer.columns); panel < panels; panel++) {
    transpose(rowAt(layer.w, layer.wStride, panel, 0), panel, layer.t, layer.tStride, 0, layer.inner);
  }
}
