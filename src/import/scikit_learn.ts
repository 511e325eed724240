/** The arrays of scikit-learn's `MLPClassifier` and `MLPRegressor`: `coefs_0` `[I, O]`, `intercepts_0` `[O]`, … @module */
import type { FloatArray } from "../backends/backend.ts";
import { jsonText, type Refuse, shapeText } from "../formats/fault.ts";
import { activationOf } from "./activation_names.ts";
import { scalingFor } from "./normalization.ts";
import {
  checkChain,
  type ForeignLayer,
  type ForeignLayers,
  matrixShape,
  type NamedArray,
  readFloats,
} from "./weights.ts";

/** The texts that may stand beside the weights, without a last `_`. */
const TEXTS = ["activation", "out_activation", "classes"] as const;
/** The arrays of a `StandardScaler` that may stand beside them, without a last `_`. */
const SCALER = ["mean", "scale"] as const;

/** Returns whether an array of this name may stand beside the weights. */
export function isBesideCoefs(name: string): boolean {
  const parts: readonly string[] = [...TEXTS, ...SCALER];
  return /^intercepts_\d+$/.test(name) || parts.includes(name.replace(/_$/, ""));
}

/** Returns whether a name is that of a weight of scikit-learn. */
export function isScikitLearnName(name: string): boolean {
  return /^coefs_\d+$/.test(name);
}

/**
 * Makes layers of arrays by name. The texts `activation`, `out_activation` and `classes`, and `mean` and `scale` of a
 * `StandardScaler`, are used if they are there, each with or without a last `_`.
 *
 * @throws {FormatError} made by `refuse`, if an array is missing or has the wrong shape
 */
export async function scikitLearnLayers(
  arrays: ReadonlyMap<string, NamedArray>,
  refuse: Refuse,
): Promise<ForeignLayers> {
  const layers: ForeignLayer[] = [], origin = "scikit-learn's coefs_ and intercepts_";
  const used = new Set<string>();
  const take = (name: string): NamedArray | undefined => {
    used.add(name);
    return arrays.get(name);
  };
  const textsOf = async (part: typeof TEXTS[number]): Promise<string[] | undefined> => {
    const array = take(part) ?? take(`${part}_`);
    return array && Array.from(await array.read(), String);
  };
  const numbersOf = async (part: typeof SCALER[number]) => {
    const array = take(part) ?? take(`${part}_`);
    return array && await readFloats(array, part, refuse);
  };
  const mean = await numbersOf("mean"), std = await numbersOf("scale");
  if (!mean !== !std) throw refuse(`has "${mean ? "mean" : "scale"}" of a scaler, needs "mean" and "scale"`);
  const hidden = await textsOf("activation"), last = await textsOf("out_activation");
  const classNames = await textsOf("classes");
  for (let index = 0; arrays.has(`coefs_${index}`); index++) {
    const name = `coefs_${index}`, weights = take(name)!, bias = take(`intercepts_${index}`);
    const [inFeatures, outFeatures] = matrixShape(weights, name, "[I, O]", refuse);
    if (bias === undefined) throw refuse(`has ${jsonText(name)} without "intercepts_${index}"`);
    if (bias.shape.length !== 1 || bias.shape[0] !== outFeatures) {
      const needed = `${jsonText(name)} needs [${outFeatures}]`;
      throw refuse(`has "intercepts_${index}" of shape ${shapeText(bias.shape)}, ${needed}`);
    }
    const activation = (arrays.has(`coefs_${index + 1}`) ? hidden : last)?.[0];
    layers.push({
      name,
      inFeatures,
      outFeatures,
      weights: transposed(await readFloats(weights, name, refuse), inFeatures, outFeatures),
      bias: await readFloats(bias, `intercepts_${index}`, refuse),
      ...activation !== undefined && { activation: activationOf(activation, refuse) },
    });
  }
  const other = [...arrays.keys()].find((name) => !used.has(name));
  if (other !== undefined) throw refuse(`has ${jsonText(other)}, which belongs to no layer`);
  checkChain(layers, refuse);
  // A classifier of two classes has one output, so several outputs are seldom those of another network than a classifier.
  const { outFeatures } = layers[layers.length - 1], isPair = outFeatures === 1 && classNames?.length === 2;
  return {
    origin,
    layers,
    ...isPair ? { last: "sigmoid" } : outFeatures > 2 ? { last: "softmax" } : {},
    ...mean && std &&
      { scaling: scalingFor({ mean, std }, layers[0].inFeatures, (found) => refuse(`has ${found}`)) },
    ...classNames && { classNames },
    notes: [{ text: `weights from ${origin}` }],
  };
}

/** Turns weights `[I, O]` into `[O, I]`. */
function transposed(values: FloatArray, inFeatures: number, outFeatures: number): FloatArray {
  const result = values.slice();
  for (let i = 0; i < inFeatures; i++) {
    for (let o = 0; o < outFeatures; o++) result[o * inFeatures + i] = values[i * outFeatures + o];
  }
  return result;
}
