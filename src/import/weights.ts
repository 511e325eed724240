/** The arrays of a foreign model by name, and the network that a chain of them makes. @module */
import type { FloatArray } from "../backends/backend.ts";
import type { DataNote } from "../data/dataset.ts";
import { digits, jsonText, type Refuse, shapeText } from "../formats/fault.ts";
import type { ActivationName } from "../plan/activations.ts";
import type { InputScaling } from "../training/input_scaling.ts";

/** An array of numbers of a foreign model. */
export interface NamedArray {
  /** Its shape. */
  readonly shape: readonly number[];
  /** Its dtype as its file names it, for messages. */
  readonly dtype: string;
  /** Reads its values in C order; numbers that are not floats are returned as they are. */
  read(): Promise<ArrayLike<unknown>> | ArrayLike<unknown>;
}

/** The weights and biases of a foreign model, first layer to last. */
export interface ForeignLayers {
  /** The origin of the weights in words, such as `a state_dict of PyTorch`. */
  readonly origin: string;
  /** The layers. */
  readonly layers: readonly ForeignLayer[];
  /** The activation of the last layer that is assumed if the file does not tell it; `linear` by default. */
  readonly last?: ActivationName;
  /** The normalization of the inputs, if the file has one. */
  readonly scaling?: InputScaling;
  /** The names of the classes, if the file has them. */
  readonly classNames?: readonly string[];
  /** The `config` of this library, if the file has one; it decides everything else. */
  readonly config?: string;
  /** Further decisions. */
  readonly notes: readonly DataNote[];
}

/** A layer of a foreign model. */
export interface ForeignLayer {
  /** Its name in the file, for messages. */
  readonly name: string;
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** The weights `[O, I]`. */
  readonly weights: FloatArray;
  /** The bias `[O]`. */
  readonly bias: FloatArray;
  /** The activation; absent if the file does not tell it. */
  readonly activation?: ActivationName;
}

/**
 * Reads an array of finite floats.
 *
 * @throws {FormatError} made by `refuse`, if it has other values
 */
export async function readFloats(array: NamedArray, name: string, refuse: Refuse): Promise<FloatArray> {
  const values = await array.read();
  if (!(values instanceof Float32Array || values instanceof Float64Array)) {
    throw refuse(`has ${jsonText(name)} of dtype ${array.dtype}, needs floating-point numbers`);
  }
  if (values.length === 0) throw refuse(`has no numbers in ${jsonText(name)}`);
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw refuse(`has ${values[at]} in ${jsonText(name)} at index ${at}, needs finite numbers`);
  return values;
}

/**
 * Checks that each layer takes the outputs of the layer before.
 *
 * @throws {FormatError} made by `refuse`, if one does not, or there is none
 */
export function checkChain(
  layers: readonly { readonly name: string; readonly inFeatures: number; readonly outFeatures: number }[],
  refuse: Refuse,
): void {
  if (layers.length === 0) throw refuse("has no layers");
  const at = chainEnd(layers);
  if (at === layers.length) return;
  const [before, after] = [layers[at - 1], layers[at]];
  throw refuse(
    `has layer ${jsonText(before.name)} with ${before.outFeatures} outputs before layer ${
      jsonText(after.name)
    } with ${after.inFeatures} inputs`,
  );
}

/** Returns the number of layers from the first that form a chain. */
export function chainEnd(layers: readonly { readonly inFeatures: number; readonly outFeatures: number }[]) {
  const at = layers.findIndex(({ inFeatures }, index) =>
    index > 0 && inFeatures !== layers[index - 1].outFeatures
  );
  return at < 0 ? layers.length : at;
}

/** Returns a bias of zeros for layers without one, and the note about them. */
export function missingBias(names: readonly string[]): DataNote[] {
  if (names.length === 0) return [];
  const which = `${names.length === 1 ? "layer" : "layers"} ${namesText(names)}`;
  return [{ text: `no bias for ${which}: zeros are used` }];
}

/** The most names that a note lists. */
const MAX_NAMES = 20;

/** Returns names in quotes for notes: the first of many. */
export function namesText(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).map((name) => jsonText(name)).join(", ");
  return names.length > MAX_NAMES ? `${shown}, … (${digits(names.length)} names)` : shown;
}

/** Returns the two lengths of an array of weights. */
export function matrixShape(array: NamedArray, name: string, form: string, refuse: Refuse): [number, number] {
  if (array.shape.length === 2) return [array.shape[0], array.shape[1]];
  const kind = array.shape.length === 4 ? " of a convolution" : "";
  throw refuse(
    `has ${jsonText(name)}${kind} of shape ${
      shapeText(array.shape)
    }, needs weights ${form} of a fully connected layer`,
  );
}
