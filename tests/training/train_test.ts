import { assertAlmostEquals, assertEquals, assertGreater, assertLess, assertNotEquals } from "@std/assert";
import { openBackend } from "../../src/backends/open.ts";
import type { Tensors } from "../../src/backends/backend.ts";
import { buildPlan } from "../../src/plan/build.ts";
import { resolveConfig } from "../../src/training/config.ts";
import { splitRows, takeRows } from "../../src/data/split.ts";
import { evaluate } from "../../src/training/evaluate.ts";
import { inputRangesOf } from "../../src/training/input_ranges.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { permutation } from "../../src/random.ts";
import { learningRates } from "../../src/plan/schedules.ts";
import { train, type TrainEvent, type TrainOptions } from "../../src/training/train.ts";
import { backendTest, EACH } from "../support/backends.ts";
import { BLOBS, createMlp, eventsOf, TEST } from "../support/blobs.ts";
import { withGpu } from "../support/gpu.ts";
import { drawSet } from "../support/sets.ts";
import { inOrder, startState } from "../support/states.ts";
import { watch } from "../support/watched.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };

Deno.test("train() yields the results of each epoch", SANITIZED, async () => {
  const given = {
    epochs: 3,
    batchSize: 32,
    learningRate: 0.02,
    schedule: "exponential",
    decayRate: 0.5,
  } as const;
  const mlp = createMlp(), start = mlp.parameters, config = resolveConfig(given);
  const seen: Tensors[] = [], events: TrainEvent[] = [];
  for await (const event of train(mlp, BLOBS, { ...given, backend: "reference", test: TEST })) {
    events.push(event);
    seen.push(mlp.parameters);
  }

  // The same steps without train().
  const plan = buildPlan(mlp.layers, config, { inFeatures: 6, inputScale: 1, labels: true, outFeatures: 3 });
  await using backend = await openBackend("reference");
  await using trainer = await backend.createTrainer(plan, BLOBS, startState(plan, start));
  for (const [index, event] of events.entries()) {
    const epoch = index + 1, rates = learningRates(config, epoch, 4);
    const wanted = await trainer.runEpoch(permutation(config.seed, epoch, 100), rates);
    const { step, tensors } = await trainer.readState();
    assertEquals([event.epoch, event.step], [epoch, step]);
    assertEquals([event.trainLoss, event.trainAccuracy], [wanted.lossSum / 100, wanted.correct / 100]);
    assertEquals(event.learningRate, 0.02 * 0.5 ** index);
    assertEquals(seen[index]["layer_2.weights"], tensors["layer_2.weights"]);
    const epochMlp = new Mlp({ ...mlp, parameters: seen[index], training: undefined });
    const { calibrationError: _, ...scores } = await evaluate(epochMlp, TEST, { backend });
    assertEquals(event.test, scores);
    assertGreater(event.seconds, 0);
    assertAlmostEquals(event.rowsPerSecond, 100 / event.seconds, 1e-6 * event.rowsPerSecond);
    assertEquals(event.validation, undefined);
    assertEquals(event.ended, epoch === 3 ? "finished" : undefined);
  }
  assertEquals(events.length, 3);
  const dataset = { source: BLOBS.source, rows: 100 };
  const inputRanges = inputRangesOf(BLOBS);
  assertEquals(mlp.training, { config, epochs: 3, dataset, backend: "reference", inputRanges });
});

backendTest("train() learns separable classes", EACH, async (backend) => {
  const mlp = createMlp();
  const events = await Array.fromAsync(
    train(mlp, BLOBS, { backend, epochs: 30, batchSize: 10, learningRate: 0.02 }),
  );
  assertLess(events[29].trainLoss, 0.2 * events[0].trainLoss);
  const { accuracy = 0 } = await evaluate(mlp, TEST, { backend });
  assertGreater(accuracy, 0.9);
});

Deno.test("train() opens and closes a backend that is given by name", SANITIZED, async () => {
  for (const backend of ["auto", "wasm"] as const) {
    const mlp = createMlp();
    const options = { backend, threads: 2, epochs: 1, test: TEST };
    await withGpu(undefined, () => Array.fromAsync(train(mlp, BLOBS, options)));
    await using wanted = await withGpu(undefined, () => openBackend(backend, { threads: 2 }));
    assertEquals(mlp.training?.backend, wanted.name);
  }
});

/** Sets and batch sizes with every kind of last batch. */
const BATCHES: Record<string, { rows: number; batchSize: number; steps: number }> = {
  "a smaller last batch": { rows: 100, batchSize: 32, steps: 4 },
  "a last batch of one row": { rows: 97, batchSize: 32, steps: 4 },
  "whole batches": { rows: 96, batchSize: 32, steps: 3 },
  "a batch larger than the set": { rows: 100, batchSize: 1000, steps: 1 },
  "one row": { rows: 1, batchSize: 8, steps: 1 },
  "batches of one row": { rows: 7, batchSize: 1, steps: 7 },
};

for (const [name, { rows, batchSize, steps }] of Object.entries(BATCHES)) {
  backendTest(`train() uses every row once an epoch with ${name}`, EACH, async (backend) => {
    const set = takeRows(BLOBS, inOrder(rows)), mlp = createMlp();
    const { correct = 0, loss } = await evaluate(mlp, set, { backend });
    // With a learning rate of 0, the sums over an epoch are those of the unchanged network.
    const options = { backend, batchSize, epochs: 2, learningRate: 0 };
    for await (const event of train(mlp, set, options)) {
      assertEquals(event.step, steps * event.epoch);
      assertAlmostEquals(event.trainLoss, loss, 1e-6);
      assertEquals(event.trainAccuracy, correct / rows);
    }
  });
}

backendTest("train() takes a set in which a class has no row", EACH, async (backend) => {
  const rows = inOrder(100).filter((row) => BLOBS.labels![row] !== 1), mlp = createMlp();
  const events = await Array.fromAsync(
    train(mlp, takeRows(BLOBS, rows), { backend, epochs: 5, learningRate: 0.05 }),
  );
  assertLess(events[4].trainLoss, events[0].trainLoss);
});

Deno.test("train() has no accuracy for target values", SANITIZED, async () => {
  const set = drawSet({ rows: 20, inFeatures: 4, outFeatures: 2, targets: true });
  const mlp = Mlp.create([dense(5, "tanh"), dense(2)], set);
  const events = await eventsOf(mlp, set, { epochs: 2, loss: "mean-squared-error", test: set });
  assertLacks(events[1], ["trainAccuracy", "validation"]);
  assertEquals(Object.keys(events[1].test!), ["rows", "loss", "outputs", "r2", "meanAbsoluteError"]);
});

function assertLacks(value: object, keys: string[]): void {
  for (const key of keys) assertEquals(key in value, false, key);
}

Deno.test("train() sets rows apart with validationSplit and never trains on them", SANITIZED, async () => {
  const { validation, train: rest } = splitRows(100, 0.2, 7);
  const poisoned = { ...BLOBS, inputs: BLOBS.inputs.slice() };
  for (const row of validation) poisoned.inputs.fill(NaN, row * 6, (row + 1) * 6);
  const split = createMlp(), alone = createMlp();
  const events = await eventsOf(split, poisoned, { epochs: 2, seed: 7, validationSplit: 0.2 });
  assertEquals(events.map((event) => event.validation?.rows), [20, 20]);
  assertEquals(split.training?.dataset.rows, 80);
  await eventsOf(alone, takeRows(BLOBS, rest), { epochs: 2, seed: 7 });
  assertEquals(split.parameters, alone.parameters);
});

Deno.test("train() gives the same results with a softmax output as with logits", SANITIZED, async () => {
  const [softmax, logits] = (["softmax", "linear"] as const).map((output) =>
    Mlp.create([dense(8, "relu"), dense(3, output)], BLOBS)
  );
  const options = { epochs: 3, test: TEST };
  const [first, second] = [await eventsOf(softmax, BLOBS, options), await eventsOf(logits, BLOBS, options)];
  assertEquals(softmax.parameters, logits.parameters);
  assertEquals(first.map(({ test }) => test), second.map(({ test }) => test));
});

backendTest("train() takes a hidden softmax, with mean squared error of labels", EACH, async (backend) => {
  const mlp = Mlp.create([dense(8, "softmax"), dense(3, "sigmoid")], BLOBS);
  const options = { backend, epochs: 30, loss: "mean-squared-error", learningRate: 0.05 } as const;
  const events = await Array.fromAsync(train(mlp, BLOBS, options));
  assertLess(events[29].trainLoss, 0.5 * events[0].trainLoss);
  assertGreater(events[29].trainAccuracy!, events[0].trainAccuracy!);
});

Deno.test(
  "train() calls onProgress with the steps that are done while an epoch runs",
  SANITIZED,
  async () => {
    const reported: unknown[] = [];
    let tellTrainer = () => {};
    const { backend } = watch(await openBackend("reference"), async (trainer, _plan, ...epoch) => {
      const result = await trainer.runEpoch(...epoch);
      await new Promise<void>((resolve) => tellTrainer = resolve);
      return result;
    });
    const onProgress: TrainOptions["onProgress"] = (progress) => {
      reported.push(progress);
      tellTrainer();
    };
    await Array.fromAsync(train(createMlp(), BLOBS, { backend, epochs: 2, batchSize: 50, onProgress }));
    assertEquals(reported, [{ epoch: 1, step: 2, steps: 2 }, { epoch: 2, step: 2, steps: 2 }]);
  },
);

backendTest(
  "train() makes the same file from the same seed, and another file from another seed",
  EACH,
  async (backend) => {
    const fileOf = async (seed: number) => {
      const mlp = createMlp();
      await Array.fromAsync(train(mlp, BLOBS, { backend, epochs: 2, batchSize: 32, seed }));
      return mlp;
    };
    const [first, second, third] = [await fileOf(1), await fileOf(1), await fileOf(2)];
    assertEquals(first.format(), second.format());
    assertNotEquals(first.parameters, third.parameters);
  },
);

backendTest(
  "train() does not change the data set or the initial parameters",
  EACH,
  async (backend) => {
    const mlp = createMlp(),
      { parameters } = mlp,
      kept = structuredClone(parameters),
      set = structuredClone(BLOBS);
    await Array.fromAsync(train(mlp, set, { backend, epochs: 1 }));
    assertEquals(parameters, kept);
    assertEquals(set, BLOBS);
  },
);
