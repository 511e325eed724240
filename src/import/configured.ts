/** Weights with a `config` of this library, as its exports have it. @module */
import type { Refuse } from "../formats/fault.ts";
import type { NpyArray } from "../formats/npy.ts";
import type { MlpParts } from "../mlp_parts.ts";
import { readModel } from "../model_file.ts";
import type { ForeignLayers } from "./weights.ts";

/** Makes a network of weights and of a `config` of this library, which also has the activations. */
export async function configuredParts(
  foreign: ForeignLayers,
  config: string,
  refuse: Refuse,
): Promise<MlpParts> {
  const arrays = new Map<string, NpyArray>(), { layers } = foreign;
  const text = (value: string) => ({ dtype: `<U${value.length}`, shape: [], values: [value] });
  const activations = activationsIn(config);
  if (activations.length !== layers.length) {
    throw refuse(`has a "config" with ${activations.length} activations for ${layers.length} layers`);
  }
  for (const [index, { weights, bias, outFeatures, inFeatures }] of layers.entries()) {
    const name = `layer_${index + 1}`;
    arrays.set(`${name}.weights`, { dtype: "<f4", shape: [outFeatures, inFeatures], values: weights });
    arrays.set(`${name}.bias`, { dtype: "<f4", shape: [outFeatures], values: bias });
    arrays.set(`${name}.act`, text(String(activations[index])));
  }
  arrays.set("config", text(config));
  return await readModel({
    file: "",
    names: [...arrays.keys()],
    has: (name) => arrays.has(name),
    read: (name) => Promise.resolve(arrays.get(name)!),
  });
}

/** Returns the activations in a `config`; none if it is damaged, which its reader tells. */
function activationsIn(config: string): readonly unknown[] {
  try {
    const { activations } = JSON.parse(config);
    return Array.isArray(activations) ? activations : [];
  } catch {
    return [];
  }
}
