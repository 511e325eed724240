import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { datasetFromNpz } from "../../src/data/load.ts";
import { FormatError } from "../../src/errors.ts";
import { formatNpz, type NpzInput, parseNpz } from "../../src/formats/npz.ts";

const name = "set.npz";

/** Four images of 2 × 2 bytes. */
const X: NpzInput = { shape: [4, 2, 2], values: Uint8Array.from({ length: 16 }, (_, index) => 16 * index) };
const Y: NpzInput = { shape: [4], values: Uint8Array.of(0, 1, 2, 1) };

function floats(shape: number[], ...values: number[]): NpzInput {
  return { shape, values: Float32Array.from(values) };
}

function load(arrays: Record<string, NpzInput>) {
  return datasetFromNpz(formatNpz(arrays), { name });
}

async function assertRefused(arrays: Record<string, NpzInput>, fault: string): Promise<void> {
  const error = await assertRejects(() => load(arrays), FormatError, `Cannot load "set.npz": `);
  assertStringIncludes(error.message, fault);
  assertEquals(error.file, name);
}

Deno.test("datasetFromNpz() creates a training and a test set", async () => {
  const { train, test } = await load({ x_train: X, y_train: Y, x_test: X, y_test: Y });
  assertEquals(train.inputs, X.values as Uint8Array);
  assertEquals([train.inputShape, train.inputScale, train.outFeatures, train.source], [
    [2, 2],
    1 / 255,
    3,
    name,
  ]);
  assertEquals(train.labels, Uint32Array.of(0, 1, 2, 1));
  assertEquals(test, train);
});

Deno.test("datasetFromNpz() accepts an opened archive with members in any order, and needs no test set", async () => {
  const npz = await parseNpz(formatNpz({ other: Y, y_train: Y, x_train: X }), { name });
  const { train, test } = await datasetFromNpz(npz);
  assertEquals([train.source, train.outFeatures, test], [name, 3, undefined]);
});

Deno.test("datasetFromNpz() decides the input type by the training set", async () => {
  const whole = floats([2, 1, 2], 0, 255, 255, 0);
  const mixed = floats([2, 1, 2], 0.5, 255, 255, 0);
  const y = { shape: [2], values: Uint8Array.of(0, 1) };
  const pixels = await load({ x_train: whole, y_train: y, x_test: mixed, y_test: y });
  assertEquals([pixels.train.inputs, pixels.train.inputScale], [Uint8Array.of(0, 255, 255, 0), 1 / 255]);
  assertEquals([pixels.test?.inputs, pixels.test?.inputScale], [Float32Array.of(0.5, 255, 255, 0), 1 / 255]);
  const plain = await load({ x_train: mixed, y_train: y, x_test: whole, y_test: y });
  assertEquals([plain.train.inputScale, plain.test?.inputScale], [1, 1]);
  assertEquals(plain.test?.inputs, Float32Array.of(0, 255, 255, 0));
});

Deno.test("datasetFromNpz() accepts bools as inputs and as labels", async () => {
  const bools: NpzInput = { dtype: "|b1", shape: [4], values: Uint8Array.of(0, 1, 1, 0) };
  const { train } = await load({ x_train: { ...bools, shape: [4, 1] }, y_train: bools });
  assertEquals([train.inputs, train.inputScale, train.outFeatures], [Uint8Array.of(0, 1, 1, 0), 1, 2]);
});

const LABELS: [name: string, array: NpzInput][] = [
  ["int64 [N]", { shape: [4], values: BigInt64Array.of(0n, 1n, 2n, 1n) }],
  ["int32 [N, 1]", { shape: [4, 1], values: Int32Array.of(0, 1, 2, 1) }],
  ["whole float32 [N]", floats([4], 0, 1, 2, 1)],
  ["whole float64 [N]", { shape: [4], values: Float64Array.of(0, 1, 2, 1) }],
  ["whole float32 [N, 1]", floats([4, 1], 0, 1, 2, 1)],
  ["one-hot float32 [N, 3]", floats([4, 3], 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0)],
  ["one-hot int32 [N, 3]", { shape: [4, 3], values: Int32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0) }],
];

for (const [kind, array] of LABELS) {
  Deno.test(`datasetFromNpz() treats ${kind} as labels`, async () => {
    const { train } = await load({ x_train: X, y_train: array });
    assertEquals([train.labels, train.outFeatures], [Uint32Array.of(0, 1, 2, 1), 3]);
  });
}

const TARGETS: [name: string, array: NpzInput, outFeatures: number][] = [
  ["floats [N] with a fraction", floats([4], 0, 1.5, 2, 1), 1],
  ["floats [N, 2]", floats([4, 2], 0, 1, 0, 1, 1, 0, 1, 2), 2],
  ["multi-hot floats [N, 2]", floats([4, 2], 0, 1, 1, 1, 1, 0, 1, 0), 2],
  ["integers [N, 2]", { shape: [4, 2], values: Int32Array.of(0, 1, 0, 1, 1, 0, 2, 0) }, 2],
  ["float64 [N, 1]", { shape: [4, 1], values: Float64Array.of(0.5, 1, 2, 1) }, 1],
];

for (const [kind, array, outFeatures] of TARGETS) {
  Deno.test(`datasetFromNpz() treats ${kind} as target values`, async () => {
    const { train } = await load({ x_train: X, y_train: array });
    assertEquals(train.targets, Float32Array.from(array.values as Float32Array));
    assertEquals([train.labels, train.outFeatures], [undefined, outFeatures]);
  });
}

Deno.test("datasetFromNpz() decides between labels and target values by the training set", async () => {
  const whole = floats([4], 0, 1, 2, 1);
  const mixed = floats([4], 0, 1.5, 2, 1);
  const { test } = await load({ x_train: X, y_train: mixed, x_test: X, y_test: whole });
  assertEquals(test?.targets, Float32Array.of(0, 1, 2, 1));
  const integers = await load({ x_train: X, y_train: mixed, x_test: X, y_test: Y });
  assertEquals(integers.test?.targets, Float32Array.of(0, 1, 2, 1));
  await assertRefused({ x_train: X, y_train: whole, x_test: X, y_test: mixed }, `"y_test" has 1.5 at [1]`);
});

Deno.test("datasetFromNpz() counts the classes over both sets", async () => {
  const more: NpzInput = { shape: [4], values: Uint8Array.of(0, 1, 7, 1) };
  const { train, test } = await load({ x_train: X, y_train: Y, x_test: X, y_test: more });
  assertEquals([train.outFeatures, test?.classNames], [4, ["0", "1", "2", "7"]]);
});

Deno.test("datasetFromNpz() counts the classes by their names", async () => {
  const classNames = ["a", "b", "c", "d"];
  const class_names: NpzInput = { shape: [4], values: classNames };
  const { train, test } = await load({ x_train: X, y_train: Y, x_test: X, y_test: Y, class_names });
  assertEquals([train.outFeatures, train.classNames, test?.classNames], [4, classNames, classNames]);
  const two = { shape: [2], values: ["a", "b"] };
  await assertRefused(
    { x_train: X, y_train: Y, class_names: two },
    `"y_train" has the label "2", needs one of "a", "b", or a number from 0 to 1`,
  );
});

/** Several labels a row. */
const SEVERAL: NpzInput = { shape: [4, 2], values: Int32Array.of(0, 1, 1, 1, 0, 0, 1, 0) };

for (
  const [kind, array] of Object.entries(
    {
      "int32": SEVERAL,
      "int64": { shape: [4, 2], values: BigInt64Array.from(SEVERAL.values as Int32Array, BigInt) },
      "bool": { dtype: "|b1", shape: [4, 2], values: Uint8Array.from(SEVERAL.values as Int32Array) },
    } satisfies Record<string, NpzInput>,
  )
) {
  Deno.test(`datasetFromNpz() takes ${kind} [N, O] of 0 and 1 for target values: several labels a row`, async () => {
    const oneHot: NpzInput = { shape: [4, 2], values: Int32Array.of(0, 1, 1, 0, 0, 1, 1, 0) };
    const { train, test } = await load({ x_train: X, y_train: array, x_test: X, y_test: oneHot });
    assertEquals([train.targets, train.outFeatures], [Float32Array.of(0, 1, 1, 1, 0, 0, 1, 0), 2]);
    // The training set says what they are: a small test set may be one-hot by chance.
    assertEquals(test?.targets, Float32Array.of(0, 1, 1, 0, 0, 1, 1, 0));
  });
}

const REFUSED: [name: string, arrays: Record<string, NpzInput>, fault: string][] = [
  ["an archive without arrays", {}, "it holds no arrays, needs x_train and y_train"],
  ["other members", { a: X, b: Y }, "it holds a, b, needs x_train and y_train"],
  ["a test set alone", { x_test: X, y_test: Y }, "it holds x_test, y_test, needs x_train and y_train"],
  ["missing labels", { x_train: X }, "it holds x_train, needs x_train and y_train"],
  ["test inputs without labels", { x_train: X, y_train: Y, x_test: X }, "needs x_test and y_test"],
  [
    "different numbers of rows",
    { x_train: X, y_train: { shape: [3], values: Uint8Array.of(0, 1, 2) } },
    `"x_train" has shape [4, 2, 2] and "y_train" [3], both need the same number of rows`,
  ],
  [
    "different input shapes",
    { x_train: X, y_train: Y, x_test: { ...X, shape: [4, 4] }, y_test: Y },
    `"x_test" holds inputs of shape [4], the training set has [2, 2]`,
  ],
  ["inputs of rank 1", { x_train: Y, y_train: Y }, `"x_train" has shape [4], needs [N, ...]`],
  [
    "inputs of rank 0",
    { x_train: { shape: [], values: Uint8Array.of(1) }, y_train: Y },
    `has shape [], needs [N, ...]`,
  ],
  [
    "an empty training set",
    {
      x_train: { shape: [0, 2], values: new Uint8Array(0) },
      y_train: { shape: [0], values: new Uint8Array(0) },
    },
    `"y_train" holds no rows`,
  ],
  [
    "inputs that are strings",
    { x_train: { shape: [4, 1], values: ["a", "b", "c", "d"] }, y_train: Y },
    "needs numbers",
  ],
  [
    "labels that are strings in one set and numbers in the other",
    { x_train: X, y_train: { shape: [4], values: ["a", "b", "a", "b"] }, x_test: X, y_test: Y },
    `"y_test" and "y_train" need both strings or both numbers`,
  ],
  ["labels of rank 3", { x_train: X, y_train: X }, `"y_train" has shape [4, 2, 2] of |u1, needs labels [N]`],
  [
    "several labels a row in the test set alone",
    { x_train: X, y_train: Y, x_test: X, y_test: SEVERAL },
    `"y_test" has 2 values a row, "y_train" has 1`,
  ],
  [
    "NaN",
    { x_train: floats([2, 1, 2], 0, 1, 2, NaN), y_train: floats([2], 0, 1) },
    `"x_train" has NaN at [1, 0, 1]`,
  ],
  ["targets that are NaN", { x_train: X, y_train: floats([4], 0, 1, NaN, 0) }, `"y_train" has NaN at [2, 0]`],
  [
    "target values only in the test set",
    { x_train: X, y_train: Y, x_test: X, y_test: floats([4, 1], 0, 1.5, 1, 1) },
    `"y_test" has 1.5 at [1], class labels need whole numbers or strings`,
  ],
  [
    "class names that are not strings",
    { x_train: X, y_train: Y, class_names: Y },
    `"class_names" has shape [4] of |u1, needs [C] of strings`,
  ],
  [
    "class names for target values",
    { x_train: X, y_train: floats([4, 1], 0, 1.5, 2, 3), class_names: { shape: [1], values: ["a"] } },
    `Class names need class labels, "y_train" holds target values`,
  ],
];

for (const [kind, arrays, fault] of REFUSED) {
  Deno.test(`datasetFromNpz() refuses ${kind}`, () => assertRefused(arrays, fault));
}

Deno.test("datasetFromNpz() refuses a damaged archive", async () => {
  const bytes = formatNpz({ x_train: X, y_train: Y });
  bytes[60] ^= 1;
  await assertRejects(
    () => datasetFromNpz(bytes, { name }),
    FormatError,
    `Cannot read "set.npz": "x_train.npy" is damaged`,
  );
});
