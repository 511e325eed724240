/**
 * Scaling of the inputs: training uses inputs with mean 0 and standard deviation 1, or from 0 to 1. The trained network takes
 * the original values, because its first layer then contains the scaling.
 * @module
 */
import { DATASET } from "../argument_kinds.ts";
import { checkArgument, fields, oneOf } from "../arguments.ts";
import type { FloatArray, Tensors } from "../backends/backend.ts";
import { countOf, type Dataset, inFeaturesOf, type TableColumn } from "../data/dataset.ts";
import { checkRows } from "../data/split.ts";
import { layerBuffer } from "../plan/layers.ts";
import { visible } from "../visible.ts";
import type { TrainConfig } from "./config.ts";

/**
 * The scaling of the inputs that a network was trained on: `(x · inputScale - shift) / scale` for each input, `x` being the
 * value in the data set.
 */
export interface InputScaling {
  /** The mean of each input, or its minimum, `[I]`; 0 for the categories of a column of texts, which are not scaled. */
  readonly shift: readonly number[];
  /**
   * The standard deviation of each input, or its maximum minus its minimum, `[I]`; 1 for the categories of a column of texts.
   * 0 for an input that is constant in the rows to train on: the network ignores it.
   */
  readonly scale: readonly number[];
}

/**
 * The largest `|shift| / scale` of an input. The first layer of the network adds up products of about `|shift| / scale` in
 * float32. If all inputs are at this limit, the probabilities of trained networks with 4 to 784 inputs differ by up to 0.0015
 * from those on scaled inputs; at a tenth of it, by up to 0.00015.
 */
export const MAX_DISTANCE = 1e4;
/** The range of `scale`, within which a weight divided by it is a float32 number with all of its bits. */
const MIN_SCALE = 1e-30, MAX_SCALE = 1e30;

const CONFIG = fields({ inputScaling: oneOf(["none", "standardize", "minmax"]) });

/**
 * Returns the scaling of a run's inputs, from the rows to train on: mean and standard deviation for `"standardize"`, minimum
 * and maximum for `"minmax"`. They are those of the values times `inputScale`, computed in float64. The categories of a column
 * of texts are not scaled.
 *
 * @param rows the rows of the data set to train on; all if absent
 * @returns the scaling; `undefined` if the inputs are not scaled
 * @throws {RangeError} if an input is not finite, if its values are too far from 0 for their range, or if their range is too
 * small or too large for the weights of a network on the original values
 */
export function inputScalingOf(
  dataset: Dataset,
  config: Pick<TrainConfig, "inputScaling">,
  rows?: Uint32Array,
): InputScaling | undefined {
  checkArgument("dataset", dataset, DATASET);
  checkArgument("config", config, CONFIG);
  if (rows !== undefined) checkRows(rows, countOf(dataset));
  const { inputScaling } = config;
  if (inputScaling === "none") return undefined;
  const { least, most, mean } = measure(dataset, rows);
  const isStandardized = inputScaling === "standardize", shift = isStandardized ? mean : least;
  const scale = isStandardized ? deviationsOf(dataset, rows, mean) : most.map((value, i) => value - least[i]);
  const isCategory = categoriesOf(dataset.columns);
  const pairs = Array.from(shift, (by, i): [shift: number, scale: number] => {
    if (isCategory[i]) return [0, 1];
    if (least[i] === most[i]) return [least[i], 0]; // rounding can give a constant input a deviation
    checkScale(dataset, i, { shift: by, scale: scale[i], kind: inputScaling });
    return [by, scale[i]];
  });
  return { shift: pairs.map(([shift]) => shift), scale: pairs.map(([, scale]) => scale) };
}

/** Returns the minimum, the maximum and the mean of each input. */
function measure(dataset: Dataset, rows: Uint32Array | undefined) {
  const { inputs, inputScale } = dataset, width = inFeaturesOf(dataset);
  const least = new Float64Array(width).fill(Infinity), most = new Float64Array(width).fill(-Infinity);
  const mean = new Float64Array(width), count = rows?.length ?? countOf(dataset), first = rows?.[0] ?? 0;
  // Sums of differences from a row do not lose the digits of values that are far from 0.
  const origin = Float64Array.from({ length: width }, (_, i) => inputs[first * width + i] * inputScale);
  for (let at = 0; at < count; at++) {
    const row = rows ? rows[at] : at;
    for (let i = 0, from = row * width; i < width; i++) {
      const value = inputs[from + i] * inputScale;
      if (!Number.isFinite(value)) {
        const found = `${inputName(dataset, i)} of ${dataset.source} is ${value} in row ${row}`;
        throw new RangeError(`Option "inputScaling" needs finite inputs, ${found}`);
      }
      if (value < least[i]) least[i] = value;
      if (value > most[i]) most[i] = value;
      mean[i] += value - origin[i];
    }
  }
  mean.forEach((sum, i) => mean[i] = origin[i] + sum / count);
  return { least, most, mean };
}

/** Returns the standard deviation of each input. */
function deviationsOf(dataset: Dataset, rows: Uint32Array | undefined, mean: Float64Array): Float64Array {
  const { inputs, inputScale } = dataset, width = mean.length, squares = new Float64Array(width);
  const count = rows?.length ?? countOf(dataset);
  for (let at = 0; at < count; at++) {
    const from = (rows ? rows[at] : at) * width;
    for (let i = 0; i < width; i++) squares[i] += (inputs[from + i] * inputScale - mean[i]) ** 2;
  }
  return squares.map((sum) => Math.sqrt(sum / count));
}

function checkScale(
  dataset: Dataset,
  input: number,
  { shift, scale, kind }: { readonly shift: number; readonly scale: number; readonly kind: string },
): void {
  const [place, size] = kind === "minmax" ? ["minimum", "range"] : ["mean", "deviation"];
  const refuse = (found: string, needed: string) =>
    new RangeError(
      `Option "inputScaling" cannot scale ${
        inputName(dataset, input)
      } of ${dataset.source}: ${found}; ${needed}`,
    );
  const sized = `its ${size} is ${Number(scale.toPrecision(4))}`;
  if (!(scale >= MIN_SCALE && scale <= MAX_SCALE)) {
    throw refuse(sized, `needs ${MIN_SCALE} to ${MAX_SCALE}: use values in another unit`);
  }
  if (Math.abs(shift) <= MAX_DISTANCE * scale) return;
  const found = `its ${place} is ${Number(shift.toPrecision(7))} and ${sized}`;
  throw refuse(
    found,
    `float32 is too coarse for that: subtract ${Number(shift.toPrecision(3))} from it, or leave it out`,
  );
}

/** Returns the name of an input for messages: `column "age"`, `input 3`. */
function inputName({ columns }: Dataset, input: number): string {
  if (!columns) return `input ${input}`;
  const names = columns.flatMap(({ name, categories }) => categories ? categories.map(() => name) : [name]);
  return `column ${visible(JSON.stringify(names[input]))}`;
}

/** Returns for each input of a table whether it is a category of a column of texts. */
export function categoriesOf(columns: readonly TableColumn[] = []): readonly boolean[] {
  return columns.flatMap(({ categories }) => categories ? categories.map(() => true) : [false]);
}

/** Returns the data set with scaled inputs, as float32, and an `inputScale` of 1; unchanged without a scaling. */
export function scaled(dataset: Dataset, scaling: InputScaling | undefined): Dataset {
  if (!scaling) return dataset;
  const { shift, scale } = scaling, width = shift.length, { inputScale } = dataset;
  const inputs = new Float32Array(dataset.inputs.length);
  for (let start = 0; start < inputs.length; start += width) {
    for (let i = 0; i < width; i++) {
      if (scale[i] === 0) continue; // constant in the rows to train on
      inputs[start + i] = (dataset.inputs[start + i] * inputScale - shift[i]) / scale[i];
    }
  }
  return { ...dataset, inputs, inputScale: 1 };
}

/**
 * Returns parameters that give, from inputs that are not scaled, the outputs of `parameters` from scaled ones: weights
 * `W / scale`, and bias `b - Σ W shift / scale`.
 *
 * The new weights are rounded to float32. The bias is computed from the rounded ones, so that their errors act on
 * `x - shift`, not on `x`.
 */
export function toOriginalInputs(parameters: Tensors, scaling: InputScaling | undefined): Tensors {
  if (!scaling) return parameters;
  const { shift, scale } = scaling;
  return withFirstLayer(parameters, (weight, i) => {
    const original = scale[i] === 0 ? 0 : Math.fround(weight / scale[i]);
    return { weight: original, bias: -original * shift[i] };
  });
}

/**
 * Returns parameters that give, from scaled inputs, the outputs of `parameters` from inputs that are not scaled: weights
 * `W scale`, and bias `b + Σ W shift`.
 */
export function toScaledInputs(parameters: Tensors, scaling: InputScaling | undefined): Tensors {
  if (!scaling) return parameters;
  const { shift, scale } = scaling;
  return withFirstLayer(parameters, (weight, i) => ({ weight: weight * scale[i], bias: weight * shift[i] }));
}

/** Returns parameters with other weights in the first layer, each of which also adds to the bias of its output. */
export function withFirstLayer(
  parameters: Tensors,
  change: (weight: number, input: number) => { readonly weight: number; readonly bias: number },
): Tensors {
  const weightsName = layerBuffer(0, "weights"), biasName = layerBuffer(0, "bias");
  const given = parameters[weightsName], weights: FloatArray = given.slice();
  const width = given.length / parameters[biasName].length;
  const bias = parameters[biasName].map((value, o) => {
    let sum = value;
    for (let i = 0, at = o * width; i < width; i++, at++) {
      const changed = change(given[at], i);
      weights[at] = changed.weight;
      sum += changed.bias;
    }
    return sum;
  });
  return { ...parameters, [weightsName]: weights, [biasName]: bias };
}
