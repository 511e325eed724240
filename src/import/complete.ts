/** Completion of foreign models: parts that their files lack come from options, or are assumed, with a note. @module */
import { NAMES } from "../argument_kinds.ts";
import { LAYERS } from "../plan/layer_kind.ts";
import {
  either,
  type Fields,
  fields,
  FINITE,
  FLAG,
  list,
  NUMBER,
  NUMBERS,
  oneOf,
  SHAPE,
  TEXT,
} from "../arguments.ts";
import type { FloatArray } from "../backends/backend.ts";
import type { DataNote, InputSpec } from "../data/dataset.ts";
import type { SizeOptions } from "../formats/expansion.ts";
import { jsonText, type Refuse } from "../formats/fault.ts";
import type { MlpParts } from "../mlp_parts.ts";
import { type ActivationName, ACTIVATIONS } from "../plan/activations.ts";
import { formatLayers, layerBuffer, type LayerSpec } from "../plan/layers.ts";
import { type InputScaling, toOriginalInputs } from "../training/input_scaling.ts";
import { type Normalization, scalingFor } from "./normalization.ts";
import type { ForeignLayers } from "./weights.ts";

/** The options of {@linkcode importModel}: what files of other programs do not tell. */
export interface ImportOptions extends SizeOptions {
  /** The file's name, for messages. */
  readonly name?: string;
  /** The layers with their activations; their widths must be those of the file. */
  readonly layers?: readonly LayerSpec[];
  /**
   * The activations of the layers, in place of `layers`, if the file does not tell them. By default `relu`, and `linear` for the
   * last layer.
   */
  readonly activations?: readonly ActivationName[];
  /**
   * The factor on each input: `"pixels"` for 1/255, if the network was trained on bytes divided by 255 and its inputs will be
   * bytes. `"none"`, the default, uses inputs as they are.
   */
  readonly inputScale?: "none" | "pixels" | number;
  /**
   * The mean and the standard deviation with which its program normalized the inputs after this factor, such as
   * `{ mean: 0.1307, std: 0.3081 }` for MNIST in PyTorch. The network's first layer then contains the normalization.
   */
  readonly normalize?: Normalization;
  /** The shape of an input; `[28, 28]` for 784 inputs, else `[I]`. Two or three axes mean pixels. */
  readonly inputShape?: readonly number[];
  /** The names of the classes, in label order. */
  readonly classNames?: readonly string[];
}

const EACH = either("a number or an array of numbers", NUMBER, NUMBERS);

/** The kinds of {@linkcode ImportOptions}. */
export const IMPORT_KINDS: Fields = {
  name: TEXT,
  layers: LAYERS,
  activations: list(oneOf(ACTIVATIONS)),
  inputScale: either(`"none", "pixels" or a finite number`, oneOf(["none", "pixels"]), FINITE),
  normalize: fields({ mean: EACH, std: EACH }),
  inputShape: SHAPE,
  classNames: NAMES,
  trustSizes: FLAG,
};

/** Makes a network of layers whose file does not tell everything. */
export function foreignParts(
  foreign: ForeignLayers,
  options: ImportOptions,
  refuse: Refuse,
): { readonly parts: MlpParts; readonly notes: readonly DataNote[] } {
  const notes: DataNote[] = [...foreign.notes];
  const layers = layersFor(foreign, options, notes);
  const spec = inputSpecFor(foreign, options, notes, refuse);
  const parameters = toOriginalInputs(parametersOf(foreign), scalingOf(foreign, options));
  return { parts: { ...spec, layers, parameters }, notes };
}

/** Returns the layers: those of the options, else those with the activations of the file, else assumed ones. */
function layersFor(
  { layers, last = "linear" }: ForeignLayers,
  { layers: given, activations, name }: ImportOptions,
  notes: DataNote[],
): readonly LayerSpec[] {
  const widths = layers.map(({ outFeatures }) => outFeatures);
  if (given !== undefined) {
    const refuse = (found: string) =>
      new TypeError(`Cannot use layers "${formatLayers(given)}"${forFile(name)}: ${found}`);
    if (given.map(({ outFeatures }) => outFeatures).join() !== widths.join()) {
      throw refuse(`it has layers of ${widths.join(", ")} outputs`);
    }
    for (const [index, { activation }] of layers.entries()) {
      if (activation === undefined || activation === given[index].activation) continue;
      throw refuse(`the file says ${activation} for layer ${index + 1}`);
    }
    return given;
  }
  if (activations !== undefined && activations.length !== layers.length) {
    const found = `it has layers of ${widths.join(", ")} outputs`;
    throw new TypeError(`Cannot use ${activations.length} activations${forFile(name)}: ${found}`);
  }
  const withLast = (last: ActivationName) =>
    layers.map(({ outFeatures, activation }, index): LayerSpec => {
      const assumed = activations?.[index] ?? (index < layers.length - 1 ? "relu" : last);
      return { outFeatures, activation: activation ?? assumed };
    });
  const assumed = withLast(last), isPair = widths[widths.length - 1] === 1;
  if (activations || layers.every(({ activation }) => activation !== undefined)) return assumed;
  const [purpose, other] = last !== "linear"
    ? ["a regression", "linear"] as const
    : isPair
    ? ["two classes", "sigmoid"] as const
    : ["classes", "softmax"] as const;
  const advice = `for ${purpose}, the last is usually ${other}`;
  notes.push({
    text: `the file does not tell the activations: ${formatLayers(assumed)} is assumed; ${advice}`,
    option: { name: "layers", value: formatLayers(withLast(other)) },
  });
  return assumed;
}

/** Returns the normalization of the inputs that the file or the options tell. */
function scalingOf(
  { layers: [{ inFeatures }], scaling }: ForeignLayers,
  { normalize, name }: ImportOptions,
): InputScaling | undefined {
  if (normalize === undefined) return scaling;
  const fault = (found: string) => new RangeError(`Cannot normalize inputs${forFile(name)} by ${found}`);
  if (scaling) {
    throw new TypeError(`Cannot normalize inputs${forFile(name)}: the file has means and deviations`);
  }
  return scalingFor(normalize, inFeatures, fault);
}

/** Returns the meaning of the inputs, which no foreign file tells. */
function inputSpecFor(
  { layers, classNames: found, scaling }: ForeignLayers,
  { inputScale: scale = "none", inputShape: shape, classNames = found, normalize, name }: ImportOptions,
  notes: DataNote[],
  refuse: Refuse,
): InputSpec & { readonly inputScale: number } {
  const [{ inFeatures }] = layers, { outFeatures } = layers[layers.length - 1];
  const inputScale = scale === "pixels" ? 1 / 255 : scale === "none" ? 1 : scale;
  if (!Number.isFinite(inputScale)) {
    throw new RangeError(`The scale of inputs is ${inputScale}, needs a number`);
  }
  const inputShape = shape ?? (inFeatures === 28 * 28 ? [28, 28] : [inFeatures]);
  if (inputShape.reduce((product, length) => product * length, 1) !== inFeatures) {
    throw new TypeError(
      `Cannot use inputs of shape [${inputShape.join(", ")}]${forFile(name)}: it has ${inFeatures} inputs`,
    );
  }
  const classes = outFeatures === 1 ? [1, 2] : [outFeatures]; // one output may tell two classes apart
  if (classNames && !classes.includes(classNames.length)) {
    const fault = `has ${outFeatures} outputs, ${classNames.length} class names do not fit`;
    throw classNames === found
      ? refuse(fault)
      : new TypeError(`Cannot use the class names: the file ${fault}`);
  }
  const isImage = inputShape.length === 2 || inputShape.length === 3;
  const white = inputScale > 0 ? Number((1 / inputScale).toPrecision(12)) : 1;
  const pixels = isImage ? `, as ${inputShape.join("×")} pixels from 0 to ${white}` : "";
  if (scale === "none" && normalize === undefined && scaling === undefined) {
    const text = `the file does not tell the scale of inputs: they are used as they are${pixels}`;
    notes.push(isImage ? { text, option: { name: "normalize", value: "MEAN,STD" } } : { text });
  }
  return {
    inputShape,
    inputScale,
    ...classNames && { classNames },
    ...isImage && { image: { white, placement: inFeatures === 28 * 28 ? "center" : "resize" } },
  };
}

function parametersOf({ layers }: ForeignLayers): Record<string, FloatArray> {
  const parameters: Record<string, FloatArray> = {};
  for (const [index, { weights, bias }] of layers.entries()) {
    parameters[layerBuffer(index, "weights")] = weights;
    parameters[layerBuffer(index, "bias")] = bias;
  }
  return parameters;
}

/** Checks that no option contradicts a file that tells everything. */
export function checkUnchanged(
  parts: MlpParts,
  { name, layers, inputScale, normalize, inputShape, classNames }: ImportOptions,
) {
  const fault = (given: string, found: string) =>
    new TypeError(`Cannot use ${given}${forFile(name)}: the file says ${found}`);
  const own = formatLayers(parts.layers), scale = inputScale === "pixels" ? 1 / 255 : inputScale;
  if (layers !== undefined && formatLayers(layers) !== own) {
    throw fault(`layers "${formatLayers(layers)}"`, `"${own}"`);
  }
  if (scale !== undefined && (scale === "none" ? 1 : scale) !== parts.inputScale) {
    throw fault(`input scale ${scale}`, String(parts.inputScale));
  }
  if (normalize !== undefined) throw fault("a normalization", "all about its inputs");
  if (inputShape !== undefined && inputShape.join() !== parts.inputShape.join()) {
    throw fault(`inputs of shape [${inputShape.join(", ")}]`, `[${parts.inputShape.join(", ")}]`);
  }
  if (classNames !== undefined && jsonText(classNames) !== jsonText(parts.classNames)) {
    throw fault("these class names", parts.classNames ? "others" : "none");
  }
}

function forFile(name: string | undefined): string {
  return name === undefined ? "" : ` for ${JSON.stringify(name)}`;
}
