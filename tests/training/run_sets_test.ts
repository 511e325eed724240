import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { type Dataset, NO_CLASS } from "../../src/data/dataset.ts";
import { splitRows } from "../../src/data/split.ts";
import { dense, type LayerSpec } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { resolveConfig, type TrainConfig } from "../../src/training/config.ts";
import { prepareSets } from "../../src/training/run_sets.ts";
import { drawBlobs } from "../support/sets.ts";
import { inOrder } from "../support/states.ts";

const CLASSES = drawBlobs({ rows: 20, inFeatures: 3, classes: 2 });
const { labels: _, ...REST } = CLASSES;
const TARGETS: Dataset = {
  ...REST,
  targets: Float32Array.from({ length: 20 }, (_, row) => 100 + row),
  outFeatures: 1,
};

function prepared(
  dataset: Dataset,
  layers: LayerSpec[],
  given: Partial<TrainConfig> = {},
  sets: { validation?: Dataset; test?: Dataset } = {},
) {
  const mlp = Mlp.create(layers, dataset), { validation, test } = sets;
  return prepareSets(mlp, { dataset, validation, test }, resolveConfig(given));
}

const SOFTMAX = [dense(2, "softmax")], SIGMOID = [dense(1, "sigmoid")], LINEAR = [dense(1)];
const BINARY = { loss: "binary-cross-entropy" } as const, SQUARES = { loss: "mean-squared-error" } as const;

Deno.test("prepareSets() does not change a set of classes", () => {
  const { training, rows, validation, scalings } = prepared(CLASSES, SOFTMAX);
  assertEquals([training, rows, validation, scalings], [CLASSES, inOrder(20), undefined, {}]);
});

Deno.test("prepareSets() converts the labels of two classes to the targets of one output", () => {
  const { training } = prepared(CLASSES, SIGMOID, BINARY);
  assertEquals([training.labels, training.outFeatures], [undefined, 1]);
  assertEquals(training.targets, Float32Array.from(CLASSES.labels!));
  const { training: weighted } = prepared(CLASSES, SIGMOID, { ...BINARY, classWeights: "1,3" });
  assertEquals(weighted.weights, Float32Array.from(CLASSES.labels!, (label) => label === 1 ? 3 : 1));
});

Deno.test("prepareSets() computes weights and scaling only from the rows to train on", () => {
  const { train, validation } = splitRows(20, 0.25, 5), split = { validationSplit: 0.25, seed: 5 };
  const run = prepared(TARGETS, LINEAR, { ...SQUARES, ...split });
  assertEquals(run.rows, train);
  const mean = train.reduce((sum, row) => sum + 100 + row, 0) / 15;
  const { targetScaling } = run.scalings;
  assertAlmostEquals(targetScaling!.mean[0], mean, 1e-12);
  assertAlmostEquals(run.training.targets![0], (100 - mean) / targetScaling!.deviation[0], 1e-6);
  // The targets of the validation set keep their units, which are those of the network's outputs.
  assertEquals(run.validation?.targets, Float32Array.from(validation, (row) => 100 + row));
  const ones = train.filter((row) => CLASSES.labels![row] === 1).length;
  const { training } = prepared(CLASSES, SOFTMAX, { ...split, classWeights: "balanced" });
  assertEquals(training.weights![0], Math.fround(15 / (2 * (15 - ones))));
});

const REFUSED: readonly [
  name: string,
  message: string,
  kind: typeof TypeError | typeof RangeError,
  run: () => unknown,
][] = [
  [
    "binary cross-entropy of three classes",
    `Loss "binary-cross-entropy" needs target values, the data set has class labels`,
    RangeError,
    () => prepared(drawBlobs({ rows: 9, inFeatures: 3, classes: 3 }), [dense(3, "sigmoid")], BINARY),
  ],
  [
    "one output for three classes",
    "row 2 has label 2, the network has classes 0 to 1",
    RangeError,
    () => prepared(drawBlobs({ rows: 9, inFeatures: 3, classes: 3 }), SIGMOID, BINARY),
  ],
  [
    "binary cross-entropy of a tanh output",
    `Loss "binary-cross-entropy" needs a sigmoid output, or a linear one that gives logits, found "tanh"`,
    RangeError,
    () => prepared({ ...TARGETS, targets: new Float32Array(20) }, [dense(1, "tanh")], BINARY),
  ],
  [
    "target values above 1 with binary cross-entropy",
    `Cannot use drawn blobs: row 0 has target value 100, loss "binary-cross-entropy" needs values from 0 to 1`,
    RangeError,
    () => prepared(TARGETS, SIGMOID, BINARY),
  ],
  [
    "target values that are no number with binary cross-entropy",
    `row 19 has target value NaN`,
    RangeError,
    () => prepared({ ...TARGETS, targets: new Float32Array(20).fill(NaN, 19) }, SIGMOID, BINARY),
  ],
  [
    "a row of no class with one output",
    `Cannot use drawn blobs: row 4 belongs to no class, loss "binary-cross-entropy" needs one of two classes`,
    RangeError,
    () => {
      const labels = CLASSES.labels!.map((label, row) => row === 4 ? NO_CLASS : label);
      return prepared({ ...CLASSES, labels }, SIGMOID, BINARY);
    },
  ],
  [
    "Huber's loss of classes",
    `Loss "huber" needs target values, the data set has class labels, which need loss "cross-entropy" or`,
    RangeError,
    () => prepared(CLASSES, SOFTMAX, { loss: "huber" }),
  ],
  [
    "a test set with target values for a network of classes",
    `Cannot use the test set: row 0 has target values with the sum 0, loss "cross-entropy" needs class labels, or rows of ` +
    `probabilities with the sum 1`,
    RangeError,
    () => {
      const targets = { ...REST, targets: new Float32Array(40), source: "the test set" };
      return prepared(CLASSES, SOFTMAX, {}, { test: targets });
    },
  ],
  [
    "a validation set with labels for Huber's loss",
    `Cannot use drawn blobs: it has class labels, loss "huber" needs target values`,
    TypeError,
    () => {
      const labels = { ...CLASSES, labels: new Uint32Array(20), outFeatures: 1 };
      return prepared(TARGETS, LINEAR, { loss: "huber" }, { validation: labels });
    },
  ],
  [
    "class weights of target values",
    `Option "classWeights" needs class labels`,
    RangeError,
    () => prepared(TARGETS, LINEAR, { ...SQUARES, classWeights: "balanced" }),
  ],
  [
    "standardized targets of classes",
    `Option "standardizeTargets" needs target values`,
    RangeError,
    () => prepared(CLASSES, SOFTMAX, { standardizeTargets: "always" }),
  ],
];

for (const [name, message, kind, run] of REFUSED) {
  Deno.test(`prepareSets() refuses ${name}`, () => {
    assertThrows(run, kind, message);
  });
}
