// deno-fmt-ignore-file; written by `deno task build:learn` from src/backends/reference/losses.ts
import { broken } from "../broken.ts";
/** Computes each loss and its gradient, in float64. @module */
import { indexOfLargest } from "../../../../index_of_largest.ts";
import type {
  BinaryCrossEntropyOp,
  BufferName,
  HuberOp,
  LossOp,
  MeanSquaredErrorOp,
  SoftmaxCrossEntropyOp,
} from "../../../../plan/plan.ts";
import { activateBackward } from "./activations.ts";
import { activatedRow, type Buffers, rowOf } from "./ops.ts";

/** The sums of a loss over the rows of a batch. */
export interface LossSums {
  /** The sum of the losses of the rows, without row weights, which affect only `dZ`. */
  readonly lossSum: number;
  /**
   * Correct rows. With labels: those whose largest output is the one of the label. With cross-entropy and probabilities: those
   * whose largest logit is at the largest target, the first of equal ones. With binary cross-entropy: those whose outputs are
   * all on the same side of 1/2 as their targets. 0 with other losses of target values.
   */
  readonly correct: number;
}

/** Computes a loss over `rows` rows, and writes its gradient `dZ`. */
export function computeLoss(op: LossOp, buffers: Buffers, rows: number): LossSums {
  switch (op.op) {
    case "softmaxCrossEntropy":
      return softmaxCrossEntropy(op, buffers, rows);
    case "binaryCrossEntropy":
      return binaryCrossEntropy(op, buffers, rows);
    case "meanSquaredError":
      return meanSquaredError(op, buffers, rows);
    case "huber":
      return huber(op, buffers, rows);
    default:
      return op satisfies never;
  }
}

/** Returns the weight of a row; 1 if rows have none. */
function rowWeightOf(
  { rowWeights }: { readonly rowWeights?: BufferName },
  buffers: Buffers,
  row: number,
): number {
  return rowWeights === undefined ? 1 : buffers[rowWeights].values[row];
}

/** Returns the target of class `c`: 1 for the label, 0 for other classes, and `1 / classes` if the row belongs to no class. */
function classTargetOf(label: number, c: number, classes: number): number {
  if (label >= classes) return 1 / classes;
  return c === label ? 1 : 0;
}

/**
 * Computes `-Σ target log softmax(logits)` for each row, and `dZ = weight (softmax(logits) - target) / rows`, which is its
 * gradient if the sum of the targets is 1.
 */
function softmaxCrossEntropy(op: SoftmaxCrossEntropyOp, buffers: Buffers, rows: number): LossSums {
  const targets = buffers[op.target], classes = buffers[op.logits].width;
  let lossSum = 0, correct = 0;
  for (let row = 0; row < rows; row++) {
    const weight = rowWeightOf(op, buffers, row);
    const z = rowOf(buffers[op.logits], row), dRow = rowOf(buffers[op.dZ], row);
    const largest = (broken.by === "softmax without its maximum" ? 0 : z.reduce((a, b) => Math.max(a, b))); // e^(z - largest) cannot overflow
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp(z[c] - largest);
    const logSum = largest + Math.log(sum), given = rowOf(targets, row);
    for (let c = 0; c < classes; c++) {
      const unsmoothed = op.labels ? classTargetOf(given[0], c, classes) : given[c];
      const target = (1 - op.labelSmoothing) * unsmoothed + op.labelSmoothing / classes;
      if (target !== 0) lossSum += target * (logSum - z[c]); // skips 0 · ∞, which is NaN
      dRow[c] = weight * ((broken.by === "no one-hot target" ? Math.exp(z[c] - logSum) : Math.exp(z[c] - logSum) - target)) / (broken.by === "sum for mean, only in the gradient" ? 1 : rows);
    }
    if (indexOfLargest(z) === (op.labels ? given[0] : indexOfLargest(given))) correct++;
  }
  return { lossSum, correct };
}

/** Computes, for each row, the mean of `-t log σ(z) - (1 - t) log(1 - σ(z))` over the outputs, and its gradient. */
function binaryCrossEntropy(op: BinaryCrossEntropyOp, buffers: Buffers, rows: number): LossSums {
  const outFeatures = buffers[op.logits].width;
  let lossSum = 0, correct = 0;
  for (let row = 0; row < rows; row++) {
    const z = rowOf(buffers[op.logits], row), t = rowOf(buffers[op.target], row);
    const dRow = rowOf(buffers[op.dZ], row), weight = rowWeightOf(op, buffers, row);
    let isCorrect = true;
    for (let o = 0; o < outFeatures; o++) {
      // log(1 + e^-|z|) cannot overflow, and keeps digits that a sigmoid near 0 or 1 would lose
      lossSum += (Math.max(z[o], 0) - z[o] * t[o] + Math.log1p(Math.exp(-Math.abs(z[o])))) / outFeatures;
      dRow[o] = weight * (1 / (1 + Math.exp(-z[o])) - t[o]) / (outFeatures * rows);
      if (z[o] > 0 !== t[o] > 0.5) isCorrect = false;
    }
    if (isCorrect) correct++;
  }
  return { lossSum, correct };
}

/** Computes `mean (y - target)²` for each row, and its gradient before the activation. */
function meanSquaredError(op: MeanSquaredErrorOp, buffers: Buffers, rows: number): LossSums {
  const target = buffers[op.target], outFeatures = buffers[op.y].width;
  let lossSum = 0, correct = 0;
  for (let row = 0; row < rows; row++) {
    const activated = activatedRow(buffers, op.y, op.z, row), { y } = activated;
    const dRow = rowOf(buffers[op.dZ], row), weight = rowWeightOf(op, buffers, row);
    for (let o = 0; o < outFeatures; o++) {
      const expected = op.labels
        ? classTargetOf(target.values[row], o, outFeatures)
        : target.values[row * outFeatures + o];
      const difference = y[o] - expected;
      lossSum += difference * difference / outFeatures;
      dRow[o] = 2 * weight * difference / (outFeatures * rows);
    }
    if (op.labels && indexOfLargest(y) === target.values[row]) correct++;
    activateBackward(dRow, activated, op.activation);
  }
  return { lossSum, correct };
}

/** Computes, for each row, the mean of Huber's loss of `y - target` over the outputs, and its gradient before the activation. */
function huber(op: HuberOp, buffers: Buffers, rows: number): LossSums {
  const { delta } = op, outFeatures = buffers[op.y].width;
  let lossSum = 0;
  for (let row = 0; row < rows; row++) {
    const activated = activatedRow(buffers, op.y, op.z, row), { y } = activated;
    const dRow = rowOf(buffers[op.dZ], row), target = rowOf(buffers[op.target], row);
    const weight = rowWeightOf(op, buffers, row);
    for (let o = 0; o < outFeatures; o++) {
      const difference = y[o] - target[o], distance = Math.abs(difference);
      const loss = distance <= delta ? difference * difference / 2 : delta * (distance - delta / 2);
      lossSum += loss / outFeatures;
      dRow[o] = weight * Math.max(-delta, Math.min(delta, difference)) / (outFeatures * rows);
    }
    activateBackward(dRow, activated, op.activation);
  }
  return { lossSum, correct: 0 };
}
