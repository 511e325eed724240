/**
 * Networks under the names of PyTorch's `nn.Sequential`: `0.weight` `[O, I]`, `0.bias` `[O]`, `2.weight`, …, and the config with
 * which `importModel` makes the same network of them again.
 * @module
 */
import { inFeaturesOf } from "../data/dataset.ts";
import { formatNpz, type NpzInput } from "../formats/npz.ts";
import type { MlpParts } from "../mlp_parts.ts";
import { formatConfig } from "../model_config.ts";
import { stringArray } from "../model_file.ts";
import { layerBuffer, type LayerSpec } from "../plan/layers.ts";

/** An array of float32. */
export interface FloatTensor {
  /** Its shape. */
  readonly shape: readonly number[];
  /** Its values, in C order. */
  readonly values: Float32Array;
}

/** Returns a network's `config` with the activations of its layers, as JSON. */
export function namedConfig(mlp: MlpParts): string {
  return formatConfig(mlp, { activations: mlp.layers.map(({ activation }) => activation) });
}

/**
 * Returns the index of each layer in the `nn.Sequential` of a network: an activation other than `linear` is a module of its
 * own after its layer. Dropout has no module, because a prediction does not use it.
 */
export function moduleIndices(layers: readonly LayerSpec[]): number[] {
  const indices: number[] = [];
  let next = 0;
  for (const { activation } of layers) {
    indices.push(next);
    next += activation === "linear" ? 1 : 2;
  }
  return indices;
}

/** Returns the weights and biases of a network by their names in its `nn.Sequential`, in order. */
export function sequentialTensors(mlp: MlpParts): Map<string, FloatTensor> {
  const tensors = new Map<string, FloatTensor>(), indices = moduleIndices(mlp.layers);
  let inFeatures = inFeaturesOf(mlp);
  for (const [layer, { outFeatures }] of mlp.layers.entries()) {
    const float32 = (part: "weights" | "bias") => Float32Array.from(mlp.parameters[layerBuffer(layer, part)]);
    tensors.set(`${indices[layer]}.weight`, { shape: [outFeatures, inFeatures], values: float32("weights") });
    tensors.set(`${indices[layer]}.bias`, { shape: [outFeatures], values: float32("bias") });
    inFeatures = outFeatures;
  }
  return tensors;
}

/**
 * Returns the bytes of an `.npz` with a network's weights and biases under their names in an `nn.Sequential`, and its `config`, a
 * 0-d string. NumPy opens it without pickle. Equal networks give equal bytes.
 */
export function formatSequentialNpz(mlp: MlpParts): Uint8Array<ArrayBuffer> {
  const arrays: Record<string, NpzInput> = Object.fromEntries(sequentialTensors(mlp));
  return formatNpz({ ...arrays, config: stringArray(namedConfig(mlp)) });
}
