/**
 * Numeric arrays of every type at the public API: each gives the same bits as the type that backends take, or one
 * clear error.
 * @module
 */
import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { fingerprintOf } from "../src/training/checkpoint.ts";
import type { NumericArray } from "../src/data/arrays.ts";
import { canonicalDataset, type DatasetLike } from "../src/data/canonical.ts";
import type { Dataset } from "../src/data/dataset.ts";
import { datasetFromArrays } from "../src/data/from_arrays.ts";
import { evaluate } from "../src/training/evaluate.ts";
import { parseIdx } from "../src/formats/idx.ts";
import { dense } from "../src/plan/layers.ts";
import { Mlp } from "../src/mlp.ts";
import { train, type TrainEvent } from "../src/training/train.ts";
import { backendTest, EACH, REFERENCE } from "./support/backends.ts";
import { watch } from "./support/watched.ts";

const ROWS = 24;

/** Every class of numeric array, created from whole numbers from 0 to 100. */
const KINDS: readonly (readonly [name: string, of: (values: readonly number[]) => NumericArray])[] = [
  ["Int8Array", (values) => Int8Array.from(values)],
  ["Uint8Array", (values) => Uint8Array.from(values)],
  ["Uint8ClampedArray", (values) => Uint8ClampedArray.from(values)],
  ["Int16Array", (values) => Int16Array.from(values)],
  ["Uint16Array", (values) => Uint16Array.from(values)],
  ["Int32Array", (values) => Int32Array.from(values)],
  ["Uint32Array", (values) => Uint32Array.from(values)],
  ["BigInt64Array", (values) => BigInt64Array.from(values, BigInt)],
  ["BigUint64Array", (values) => BigUint64Array.from(values, BigInt)],
  ["Float16Array", (values) => new Float16Array(values)],
  ["Float32Array", (values) => Float32Array.from(values)],
  ["Float64Array", (values) => Float64Array.from(values)],
  ["Array", (values) => [...values]],
  ["Buffer", (values) => new (class Buffer extends Uint8Array {})(values)],
];

const draw = (length: number, below: number) =>
  Array.from({ length }, (_, at) => ((at + 1) * 2654435761 >>> 8) % below);
const INPUTS = draw(4 * ROWS, 101), LABELS = draw(ROWS, 3), TARGETS = draw(2 * ROWS, 11);
const FORM = { inputShape: [4], inputScale: 1 / 64, source: "rows made by hand" };

const withLabels = (inputs: NumericArray, labels: NumericArray): DatasetLike => ({
  ...FORM,
  inputs,
  labels,
  outFeatures: 3,
});
const withTargets = (inputs: NumericArray, targets: NumericArray): DatasetLike => ({
  ...FORM,
  inputs,
  targets,
  outFeatures: 2,
});

const CLASSES = withLabels(Float32Array.from(INPUTS), Uint32Array.from(LABELS)) as Dataset;
const REGRESSION = withTargets(Float32Array.from(INPUTS), Float32Array.from(TARGETS)) as Dataset;
const networkFor = ({ labels }: DatasetLike) =>
  Mlp.create([dense(5, "tanh"), labels ? dense(3, "softmax") : dense(2)], CLASSES);

/** Returns everything that a run produces. */
async function trained(set: DatasetLike, backend: Parameters<typeof evaluate>[2]): Promise<unknown> {
  const mlp = networkFor(set), loss = set.labels ? "cross-entropy" : "mean-squared-error";
  const config = { epochs: 2, batchSize: 5, loss, validationSplit: 0.25, ...backend } as const;
  const eventResults = ({ trainLoss, trainAccuracy, validation, test }: TrainEvent) => ({
    trainLoss,
    trainAccuracy,
    validation,
    test,
  });
  const events = await Array.fromAsync(train(mlp, set, { ...config, test: set }), (event) => ({
    ...eventResults(event),
    fingerprint: event.checkpoint().dataset,
  }));
  return { events, parameters: mlp.parameters };
}

backendTest(
  "train() and evaluate() give the same bits for numeric arrays of every type",
  EACH,
  async (backend) => {
    const [wanted, wantedOfTargets] = [
      await trained(CLASSES, { backend }),
      await trained(REGRESSION, { backend }),
    ];
    const wantedEvaluation = await evaluate(networkFor(CLASSES), CLASSES, { backend });
    const bytes = withLabels(Uint8Array.from(INPUTS), CLASSES.labels!),
      wantedOfBytes = await trained(bytes, { backend });
    for (const [kind, of] of KINDS) {
      const set = withLabels(of(INPUTS), of(LABELS));
      const areBytes = ["Uint8Array", "Uint8ClampedArray", "Buffer"].includes(kind);
      assertEquals(await trained(set, { backend }), areBytes ? wantedOfBytes : wanted, kind);
      assertEquals(await evaluate(networkFor(set), set, { backend }), wantedEvaluation, kind);
      const targets = withTargets(REGRESSION.inputs, of(TARGETS));
      assertEquals(await trained(targets, { backend }), wantedOfTargets, kind);
    }
  },
);

Deno.test("Mlp.predict() gives the same bits for numeric arrays of every type", () => {
  const mlp = networkFor(CLASSES), wanted = mlp.predict(CLASSES.inputs);
  for (const [kind, of] of KINDS) assertEquals(mlp.predict(of(INPUTS)), wanted, kind);
  const fractions = INPUTS.map((value) => value / 7);
  assertEquals(mlp.predict(fractions), mlp.predict(Float32Array.from(fractions)));
  assertEquals(mlp.predict(Float64Array.from(fractions)), mlp.predict(Float32Array.from(fractions)));
});

Deno.test("datasetFromArrays() creates the same set from numeric arrays of every type", () => {
  const wanted = datasetFromArrays({ inputs: INPUTS, inputShape: [4], labels: LABELS });
  const ofTargets = datasetFromArrays({ inputs: INPUTS, inputShape: [4], targets: TARGETS });
  for (const [kind, of] of KINDS) {
    const set = datasetFromArrays({ inputs: of(INPUTS), inputShape: [4], labels: of(LABELS) });
    assertEquals({ ...set, inputs: Float32Array.from(set.inputs) }, wanted, kind);
    const regression = datasetFromArrays({ inputs: of(INPUTS), inputShape: [4], targets: of(TARGETS) });
    assertEquals({ ...regression, inputs: Float32Array.from(regression.inputs) }, ofTargets, kind);
  }
});

backendTest("train() accepts the bytes that parseIdx() returns as labels", EACH, async (backend) => {
  const file = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, ROWS, ...LABELS), { values } = await parseIdx(file);
  const set = withLabels(CLASSES.inputs, values);
  assertEquals(await trained(set, { backend }), await trained(CLASSES, { backend }));
});

Deno.test("canonicalDataset() returns a set whose arrays have the right classes, uncopied and unchanged", () => {
  for (const set of [CLASSES, REGRESSION, { ...CLASSES, inputs: Uint8Array.from(INPUTS) }]) {
    assertStrictEquals(canonicalDataset(set), set);
  }
  const { inputs, labels } = canonicalDataset({ ...CLASSES, labels: Uint8Array.from(LABELS) });
  assertStrictEquals(inputs, CLASSES.inputs);
  assertEquals(labels, CLASSES.labels);
  const clamped = Uint8ClampedArray.from(INPUTS);
  assertStrictEquals(canonicalDataset({ ...CLASSES, inputs: clamped }).inputs.buffer, clamped.buffer);
  assertEquals(
    fingerprintOf(canonicalDataset(withLabels(INPUTS, LABELS))),
    fingerprintOf(CLASSES),
  );
});

Deno.test("train() accepts NaN and infinity in inputs, and the loss shows them", async () => {
  for (const [kind, of] of [["Float32Array", Float32Array], ["Float64Array", Float64Array]] as const) {
    for (const value of [NaN, Infinity, -Infinity]) {
      const set = { ...CLASSES, inputs: of.from(INPUTS.with(0, value)) };
      const run = train(networkFor(set), set, { epochs: 1, backend: "reference" });
      const error = await assertRejects(() => run.next(), Error);
      assertEquals(error.name, "DivergedError", kind);
    }
  }
});

const resizable = (length: number) =>
  new Float32Array(new ArrayBuffer(4 * length, { maxByteLength: 8 * length }));
const detached = (length: number) => {
  const values = new Float32Array(length);
  structuredClone(values.buffer, { transfer: [values.buffer] });
  return values;
};

type Wrong = readonly [
  change: Record<string, unknown>,
  kind: typeof TypeError | typeof RangeError,
  message: string,
];

const NO_LABELS = { labels: undefined, targets: Float32Array.from(TARGETS), outFeatures: 2 };

/** Values in inputs that are not numbers or not exact in float32; the same cases for labels and targets. */
const arraysFor = (name: string, length: number): readonly (readonly [unknown, Wrong[1], string])[] => {
  const first = name === "inputs" ? "[0, 0]" : name === "labels" ? "[0]" : "[0, 0]";
  const exact = (value: number | bigint) =>
    `"${name}" has ${value} at ${first}, needs integers that are exact in float32`;
  const numbers = Array<number>(length).fill(0);
  return [
    [null, TypeError, `"${name}" is null, needs an array of numbers`],
    [
      "0".repeat(length),
      TypeError,
      `"${name}" is "${"0".repeat(Math.min(40, length))}", needs an array of numbers`,
    ],
    [5, TypeError, `"${name}" is 5, needs an array of numbers`],
    [() => 0, TypeError, `"${name}" is a function, needs an array of numbers`],
    [new Set(numbers), TypeError, `"${name}" is a Set, needs an array of numbers`],
    [new ArrayBuffer(length), TypeError, `"${name}" is an ArrayBuffer, needs an array of numbers`],
    [new DataView(new ArrayBuffer(length)), TypeError, `"${name}" is a DataView, needs an array of numbers`],
    [numbers.map(String), TypeError, `"${name}" at [0] is "0", needs a number`],
    [numbers.map(() => null), TypeError, `"${name}" at [0] is null, needs a number`],
    [numbers.with(1, undefined as never), TypeError, `"${name}" at [1] is missing, needs a number`],
    [numbers.with(1, 1n as never), TypeError, `"${name}" at [1] is 1, needs a number`],
    [resizable(length), TypeError, `"${name}" lies in a resizable buffer, needs one of fixed length`],
    [detached(length), TypeError, `"${name}" lies in a detached buffer, needs one that still has its memory`],
    ...(name === "labels" ? [] : [
      [Int32Array.from(numbers.with(0, 2 ** 24 + 1)), RangeError, exact(16777217)],
      [Uint32Array.from(numbers.with(0, 2 ** 32 - 1)), RangeError, exact(4294967295)],
      [
        BigInt64Array.from(numbers.map(BigInt).with(0, -(2n ** 60n) - 1n)),
        RangeError,
        exact(-(2n ** 60n) - 1n),
      ],
      [
        Float64Array.from(numbers.with(0, 1e300)),
        RangeError,
        `"${name}" has 1e+300 at ${first}, needs numbers that fit into float32`,
      ],
    ] as const),
  ];
};

const WRONG: readonly Wrong[] = [
  ...arraysFor("inputs", 4 * ROWS).map(([inputs, kind, message]): Wrong => [{ inputs }, kind, message]),
  ...arraysFor("labels", ROWS).map(([labels, kind, message]): Wrong => [{ labels }, kind, message]),
  ...arraysFor("targets", 2 * ROWS).map(([targets, kind, message]): Wrong => [
    { ...NO_LABELS, targets },
    kind,
    message,
  ]),
  ...([[-1, "-1"], [0.5, "0.5"], [NaN, "NaN"], [2 ** 31, "2147483648"]] as const).map((
    [label, found],
  ): Wrong => [
    { labels: Float64Array.from(LABELS.with(2, label)) },
    RangeError,
    `"labels" has ${found} at [2], class labels need to be whole numbers from 0`,
  ]),
  [{ labels: Int8Array.from(LABELS.with(2, -1)) }, RangeError, `"labels" has -1 at [2]`],
  [
    { labels: BigInt64Array.from(LABELS.map(BigInt).with(2, 2n ** 40n)) },
    RangeError,
    "has 1099511627776 at [2]",
  ],
  [
    { labels: Uint8Array.from(LABELS.with(2, 3)) },
    RangeError,
    "row 2 has label 3, the network has classes 0 to 2",
  ],
  [
    { labels: Uint8Array.from(LABELS).fill(2, 5, 6).fill(1, 0, 5), outFeatures: 2 },
    RangeError,
    "row 5 has label 2, it has classes 0 to 1",
  ],
  [
    { labels: Uint8Array.from(LABELS.slice(1)) },
    TypeError,
    `"labels" has 23 values, "inputs" has 24 rows, which need 24`,
  ],
  [{ labels: [...LABELS, 0] }, TypeError, `"labels" has 25 values, "inputs" has 24 rows, which need 24`],
  [{ inputs: INPUTS.slice(1) }, TypeError, `"inputs" has 95 values, rows of shape [4] need a multiple of 4`],
  [{ inputs: INPUTS.slice(4) }, TypeError, `"labels" has 24 values, "inputs" has 23 rows, which need 23`],
  [{ labels: undefined }, TypeError, `it has neither "labels" nor "targets", needs one of them`],
  [{ targets: TARGETS }, TypeError, `it has both "labels" and "targets", needs one of them`],
  [
    { ...NO_LABELS, targets: TARGETS.slice(1) },
    TypeError,
    `"targets" has 47 values, "inputs" has 24 rows, which need 48`,
  ],
  [
    { ...NO_LABELS, outFeatures: 4 },
    TypeError,
    `"targets" has 48 values, "inputs" has 24 rows, which need 96`,
  ],
  [{ outFeatures: 0 }, RangeError, `"outFeatures" is 0, needs a whole number from 1`],
  [{ outFeatures: undefined }, TypeError, `"outFeatures" is missing, needs a whole number from 1`],
  [{ inputScale: NaN }, RangeError, `"inputScale" is NaN, needs a finite number`],
  [{ inputScale: Infinity }, RangeError, `"inputScale" is Infinity, needs a finite number`],
  [{ inputScale: "1" }, TypeError, `"inputScale" is "1", needs a finite number`],
  [{ inputShape: undefined }, TypeError, `"inputShape" is missing, needs whole numbers from 1`],
  [{ inputShape: [] }, TypeError, `"inputShape" is [], needs whole numbers from 1`],
  [{ inputShape: [2, 2.5] }, TypeError, `"inputShape" is [2, 2.5], needs whole numbers from 1`],
];

Deno.test("train() and evaluate() refuse each invalid array by its name, before any work", async () => {
  await using inner = await REFERENCE.open();
  const { backend, ...watched } = watch(inner);
  for (const [change, kind, message] of WRONG) {
    const set = { ...CLASSES, ...change } as DatasetLike;
    const mlp = networkFor(set);
    const whole = new RegExp(`^Cannot use rows made by hand: .*${RegExp.escape(message)}`);
    for (
      const call of [
        () => train(mlp, set, { backend }).next(),
        () => evaluate(mlp, set, { backend }),
        () => train(networkFor(CLASSES), CLASSES, { backend, test: set }).next(),
        () => train(networkFor(CLASSES), CLASSES, { backend, validation: set }).next(),
      ]
    ) {
      const error = await assertRejects(call, kind);
      assertEquals(whole.test(error.message), true, error.message);
    }
  }
  assertEquals([watched.made, watched.steps], [0, 0]);
});

Deno.test("train() and evaluate() refuse values that are not data sets", async () => {
  for (
    const [set, found] of [[undefined, "is missing"], [null, "is null"], ["mnist", `is "mnist"`]] as const
  ) {
    const message = `Cannot use the data set: it ${found}, needs inputs, and labels or targets`;
    await assertRejects(() => train(networkFor(CLASSES), set as never).next(), TypeError, message);
    await assertRejects(() => evaluate(networkFor(CLASSES), set as never), TypeError, message);
  }
});

Deno.test("Mlp.predict() and datasetFromArrays() refuse each invalid array by its name", () => {
  const mlp = networkFor(CLASSES);
  for (const [inputs, kind, message] of arraysFor("inputs", 4 * ROWS)) {
    assertThrows(() => mlp.predict(inputs as NumericArray), kind, `Cannot predict: ${message}`);
    const make = () => datasetFromArrays({ inputs: inputs as NumericArray, inputShape: [4], labels: LABELS });
    assertThrows(make, kind, message);
  }
  assertThrows(() => mlp.predict(INPUTS.slice(1)), TypeError, "95 inputs are no whole number of rows of 4");
  for (const [labels, kind, message] of arraysFor("labels", ROWS)) {
    const make = () => datasetFromArrays({ inputs: INPUTS, inputShape: [4], labels: labels as NumericArray });
    assertThrows(make, kind, message);
  }
  for (const [targets, kind, message] of arraysFor("targets", 2 * ROWS)) {
    const make = () =>
      datasetFromArrays({ inputs: INPUTS, inputShape: [4], targets: targets as NumericArray });
    assertThrows(make, kind, message);
  }
});
