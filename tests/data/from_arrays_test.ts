import { assertEquals, assertFalse, assertStrictEquals, assertThrows } from "@std/assert";
import { countOf, inFeaturesOf } from "../../src/data/dataset.ts";
import { type DatasetArrays, datasetFromArrays } from "../../src/data/from_arrays.ts";

Deno.test("datasetFromArrays() creates a set with labels", () => {
  const dataset = datasetFromArrays({
    inputs: [0.5, 1, 2, 3],
    inputShape: [2],
    labels: [0, 2],
    source: "here",
  });
  assertEquals(dataset, {
    inputs: Float32Array.of(0.5, 1, 2, 3),
    inputShape: [2],
    inputScale: 1,
    labels: Uint32Array.of(0, 2),
    outFeatures: 3,
    source: "here",
  });
  assertEquals([countOf(dataset), inFeaturesOf(dataset)], [2, 2]);
});

Deno.test("datasetFromArrays() creates a set with target values", () => {
  const dataset = datasetFromArrays({ inputs: [0.5, 1], inputShape: [1], targets: [1, 2, 3, 4] });
  assertEquals(dataset.targets, Float32Array.of(1, 2, 3, 4));
  assertEquals([dataset.outFeatures, countOf(dataset), dataset.source], [2, 2, "arrays"]);
  assertFalse("labels" in dataset);
});

const PIXELS = [0, 1, 2, 255];

for (
  const [name, inputs] of [
    ["a Uint8Array", Uint8Array.from(PIXELS)],
    ["a Float32Array", Float32Array.from(PIXELS)],
    ["a Float64Array", Float64Array.from(PIXELS)],
    ["a BigInt64Array", BigInt64Array.from(PIXELS, BigInt)],
    ["an Int32Array", Int32Array.from(PIXELS)],
    ["an array", PIXELS],
  ] as const
) {
  Deno.test(`datasetFromArrays() treats images of whole numbers from 0 to 255 as pixels, in ${name}`, () => {
    const dataset = datasetFromArrays({ inputs, inputShape: [1, 2], labels: [0, 1] });
    assertEquals(dataset.inputs, Uint8Array.from(PIXELS));
    assertEquals(dataset.inputScale, 1 / 255);
  });
}

Deno.test("datasetFromArrays() does not scale whole numbers of a table", () => {
  const { inputs, inputScale } = datasetFromArrays({ inputs: PIXELS, inputShape: [2], labels: [0, 1] });
  assertEquals([inputs, inputScale], [Float32Array.from(PIXELS), 1]);
});

for (
  const [name, values] of [
    ["0 and 1 only", [0, 1, 1, 0]],
    ["a fraction", [0, 1.5, 2, 255]],
    ["a number below 0", [-1, 0, 2, 255]],
    ["a number above 255", [0, 0, 2, 256]],
  ] as const
) {
  Deno.test(`datasetFromArrays() keeps inputs with ${name} as float32`, () => {
    const dataset = datasetFromArrays({ inputs: values, inputShape: [1, 1], labels: [0, 1, 0, 1] });
    assertEquals(dataset.inputs, Float32Array.from(values));
    assertEquals(dataset.inputScale, 1);
  });
}

Deno.test("datasetFromArrays() keeps bytes of 0 and 1 as bytes with scale 1", () => {
  const dataset = datasetFromArrays({ inputs: Uint8Array.of(0, 1), inputShape: [1], labels: [0, 1] });
  assertEquals([dataset.inputs, dataset.inputScale], [Uint8Array.of(0, 1), 1]);
});

Deno.test("datasetFromArrays() uses bytes, float32 and Uint32Array labels without a copy", () => {
  const bytes = Uint8Array.of(0, 9);
  const floats = Float32Array.of(0.5, 9);
  const labels = Uint32Array.of(0, 1);
  assertStrictEquals(datasetFromArrays({ inputs: bytes, inputShape: [1], labels }).inputs, bytes);
  const dataset = datasetFromArrays({ inputs: floats, inputShape: [1], labels });
  assertStrictEquals(dataset.inputs, floats);
  assertStrictEquals(dataset.labels, labels);
});

Deno.test("datasetFromArrays() uses a given input scale unchanged", () => {
  const bytes = datasetFromArrays({ inputs: Uint8Array.of(9), inputShape: [1], labels: [0], inputScale: 1 });
  assertEquals([bytes.inputs, bytes.inputScale], [Uint8Array.of(9), 1]);
  const floats = datasetFromArrays({ inputs: [9], inputShape: [1], labels: [0], inputScale: 0.5 });
  assertEquals([floats.inputs, floats.inputScale], [Float32Array.of(9), 0.5]);
});

Deno.test("datasetFromArrays() creates a test set with the types of its training set", () => {
  const classNames = ["a", "b", "c"];
  const train = datasetFromArrays({ inputs: [0, 200], inputShape: [1, 1], labels: [0, 1], classNames });
  const dim = datasetFromArrays({ inputs: [0, 1], inputShape: [1, 1], labels: [0, 0], like: train });
  assertEquals([dim.inputs, dim.inputScale, dim.outFeatures], [Uint8Array.of(0, 1), 1 / 255, 3]);
  assertEquals(dim.classNames, classNames);
  const between = datasetFromArrays({ inputs: [0.5, 1], inputShape: [1, 1], labels: [0, 0], like: train });
  assertEquals([between.inputs, between.inputScale], [Float32Array.of(0.5, 1), 1 / 255]);
});

Deno.test("datasetFromArrays() keeps whole inputs of a test set as float32 if the training set is float32", () => {
  const train = datasetFromArrays({ inputs: [0.5, 9], inputShape: [1], labels: [0, 1] });
  const test = datasetFromArrays({ inputs: [3, 9], inputShape: [1], labels: [0, 1], like: train });
  assertEquals([test.inputs, test.inputScale], [Float32Array.of(3, 9), 1]);
});

const LABELLED = datasetFromArrays({ inputs: [0.5, 1], inputShape: [1], labels: [0, 1] });
const X = { inputs: [0.5, 1, 2, 3], inputShape: [2] };

const REFUSED: [
  name: string,
  arrays: DatasetArrays,
  error: typeof TypeError | typeof RangeError,
  fault: string,
][] = [
  ["neither labels nor targets", X, TypeError, "needs either labels or targets"],
  [
    "both labels and targets",
    { ...X, labels: [0, 1], targets: [1, 2] },
    TypeError,
    "either labels or targets",
  ],
  ["no rows", { ...X, inputs: [], labels: [] }, RangeError, `"inputs" holds no rows`],
  [
    "inputs without values",
    { ...X, inputShape: [0], labels: [] },
    TypeError,
    "shape [0], which have no values",
  ],
  [
    "an incomplete row",
    { ...X, inputShape: [3], labels: [0] },
    TypeError,
    "rows of shape [3] need a multiple of 3",
  ],
  ["too few labels", { ...X, labels: [0] }, TypeError, `"labels" has 1 labels, "inputs" has 2 rows`],
  [
    "too few targets",
    { ...X, targets: [0] },
    TypeError,
    `"targets" has 1 values, 2 rows need a multiple of 2`,
  ],
  ["no targets", { ...X, targets: [] }, TypeError, `"targets" has 0 values`],
  ["a negative label", { ...X, labels: [0, -1] }, RangeError, `"labels" has -1 at [1]`],
  ["a fractional label", { ...X, labels: [0.5, 1] }, RangeError, `"labels" has 0.5 at [0]`],
  ["a NaN label", { ...X, labels: [0, NaN] }, RangeError, `"labels" has NaN at [1]`],
  [
    "a huge label",
    { ...X, labels: BigUint64Array.of(0n, 2n ** 60n) },
    RangeError,
    `has 1152921504606846976 at [1]`,
  ],
  [
    "a label outside the classes",
    { ...X, labels: [0, 2], classes: 2 },
    RangeError,
    "labels of 2 classes end at 1",
  ],
  [
    "a fractional number of classes",
    { ...X, labels: [0, 0], classes: 1.5 },
    RangeError,
    "Number of classes is 1.5",
  ],
  [
    "too few class names",
    { ...X, labels: [0, 1], classes: 2, classNames: ["a"] },
    TypeError,
    "1 class names were given for 2 classes",
  ],
  ["classes of target values", { ...X, targets: [0, 1], classes: 2 }, TypeError, "Classes need labels"],
  [
    "NaN",
    { inputs: [1, 2, 3, NaN], inputShape: [1, 2], labels: [0, 1] },
    RangeError,
    `"inputs" has NaN at [1, 0, 1]`,
  ],
  [
    "infinity",
    { ...X, inputs: Float32Array.of(1, -Infinity), labels: [0] },
    RangeError,
    "has -Infinity at [0, 1]",
  ],
  [
    "a number too large for float32",
    { ...X, inputs: [1, 1e300], labels: [0] },
    RangeError,
    "needs numbers that fit",
  ],
  [
    "infinite targets",
    { ...X, targets: [1, 2, Infinity, 4] },
    RangeError,
    `"targets" has Infinity at [1, 0]`,
  ],
  ["a NaN scale", { ...X, labels: [0, 1], inputScale: NaN }, RangeError, "Input scale is NaN"],
  [
    "a shape that differs from the training set's",
    { ...X, labels: [0, 1], like: LABELLED },
    TypeError,
    "training set has [1]",
  ],
  [
    "targets if the training set has labels",
    { inputs: [1], inputShape: [1], targets: [1], like: LABELLED },
    TypeError,
    `"targets" holds target values, the training set has labels`,
  ],
  [
    "a class that the training set does not have",
    { inputs: [1], inputShape: [1], labels: [2], like: LABELLED },
    RangeError,
    "labels of 2 classes end at 1",
  ],
  [
    "a scale that differs from the training set's",
    { inputs: [1], inputShape: [1], labels: [0], like: LABELLED, inputScale: 2 },
    RangeError,
    "the training set has 1",
  ],
];

for (const [name, arrays, error, fault] of REFUSED) {
  Deno.test(`datasetFromArrays() refuses ${name}`, () => {
    assertThrows(() => datasetFromArrays(arrays), error, fault);
  });
}
