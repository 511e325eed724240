/** Lines that describe how a run uses its data. @module */
import { countOf, type Dataset, imageSpecOf } from "../../src/data/dataset.ts";
import { drawableOf } from "../../src/data/outliers/render.ts";
import type { Mlp } from "../../src/mlp.ts";
import type { TrainConfig } from "../../src/training/config.ts";
import { inputNegativeOf } from "../../src/training/input_negative.ts";
import { inputScalingOf } from "../../src/training/input_scaling.ts";
import { addedRows } from "../../src/training/outlier_rows.ts";
import { trainingRowsOf } from "../../src/training/run_sets.ts";
import { classWeightsOf, rowWeightsOf } from "../../src/training/row_weights.ts";
import { type TargetScaling, targetScalingOf } from "../../src/training/target_scaling.ts";
import { visible } from "../../src/visible.ts";
import { TaskError } from "../terminal/errors.ts";
import { amount, count } from "../terminal/numbers.ts";
import { inputScalingText, rangeText } from "./input_scale.ts";
import { withFlag } from "./training.ts";

/** A threshold has 1 % of the rows below it; with fewer rows than this, the row with the least value decides alone. */
const FEW_HELD_OUT = 100;

/** The maximum number of classes for which each weight is printed. */
const SHOWN_CLASSES = 10;

/**
 * Returns lines with the scalings of a run's inputs and target values, and the weights of its classes.
 *
 * @throws {TaskError} if an option does not fit the set
 */
export function dataNotes(
  { layers }: Pick<Mlp, "layers">,
  set: Dataset,
  config: TrainConfig,
  validation?: Dataset,
): string[] {
  if (config.outliers) checkOutliers(set);
  try {
    const { rows, others } = trainingRowsOf(countOf(set), config, validation !== undefined);
    const scaling = targetScalingOf(layers, set, config, rows);
    const inputScaling = inputScalingOf(set, config, rows);
    const weights = classWeightsOf(set, config, rows);
    rowWeightsOf(set, config, rows); // checks that each weight fits into float32
    const off = config.standardizeTargets === "auto" ? " (--standardize-targets never turns this off)" : "";
    return [
      ...inputScaling ? [`inputs   ${inputScalingText(inputScaling, config, set.columns)}`] : [],
      ...inputNegativeOf(set, config) === undefined
        ? []
        : ["inputs   negated in training, because their background is light"],
      ...scaling ? [`targets  ${scalingText(scaling)}; standardized for training${off}`] : [],
      ...config.outliers ? [outliersText(rows.length, others ?? validation)] : [],
      ...config.calibrate ? [calibrationText(others ?? validation, others !== undefined)] : [],
      ...weights && config.classWeights === "balanced" ? [`weights  ${weightsText(weights, set)}`] : [],
    ];
  } catch (error) {
    throw new TaskError(withFlag((error as Error).message), { cause: error });
  }
}

/** Returns a scaling in words: `mean 152.1, deviation 77.01`, or of several outputs the ranges of both. */
export function scalingText({ mean, deviation }: TargetScaling): string {
  if (mean.length === 1) return `mean ${amount(mean[0])}, deviation ${amount(deviation[0])}`;
  return `means ${rangeText(mean)}, deviations ${rangeText(deviation)}`;
}

function weightsText(weights: readonly number[], { classNames }: Dataset): string {
  if (weights.length > SHOWN_CLASSES) return `rows × ${rangeText(weights)} by class in the gradient`;
  const each = weights.map((weight, label) =>
    `${visible(classNames?.[label] ?? String(label))} × ${amount(weight)}`
  )
    .join(", ");
  return `rows of class ${each} in the gradient`;
}

/**
 * Checks that outliers can be drawn for a set.
 *
 * @throws {TaskError} if its inputs are not images
 */
function checkOutliers(set: Dataset): void {
  try {
    drawableOf(set);
  } catch (error) {
    const hint = imageSpecOf(set)
      ? undefined
      : set.columns || set.inputShape.length === 1
      ? "tables are trained without --outliers"
      : "if they are pixels, tell their scale, such as --input-scale 1/16 for pixels from 0 to 16";
    throw new TaskError((error as Error).message, { hint, cause: error });
  }
}

/** Returns the rows to which the temperature is fitted. */
function calibrationText(heldOut: Dataset | Uint32Array | undefined, isSplit: boolean): string {
  const held = rowsOf(heldOut),
    of = isSplit ? "of the training set, not trained on" : "of the validation set";
  return `calibration of the probabilities after training, by ${
    held === 1 ? "1 row" : `${count(held)} rows`
  } ${of}`;
}

function rowsOf(heldOut: Dataset | Uint32Array | undefined): number {
  return heldOut instanceof Uint32Array ? heldOut.length : heldOut ? countOf(heldOut) : 0;
}

/** Returns which rows a run with outliers adds, and to which rows the thresholds are fitted. */
function outliersText(rows: number, heldOut: Dataset | Uint32Array | undefined): string {
  const held = rowsOf(heldOut);
  const { outliers } = addedRows(rows), fitted = held === 1 ? "1 row" : `${count(held)} rows`;
  const few = held < FEW_HELD_OUT ? ", which is few (--validation-split holds out more)" : "";
  return `outliers ${
    count(outliers)
  } drawings of no class are added; thresholds are fitted to ${fitted} not trained on${few}`;
}
