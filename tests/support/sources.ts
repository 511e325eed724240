/** Sources of data sets for tests, before they are interpreted. */
import { interpret } from "../../src/data/meaning/interpret.ts";
import type { DataOptions } from "../../src/data/options.ts";
import type { RawArray, RawSet, RawSource } from "../../src/data/sources/raw.ts";
import type { NpyValues } from "../../src/formats/npy.ts";

/** Returns an array of a source. */
export function array(name: string, shape: readonly number[], values: NpyValues): RawArray {
  const dtype = Array.isArray(values) ? "<U9" : values instanceof Float64Array ? "<f8" : "|u1";
  return { name, shape, values, dtype };
}

/** Returns a set of labels, with inputs that are no images. */
export function labelled(labels: NpyValues, width?: number): RawSet {
  const rows = labels.length / (width ?? 1);
  const inputs = array("x", [rows, 2], Float64Array.from({ length: 2 * rows }, (_, i) => i % 7 - 3));
  return { inputs, labels: array("y", width === undefined ? [rows] : [rows, width], labels) };
}

/** Interprets labels. */
export function decide(
  labels: NpyValues,
  options: DataOptions & { width?: number } = {},
  more: Partial<RawSource> = {},
) {
  const { width, ...rest } = options;
  return interpret({ file: "set.npz", train: labelled(labels, width), ...more }, rest);
}

/** Returns the images of bytes `[N, 8, 8]` as a source; each image has one pixel of each value. */
export function images(values: readonly number[], shape: readonly number[] = [8, 8]): RawSource {
  const size = shape.reduce((product, length) => product * length, 1);
  const rows = 4, inputs = Float64Array.from({ length: rows * size }, (_, i) => values[i % values.length]);
  return {
    file: "images.npz",
    train: {
      inputs: array("x", [rows, ...shape], inputs),
      labels: array("y", [rows], Uint8Array.of(0, 1, 0, 1)),
    },
  };
}

/** Returns integers. */
export const ints = (...values: number[]) => Int32Array.from(values);
/** Returns float64 numbers. */
export const floats = (...values: number[]) => Float64Array.from(values);
