/** The ranges of a table's inputs in the rows that a network was trained on. @module */
import { countOf, type Dataset, imageSpecOf, inFeaturesOf } from "../data/dataset.ts";

/** The ranges of inputs, in the units of the data set: without `inputScale`. */
export interface InputRanges {
  /** The minimum of each input, `[I]`. */
  readonly least: readonly number[];
  /** The maximum of each input, `[I]`. */
  readonly most: readonly number[];
  /** The mean of each input, `[I]`, rounded to 7 digits; for a category, the share of the rows that have it. */
  readonly mean: readonly number[];
  /** True for each input whose values are all whole numbers, `[I]`. */
  readonly whole: readonly boolean[];
}

/**
 * Returns the ranges of the inputs of a table, from its finite values.
 *
 * @param rows the rows of the data set; all if absent
 * @returns the ranges; `undefined` if the inputs are images
 */
export function inputRangesOf(dataset: Dataset, rows?: Uint32Array): InputRanges | undefined {
  if (!dataset.columns && imageSpecOf(dataset)) return undefined;
  const { inputs } = dataset, width = inFeaturesOf(dataset), count = rows?.length ?? countOf(dataset);
  const least = new Array<number>(width).fill(Infinity), most = new Array<number>(width).fill(-Infinity);
  const sums = new Float64Array(width), counts = new Uint32Array(width);
  const whole = new Array<boolean>(width).fill(true);
  for (let at = 0; at < count; at++) {
    for (let i = 0, from = (rows ? rows[at] : at) * width; i < width; i++) {
      const value = inputs[from + i];
      if (!Number.isFinite(value)) continue;
      if (value < least[i]) least[i] = value;
      if (value > most[i]) most[i] = value;
      if (!Number.isInteger(value)) whole[i] = false;
      sums[i] += value;
      counts[i]++;
    }
  }
  const mean = Array.from(sums, (sum, i) => counts[i] > 0 ? Number((sum / counts[i]).toPrecision(7)) : 0);
  for (let i = 0; i < width; i++) if (counts[i] === 0) least[i] = most[i] = 0;
  return { least, most, mean, whole };
}
