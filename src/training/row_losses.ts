/** The loss of one row of outputs, for evaluation, computed by the reference backend. @module */
import { computeLoss } from "../backends/reference/losses.ts";
import type { OptionValues } from "../plan/option.ts";
import { LOSS_OPTIONS, LOSSES, lossInputOf, type LossName } from "../plan/losses.ts";
import type { TargetScaling } from "./target_scaling.ts";

/** The loss of a row and its settings, by default those of {@linkcode LOSS_OPTIONS}. Labels are not smoothed. */
export interface RowLossOptions extends Partial<OptionValues<typeof LOSS_OPTIONS>> {
  /** The loss. */
  readonly loss: LossName;
  /** The scaling of the targets in training; the loss is that of standardized outputs and targets. */
  readonly scaling?: TargetScaling;
}

/** Returns the loss of a row from its outputs `[O]`, which are logits for a loss of logits, and its label or targets `[O]`. */
export type RowLoss = (outputs: Float32Array, labelOrTargets: number | Float32Array) => number;

/**
 * Creates the function that computes the loss of a row.
 *
 * @param width the number of outputs a row, `O`
 * @param labels true if rows have labels; with one output and binary cross-entropy, the label itself is the target
 */
export function createRowLoss(width: number, labels: boolean, options: RowLossOptions): RowLoss {
  const defaults = Object.entries(LOSS_OPTIONS).map(([name, spec]) => [name, spec.default]);
  const settings = { ...Object.fromEntries(defaults), ...options, labelSmoothing: 0 };
  const op = LOSSES[options.loss].op({ index: 0, output: "linear", labels, settings });
  const outputs = new Float64Array(width), target = new Float64Array(labels ? 1 : width);
  const buffers = {
    [lossInputOf(op)]: matrixOf(outputs),
    [op.target]: matrixOf(target),
    [op.dZ]: matrixOf(new Float64Array(width)),
  };
  const { scaling } = options;
  const fill = (row: Float64Array, values: Float32Array) => {
    row.set(values);
    for (let o = 0; scaling && o < width; o++) row[o] = (row[o] - scaling.mean[o]) / scaling.deviation[o];
  };
  return (given, labelOrTargets) => {
    fill(outputs, given);
    if (typeof labelOrTargets === "number") target[0] = labelOrTargets;
    else fill(target, labelOrTargets);
    return computeLoss(op, buffers, 1).lossSum;
  };
}

function matrixOf(values: Float64Array) {
  return { values, width: values.length };
}
