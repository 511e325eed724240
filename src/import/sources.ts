/** The containers of foreign models: the arrays in a file, by name. @module */
import type { DataNote } from "../data/dataset.ts";
import { jsonText, type Refuse, refuser } from "../formats/fault.ts";
import { parseNpy } from "../formats/npy.ts";
import { holdsObjects, parseNpyObjects } from "../formats/npy_objects.ts";
import { parsePickle } from "../formats/pickle.ts";
import { isKind, kindOf, type PickleValue } from "../formats/pickle_values.ts";
import { parseSafetensors } from "../formats/safetensors.ts";
import type { TorchFile } from "../formats/torch.ts";
import type { ZipEntry } from "../formats/zip.ts";
import { CONFIG_KEY } from "../model_config.ts";
import { activationNamed } from "./activation_names.ts";
import { dictLayers, isLayerName } from "./layer_dicts.ts";
import { ARRAYS_ADVICE } from "./other_kinds.ts";
import { pickledArray } from "./pickled_array.ts";
import { isBesideCoefs, isScikitLearnName, scikitLearnLayers } from "./scikit_learn.ts";
import { isSequentialName, sequentialLayers } from "./sequential.ts";
import type { ForeignLayers, NamedArray } from "./weights.ts";

/** The arrays that a model needs, for messages. */
const NEEDED =
  'it needs "config" and "layer_1.weights", or another program\'s weights ("0.weight", "coefs_0", "layer_1")';

/** Reads the layers of a safetensors file. */
export async function safetensorsLayers(bytes: Uint8Array, name: string | undefined): Promise<ForeignLayers> {
  const { tensors, metadata } = parseSafetensors(bytes, { name });
  const refuse = refuser("safetensors", { name }), config = metadata.get(CONFIG_KEY);
  const layers = await layersOf(tensors, { isOrdered: false, origin: "a safetensors file", refuse });
  return { ...layers, ...config !== undefined && { config } };
}

/** Reads the layers of an `.npz` that is no model of this library. */
export async function npzLayers(
  entries: readonly ZipEntry[],
  { name, fileSize }: { readonly name?: string; readonly fileSize: number },
): Promise<ForeignLayers> {
  const refuse = refuser("npz", { name });
  const arrays = new Map<string, NamedArray>(), dicts = new Map<string, PickleValue>();
  let config: string | undefined;
  const names = entries.map((entry) => entry.name.replace(/\.npy$/, ""));
  if (!names.some(isWeightName)) throw noModel(names, refuse);
  const other = names.find((member) => !isWeightName(member) && !isBesideWeights(member));
  if (other !== undefined) throw refuse(`has ${jsonText(other)}, which is no part of a network`);
  for (const [index, entry] of entries.entries()) {
    const member = names[index];
    const content = await entry.read(), origin = { name, member };
    if (holdsObjects(content, origin)) {
      const objects = parseNpyObjects(content, { ...origin, ...PICKLE_OPTIONS, fileSize });
      if (objects.every((object) => typeof object === "string")) { // as pandas has texts
        arrays.set(member, { shape: [objects.length], dtype: "object", read: () => objects });
        continue;
      }
      const [value, ...others] = objects;
      if (others.length > 0) throw refuse(`has a list of objects in ${jsonText(member)}, needs one dict`);
      dicts.set(member, value);
      continue;
    }
    const { shape, dtype, values } = parseNpy(content, origin);
    if (member === "config" && typeof values[0] === "string") config = values[0];
    else arrays.set(member, { shape, dtype, read: () => values });
  }
  if (dicts.size > 0) {
    const [other] = arrays.keys();
    if (other !== undefined) throw refuse(`has ${jsonText(other)} beside dictionaries of layers`);
    return await dictLayers(dicts, refuse);
  }
  const layers = await layersOf(arrays, { isOrdered: true, origin: "an npz file", refuse });
  return { ...layers, ...config !== undefined && { config } };
}

/** Returns whether an array of this name has the weights of a layer. */
function isWeightName(name: string): boolean {
  return isSequentialName(name) || isScikitLearnName(name) || isLayerName(name);
}

/** Returns whether an array of this name may stand beside weights. */
function isBesideWeights(name: string): boolean {
  return name === "config" || isBesideCoefs(name) || name === "bias" || name.includes("."); // the reader of PyTorch's names refuses those that it does not know
}

/** Returns the error for arrays without a weight. */
function noModel(names: readonly string[], refuse: Refuse): Error {
  const found = JSON.stringify(names.slice(0, 6).join(", ")).slice(1, -1) || "nothing";
  return refuse(`is no model: ${NEEDED}, it has ${found}`);
}

/** Names of functions that pickled layers may have as activations, and the advice for all other names. */
const PICKLE_OPTIONS = {
  isFunction: (name: string) => activationNamed(name) !== undefined,
  advice: ARRAYS_ADVICE,
};

/** Reads the layers of a pickled dict, which may have arrays by name, or a dict for each layer. */
export async function pickleLayers(bytes: Uint8Array, name: string | undefined): Promise<ForeignLayers> {
  const refuse = refuser("pickle", { name });
  const { value, end } = parsePickle(bytes, { name, ...PICKLE_OPTIONS });
  if (end !== bytes.length) throw refuse("goes on after its end", { offset: end });
  const dict = dictOf(value, refuse);
  if ([...dict.keys()].some(isLayerName)) return await dictLayers(dict, refuse);
  const arrays = new Map<string, NamedArray>();
  for (const [key, item] of dict) {
    const [, list] = /^(coefs|intercepts)_?$/.exec(key) ?? [];
    if (list !== undefined && Array.isArray(item)) {
      item.forEach((part, at) => arrays.set(`${list}_${at}`, pickledArray(part, `${key}[${at}]`, refuse)));
    } else if (typeof item === "string") {
      arrays.set(key, { shape: [], dtype: "text", read: () => [item] });
    } else arrays.set(key, pickledArray(item, key, refuse));
  }
  return await layersOf(arrays, { isOrdered: true, origin: "a pickled dict", refuse });
}

/** Reads the layers of a file of `torch.save`: a state_dict, or a dict that has one. */
export async function torchLayers(
  { value, read }: TorchFile,
  name: string | undefined,
): Promise<ForeignLayers> {
  const refuse = refuser("torch", { name });
  if (!(value instanceof Map)) throw refuse(`has ${kindOf(value)}, needs a dict; save model.state_dict()`);
  const { dict, key } = stateDictIn(dictOf(value, refuse), refuse);
  const arrays = new Map<string, NamedArray>();
  for (const [member, tensor] of dict) {
    if (!isKind(tensor, "tensor")) {
      throw refuse(`has ${kindOf(tensor)} as ${jsonText(member)}, needs a tensor`);
    }
    const { shape, storage } = tensor;
    arrays.set(member, { shape, dtype: storage.type, read: () => read(tensor, member) });
  }
  const layers = await layersOf(arrays, { isOrdered: true, origin: "a state_dict of PyTorch", refuse });
  const found: DataNote[] = key === undefined ? [] : [{ text: `the state_dict is its ${jsonText(key)}` }];
  return { ...layers, notes: [...found, ...layers.notes] };
}

/** Makes layers of arrays by name, in the form that the names tell. */
async function layersOf(
  arrays: ReadonlyMap<string, NamedArray>,
  options: { readonly isOrdered: boolean; readonly origin: string; readonly refuse: Refuse },
): Promise<ForeignLayers> {
  const names = [...arrays.keys()];
  if (names.some(isScikitLearnName)) return await scikitLearnLayers(arrays, options.refuse);
  if (names.some(isSequentialName)) return await sequentialLayers(arrays, options);
  throw noModel(names, options.refuse);
}

/** Returns a dict whose keys are texts. */
function dictOf(value: PickleValue, refuse: Refuse): Map<string, PickleValue> {
  if (!(value instanceof Map)) throw refuse(`has ${kindOf(value)}, needs a dict`);
  const dict = new Map<string, PickleValue>();
  for (const [key, item] of value) {
    if (typeof key !== "string") throw refuse(`has a dict with ${kindOf(key)} as key, needs texts`);
    dict.set(key, item);
  }
  return dict;
}

/** The most dicts of a file that are searched for a state_dict. */
const MAX_DICTS = 1000;

/** Returns a state_dict: the dict itself, or the only one in it or in its dicts, and the keys that lead to it. */
function stateDictIn(
  dict: Map<string, PickleValue>,
  refuse: Refuse,
): { readonly dict: Map<string, PickleValue>; readonly key?: string } {
  const isStateDict = (value: ReadonlyMap<PickleValue, PickleValue>) =>
    [...value].some(([key, item]) =>
      typeof key === "string" && isSequentialName(key) && isKind(item, "tensor")
    );
  if (isStateDict(dict)) return { dict };
  const dicts = new Map<PickleValue, string>(), found: [Map<PickleValue, PickleValue>, string][] = [];
  const addFrom = (outer: ReadonlyMap<PickleValue, PickleValue>, path: string) => {
    for (const [key, value] of outer) {
      if (typeof key !== "string" || !(value instanceof Map) || dicts.has(value)) continue;
      if (dicts.size >= MAX_DICTS) return;
      dicts.set(value, path + key);
      if (isStateDict(value)) found.push([value, path + key]);
    }
  };
  addFrom(dict, "");
  if (found.length === 0) {
    for (const [inner, path] of [...dicts]) addFrom(inner as Map<PickleValue, PickleValue>, `${path}.`);
  }
  if (found.length === 1) return { dict: dictOf(found[0][0], refuse), key: found[0][1] };
  const names = found.length > 1 ? found.map(([, path]) => path) : [...dict.keys()];
  const shown = jsonText(names.slice(0, 6).join(", ")).slice(1, -1);
  throw refuse(
    found.length === 0
      ? `has no tensors of weights, needs a state_dict; it has ${shown || "nothing"}`
      : `has several state_dicts: ${shown}; save one of them`,
  );
}
