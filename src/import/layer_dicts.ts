/**
 * Pickled dictionaries of layers: `layer_1` = `{weights [O, I], bias, act}`, `layer_2`, … with arrays of NumPy or CuPy.
 * @module
 */
import { jsonText, type Refuse, shapeText } from "../formats/fault.ts";
import { isKind, kindOf, type PickleValue } from "../formats/pickle_values.ts";
import type { ActivationName } from "../plan/activations.ts";
import { activationOf } from "./activation_names.ts";
import { pickledArray } from "./pickled_array.ts";
import {
  checkChain,
  type ForeignLayer,
  type ForeignLayers,
  matrixShape,
  missingBias,
  readFloats,
} from "./weights.ts";

/** Returns whether a name is that of a dictionary of a layer. */
export function isLayerName(name: string): boolean {
  return /^layer_?\d+$/.test(name);
}

/**
 * Makes layers of dictionaries by name.
 *
 * @throws {FormatError} made by `refuse`, if one is no dictionary of a layer
 */
export async function dictLayers(
  dicts: ReadonlyMap<string, PickleValue>,
  refuse: Refuse,
): Promise<ForeignLayers> {
  const numberOf = (name: string) => Number(/\d+$/.exec(name)?.[0]);
  const entries = [...dicts].sort(([a], [b]) => numberOf(a) - numberOf(b));
  const layers: ForeignLayer[] = [], unbiased: string[] = [], origin = "pickled dictionaries of layers";
  for (const [name, dict] of entries) {
    if (!isLayerName(name)) throw refuse(`has ${jsonText(name)}, which is no layer such as "layer_1"`);
    if (!(dict instanceof Map)) throw refuse(`has ${kindOf(dict)} as ${jsonText(name)}, needs a dict`);
    const part = (...keys: string[]) => keys.map((key) => dict.get(key)).find((value) => value !== undefined);
    const weights = pickledArray(part("weights", "weight"), `${name}.weights`, refuse);
    const [outFeatures, inFeatures] = matrixShape(weights, `${name}.weights`, "[O, I]", refuse);
    const bias = part("bias", "biases");
    if (bias === undefined || bias === null) unbiased.push(name);
    layers.push({
      name,
      inFeatures,
      outFeatures,
      weights: await readFloats(weights, `${name}.weights`, refuse),
      bias: bias === undefined || bias === null
        ? new Float32Array(outFeatures)
        : await biasOf(bias, `${name}.bias`, outFeatures, refuse),
      ...activationIn(part("act", "activation"), refuse),
    });
  }
  checkChain(layers, refuse);
  return { origin, layers, notes: [{ text: `weights from ${origin}` }, ...missingBias(unbiased)] };
}

/** Reads a bias of shape `[O]`, `[O, 1]` or `[1, O]`. */
async function biasOf(value: PickleValue, name: string, outFeatures: number, refuse: Refuse) {
  const array = pickledArray(value, name, refuse), lengths = array.shape.filter((length) => length !== 1);
  const fits = array.shape.length > 0 && array.shape.length <= 2 &&
    (outFeatures === 1 ? lengths.length === 0 : lengths.length === 1 && lengths[0] === outFeatures);
  if (fits) return await readFloats(array, name, refuse);
  throw refuse(
    `has ${jsonText(name)} of shape ${shapeText(array.shape)}, its weights need [${outFeatures}]`,
  );
}

/** Returns the activation that a dictionary names by a text or by a function. */
function activationIn(value: PickleValue | undefined, refuse: Refuse): { activation?: ActivationName } {
  if (value === undefined) return {};
  if (value === null) return { activation: "linear" };
  if (typeof value === "string") return { activation: activationOf(value, refuse) };
  if (isKind(value, "global")) return { activation: activationOf(value.name.replace(/^.*\./, ""), refuse) };
  throw refuse(`has ${kindOf(value)} as an activation, needs its name`);
}
