/** The validation split. @module */
import { DATASET, ROWS } from "../argument_kinds.ts";
import { checkArgument, RATE, SEED, whole } from "../arguments.ts";
import { permutation } from "../random.ts";
import { countOf, type Dataset, inFeaturesOf } from "./dataset.ts";

/**
 * Splits rows into rows for training and rows for validation. `share` of all rows, but at least one, are for
 * validation; `seed` draws them.
 *
 * @returns row indices, each list in ascending order
 * @throws {RangeError} if no row would be left for training
 */
export function splitRows(
  count: number,
  share: number,
  seed: number,
): { train: Uint32Array<ArrayBuffer>; validation: Uint32Array<ArrayBuffer> } {
  checkArgument("count", count, whole(0, 0xffffffff));
  checkArgument("share", share, RATE);
  checkArgument("seed", seed, SEED);
  const held = heldRows(count, share);
  if (held >= count) {
    throw new RangeError(`Cannot set ${held} of ${count} rows apart for validation: none is left`);
  }
  const order = permutation(seed, 0, count); // epochs count from 1
  return { train: order.slice(held).sort(), validation: order.slice(0, held).sort() };
}

/** Returns the number of rows that {@linkcode splitRows} chooses for validation. */
export function heldRows(count: number, share: number): number {
  return Math.max(1, Math.round(count * share));
}

/** Returns a data set of copies of these rows, in this order. */
export function takeRows(dataset: Dataset, rows: Uint32Array): Dataset {
  checkArgument("dataset", dataset, DATASET);
  checkRows(rows, countOf(dataset));
  const { labels, targets, distilled, weights, outFeatures } = dataset;
  const labelsOf = (labels: Uint32Array) => Uint32Array.from(rows, (row) => labels[row]);
  const inputs = gatherRows(dataset.inputs, rows, inFeaturesOf(dataset));
  return {
    ...dataset,
    inputs,
    ...(labels && { labels: labelsOf(labels) }),
    ...(targets && { targets: gatherRows(targets, rows, outFeatures) }),
    ...(distilled && { distilled: { ...distilled, labels: labelsOf(distilled.labels) } }),
    ...(weights && { weights: gatherRows(weights, rows, 1) }),
    source: `${rows.length} of the ${countOf(dataset)} rows of ${dataset.source}`,
  };
}

/**
 * Checks indices of rows.
 *
 * @throws {RangeError} if the data set does not have one of the rows
 */
export function checkRows(rows: Uint32Array, count: number): void {
  checkArgument("rows", rows, ROWS);
  const at = rows.findIndex((row) => row >= count);
  if (at >= 0) {
    throw new RangeError(`Argument "rows" has row ${rows[at]} at [${at}], the data set has ${count} rows`);
  }
}

function gatherRows<T extends Uint8Array | Float32Array>(values: T, rows: Uint32Array, width: number): T {
  const gathered = new (values.constructor as new (length: number) => T)(rows.length * width);
  rows.forEach((row, at) => gathered.set(values.subarray(row * width, (row + 1) * width), at * width));
  return gathered;
}
