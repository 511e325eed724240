/** The check of a run before its network exists. @module */
import { sideOf } from "../augment/augmenter.ts";
import { countOf, type Dataset } from "../data/dataset.ts";
import { drawableOf } from "../data/outliers/render.ts";
import type { LayerSpec } from "../plan/layers.ts";
import { trainedActivation } from "../plan/losses.ts";
import type { TrainConfig } from "./config.ts";
import { checkFit, checkTargets, isTwoClasses } from "./evaluate.ts";
import { inputScalingOf } from "./input_scaling.ts";
import { networkShape } from "./network_shape.ts";
import { rowWeightsOf } from "./row_weights.ts";
import { trainingRowsOf } from "./run_sets.ts";
import { targetScalingOf } from "./target_scaling.ts";

/**
 * Checks that layers, a training set and settings fit each other, as `train()` does when it starts.
 *
 * @throws {RangeError} if a setting is not possible for this set, or if a label or a value is out of range
 * @throws {TypeError} if the set does not fit the network, or if its inputs are not of the kind that a setting needs
 */
export function checkRun(
  layers: readonly LayerSpec[],
  dataset: Dataset,
  config: TrainConfig,
  { hasValidation }: { readonly hasValidation: boolean },
): void {
  if (layers.length === 0) throw new RangeError("A network needs at least one layer, found none");
  const shape = networkShape(layers, dataset), { loss } = config;
  const areLabels = dataset.labels !== undefined && !isTwoClasses(shape, loss);
  trainedActivation(loss, layers[layers.length - 1].activation, areLabels);
  checkFit(shape, dataset, loss);
  checkTargets(shape, dataset, loss);
  if (config.augment) sideOf(dataset);
  if (config.outliers) drawableOf(dataset);
  const { rows } = trainingRowsOf(countOf(dataset), config, hasValidation);
  rowWeightsOf(dataset, config, rows);
  targetScalingOf(layers, dataset, config, rows);
  inputScalingOf(dataset, config, rows);
}
