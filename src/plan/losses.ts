/** The losses: which output each goes with, and what each contributes to a training step. @module */
import type { ActivationName } from "./activations.ts";
import type { TrainConfig } from "../training/config.ts";
import { layerBuffer } from "./layers.ts";
import type { MeanSquaredErrorOp, PlanInput, SoftmaxCrossEntropyOp } from "./plan.ts";

/** The name of a loss. */
export type LossName = TrainConfig["loss"];

/**
 * The activation that layer forward applies to the output when it trains with this loss: cross-entropy works on the
 * logits, because log(softmax(z)) computed in one piece stays finite and exact for logits of any size.
 *
 * @throws {RangeError} where the loss makes no sense for such an output or such a data set
 */
export function trainedActivation(loss: LossName, output: ActivationName, labels: boolean): ActivationName {
  if (loss === "mean-squared-error") return output;
  if (!labels) {
    throw new RangeError(
      `Loss "cross-entropy" needs class labels, the data set has target values; those need loss "mean-squared-error"`,
    );
  }
  if (output !== "softmax" && output !== "linear") {
    throw new RangeError(
      `Loss "cross-entropy" needs a softmax output, or a linear one that gives logits, found "${output}"; ` +
        `loss "mean-squared-error" takes any output`,
    );
  }
  return "linear";
}

/** The loss over the output of layer `index`, whose activation is `output`. */
export function lossOp(
  index: number,
  output: ActivationName,
  config: TrainConfig,
  input: PlanInput,
): SoftmaxCrossEntropyOp | MeanSquaredErrorOp {
  const y = layerBuffer(index, "y"), dZ = layerBuffer(index, "dZ");
  return config.loss === "cross-entropy"
    ? { op: "softmaxCrossEntropy", logits: y, target: "target", dZ, labelSmoothing: config.labelSmoothing }
    : { op: "meanSquaredError", y, target: "target", labels: input.labels, dZ, activation: output };
}
