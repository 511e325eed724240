/** Training with weights of rows and of classes, and with rows of no class. @module */
import { assertAlmostEquals, assertEquals, assertGreater } from "@std/assert";
import { type Dataset, NO_CLASS } from "../../src/data/dataset.ts";
import { takeRows } from "../../src/data/split.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { createRandom } from "../../src/random.ts";
import { evaluate } from "../../src/training/evaluate.ts";
import { BLOBS, createMlp, eventsOf } from "../support/blobs.ts";
import { inOrder } from "../support/states.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };
/** Options for one step of gradient descent over all rows: the change of the weights is the gradient. */
const ONE_STEP = { epochs: 1, batchSize: 1000, optimizer: "sgd", learningRate: 0.1 } as const;

function assertSameParameters(found: Mlp, wanted: Mlp): void {
  for (const [name, values] of Object.entries(wanted.parameters)) {
    values.forEach((value, i) => assertAlmostEquals(found.parameters[name][i], value, 1e-12, name));
  }
}

Deno.test("train() gives a row of weight n the gradient of n equal rows", SANITIZED, async () => {
  const weights = Float32Array.from({ length: 100 }, (_, row) => row % 4), times = [...weights];
  const repeated = takeRows(BLOBS, Uint32Array.from(times.flatMap((count, row) => Array(count).fill(row))));
  const [weighted, wanted] = [createMlp(), createMlp()];
  const [event] = await eventsOf(weighted, { ...BLOBS, weights }, ONE_STEP);
  // The gradient is divided by the number of rows, not by the sum of their weights: 150 rows instead of 100.
  const [, plain] = [
    await eventsOf(wanted, repeated, { ...ONE_STEP, learningRate: 0.1 * repeated.labels!.length / 100 }),
    await eventsOf(createMlp(), BLOBS, ONE_STEP),
  ];
  assertSameParameters(weighted, wanted);
  // The reported loss and accuracy are not weighted.
  assertEquals([event.trainLoss, event.trainAccuracy], [plain[0].trainLoss, plain[0].trainAccuracy]);
});

Deno.test(
  "train() multiplies the gradient of a class's rows by its weight in classWeights",
  SANITIZED,
  async () => {
    const [byClass, byRow] = [createMlp(), createMlp()], ofClass = [0.5, 2, 0];
    const weights = Float32Array.from(BLOBS.labels!, (label) => ofClass[label]);
    await eventsOf(byClass, BLOBS, { ...ONE_STEP, classWeights: "0.5,2,0" });
    await eventsOf(byRow, { ...BLOBS, weights }, ONE_STEP);
    assertEquals(byClass.parameters, byRow.parameters);
  },
);

/** Two classes that overlap; one row in twelve is of class 1. */
function imbalanced(rows: number, seed: number): Dataset {
  const random = createRandom(seed, 104),
    labels = Uint32Array.from({ length: rows }, (_, row) => Number(row % 12 === 0));
  const inputs = Float32Array.from({ length: 2 * rows }, (_, at) => random.normal() + labels[at >> 1]);
  return { inputs, inputShape: [2], inputScale: 1, labels, outFeatures: 2, source: "imbalanced rows" };
}

Deno.test("train() finds more rows of a rare class with balanced class weights", SANITIZED, async () => {
  const set = imbalanced(600, 1), test = imbalanced(600, 2);
  for (
    const [output, loss] of [[dense(2, "softmax"), "cross-entropy"], [
      dense(1, "sigmoid"),
      "binary-cross-entropy",
    ]] as const
  ) {
    const recallOf = async (classWeights: string) => {
      const mlp = Mlp.create([dense(4, "tanh"), output], set);
      await eventsOf(mlp, set, { epochs: 15, batchSize: 50, learningRate: 0.02, loss, classWeights });
      const { confusion } = await evaluate(mlp, test, { backend: "reference" });
      return confusion![3] / (confusion![2] + confusion![3]);
    };
    assertGreater(await recallOf("balanced"), await recallOf("none") + 0.3, loss);
  }
});

/** The blobs, of which every fifth row belongs to no class. */
const OUTSIDERS = { ...BLOBS, labels: BLOBS.labels!.map((label, row) => row % 5 === 0 ? NO_CLASS : label) };

Deno.test("train() counts only rows that belong to a class in its accuracy", SANITIZED, async () => {
  for (const loss of ["cross-entropy", "mean-squared-error"] as const) {
    const mlp = createMlp();
    // With a learning rate of 0, the sums over an epoch are those of the unchanged network.
    const [event] = await eventsOf(mlp, OUTSIDERS, { epochs: 1, learningRate: 0, batchSize: 30, loss });
    const found = await evaluate(mlp, OUTSIDERS, { backend: "reference", loss });
    assertEquals(event.trainAccuracy, found.accuracy);
    assertEquals(found.accuracy, found.correct! / 80);
    assertAlmostEquals(event.trainLoss, found.loss, 1e-6);
  }
});

Deno.test("train() brings the outputs of rows that belong to no class toward 1 / C", SANITIZED, async () => {
  const set = { ...takeRows(BLOBS, inOrder(10)), labels: new Uint32Array(10).fill(NO_CLASS) },
    mlp = createMlp();
  const events = await eventsOf(mlp, set, { epochs: 200, batchSize: 10, learningRate: 0.05 });
  assertEquals(events.map(({ trainAccuracy }) => trainAccuracy), new Array(200).fill(undefined));
  for (const probability of mlp.predict(set.inputs)) assertAlmostEquals(probability, 1 / 3, 0.05);
});

Deno.test("train() ignores rows that belong to no class if noClassWeight is 0", SANITIZED, async () => {
  const classed = takeRows(BLOBS, inOrder(100).filter((row) => row % 5 !== 0));
  const [found, wanted] = [createMlp(), createMlp()];
  await eventsOf(found, OUTSIDERS, { ...ONE_STEP, noClassWeight: 0 });
  await eventsOf(wanted, classed, { ...ONE_STEP, learningRate: 0.1 * 80 / 100 });
  assertSameParameters(found, wanted);
});
