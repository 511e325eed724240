/** The scalings of a run: of its inputs, in the first layer, and of its target values, in the last. @module */
import type { Tensors } from "../backends/backend.ts";
import { isInitial } from "../init.ts";
import { layerBuffer, type LayerSpec } from "../plan/layers.ts";
import { toOtherNegative } from "./input_negative.ts";
import { type InputScaling, toOriginalInputs, toScaledInputs } from "./input_scaling.ts";
import { type TargetScaling, toOriginalUnits, toStandardUnits } from "./target_scaling.ts";

/** The scalings of a run. A {@linkcode TrainingRecord} has them. */
export interface Scalings {
  /** The scaling of the inputs; absent if they are not scaled. */
  readonly inputScaling?: InputScaling;
  /** The input from which the inputs are subtracted: that of a white pixel of images on a light background; absent for others. */
  readonly inputNegative?: number;
  /** The scaling of the target values; absent if they are not scaled. */
  readonly targetScaling?: TargetScaling;
}

/** Returns parameters that take inputs and give outputs as they are in the data set. */
export function toOriginal(parameters: Tensors, layers: readonly LayerSpec[], scalings: Scalings): Tensors {
  const { inputScaling, inputNegative, targetScaling } = scalings;
  const original = toOriginalUnits(parameters, layers, targetScaling);
  return toOtherNegative(toOriginalInputs(original, inputScaling), inputNegative);
}

/**
 * Returns the parameters with which training on scaled inputs and targets starts. Layers with new random weights are used
 * unchanged. The others take inputs and give outputs as they are in a data set, and are converted.
 */
export function toScaled(parameters: Tensors, layers: readonly LayerSpec[], scalings: Scalings): Tensors {
  const isGiven = (layer: number) => !isInitial(parameters[layerBuffer(layer, "weights")]);
  const { inputScaling, inputNegative } = isGiven(0) ? scalings : {};
  const targetScaling = isGiven(layers.length - 1) ? scalings.targetScaling : undefined;
  const scaled = toScaledInputs(toOtherNegative(parameters, inputNegative), inputScaling);
  return toStandardUnits(scaled, layers, targetScaling);
}
