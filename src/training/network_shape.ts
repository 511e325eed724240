/** The inputs and layers of a network, without its parameters. @module */
import { inFeaturesOf, type InputSpec } from "../data/dataset.ts";
import type { Mlp } from "../mlp.ts";
import type { LayerSpec } from "../plan/layers.ts";

/** The parts of a network that decide which data sets and losses fit it. An `Mlp` is one. */
export type NetworkShape =
  & Pick<Mlp, "inputShape" | "inputScale" | "inFeatures" | "layers" | "outFeatures">
  & Partial<Pick<Mlp, "training">>;

/** Returns the shape of a network for a data set. */
export function networkShape(
  layers: readonly LayerSpec[],
  { inputShape, inputScale }: Required<Pick<InputSpec, "inputShape" | "inputScale">>,
): NetworkShape {
  const { outFeatures } = layers[layers.length - 1];
  return { inputShape, inputScale, inFeatures: inFeaturesOf({ inputShape }), layers, outFeatures };
}
