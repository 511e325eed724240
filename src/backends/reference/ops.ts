/**
 * Every operation of a plan as plain float64 loops. These functions define what the operations compute; every other
 * backend is tested against them. All buffers are dense and row-major; `rows` is the rows of this batch.
 * @module
 */
import type { Dataset } from "../../data/dataset.ts";
import { indexOfLargest } from "../../index_of_largest.ts";
import type {
  AdamOp,
  BufferName,
  ClipByNormOp,
  GatherOp,
  LinearBackwardInputOp,
  LinearBackwardWeightOp,
  LinearOp,
  MeanSquaredErrorOp,
  SgdOp,
  SoftmaxCrossEntropyOp,
} from "../../plan/plan.ts";
import { activate, activateBackward } from "./activations.ts";

/** A buffer of a plan. */
export interface Matrix {
  /** Its numbers, row by row. */
  readonly values: Float64Array;
  /** Numbers a row: the last length of its shape, or 1 for `["B"]`. */
  readonly width: number;
}

/** The buffers of a plan, by name. */
export type Buffers = Readonly<Record<BufferName, Matrix>>;

/** What a loss adds up over the rows of a batch. */
export interface LossSums {
  /** Sum of each row's loss. */
  readonly lossSum: number;
  /** Rows whose largest output was their label's. */
  readonly correct: number;
}

/** `x = inputs[order] * scale`; labels become numbers, target values are copied. */
export function gather(op: GatherOp, buffers: Buffers, dataset: Dataset, order: Uint32Array): void {
  const x = buffers[op.x], target = buffers[op.target];
  for (const [row, source] of order.entries()) {
    for (let i = 0; i < x.width; i++) {
      x.values[row * x.width + i] = dataset.inputs[source * x.width + i] * op.scale;
    }
    const wanted = dataset.targets ?? dataset.labels;
    for (let o = 0; o < target.width; o++) {
      target.values[row * target.width + o] = wanted![source * target.width + o];
    }
  }
}

/** `y = activation(x Wᵀ + b)`. */
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
    activate(rowOf(buffers[op.y], row), op.activation);
  }
}

/** `-Σ target log softmax(logits)` a row, and `dZ = (softmax(logits) - target) / rows`. */
export function softmaxCrossEntropy(op: SoftmaxCrossEntropyOp, buffers: Buffers, rows: number): LossSums {
  const labels = buffers[op.target].values, classes = buffers[op.logits].width;
  let lossSum = 0, correct = 0;
  for (let row = 0; row < rows; row++) {
    const z = rowOf(buffers[op.logits], row), dRow = rowOf(buffers[op.dZ], row);
    const largest = z.reduce((a, b) => Math.max(a, b)); // e^(z - largest) cannot overflow
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp(z[c] - largest);
    const logSum = largest + Math.log(sum);
    for (let c = 0; c < classes; c++) {
      const oneHot = c === labels[row] ? 1 : 0;
      const target = (1 - op.labelSmoothing) * oneHot + op.labelSmoothing / classes;
      if (target !== 0) lossSum += target * (logSum - z[c]); // 0 * ∞ is 0 here
      dRow[c] = (Math.exp(z[c] - logSum) - target) / rows;
    }
    if (indexOfLargest(z) === labels[row]) correct++;
  }
  return { lossSum, correct };
}

/** `mean (y - target)²` a row, and its gradient before the activation. */
export function meanSquaredError(op: MeanSquaredErrorOp, buffers: Buffers, rows: number): LossSums {
  const target = buffers[op.target], outFeatures = buffers[op.y].width;
  let lossSum = 0, correct = 0;
  for (let row = 0; row < rows; row++) {
    const y = rowOf(buffers[op.y], row), dRow = rowOf(buffers[op.dZ], row);
    for (let o = 0; o < outFeatures; o++) {
      const oneHot = o === target.values[row] ? 1 : 0;
      const difference = y[o] - (op.labels ? oneHot : target.values[row * outFeatures + o]);
      lossSum += difference * difference / outFeatures;
      dRow[o] = 2 * difference / (outFeatures * rows);
    }
    if (op.labels && indexOfLargest(y) === target.values[row]) correct++;
    activateBackward(y, dRow, op.activation);
  }
  return { lossSum, correct };
}

/** `dX = dZ W`, then back through the activation that made `x`. */
export function linearBackwardInput(op: LinearBackwardInputOp, buffers: Buffers, rows: number): void {
  const dZ = buffers[op.dZ].values, dX = buffers[op.dX].values;
  const { values: weights, width: inFeatures } = buffers[op.weights];
  const outFeatures = buffers[op.dZ].width;
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < inFeatures; i++) {
      let sum = 0;
      for (let o = 0; o < outFeatures; o++) sum += dZ[row * outFeatures + o] * weights[o * inFeatures + i];
      dX[row * inFeatures + i] = sum;
    }
    activateBackward(rowOf(buffers[op.x], row), rowOf(buffers[op.dX], row), op.activation);
  }
}

/** `dW = dZᵀ X` and `db = Σ dZ`. */
export function linearBackwardWeight(op: LinearBackwardWeightOp, buffers: Buffers, rows: number): void {
  const { values: dZ, width: outFeatures } = buffers[op.dZ];
  const { values: x, width: inFeatures } = buffers[op.x];
  const dWeights = buffers[op.dWeights].values, dBias = buffers[op.dBias].values;
  dWeights.fill(0);
  dBias.fill(0);
  for (let row = 0; row < rows; row++) {
    for (let o = 0; o < outFeatures; o++) {
      const d = dZ[row * outFeatures + o];
      for (let i = 0; i < inFeatures; i++) dWeights[o * inFeatures + i] += d * x[row * inFeatures + i];
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

/** One update by stochastic gradient descent. */
export function sgd(op: SgdOp, buffers: Buffers, learningRate: number): void {
  const p = buffers[op.parameter].values, gradient = buffers[op.gradient].values;
  const velocity = op.velocity === undefined ? undefined : buffers[op.velocity].values;
  for (let i = 0; i < p.length; i++) {
    let step = gradient[i] + op.weightDecay * p[i];
    if (velocity) {
      velocity[i] = op.momentum * velocity[i] + step;
      step = op.nesterov ? step + op.momentum * velocity[i] : velocity[i];
    }
    p[i] -= learningRate * step;
  }
}

/** One update by Adam or AdamW; `step` counts from 1. */
export function adam(op: AdamOp, buffers: Buffers, learningRate: number, step: number): void {
  const p = buffers[op.parameter].values, gradient = buffers[op.gradient].values;
  const m = buffers[op.m].values, v = buffers[op.v].values;
  const mCorrection = 1 - op.beta1 ** step, vCorrection = 1 - op.beta2 ** step;
  for (let i = 0; i < p.length; i++) {
    const g = op.decoupled ? gradient[i] : gradient[i] + op.weightDecay * p[i];
    if (op.decoupled) p[i] -= learningRate * op.weightDecay * p[i];
    m[i] = op.beta1 * m[i] + (1 - op.beta1) * g;
    v[i] = op.beta2 * v[i] + (1 - op.beta2) * g * g;
    p[i] -= learningRate * (m[i] / mCorrection) / (Math.sqrt(v[i] / vCorrection) + op.epsilon);
  }
}

function rowOf(matrix: Matrix, row: number): Float64Array {
  return matrix.values.subarray(row * matrix.width, (row + 1) * matrix.width);
}
