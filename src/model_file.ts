/**
 * Networks as `.npz` files: for each layer `layer_1.weights` `[O, I]` float32, `layer_1.bias` `[O]` float32 and
 * `layer_1.act`, the activation's name as a 0-d string; and `config`, a 0-d string of JSON with the rest.
 * @module
 */
import { type ActivationName, ACTIVATIONS } from "./plan/activations.ts";
import type { FloatArray } from "./backends/backend.ts";
import { inFeaturesOf } from "./data/dataset.ts";
import type { LayerSpec } from "./plan/layers.ts";
import type { MlpParts } from "./mlp_parts.ts";
import type { SizeOptions } from "./formats/expansion.ts";
import { digits, jsonText, type Refuse, refuser, shapeText } from "./formats/fault.ts";
import type { NpyArray } from "./formats/npy.ts";
import { formatNpz, type Npz, type NpzInput, parseNpz } from "./formats/npz.ts";
import { formatConfig, parseConfig } from "./model_config.ts";

/** Returns the arrays of a network's file, in the order in which they are written. */
export function modelArrays(mlp: MlpParts): Record<string, NpzInput> {
  const arrays: Record<string, NpzInput> = {};
  let inFeatures = inFeaturesOf(mlp);
  for (const [index, { outFeatures, activation }] of mlp.layers.entries()) {
    const name = `layer_${index + 1}`;
    const float32 = (part: string) => Float32Array.from(mlp.parameters[`${name}.${part}`]);
    arrays[`${name}.weights`] = { shape: [outFeatures, inFeatures], values: float32("weights") };
    arrays[`${name}.bias`] = { shape: [outFeatures], values: float32("bias") };
    arrays[`${name}.act`] = stringArray(activation);
    inFeatures = outFeatures;
  }
  return { ...arrays, config: stringArray(formatConfig(mlp)) };
}

/** Returns the bytes of a network's file. */
export function formatModel(mlp: MlpParts): Uint8Array<ArrayBuffer> {
  return formatNpz(modelArrays(mlp));
}

/**
 * Reads a network's file. An incomplete training record is ignored.
 *
 * @throws {FormatError} if it is not a network's file, or if its parts do not fit each other
 */
export async function parseModel(
  bytes: Uint8Array,
  options: SizeOptions & { readonly name?: string } = {},
): Promise<MlpParts> {
  return await readModel(await parseNpz(bytes, options));
}

/** Reads a network from an archive, which may have other arrays, too. */
export async function readModel(npz: Npz): Promise<MlpParts> {
  const refuse = refuser("model", { name: npz.file === "" ? undefined : npz.file });
  if (!npz.has("config") || !npz.has("layer_1.weights")) {
    const found = JSON.stringify(npz.names.slice(0, 6).join(", ")).slice(1, -1) || "nothing";
    throw refuse(`is no model: it needs "config" and "layer_1.weights", it has ${found}`);
  }
  const { dropout, training, ...spec } = parseConfig(
    stringOf(await npz.read("config"), "config", refuse),
    refuse,
  );
  const layers: LayerSpec[] = [], parameters: Record<string, FloatArray> = {};
  let inFeatures = inFeaturesOf(spec);
  for (let index = 1; npz.has(`layer_${index}.weights`); index++) {
    const name = `layer_${index}`;
    const weights = await npz.read(`${name}.weights`);
    const outFeatures = weights.shape[0] ?? 0;
    parameters[`${name}.weights`] = floatsOf(weights, [outFeatures, inFeatures], `${name}.weights`, refuse);
    parameters[`${name}.bias`] = floatsOf(
      await npz.read(`${name}.bias`),
      [outFeatures],
      `${name}.bias`,
      refuse,
    );
    const activation = stringOf(await npz.read(`${name}.act`), `${name}.act`, refuse) as ActivationName;
    if (!ACTIVATIONS.includes(activation)) {
      throw refuse(`has "${name}.act" ${jsonText(activation)}, needs ${ACTIVATIONS.join(", ")}`);
    }
    const rate = dropout?.[layers.length] ?? 0;
    layers.push({ outFeatures, activation, ...rate > 0 && { dropout: rate } });
    inFeatures = outFeatures;
  }
  const next = `layer_${layers.length + 1}`;
  const orphan = npz.names.find((name) => Number(/^layer_(\d+)\./.exec(name)?.[1]) > layers.length);
  if (orphan !== undefined) throw refuse(`has ${JSON.stringify(orphan)}, but no "${next}.weights"`);
  const classes = inFeatures === 1 ? [1, 2] : [inFeatures]; // one output may tell two classes apart
  if (spec.classNames !== undefined && !classes.includes(spec.classNames.length)) {
    throw refuse(`has ${spec.classNames.length} class names for ${inFeatures} outputs`);
  }
  if (dropout !== undefined && dropout.length !== layers.length) {
    throw refuse(`has ${dropout.length} rates of dropout for ${layers.length} layers`);
  }
  const { inputRanges, inputScaling, targetScaling } = training ?? {}, inputs = inFeaturesOf(spec);
  if (inputRanges && inputRanges.least.length !== inputs) {
    throw refuse(`has ranges of ${inputRanges.least.length} inputs for ${inputs} inputs`);
  }
  if (inputScaling && inputScaling.shift.length !== inputs) {
    throw refuse(`has an input scaling of ${inputScaling.shift.length} inputs for ${inputs} inputs`);
  }
  if (targetScaling && targetScaling.mean.length !== inFeatures) {
    throw refuse(`has a target scaling of ${targetScaling.mean.length} outputs for ${inFeatures} outputs`);
  }
  return { ...spec, layers, parameters, ...training && { training } };
}

/** Returns a 0-d array of one string. */
export function stringArray(text: string): NpzInput {
  return { shape: [], values: [text] };
}

/** The maximum number of characters of a text with values: parsed, they can take ten times their memory. */
const MAX_TEXT = 2 ** 24;

/** Returns the string of a 0-d array. */
export function stringOf({ shape, values }: NpyArray, name: string, refuse: Refuse): string {
  const [text] = values;
  if (shape.length === 0 && typeof text === "string") {
    if (text.length <= MAX_TEXT) return text;
    throw refuse(`has "${name}" of ${digits(text.length)} characters, at most ${digits(MAX_TEXT)} are read`);
  }
  throw refuse(`has "${name}" of shape ${shapeText(shape)}, needs one string`);
}

function floatsOf(array: NpyArray, shape: readonly number[], name: string, refuse: Refuse): FloatArray {
  const { values } = array;
  if (array.shape.length !== shape.length || array.shape.some((length, axis) => length !== shape[axis])) {
    throw refuse(`has "${name}" of shape ${shapeText(array.shape)}, the network needs ${shapeText(shape)}`);
  }
  if (!(values instanceof Float32Array || values instanceof Float64Array)) {
    throw refuse(`has "${name}" of dtype ${array.dtype}, needs float32 or float64`);
  }
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw refuse(`has ${values[at]} in "${name}" at index ${at}, needs finite numbers`);
  if (values.length === 0) throw refuse(`has no numbers in "${name}"`);
  return values;
}
