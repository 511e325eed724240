/**
 * Training on the negatives of images with a light background. Most of their pixels are then 0, as in MNIST, with which networks
 * learn faster and better. The trained network takes the original images, because its first layer then contains the difference.
 * @module
 */
import type { Tensors } from "../backends/backend.ts";
import { type Dataset, imageSpecOf } from "../data/dataset.ts";
import type { TrainConfig } from "./config.ts";
import { withFirstLayer } from "./input_scaling.ts";

/**
 * Returns the input of a white pixel, from which a run subtracts its inputs: `white * inputScale`; `undefined` if the data set
 * has no images on a light background, or if the inputs are scaled in another way.
 */
export function inputNegativeOf(
  dataset: Dataset,
  { inputScaling }: Pick<TrainConfig, "inputScaling">,
): number | undefined {
  const image = imageSpecOf(dataset);
  return image?.background === "light" && inputScaling === "none"
    ? image.white * dataset.inputScale
    : undefined;
}

/** Returns the data set with the negatives of its images, on a dark background; unchanged if `negative` is `undefined`. */
export function negated(dataset: Dataset, negative: number | undefined): Dataset {
  const image = imageSpecOf(dataset);
  if (negative === undefined || !image) return dataset;
  const inputs = dataset.inputs.map((value) => image.white - value);
  return { ...dataset, inputs, image: { ...image, background: "dark" } };
}

/**
 * Returns parameters that take images as they are, from parameters that take their negatives, or the other way round: weights
 * `-W`, and bias `b + negative Σ W`.
 */
export function toOtherNegative(parameters: Tensors, negative: number | undefined): Tensors {
  if (negative === undefined) return parameters;
  return withFirstLayer(parameters, (weight) => ({ weight: -weight, bias: negative * weight }));
}
