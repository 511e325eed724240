/**
 * Networks under the names of PyTorch's `nn.Sequential`: `0.weight` `[O, I]`, `0.bias` `[O]`, `2.weight`, …, and the config that
 * turns them into the same network again.
 * @module
 */
import { inFeaturesOf } from "../data/dataset.ts";
import { jsonText, refuser } from "../formats/fault.ts";
import { formatNpy, parseNpy } from "../formats/npy.ts";
import { formatNpz, type Npz, type NpzInput } from "../formats/npz.ts";
import type { MlpParts } from "../mlp_parts.ts";
import { formatConfig } from "../model_config.ts";
import { readModel, stringArray } from "../model_file.ts";
import { layerBuffer, type LayerSpec } from "../plan/layers.ts";

/** The name of the `config` in the metadata of safetensors and ONNX files. */
export const CONFIG_KEY = "mlpcuda";

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

/**
 * Reads a network from arrays under their names in an `nn.Sequential` and its `config`, which {@linkcode namedConfig} wrote.
 *
 * @param arrays the arrays; others than weights and biases are not read
 * @throws {FormatError} if the arrays and the config are not those of one network
 */
export async function readSequential(
  arrays: Pick<Npz, "file" | "names" | "read">,
  config: string,
): Promise<MlpParts> {
  const { file } = arrays, refuse = refuser("model", { name: file === "" ? undefined : file });
  const indices = arrays.names.flatMap((name) => /^(\d{1,9})\.weight$/.exec(name)?.[1] ?? [])
    .sort((a, b) => Number(a) - Number(b));
  const activations = activationsOf(config);
  if (activations?.length !== indices.length) {
    throw refuse(
      `has a "config" whose activations are ${jsonText(activations)} for ${indices.length} layers`,
    );
  }
  const sources = new Map<string, () => ReturnType<Npz["read"]>>();
  const text = (value: string) => () => Promise.resolve(parseNpy(formatNpy(stringArray(value))));
  sources.set("config", text(config));
  for (const [layer, index] of indices.entries()) {
    sources.set(layerBuffer(layer, "weights"), () => arrays.read(`${index}.weight`));
    sources.set(layerBuffer(layer, "bias"), () => arrays.read(`${index}.bias`));
    sources.set(`layer_${layer + 1}.act`, text(activations[layer]));
  }
  return await readModel({
    file,
    names: [...sources.keys()],
    has: (name) => sources.has(name),
    read: (name) => sources.get(name)!(),
  });
}

/** Returns the texts that a config names as activations, which {@linkcode readModel} checks; `undefined` if there are none. */
function activationsOf(config: string): string[] | undefined {
  try {
    const { activations } = JSON.parse(config);
    return Array.isArray(activations) ? activations.map(String) : undefined;
  } catch {
    return undefined; // readModel() reports text that is not JSON
  }
}
