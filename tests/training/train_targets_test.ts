/** Training on target values: regression with standardized targets, and several labels a row. @module */
import { assert, assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import type { Dataset } from "../../src/data/dataset.ts";
import { takeRows } from "../../src/data/split.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { createRandom } from "../../src/random.ts";
import { evaluate } from "../../src/training/evaluate.ts";
import { targetScalingOf } from "../../src/training/target_scaling.ts";
import { backendTest, EACH } from "../support/backends.ts";
import { BLOBS, eventsOf } from "../support/blobs.ts";
import { inOrder } from "../support/states.ts";
import { train } from "../../src/training/train.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };

/** Returns rows of 3 inputs, with targets that are functions of the inputs. */
function drawn(rows: number, targetsOf: (x: number[]) => number[]): Dataset {
  const random = createRandom(3, 105),
    inputs = Float32Array.from({ length: 3 * rows }, () => random.normal());
  const targets = Array.from(
    { length: rows },
    (_, row) => targetsOf([...inputs.subarray(3 * row, 3 * row + 3)]),
  );
  const shape = { inputShape: [3], inputScale: 1, outFeatures: targets[0].length };
  return { inputs, targets: Float32Array.from(targets.flat()), ...shape, source: "drawn targets" };
}

/** Two target values with different means and deviations. */
const ALL = drawn(400, ([a, b, c]) => [1000 + 200 * a * b, 0.01 * (c - a)]);
const SET = takeRows(ALL, inOrder(300)), TEST = takeRows(ALL, inOrder(400).slice(300));
/** Rows with no label, one or two. */
const LABELED = drawn(300, ([a, b, c]) => [Number(a + b > 0), Number(c > 0.5)]);

const createMlp = () => Mlp.create([dense(16, "tanh"), dense(2)], SET);
const SETTINGS = { epochs: 40, batchSize: 30, learningRate: 0.01 } as const;

for (const loss of ["mean-squared-error", "huber"] as const) {
  backendTest(`train() fits targets of any unit with ${loss}`, EACH, async (backend) => {
    const mlp = createMlp(),
      events = await Array.fromAsync(train(mlp, SET, { ...SETTINGS, loss, backend, test: TEST }));
    const { test } = events[39];
    for (const { r2 } of test!.outputs!) assertGreater(r2, 0.8);
    assertAlmostEquals(test!.r2!, (test!.outputs![0].r2 + test!.outputs![1].r2) / 2, 1e-12);
    // Outputs are in the units of the targets; the loss is that of standardized targets.
    assertLess(Math.abs(mlp.predict(TEST.inputs)[0] - TEST.targets![0]), 400);
    assertLess(test!.loss, 0.5);
    assertEquals(
      mlp.training?.targetScaling,
      targetScalingOf(mlp.layers, SET, { standardizeTargets: "always", loss }),
    );
    assertEquals(await evaluate(mlp, TEST, { backend }), test);
    assertEquals("trainAccuracy" in events[0], false);
  });
}

Deno.test(
  "train() does not scale targets if standardizeTargets is never, and records no scaling",
  SANITIZED,
  async () => {
    const mlp = createMlp(), loss = "mean-squared-error";
    const [event] = await eventsOf(mlp, SET, { epochs: 1, loss, standardizeTargets: "never" });
    assertGreater(event.trainLoss, 100_000);
    assertEquals(mlp.training?.targetScaling, undefined);
  },
);

Deno.test(
  "train() starts from the outputs of a network that was trained on target values",
  SANITIZED,
  async () => {
    const mlp = createMlp(), loss = "mean-squared-error";
    await eventsOf(mlp, SET, { ...SETTINGS, loss });
    const fromFile = await Mlp.parse(mlp.format());
    const other = drawn(200, ([a, b, c]) => [500 + 50 * a * b, 0.02 * (c - a)]),
      kept = fromFile.predict(other.inputs);
    // With a learning rate of 0, the scaling of the other set is the only change, and it is undone.
    await eventsOf(fromFile, other, { epochs: 1, learningRate: 0, loss });
    assert(fromFile.training!.targetScaling!.mean[0] < 700);
    for (const [i, value] of fromFile.predict(other.inputs).entries()) {
      assertAlmostEquals(value, kept[i], 1e-5 * Math.max(1, Math.abs(kept[i])));
    }
  },
);

backendTest("train() learns several labels a row with binary cross-entropy", EACH, async (backend) => {
  const mlp = Mlp.create([dense(16, "tanh"), dense(2, "sigmoid")], LABELED);
  const options = { ...SETTINGS, loss: "binary-cross-entropy", backend, test: LABELED } as const;
  const events = await Array.fromAsync(train(mlp, LABELED, options));
  const { trainAccuracy, test } = events[39], probabilities = mlp.predict(LABELED.inputs);
  assertGreater(trainAccuracy!, 0.9);
  assertGreater(test!.f1!, 0.9);
  const isRight = [...probabilities].map((p, i) => p > 0.5 === LABELED.targets![i] > 0.5);
  const correct = isRight.filter((right, i) => i % 2 === 0 && right && isRight[i + 1]).length;
  assertEquals([test!.correct, test!.accuracy], [correct, correct / 300]);
  assertEquals(mlp.training?.targetScaling, undefined);
});

Deno.test("train() gives the same results with sigmoid outputs as with logits", SANITIZED, async () => {
  const [first, second] = (["sigmoid", "linear"] as const).map((output) =>
    Mlp.create([dense(4, "tanh"), dense(2, output)], LABELED)
  );
  const options = { epochs: 2, loss: "binary-cross-entropy", test: LABELED } as const;
  const [sigmoids, logits] = [
    await eventsOf(first, LABELED, options),
    await eventsOf(second, LABELED, options),
  ];
  assertEquals(first.parameters, second.parameters);
  assertEquals(sigmoids.map(({ test }) => test), logits.map(({ test }) => test));
});

backendTest("train() tells two classes apart by one sigmoid output", EACH, async (backend) => {
  const rows = inOrder(100).filter((row) => BLOBS.labels![row] < 2);
  const two = { ...takeRows(BLOBS, rows), outFeatures: 2 },
    mlp = Mlp.create([dense(8, "relu"), dense(1, "sigmoid")], two);
  const options = {
    epochs: 40,
    batchSize: 10,
    learningRate: 0.02,
    backend,
    test: two,
    loss: "binary-cross-entropy",
  } as const;
  const events = await Array.fromAsync(train(mlp, two, options)), { trainAccuracy, test } = events[39];
  assertGreater(trainAccuracy!, 0.9);
  assertGreater(test!.accuracy!, 0.9);
  assertEquals(test!.confusion!.reduce((a, b) => a + b), rows.length);
  assertEquals([test!.labels!.length, test!.labels![0].accuracy], [1, test!.accuracy]);
});
