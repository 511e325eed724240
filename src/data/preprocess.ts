/**
 * Preprocessing of data sets: scaling, flattening, one-hot rows. No function of this file changes its arguments.
 * @module
 */
import {
  BYTES,
  checkArgument,
  checkOptions,
  fields,
  foundText,
  list,
  NUMBER,
  NUMBERS,
  whole,
} from "../arguments.ts";

/** The maximum number of classes: rows of more do not fit into an array. */
const MAX_CLASSES = 2 ** 30;

/** Mean and standard deviation of all values, or of each feature. */
export interface Statistics {
  /** One mean for all values, or one for each feature. */
  readonly mean: Float64Array;
  /** As many standard deviations as means; each at least 0. */
  readonly standardDeviation: Float64Array;
}

/**
 * Returns the mean and the standard deviation of `values`. Compute them from the training set, and normalize every
 * set with them.
 *
 * @param values rows `[N, I]`
 * @param options `inFeatures` is `I`, for separate statistics of each feature; without it they are over all values
 * @throws {TypeError} if `values` is empty or not a whole number of rows
 *
 * @example
 * ```ts
 * import { statisticsOf } from "@mlpcuda/mlpcuda";
 * import { assertEquals } from "@std/assert";
 *
 * const { mean, standardDeviation } = statisticsOf([1, 10, 3, 30], { inFeatures: 2 });
 * assertEquals([...mean], [2, 20]);
 * assertEquals([...standardDeviation], [1, 10]);
 * ```
 */
export function statisticsOf(
  values: ArrayLike<number>,
  options: { readonly inFeatures?: number } = {},
): Statistics {
  checkArgument("values", values, NUMBERS);
  checkOptions(options, { inFeatures: NUMBER });
  const { inFeatures = 1 } = options;
  const rows = rowsOf(values, inFeatures, "inFeatures");
  if (rows === 0) throw new TypeError("Statistics need at least one row, found none");
  const mean = new Float64Array(inFeatures);
  const standardDeviation = new Float64Array(inFeatures);
  for (let index = 0; index < values.length; index++) mean[index % inFeatures] += values[index] / rows;
  for (let index = 0; index < values.length; index++) {
    standardDeviation[index % inFeatures] += (values[index] - mean[index % inFeatures]) ** 2 / rows;
  }
  return { mean, standardDeviation: standardDeviation.map(Math.sqrt) };
}

/**
 * Returns `(value - mean) / standardDeviation` of every value, as float32.
 *
 * @param values rows `[N, I]`
 * @param statistics the result of {@linkcode statisticsOf}, or known numbers; by default the statistics over all
 * `values`. If a deviation is 0, as for a constant feature, the mean is subtracted without a division.
 * @throws {TypeError} if the statistics are neither one for all values nor one for each feature
 * @throws {RangeError} if a statistic is not finite, or a deviation is negative
 *
 * @example
 * ```ts
 * import { normalize } from "@mlpcuda/mlpcuda";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...normalize([0, 2, 4], { mean: [2], standardDeviation: [2] })], [-1, 0, 1]);
 * ```
 */
export function normalize(
  values: ArrayLike<number>,
  statistics: {
    readonly mean: ArrayLike<number>;
    readonly standardDeviation: ArrayLike<number>;
  } = statisticsOf(values),
): Float32Array<ArrayBuffer> {
  checkArgument("values", values, NUMBERS);
  checkArgument("statistics", statistics, fields({ mean: NUMBERS, standardDeviation: NUMBERS }));
  const { mean, standardDeviation } = statistics;
  const features = mean.length;
  if (standardDeviation.length !== features) {
    throw new TypeError(
      `Found ${features} means and ${standardDeviation.length} deviations, needs as many of both`,
    );
  }
  rowsOf(values, features, "mean.length");
  const factors = new Float64Array(features);
  for (let feature = 0; feature < features; feature++) {
    const deviation = standardDeviation[feature];
    if (!Number.isFinite(mean[feature]) || !Number.isFinite(deviation) || deviation < 0) {
      throw new RangeError(
        `Feature ${feature} has mean ${mean[feature]} and deviation ${deviation}, needs finite ones`,
      );
    }
    factors[feature] = deviation === 0 ? 1 : 1 / deviation;
  }
  const result = new Float32Array(values.length);
  for (let index = 0; index < result.length; index++) {
    const feature = index % features;
    result[index] = (values[index] - mean[feature]) * factors[feature];
  }
  return result;
}

/**
 * Scales pixels from 0..255 to 0..1, as float32. Training does not need such a copy: a data set of bytes with
 * `inputScale` 1/255 gives the same inputs.
 *
 * @example
 * ```ts
 * import { scalePixels } from "@mlpcuda/mlpcuda";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...scalePixels(Uint8Array.of(0, 51, 255))], [0, Math.fround(0.2), 1]);
 * ```
 */
export function scalePixels(pixels: Uint8Array): Float32Array<ArrayBuffer> {
  checkArgument("pixels", pixels, BYTES);
  const scaled = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) scaled[i] = pixels[i] / 255;
  return scaled;
}

/**
 * Flattens each input to a row: shape `[N, ...]` becomes `[N, I]`. The result has the same `values`, not a copy,
 * because the C order of values does not change.
 *
 * @throws {TypeError} if the shape has no axis
 *
 * @example
 * ```ts
 * import { flatten } from "@mlpcuda/mlpcuda";
 * import { assertEquals } from "@std/assert";
 *
 * const images = { shape: [10, 28, 28], values: new Uint8Array(7840) };
 * assertEquals(flatten(images).shape, [10, 784]);
 * ```
 */
export function flatten<T extends { readonly shape: readonly number[] }>(
  array: T,
): Omit<T, "shape"> & { readonly shape: readonly [rows: number, inFeatures: number] } {
  checkArgument("array", array, fields({ shape: list(whole()) }));
  const [rows, ...rest] = array.shape;
  if (rows === undefined) throw new TypeError("Cannot flatten shape [], needs [N, ...]");
  return { ...array, shape: [rows, rest.reduce((product, length) => product * length, 1)] };
}

/**
 * Returns one row for each label, with 1 at the index of the label and 0 elsewhere.
 *
 * @param labels class labels `[N]`
 * @param classes the length of a row, `C`
 * @returns rows `[N, C]`
 * @throws {RangeError} if a label is not a whole number from 0 to `classes - 1`
 *
 * @example
 * ```ts
 * import { oneHot } from "@mlpcuda/mlpcuda";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...oneHot([2, 0], 3)], [0, 0, 1, 1, 0, 0]);
 * ```
 */
export function oneHot(labels: ArrayLike<number>, classes: number): Float32Array<ArrayBuffer> {
  checkArgument("labels", labels, NUMBERS);
  if (!Number.isSafeInteger(classes) || classes < 1) {
    throw new RangeError(`Number of classes is ${foundText(classes)}, needs a whole number from 1`);
  }
  checkArgument("classes", classes, whole(1, MAX_CLASSES));
  const rows = new Float32Array(labels.length * classes);
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row];
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new RangeError(
        `Label ${label} in row ${row} needs to be a whole number from 0 to ${classes - 1}`,
      );
    }
    rows[row * classes + label] = 1;
  }
  return rows;
}

/**
 * Returns the label of each one-hot row: the inverse of {@linkcode oneHot}.
 *
 * @param rows rows `[N, C]`, each with a single 1 and zeros
 * @param classes the length of a row, `C`
 * @returns labels `[N]`
 * @throws {TypeError} if `rows` is not a whole number of rows
 * @throws {RangeError} if a row is not one-hot
 *
 * @example
 * ```ts
 * import { fromOneHot } from "@mlpcuda/mlpcuda";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...fromOneHot([0, 0, 1, 1, 0, 0], 3)], [2, 0]);
 * ```
 */
export function fromOneHot(rows: ArrayLike<number>, classes: number): Uint32Array<ArrayBuffer> {
  checkArgument("rows", rows, NUMBERS);
  const labels = new Uint32Array(rowsOf(rows, classes, "classes"));
  for (let row = 0; row < labels.length; row++) {
    let ones = 0;
    for (let column = 0; column < classes; column++) {
      const value = rows[row * classes + column];
      if (value !== 0 && value !== 1) {
        throw new RangeError(`One-hot rows hold ${value} at [${row}, ${column}], needs 0 or 1`);
      }
      if (value === 1) labels[row] = column;
      ones += value;
    }
    if (ones !== 1) {
      throw new RangeError(`Row ${row} is not one-hot: it holds ${ones} ones, needs a single one`);
    }
  }
  return labels;
}

/** Returns the number of rows of `length` values each. */
function rowsOf(values: ArrayLike<number>, length: number, name: string): number {
  if (!Number.isSafeInteger(length) || length < 1 || values.length % length !== 0) {
    throw new TypeError(
      `${values.length} values are not a whole number of rows of ${foundText(length)} (${name})`,
    );
  }
  return values.length / length;
}
