/**
 * Standardization of target values: training uses targets with mean 0 and standard deviation 1. The trained network gives
 * the original units, because its last layer then contains the inverse scaling.
 * @module
 */
import { DATASET } from "../argument_kinds.ts";
import { LAYERS } from "../plan/layer_kind.ts";
import { checkArgument, fields, oneOf } from "../arguments.ts";
import type { FloatArray, Tensors } from "../backends/backend.ts";
import { countOf, type Dataset } from "../data/dataset.ts";
import { checkRows } from "../data/split.ts";
import { layerBuffer, type LayerSpec } from "../plan/layers.ts";
import { LOSSES } from "../plan/losses.ts";
import type { TrainConfig } from "./config.ts";

/** The mean and the standard deviation of the target values that a network was trained on. */
export interface TargetScaling {
  /** The mean of each output's targets, `[O]`. */
  readonly mean: readonly number[];
  /** The standard deviation of each output's targets, `[O]`; 1 if all are equal. */
  readonly deviation: readonly number[];
}

/** `"auto"` standardizes targets with a standard deviation above this or below its inverse, or with a larger mean. */
const WIDE = 4;

const CONFIG = fields({
  standardizeTargets: oneOf(["auto", "always", "never"]),
  loss: oneOf(Object.keys(LOSSES)),
});

/**
 * Returns the scaling of a run's target values, from the mean and the deviation of the rows to train on. It needs target
 * values, a linear output and a loss that is not computed from logits. `"auto"` scales if the standard deviation of an
 * output's targets is outside of 1/4 to 4, or if their mean is outside of -4 to 4.
 *
 * @param rows the rows of the data set to train on; all if absent
 * @returns the scaling; `undefined` if the targets are not scaled
 * @throws {RangeError} if `standardizeTargets` is `"always"` and the targets cannot be scaled
 */
export function targetScalingOf(
  layers: readonly LayerSpec[],
  dataset: Dataset,
  config: Pick<TrainConfig, "standardizeTargets" | "loss">,
  rows?: Uint32Array,
): TargetScaling | undefined {
  checkArgument("layers", layers, LAYERS);
  checkArgument("dataset", dataset, DATASET);
  checkArgument("config", config, CONFIG);
  if (rows !== undefined) checkRows(rows, countOf(dataset));
  const { standardizeTargets, loss } = config;
  const { activation } = layers[layers.length - 1], { targets } = dataset;
  const fault = !targets
    ? "target values, the data set has class labels"
    : LOSSES[loss].logits
    ? `a loss of distances, found "${loss}"`
    : activation !== "linear"
    ? `a linear output, found "${activation}"`
    : undefined;
  if (standardizeTargets === "never") return undefined;
  if (fault !== undefined) {
    if (standardizeTargets === "auto") return undefined;
    throw new RangeError(`Option "standardizeTargets" needs ${fault}`);
  }
  const scaling = measure(targets!, dataset.outFeatures, rows);
  const isWide = scaling.mean.some((mean, o) =>
    Math.abs(mean) > WIDE || scaling.deviation[o] > WIDE || scaling.deviation[o] < 1 / WIDE
  );
  return standardizeTargets === "always" || isWide ? scaling : undefined;
}

function measure(targets: Float32Array, width: number, rows?: Uint32Array): TargetScaling {
  const count = rows?.length ?? targets.length / width, mean: number[] = [], deviation: number[] = [];
  for (let o = 0; o < width; o++) {
    const at = (i: number) => targets[(rows ? rows[i] : i) * width + o];
    let sum = 0, squares = 0;
    for (let i = 0; i < count; i++) sum += at(i);
    for (let i = 0; i < count; i++) squares += (at(i) - sum / count) ** 2;
    mean.push(sum / count);
    deviation.push(Math.sqrt(squares / count) || 1);
  }
  return { mean, deviation };
}

/** Returns the data set with standardized targets; unchanged without a scaling. */
export function standardized(dataset: Dataset, scaling: TargetScaling | undefined): Dataset {
  if (!scaling || !dataset.targets) return dataset;
  const { mean, deviation } = scaling, width = mean.length;
  return {
    ...dataset,
    targets: dataset.targets.map((target, i) => (target - mean[i % width]) / deviation[i % width]),
  };
}

/** Returns parameters that give the outputs of `parameters` in the original units of the targets. */
export function toOriginalUnits(
  parameters: Tensors,
  layers: readonly LayerSpec[],
  scaling: TargetScaling | undefined,
): Tensors {
  if (!scaling) return parameters;
  const { mean, deviation } = scaling;
  return withOutputs(parameters, layers, (value, o, isBias) => value * deviation[o] + (isBias ? mean[o] : 0));
}

/** Returns parameters that give the outputs of `parameters` in standardized units. */
export function toStandardUnits(
  parameters: Tensors,
  layers: readonly LayerSpec[],
  scaling: TargetScaling | undefined,
): Tensors {
  if (!scaling) return parameters;
  const { mean, deviation } = scaling;
  return withOutputs(
    parameters,
    layers,
    (value, o, isBias) => (value - (isBias ? mean[o] : 0)) / deviation[o],
  );
}

/** Returns parameters with a change to each number of the last layer, which depends on its output. */
export function withOutputs(
  parameters: Tensors,
  layers: readonly LayerSpec[],
  change: (value: number, output: number, isBias: boolean) => number,
): Tensors {
  const last = layers.length - 1, weights = layerBuffer(last, "weights"), bias = layerBuffer(last, "bias");
  const inFeatures = parameters[weights].length / parameters[bias].length;
  const map = (values: FloatArray, to: (value: number, i: number) => number): FloatArray => values.map(to);
  return {
    ...parameters,
    [weights]: map(parameters[weights], (value, i) => change(value, Math.floor(i / inFeatures), false)),
    [bias]: map(parameters[bias], (value, o) => change(value, o, true)),
  };
}
