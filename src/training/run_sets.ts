/** Preparation of a run's data sets: checks, validation split, row weights and scaled inputs and targets. @module */
import { countOf, type Dataset } from "../data/dataset.ts";
import { splitRows, takeRows } from "../data/split.ts";
import type { Mlp } from "../mlp.ts";
import { type LossName, trainedActivation } from "../plan/losses.ts";
import type { TrainConfig } from "./config.ts";
import { withLabels } from "./distilled.ts";
import { checkFit, checkTargets, isTwoClasses } from "./evaluate.ts";
import { rowWeightsOf } from "./row_weights.ts";
import { negated } from "./input_negative.ts";
import { inputScalingOf, scaled } from "./input_scaling.ts";
import type { Scalings } from "./scalings.ts";
import { standardized, targetScalingOf } from "./target_scaling.ts";

/** The data sets of a run. */
export interface RunSets {
  /** The set to train on, with the inputs, targets and weights of its rows as the plan needs them. */
  readonly training: Dataset;
  /** The rows of `training` to train on. */
  readonly rows: Uint32Array;
  /** The validation set, in original units. */
  readonly validation: Dataset | undefined;
  /** The rows to which thresholds and temperature are fitted, in original units; `undefined` if the run fits neither. */
  readonly heldOut: Dataset | undefined;
  /** The scalings of the inputs and of the targets of `training`. */
  readonly scalings: Scalings;
}

/**
 * Prepares the data sets of a run.
 *
 * @param inputNegative the number from which the inputs are subtracted; if absent, they are not
 * @throws {RangeError} if sets, network and settings do not fit each other, or if the inputs cannot be scaled
 * @throws {TypeError} if a set does not fit the network
 */
export function prepareSets(
  mlp: Mlp,
  { dataset, validation: given, test }: {
    readonly dataset: Dataset;
    readonly validation: Dataset | undefined;
    readonly test: Dataset | undefined;
  },
  config: TrainConfig,
  inputNegative?: number,
): RunSets {
  const { rows, validation, heldOut } = splitOff(dataset, given, config);
  const sets = [dataset, validation, test].filter((set) => set !== undefined);
  for (const set of sets) checkFit(mlp, set, config.loss);
  const targeted = binaryTargets(mlp, dataset, config.loss);
  trainedActivation(config.loss, mlp.layers[mlp.layers.length - 1].activation, targeted.labels !== undefined);
  for (const set of sets) checkTargets(mlp, set, config.loss);
  const withoutLabels = [
    ...config.outliers && !dataset.labels ? ["outliers"] : [],
    ...config.calibrate && config.loss === "cross-entropy" && !heldOut?.labels ? ["calibrate"] : [],
  ];
  if (withoutLabels.length > 0) {
    throw new RangeError(`Option "${withoutLabels[0]}" needs class labels, the data set has target values`);
  }
  const weights = rowWeightsOf(dataset, config, rows);
  const targetScaling = targetScalingOf(mlp.layers, dataset, config, rows);
  const inputScaling = inputScalingOf(dataset, config, rows);
  const training = standardized({ ...targeted, ...weights && { weights } }, targetScaling);
  const scalings = {
    ...inputScaling && { inputScaling },
    ...inputNegative !== undefined && { inputNegative },
    ...targetScaling && { targetScaling },
  };
  return {
    training: scaled(negated(training, inputNegative), inputScaling),
    rows,
    validation,
    heldOut,
    scalings,
  };
}

/** Returns the rows to train on, and the validation set: the given one, or the other rows. */
function splitOff(
  dataset: Dataset,
  validation: Dataset | undefined,
  config: TrainConfig,
): Pick<RunSets, "rows" | "validation" | "heldOut"> {
  if (validation && config.validationSplit > 0) {
    throw new RangeError(`Option "validationSplit" needs no validation set, one was given`);
  }
  const count = countOf(dataset);
  if (count === 0) throw new RangeError(`Cannot train on ${dataset.source}: it holds no rows`);
  const { rows, others } = trainingRowsOf(count, config, validation !== undefined);
  const held = others && withLabels(takeRows(dataset, others)),
    isFitted = config.outliers || config.calibrate;
  if (config.validationSplit > 0) return { rows, validation: held, heldOut: isFitted ? held : undefined };
  if (config.patience > 0 && !validation) {
    throw new RangeError(`Option "patience" needs a validation set or "validationSplit" above 0`);
  }
  return { rows, validation, heldOut: isFitted ? validation ?? held : undefined };
}

/** The share of the rows that is held out of a run with outliers or calibration and without a validation set. */
const HELD_OUT = 1 / 12;

/**
 * Returns the rows of a data set to train on, and the others, which are for validation or, in a run with outliers or
 * calibration that has no validation set, for its thresholds and its temperature.
 */
export function trainingRowsOf(
  count: number,
  { validationSplit, outliers, calibrate, seed }: Pick<
    TrainConfig,
    "validationSplit" | "outliers" | "calibrate" | "seed"
  >,
  hasValidation: boolean,
): { readonly rows: Uint32Array; readonly others?: Uint32Array } {
  const share = validationSplit > 0
    ? validationSplit
    : (outliers || calibrate) && !hasValidation
    ? HELD_OUT
    : 0;
  if (share === 0) return { rows: Uint32Array.from({ length: count }, (_, row) => row) };
  const { train, validation } = splitRows(count, share, seed);
  return { rows: train, others: validation };
}

/** Returns a set of two classes with target values 0 and 1 if the network has one output; any other set unchanged. */
function binaryTargets(mlp: Mlp, dataset: Dataset, loss: LossName): Dataset {
  const { labels, ...rest } = dataset;
  if (!labels || !isTwoClasses(mlp, loss)) return dataset;
  return { ...rest, targets: Float32Array.from(labels), outFeatures: 1 };
}
