/** The loss of one row of outputs, for evaluation; training computes it on the backend. @module */
import type { LossName } from "../plan/losses.ts";
import type { TargetScaling } from "./target_scaling.ts";

/** The settings of the loss of a row. */
export interface RowLossOptions {
  /** The loss. */
  readonly loss: LossName;
  /** δ of the Huber loss. */
  readonly huberDelta: number;
  /** The scaling of the targets in training: distances are in its deviations. */
  readonly scaling?: TargetScaling;
}

/**
 * Returns the loss of a row.
 *
 * @param output `[O]`, logits if the loss is computed from these
 * @param wanted the row's label, or its target values `[O]`
 */
export function rowLossOf(
  output: Float32Array,
  wanted: number | Float32Array,
  options: RowLossOptions,
): number {
  const distances = () => distancesOf(output, wanted, options.scaling);
  switch (options.loss) {
    case "cross-entropy":
      return crossEntropy(output, wanted as number);
    case "mean-squared-error":
      return meanOf(distances(), squared);
    case "binary-cross-entropy":
      return binaryCrossEntropy(output, wanted);
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

/** The mean cross-entropy of logits; a label, 0 or 1, is the target of a single logit. */
function binaryCrossEntropy(logits: Float32Array, wanted: number | Float32Array): number {
  return meanOf(logits, (z, o) => {
    const target = typeof wanted === "number" ? wanted : wanted[o];
    return Math.max(z, 0) - z * target + Math.log1p(Math.exp(-Math.abs(z)));
  });
}

/** The target of an output: a value of the row, or 1 for the label's class, and `1 / O` each for no class. */
function targetOf(wanted: number | Float32Array, output: number, outputs: number): number {
  if (typeof wanted !== "number") return wanted[output];
  return wanted < outputs ? Number(output === wanted) : 1 / outputs;
}

function distancesOf(
  output: Float32Array,
  wanted: number | Float32Array,
  scaling: TargetScaling | undefined,
): Float64Array {
  return Float64Array.from(
    output,
    (value, o) => (value - targetOf(wanted, o, output.length)) / (scaling?.deviation[o] ?? 1),
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
