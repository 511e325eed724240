/** The loss of one row of outputs, for evaluation; training computes it on the backend. @module */
import type { LossName } from "../plan/losses.ts";
import type { TargetScaling } from "./target_scaling.ts";

/** The settings of the loss of a row. */
export interface RowLossOptions {
  /** The loss. */
  readonly loss: LossName;
  /** δ of the Huber loss. */
  readonly huberDelta: number;
  /** The scaling of the targets in training: distances are divided by its deviations. */
  readonly scaling?: TargetScaling;
}

/**
 * Returns the loss of a row.
 *
 * @param output the row of outputs `[O]`; logits if the loss is computed from logits
 * @param labelOrTargets the row's label, or its target values `[O]`
 */
export function rowLossOf(
  output: Float32Array,
  labelOrTargets: number | Float32Array,
  options: RowLossOptions,
): number {
  const distances = () => distancesOf(output, labelOrTargets, options.scaling);
  switch (options.loss) {
    case "cross-entropy":
      return crossEntropy(output, labelOrTargets as number);
    case "mean-squared-error":
      return meanOf(distances(), squared);
    case "binary-cross-entropy":
      return binaryCrossEntropy(output, labelOrTargets);
    case "huber":
      return meanOf(distances(), (distance) => huber(distance, options.huberDelta));
  }
}

function crossEntropy(logits: Float32Array, label: number): number {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  let sum = 0, all = 0;
  for (const logit of logits) {
    sum += Math.exp(logit - largest);
    all += logit;
  }
  const logSum = largest + Math.log(sum);
  return logSum - (label < logits.length ? logits[label] : all / logits.length);
}

/** Returns the mean cross-entropy of logits. A label, 0 or 1, is the target of a single logit. */
function binaryCrossEntropy(logits: Float32Array, labelOrTargets: number | Float32Array): number {
  return meanOf(logits, (z, o) => {
    const target = typeof labelOrTargets === "number" ? labelOrTargets : labelOrTargets[o];
    return Math.max(z, 0) - z * target + Math.log1p(Math.exp(-Math.abs(z)));
  });
}

/** Returns the target of an output: a target value, or 1 for the label's class and 0 for the others; `1 / O` for no class. */
function targetOf(labelOrTargets: number | Float32Array, output: number, outputs: number): number {
  if (typeof labelOrTargets !== "number") return labelOrTargets[output];
  return labelOrTargets < outputs ? Number(output === labelOrTargets) : 1 / outputs;
}

function distancesOf(
  output: Float32Array,
  labelOrTargets: number | Float32Array,
  scaling: TargetScaling | undefined,
): Float64Array {
  return Float64Array.from(
    output,
    (value, o) => (value - targetOf(labelOrTargets, o, output.length)) / (scaling?.deviation[o] ?? 1),
  );
}

function squared(distance: number): number {
  return distance * distance;
}

function huber(distance: number, delta: number): number {
  const length = Math.abs(distance);
  return length <= delta ? length * length / 2 : delta * (length - delta / 2);
}

function meanOf(values: Float32Array | Float64Array, term: (value: number, index: number) => number): number {
  let sum = 0;
  for (const [index, value] of values.entries()) sum += term(value, index);
  return sum / values.length;
}
