/** The settings of a training that a person can change from the page, and the network of a new start. @module */
import { countOf, type Dataset } from "../../data/dataset.ts";
import { Mlp } from "../../mlp.ts";
import { trainedActivation } from "../../plan/losses.ts";
import { formatLayers, type LayerSpec, parseLayers } from "../../plan/layers.ts";
import { checkAugmentable } from "../../training/augmentable.ts";
import { resolveConfig, type TrainConfig } from "../../training/config.ts";
import { checkFit, checkTargets, isTwoClasses } from "../../training/evaluate.ts";
import type { TrainingSettings } from "../protocol/protocol.ts";
import { checkShowable } from "../network/shown_network.ts";

/** The settings that can change while a network is trained. */
export const STEERABLE = ["learningRate", "batchSize", "augment"] as const;
/** The values of {@linkcode STEERABLE}. */
export type Steerable = Pick<TrainConfig, typeof STEERABLE[number]>;

/** The maximum number of parameters of a network that the page starts: 16 million, 64 MB. */
const MAX_PARAMETERS = 2 ** 24;

/** Returns whether the images of a set can be deformed, which `augment` does. */
export function canAugment(dataset: Dataset): boolean {
  try {
    checkAugmentable(dataset);
    return true;
  } catch {
    return false;
  }
}

/** Returns the settings for the page. */
export function settingsOf(mlp: Mlp, config: TrainConfig): TrainingSettings {
  const { learningRate, schedule, batchSize, augment } = config;
  return { layers: formatLayers(mlp.layers), learningRate, schedule, batchSize, augment };
}

/**
 * Checks changes of settings, and returns those that differ from `config`.
 *
 * @throws {RangeError} if a setting cannot be changed, if a value is out of its range, or if two exclude each other
 * @throws {TypeError} if the images of the training set cannot be deformed
 */
export function checkChanges(
  given: Readonly<Record<string, unknown>>,
  config: TrainConfig,
  dataset: Dataset,
): Partial<Steerable> {
  const names: readonly string[] = STEERABLE;
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue;
    throw new RangeError(
      `A training has learningRate, batchSize and augment to change, found ${JSON.stringify(name)}`,
    );
  }
  const next = resolveConfig({ ...config, ...given as Partial<Steerable> });
  const changed = Object.fromEntries(
    STEERABLE.filter((name) => next[name] !== config[name]).map((name) => [name, next[name]]),
  ) as Partial<Steerable>;
  const rows = countOf(dataset);
  if ((changed.batchSize ?? 1) > rows) {
    throw new RangeError(
      `Option "batchSize" needs a whole number from 1 to ${rows}, the rows of the training set, found ${changed.batchSize}`,
    );
  }
  if (changed.augment) checkAugmentable(dataset);
  return changed;
}

/**
 * Creates the network of a new start: for the same inputs and classes as `mlp`, with other layers and new weights.
 *
 * @param text the layers, as `--layers` has them; those of `mlp` by default
 * @throws {TypeError} if they cannot be read, or do not fit the training set
 * @throws {RangeError} if they have too many parameters, or do not fit the loss
 */
export function createAnew(
  mlp: Mlp,
  text: string | undefined,
  { train, config }: { readonly train: Dataset; readonly config: TrainConfig },
): Mlp {
  const layers = text === undefined ? mlp.layers : parseLayers(text);
  const { outFeatures, activation } = layers[layers.length - 1];
  if (outFeatures !== mlp.outFeatures) {
    throw new RangeError(`The last layer needs ${mlp.outFeatures} outputs, found ${outFeatures}`);
  }
  const count = parameterCountOf(mlp.inFeatures, layers);
  if (count > MAX_PARAMETERS) {
    throw new RangeError(
      `A network that the page starts needs at most ${MAX_PARAMETERS} parameters, found ${count}`,
    );
  }
  const { init, seed, loss } = config, next = Mlp.create(layers, mlp, { init, seed });
  trainedActivation(loss, activation, train.labels !== undefined && !isTwoClasses(next, loss));
  checkFit(next, train, loss);
  checkTargets(next, train, loss);
  checkShowable(next, { rows: train });
  return next;
}

function parameterCountOf(inFeatures: number, layers: readonly LayerSpec[]): number {
  let count = 0, inputs = inFeatures;
  for (const { outFeatures } of layers) {
    count += outFeatures * (inputs + 1);
    inputs = outFeatures;
  }
  return count;
}
