/** Data sets with weights of rows, and with rows that belong to no class. @module */
import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { canonicalDataset } from "../../src/data/canonical.ts";
import { NO_CLASS } from "../../src/data/dataset.ts";
import { type DatasetArrays, datasetFromArrays } from "../../src/data/from_arrays.ts";
import { takeRows } from "../../src/data/split.ts";
import { fingerprintOf } from "../../src/training/checkpoint.ts";

const ARRAYS = { inputs: [0.5, 1.5, 2.5], inputShape: [1], labels: [0, -1, 2] };
const CLASSED = { ...ARRAYS, labels: [0, 1, 2] };

Deno.test("datasetFromArrays() takes the weights of rows, of any type", () => {
  for (const weights of [[1, 0, 2.5], Float64Array.of(1, 0, 2.5), Float32Array.of(1, 0, 2.5)]) {
    assertEquals(datasetFromArrays({ ...CLASSED, weights }).weights, Float32Array.of(1, 0, 2.5));
  }
  const { labels: _, ...rest } = CLASSED;
  const regression = datasetFromArrays({ ...rest, targets: [1, 2, 3], weights: Uint8Array.of(1, 0, 2) });
  assertEquals(regression.weights, Float32Array.of(1, 0, 2));
  assertEquals("weights" in datasetFromArrays(CLASSED), false);
});

Deno.test("datasetFromArrays() takes a label for rows that belong to no class", () => {
  const set = datasetFromArrays({ ...ARRAYS, noClass: -1 });
  assertEquals([set.labels, set.outFeatures], [Uint32Array.of(0, NO_CLASS, 2), 3]);
  // The label may be one that would be a class.
  const other = datasetFromArrays({ ...ARRAYS, labels: Int32Array.of(0, 255, 1), noClass: 255 });
  assertEquals([other.labels, other.outFeatures], [Uint32Array.of(0, NO_CLASS, 1), 2]);
  const test = datasetFromArrays({ ...ARRAYS, labels: [-1, -1, 1], noClass: -1, like: set });
  assertEquals([test.labels, test.outFeatures], [Uint32Array.of(NO_CLASS, NO_CLASS, 1), 3]);
  const marked = datasetFromArrays({ ...ARRAYS, labels: [0, NO_CLASS, 1], noClass: NO_CLASS });
  assertEquals([marked.labels, marked.outFeatures], [Uint32Array.of(0, NO_CLASS, 1), 2]);
});

const REFUSED: Readonly<
  Record<
    string,
    [arrays: Partial<DatasetArrays>, kind: typeof TypeError | typeof RangeError, message: string]
  >
> = {
  "too few weights": [{ weights: [1, 2] }, TypeError, `"weights" has 2 values, 3 rows need 3`],
  "weights that are null": [
    { weights: null as unknown as undefined },
    TypeError,
    `"weights" is null, needs an array of numbers`,
  ],
  "a negative weight": [
    { weights: [1, -0.5, 1] },
    RangeError,
    `"weights" has -0.5 at [1], needs numbers from 0`,
  ],
  "a weight that is no number": [{ weights: [1, 1, NaN] }, RangeError, `"weights" has NaN at [2]`],
  "an infinite weight": [{ weights: [Infinity, 1, 1] }, RangeError, `"weights" has Infinity at [0]`],
  "a negative label that is not that of no class": [
    { labels: [0, -2, 1], noClass: -1 },
    RangeError,
    `"labels" has -2 at [1], class labels need to be whole numbers from 0`,
  ],
  "a label of no class beside target values": [
    { labels: undefined, targets: [1, 2, 3], noClass: -1 },
    TypeError,
    `Classes need labels, "targets" holds target values`,
  ],
  "labels of no class alone": [
    { labels: [-1, -1, -1], noClass: -1 },
    RangeError,
    "Number of classes is",
  ],
};

for (const [name, [arrays, kind, message]] of Object.entries(REFUSED)) {
  Deno.test(`datasetFromArrays() refuses ${name}`, () => {
    assertThrows(() => datasetFromArrays({ ...CLASSED, ...arrays }), kind, message);
  });
}

Deno.test("canonicalDataset() checks and converts weights, and copies none that are float32", () => {
  const set = datasetFromArrays({ ...CLASSED, weights: Float32Array.of(1, 2, 3) });
  assertStrictEquals(canonicalDataset(set), set);
  assertEquals(canonicalDataset({ ...set, weights: [1, 2, 3] }).weights, Float32Array.of(1, 2, 3));
  const message = `Cannot use arrays: "weights" has 2 values, 3 rows need 3`;
  assertThrows(() => canonicalDataset({ ...set, weights: [1, 2] }), TypeError, message);
  const none = { ...set, weights: null as unknown as undefined };
  assertThrows(() => canonicalDataset(none), TypeError, `Cannot use arrays: "weights" is null`);
  assertThrows(
    () => canonicalDataset({ ...set, weights: [1, -2, 1] }),
    RangeError,
    `"weights" has -2 at [1]`,
  );
});

Deno.test("canonicalDataset() takes NO_CLASS in labels of any type", () => {
  const set = datasetFromArrays(CLASSED);
  for (const labels of [[0, NO_CLASS, 2], Float64Array.of(0, NO_CLASS, 2), Uint32Array.of(0, NO_CLASS, 2)]) {
    assertEquals(canonicalDataset({ ...set, labels }).labels, Uint32Array.of(0, NO_CLASS, 2));
  }
});

Deno.test("takeRows() takes the weights with their rows", () => {
  const set = datasetFromArrays({ ...CLASSED, weights: [1, 2, 3] });
  assertEquals(takeRows(set, Uint32Array.of(2, 0)).weights, Float32Array.of(3, 1));
});

Deno.test("fingerprintOf() tells sets of other weights apart, and leaves a set without weights as it was", () => {
  const set = datasetFromArrays(CLASSED), weighted = { ...set, weights: Float32Array.of(1, 1, 1) };
  const crcs = [set, weighted, { ...set, weights: Float32Array.of(1, 1, 2) }].map((set) =>
    fingerprintOf(set).crc32
  );
  assertEquals(new Set(crcs).size, 3);
});
