// deno-fmt-ignore-file; written by `deno task build:learn` from src/backends/reference/ops.ts
import { broken } from "../broken.ts";
/**
 * Computes the operations of a plan in plain float64 loops. Losses and updates are in `losses.ts` and `updates.ts`. These
 * functions define the results of the operations; every other backend is tested against them. All buffers are dense and
 * row-major; `rows` is the number of rows in the batch.
 * @module
 */
import type { Dataset } from "../../../../data/dataset.ts";
import type {
  BufferName,
  ClipByNormOp,
  DropoutMask,
  DropoutOp,
  GatherOp,
  LinearBackwardInputOp,
  LinearBackwardWeightOp,
  LinearOp,
} from "../../../../plan/plan.ts";
import { dropoutKey, dropoutThreshold, isKept } from "../../../../random.ts";
import { activate, activateBackward, type ActivatedRow } from "./activations.ts";

/** A buffer of a plan. */
export interface Matrix {
  /** The numbers, row by row. */
  readonly values: Float64Array;
  /** The numbers in each row: the last length of the buffer's shape, or 1 for `["B"]`. */
  readonly width: number;
}

/** The buffers of a plan, by name. */
export type Buffers = Readonly<Record<BufferName, Matrix>>;

/** The part of a data set that a step takes rows from. */
export type Rows = Pick<Dataset, "inputs" | "labels" | "targets" | "weights">;

/** Computes `x = inputs[order] * scale`, and copies the labels or targets and the weights of the same rows. */
export function gather(op: GatherOp, buffers: Buffers, dataset: Rows, order: Uint32Array): void {
  const { values: x, width: inFeatures } = buffers[op.x];
  for (const [row, source] of order.entries()) {
    for (let i = 0; i < inFeatures; i++) {
      x[row * inFeatures + i] = dataset.inputs[source * inFeatures + i] * op.scale;
    }
  }
  if (op.target === undefined) return;
  const { values: target, width } = buffers[op.target], values = (dataset.targets ?? dataset.labels)!;
  for (const [row, source] of order.entries()) {
    for (let o = 0; o < width; o++) target[row * width + o] = values[source * width + o];
  }
  if (op.rowWeights === undefined) return;
  for (const [row, source] of order.entries()) buffers[op.rowWeights].values[row] = dataset.weights![source];
}

/** Copies `x` to `y`. Values that `mask` drops become 0; the others are multiplied by `1 / (1 - rate)`. */
export function dropout(op: DropoutOp, buffers: Buffers, rows: number, step: number): void {
  for (let row = 0; row < rows; row++) {
    const y = rowOf(buffers[op.y], row);
    y.set(rowOf(buffers[op.x], row));
    drop(y, op.mask, step, row);
  }
}

/** Applies the mask of a dropout to one row, in place. */
function drop(values: Float64Array, mask: DropoutMask, step: number, row: number): void {
  const key = dropoutKey(mask, step, row), threshold = dropoutThreshold(mask.rate);
  for (let i = 0; i < values.length; i++) {
    values[i] = isKept(key, i, threshold) ? values[i] / (1 - mask.rate) : 0;
  }
}

/** Computes `y = activation(x Wᵀ + b)`. */
export function linear(op: LinearOp, buffers: Buffers, rows: number): void {
  const x = buffers[op.x].values, y = buffers[op.y].values;
  const { values: weights, width: inFeatures } = buffers[op.weights];
  const { values: bias, width: outFeatures } = buffers[op.bias];
  for (let row = 0; row < rows; row++) {
    for (let o = 0; o < outFeatures; o++) {
      let sum = bias[o];
      for (let i = 0; i < inFeatures; i++) sum += x[row * inFeatures + i] * weights[o * inFeatures + i];
      y[row * outFeatures + o] = sum;
    }
    const outputs = rowOf(buffers[op.y], row);
    if (op.z !== undefined) rowOf(buffers[op.z], row).set(outputs);
    activate(outputs, op.activation);
  }
}

/** Computes `dX = dZ W`, then the backward pass of the dropout of `x` and of the activation that computed `x`. */
export function linearBackwardInput(
  op: LinearBackwardInputOp,
  buffers: Buffers,
  rows: number,
  step: number,
): void {
  const dZ = buffers[op.dZ].values, dX = buffers[op.dX].values;
  const { values: weights, width: inFeatures } = buffers[op.weights];
  const outFeatures = buffers[op.dZ].width;
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < inFeatures; i++) {
      let sum = 0;
      for (let o = 0; o < outFeatures; o++) sum += dZ[row * outFeatures + o] * weights[o * inFeatures + i];
      dX[row * inFeatures + i] = sum;
    }
    if (op.mask) drop(rowOf(buffers[op.dX], row), op.mask, step, row);
    activateBackward(rowOf(buffers[op.dX], row), activatedRow(buffers, op.x, op.z, row), op.activation);
  }
}

/** Computes `dW = dZᵀ X` and `db = Σ dZ`. */
export function linearBackwardWeight(op: LinearBackwardWeightOp, buffers: Buffers, rows: number): void {
  const { values: dZ, width: outFeatures } = buffers[op.dZ];
  const { values: x, width: inFeatures } = buffers[op.x];
  const dWeights = buffers[op.dWeights].values, dBias = buffers[op.dBias].values;
  dWeights.fill(0);
  dBias.fill(0);
  for (let row = 0; row < rows; row++) {
    for (let o = 0; o < outFeatures; o++) {
      const d = dZ[row * outFeatures + o];
      for (let i = 0; i < inFeatures; i++) dWeights[(broken.by === "dW1 transposed" ? (op.dWeights === "layer_1.dWeights" ? i * outFeatures + o : o * inFeatures + i) : o * inFeatures + i)] += d * x[row * inFeatures + i];
      dBias[o] += d;
    }
  }
}

/** Scales every gradient by `min(1, maxNorm / (norm + 1e-6))`. */
export function clipByNorm(op: ClipByNormOp, buffers: Buffers): void {
  const gradients = op.gradients.map((name) => buffers[name].values);
  let squares = 0;
  for (const gradient of gradients) for (const g of gradient) squares += g * g;
  const factor = Math.min(1, op.maxNorm / (Math.sqrt(squares) + 1e-6));
  for (const gradient of gradients) for (let i = 0; i < gradient.length; i++) gradient[i] *= factor;
}

/** Returns a row of a buffer, as a view. */
export function rowOf(matrix: Matrix, row: number): Float64Array {
  return matrix.values.subarray(row * matrix.width, (row + 1) * matrix.width);
}

/** Placeholder for the sums of a row if the derivative does not need them. */
const NO_SUMS = new Float64Array();

/** Returns the sums and outputs of a row of a layer; `z` is empty if the sums are not kept. */
export function activatedRow(
  buffers: Buffers,
  y: BufferName,
  z: BufferName | undefined,
  row: number,
): ActivatedRow {
  return { y: rowOf(buffers[y], row), z: z === undefined ? NO_SUMS : rowOf(buffers[z], row) };
}
