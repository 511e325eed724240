import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { type Dataset, NO_CLASS } from "../../src/data/dataset.ts";
import { openBackend } from "../../src/backends/open.ts";
import { resolveConfig } from "../../src/training/config.ts";
import { evaluate } from "../../src/training/evaluate.ts";
import { indexOfLargest } from "../../src/index_of_largest.ts";
import { dense } from "../../src/plan/layers.ts";
import type { LossName } from "../../src/plan/losses.ts";
import { Mlp } from "../../src/mlp.ts";
import { backendTest, COMPARED, REFERENCE } from "../support/backends.ts";
import { drawBlobs, drawSet } from "../support/sets.ts";
import { watch } from "../support/watched.ts";
import { workersLeftBy } from "../support/workers.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };

const SET = drawBlobs({ rows: 700, inFeatures: 5, classes: 4 });
const MLP = Mlp.create([dense(8, "tanh"), dense(4, "softmax")], SET);

/** Returns a network of one layer with unit weights and no bias: the inputs are the outputs before the activation. */
function passing(width: number, activation: "softmax" | "linear" | "sigmoid"): Mlp {
  const weights = Float32Array.from({ length: width * width }, (_, at) => at % (width + 1) === 0 ? 1 : 0);
  const parameters = { "layer_1.weights": weights, "layer_1.bias": new Float32Array(width) };
  return new Mlp({ inputShape: [width], inputScale: 1, layers: [dense(width, activation)], parameters });
}

const rowsOf = (values: number[][], labelsOrTargets: Pick<Dataset, "labels" | "targets">): Dataset => ({
  inputs: Float32Array.from(values.flat()),
  inputShape: [values[0].length],
  inputScale: 1,
  ...labelsOrTargets,
  outFeatures: values[0].length,
  source: "written rows",
});

backendTest(
  "evaluate() returns loss, accuracy, confusion matrix and the worst mistakes",
  [REFERENCE, ...COMPARED],
  async (backend) => {
    const found = await evaluate(MLP, SET, { backend });
    const probabilities = MLP.predict(SET.inputs), confusion = new Uint32Array(16);
    const losses: number[] = [], wrong: number[] = [];
    for (const [row, label] of SET.labels!.entries()) {
      const output = [...probabilities.subarray(4 * row, 4 * row + 4)];
      const guess = output.indexOf(Math.max(...output));
      confusion[4 * label + guess]++;
      losses.push(-Math.log(output[label]));
      if (guess !== label) wrong.push(row);
    }
    const correct = 700 - wrong.length, accuracy = correct / 700;
    assertEquals([found.rows, found.correct, found.accuracy], [700, correct, accuracy]);
    assertAlmostEquals(found.loss, losses.reduce((a, b) => a + b) / 700, 1e-6);
    assertAlmostEquals(found.standardError!, Math.sqrt(accuracy * (1 - accuracy) / 700), 1e-12);
    assertEquals(found.confusion, confusion);
    const worst = wrong.sort((a, b) => losses[b] - losses[a]).slice(0, 10);
    assertEquals(found.worst!.map(({ row }) => row), worst);
    for (const { row, label, guess, loss } of found.worst!) {
      assertEquals(label, SET.labels![row]);
      assertEquals(confusion[4 * label + guess] > 0 && guess !== label, true);
      assertAlmostEquals(loss, losses[row], 1e-5);
    }
  },
);

Deno.test("evaluate() uses the loss that fits the network and the set", SANITIZED, async () => {
  const logits = [[0, 1, 3], [2, 0, 0]], labels = Uint32Array.of(2, 1);
  const set = rowsOf(logits, { labels });
  const crossEntropy = logits.map((row, i) =>
    Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0)) - row[labels[i]]
  );
  const squares = (outputs: number[][]) =>
    outputs.map((row, i) => row.reduce((sum, y, o) => sum + (y - (o === labels[i] ? 1 : 0)) ** 2, 0) / 3);
  const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
  const lossOf = async (mlp: Mlp, loss?: "mean-squared-error") =>
    (await evaluate(mlp, set, { backend: "reference", loss })).loss;

  for (const output of ["softmax", "linear"] as const) {
    assertAlmostEquals(await lossOf(passing(3, output)), mean(crossEntropy), 1e-6);
  }
  const sigmoids = logits.map((row) => row.map((z) => 1 / (1 + Math.exp(-z))));
  assertAlmostEquals(await lossOf(passing(3, "sigmoid")), mean(squares(sigmoids)), 1e-6);
  assertAlmostEquals(await lossOf(passing(3, "linear"), "mean-squared-error"), mean(squares(logits)), 1e-6);
  const trained = passing(3, "linear");
  const config = resolveConfig({ loss: "mean-squared-error" });
  trained.training = { config, epochs: 1, dataset: { source: "", rows: 1 }, backend: "wasm" };
  assertAlmostEquals(await lossOf(trained), mean(squares(logits)), 1e-6);
});

Deno.test("evaluate() stays finite and exact for logits of any size", SANITIZED, async () => {
  const set = rowsOf([[1e4, -1e4, 0], [1e4, -1e4, 0]], { labels: Uint32Array.of(0, 1) });
  for (const backend of ["reference", "wasm"] as const) {
    assertEquals((await evaluate(passing(3, "softmax"), set, { backend })).loss, 1e4);
  }
});

Deno.test(
  "evaluate() closes a backend that it opened, and leaves a given backend open",
  SANITIZED,
  async () => {
    const left = await workersLeftBy(async () => void await evaluate(MLP, SET, { backend: "wasm" }));
    assertEquals(left, { started: navigator.hardwareConcurrency, running: 0 });
    const watched = watch(await openBackend("reference"));
    await evaluate(MLP, SET, { backend: watched.backend });
    assertEquals([watched.open, watched.made, watched.closed], [0, 1, 0]);
  },
);

Deno.test("evaluate() refuses a set that does not fit the network", SANITIZED, async () => {
  const refuse = (set: Dataset, kind: typeof TypeError | typeof RangeError, message: string) =>
    assertRejects(() => evaluate(MLP, set, { backend: "reference" }), kind, message);
  const shape = "Cannot use drawn blobs: its inputs have shape [6], the network needs [5]";
  await refuse(drawBlobs({ rows: 9, inFeatures: 6, classes: 4 }), TypeError, shape);
  const scale = "Cannot use drawn blobs: its inputs have scale 2, the network needs 1";
  await refuse({ ...SET, inputScale: 2 }, TypeError, scale);
  const label = "Cannot use drawn blobs: row 4 has label 4, the network has classes 0 to 3";
  await refuse(drawBlobs({ rows: 9, inFeatures: 5, classes: 5 }), RangeError, label);
  const targets = { ...drawSet({ rows: 9, inFeatures: 5, outFeatures: 3, targets: true }), inputScale: 1 };
  await refuse(targets, TypeError, "its target rows have 3 values, the network needs 4");
});

Deno.test("evaluate() standardizes target values for losses of distances only", SANITIZED, async () => {
  const mlp = passing(2, "linear"), backend = "reference";
  const trained = new Mlp(mlp), targetScaling = { mean: [10, -10], deviation: [2, 4] };
  const config = resolveConfig({ loss: "mean-squared-error" });
  trained.training = { config, epochs: 1, dataset: { source: "", rows: 1 }, backend, targetScaling };
  const targets = rowsOf([[1, 0], [0, 1]], { targets: Float32Array.of(0.5, 0, 0, 1) });
  const labels = rowsOf([[1, 0], [0, 0.5]], { labels: Uint32Array.of(0, 1) });
  for (const [set, loss] of [[targets, "binary-cross-entropy"], [labels, "mean-squared-error"]] as const) {
    assertEquals(
      await evaluate(trained, set, { backend, loss }),
      await evaluate(mlp, set, { backend, loss }),
    );
  }
  // One distance of 0.5 among the outputs of two rows, which is 0.5 / 2 in standard deviations.
  const { loss } = await evaluate(trained, targets, { backend, loss: "mean-squared-error" });
  assertAlmostEquals(loss, (0.5 / 2) ** 2 / 4, 1e-9);
});

Deno.test("indexOfLargest() is the first index of equal values", () => {
  assertEquals(indexOfLargest([1, 3, 2, 3]), 1);
  assertEquals(indexOfLargest(Float32Array.of(-2, -1)), 1);
  assertEquals(indexOfLargest([5]), 0);
});

Deno.test("evaluate() refuses targets that the loss does not take", SANITIZED, async () => {
  const refuse = (
    mlp: Mlp,
    set: Dataset,
    kind: typeof TypeError | typeof RangeError,
    message: string,
    loss?: LossName,
  ) => assertRejects(() => evaluate(mlp, set, { backend: "reference", loss }), kind, message);
  const targets = rowsOf([[1, 2], [3, 4]], { targets: Float32Array.of(1, 2, 0, 8) });
  const labels = rowsOf([[1, 2], [3, 4]], { labels: Uint32Array.of(1, 0) });
  const trained = passing(2, "softmax");
  trained.training = {
    config: resolveConfig(),
    epochs: 1,
    dataset: { source: "", rows: 1 },
    backend: "wasm",
  };
  await refuse(
    trained,
    targets,
    RangeError,
    `Cannot use written rows: row 0 has target value 2, loss "cross-entropy" needs class labels, or rows of probabilities ` +
      `from 0 to 1`,
  );
  const halves = rowsOf([[1, 2], [3, 4]], { targets: Float32Array.of(0.5, 0.5, 0.5, 0.25) });
  const sum = "row 1 has target values with the sum 0.75";
  await refuse(passing(2, "linear"), halves, RangeError, sum, "cross-entropy");
  await refuse(
    passing(2, "linear"),
    labels,
    TypeError,
    `Cannot use written rows: it has class labels, loss "huber" needs target values`,
    "huber",
  );
  await refuse(passing(2, "sigmoid"), labels, TypeError, "needs target values", "binary-cross-entropy");
  await refuse(
    passing(2, "sigmoid"),
    targets,
    RangeError,
    `Cannot use written rows: row 0 has target value 2, loss "binary-cross-entropy" needs values from 0 to 1`,
    "binary-cross-entropy",
  );
  const wrongOutput =
    `Loss "cross-entropy" needs a softmax output, or a linear one that gives logits, found "sigmoid"`;
  await refuse(passing(2, "sigmoid"), labels, RangeError, wrongOutput, "cross-entropy");
  const outsider = { ...labels, labels: Uint32Array.of(0, NO_CLASS) },
    one = { ...passing(2, "sigmoid"), layers: [dense(1, "sigmoid")] };
  const single = new Mlp({
    ...one,
    parameters: { "layer_1.weights": new Float32Array(2), "layer_1.bias": new Float32Array(1) },
  });
  await refuse(single, outsider, RangeError, "row 1 belongs to no class", "binary-cross-entropy");
});

backendTest("evaluate() scores target values, labels and two classes on every backend", [
  REFERENCE,
  ...COMPARED,
], async (backend) => {
  const values = [[1, -2], [3, 4], [-5, 0.5]];
  const regression = rowsOf(values, { targets: Float32Array.of(1, -2, 3, 0, -5, 0.5) });
  const found = await evaluate(passing(2, "linear"), regression, { backend });
  assertEquals([found.loss, found.meanAbsoluteError, found.r2], [16 / 6, 4 / 6, (1 + 1 - 16 / 3.5) / 2]);
  const several = rowsOf(values, { targets: Float32Array.of(1, 0, 1, 0, 0, 1) });
  const labels = await evaluate(passing(2, "sigmoid"), several, { backend, loss: "binary-cross-entropy" });
  assertEquals([labels.correct, labels.labels?.map(({ f1 }) => f1)], [2, [1, 2 / 3]]);
  const entropies = values.flat().map((z, i) => Math.log1p(Math.exp(several.targets![i] === 1 ? -z : z)));
  assertAlmostEquals(labels.loss, entropies.reduce((a, b) => a + b) / 6, 1e-6);
  const column = { ...rowsOf(values.map(([z]) => [z]), { labels: Uint32Array.of(1, 0, 0) }), outFeatures: 2 };
  const classes = await evaluate(passing(1, "sigmoid"), column, { backend }); // the loss of one sigmoid output
  assertEquals([classes.accuracy, classes.confusion], [2 / 3, Uint32Array.of(1, 1, 0, 1)]);
});
