/** Computes each loss, with the gradient that the way back begins with, in float64. @module */
import { indexOfLargest } from "../../index_of_largest.ts";
import type { LossOp, MeanSquaredErrorOp, SoftmaxCrossEntropyOp } from "../../plan/plan.ts";
import { activateBackward } from "./activations.ts";
import { activatedRow, type Buffers, rowOf } from "./ops.ts";

/** The sums of a loss over the rows of a batch. */
export interface LossSums {
  /** Sum of each row's loss. */
  readonly lossSum: number;
  /** Rows whose largest output was their label's. */
  readonly correct: number;
}

/** Computes a loss over `rows` rows, and its gradient. */
export function computeLoss(op: LossOp, buffers: Buffers, rows: number): LossSums {
  switch (op.op) {
    case "softmaxCrossEntropy":
      return softmaxCrossEntropy(op, buffers, rows);
    case "meanSquaredError":
      return meanSquaredError(op, buffers, rows);
    default:
      return op satisfies never;
  }
}

/** `-Σ target log softmax(logits)` a row, and `dZ = (softmax(logits) - target) / rows`. */
function softmaxCrossEntropy(op: SoftmaxCrossEntropyOp, buffers: Buffers, rows: number): LossSums {
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
function meanSquaredError(op: MeanSquaredErrorOp, buffers: Buffers, rows: number): LossSums {
  const target = buffers[op.target], outFeatures = buffers[op.y].width;
  let lossSum = 0, correct = 0;
  for (let row = 0; row < rows; row++) {
    const activated = activatedRow(buffers, op.y, op.z, row), { y } = activated;
    const dRow = rowOf(buffers[op.dZ], row);
    for (let o = 0; o < outFeatures; o++) {
      const oneHot = o === target.values[row] ? 1 : 0;
      const difference = y[o] - (op.labels ? oneHot : target.values[row * outFeatures + o]);
      lossSum += difference * difference / outFeatures;
      dRow[o] = 2 * difference / (outFeatures * rows);
    }
    if (op.labels && indexOfLargest(y) === target.values[row]) correct++;
    activateBackward(dRow, activated, op.activation);
  }
  return { lossSum, correct };
}
