/** Training with outliers: rows of no class, and thresholds of sure guesses. @module */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Backend } from "../../src/backends/backend.ts";
import { type Dataset, NO_CLASS } from "../../src/data/dataset.ts";
import { drawDigits } from "../../src/data/digits/digits.ts";
import { drawOutliers } from "../../src/data/outliers/outliers.ts";
import { splitRows, takeRows } from "../../src/data/split.ts";
import { guessesOf, guessOf } from "../../src/guess.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { formatCheckpoint, parseCheckpoint } from "../../src/training/checkpoint.ts";
import type { DrawnRows } from "../../src/training/outlier_rows.ts";
import { fitThresholds } from "../../src/training/thresholds.ts";
import { train, type TrainOptions } from "../../src/training/train.ts";
import { backendTest, EACH } from "../support/backends.ts";
import { drawBlobs } from "../support/sets.ts";
import { abortAfter } from "../support/watched.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };
const SET = drawDigits({ count: 120, testCount: 0 }).train;
const SETTINGS = { outliers: true, epochs: 2, batchSize: 40, seed: 5 } as const satisfies TrainOptions;
const createMlp = (set = SET) => Mlp.create([dense(8, "relu"), dense(set.outFeatures, "softmax")], set);

async function run(mlp: Mlp, options: TrainOptions, set = SET) {
  return await Array.fromAsync(train(mlp, set, options));
}

/** Returns a backend that records the data sets and the orders of its trainers. */
function watchTrainers(backend: Backend) {
  const sets: Dataset[] = [], orders: Uint32Array[] = [];
  const watched: Backend = {
    ...backend,
    async createTrainer(plan, dataset, state) {
      sets.push(dataset);
      const trainer = await backend.createTrainer(plan, dataset, state), { runEpoch } = trainer;
      trainer.runEpoch = (order, ...rest) => {
        orders.push(order.slice());
        return runEpoch(order, ...rest);
      };
      return trainer;
    },
  };
  return { watched, sets, orders };
}

backendTest(
  "train() with outliers adds rows of no class and drawn digits to an epoch",
  EACH,
  async (backend) => {
    const { watched, sets, orders } = watchTrainers(backend);
    const mlp = createMlp();
    const [first] = await run(mlp, { ...SETTINGS, backend: watched });
    const { train: own } = splitRows(120, 1 / 12, 5), [{ labels, weights, inputs }] = sets;
    assertEquals(own.length, 110);
    const order = orders[0].slice().sort();
    assertEquals(order, Uint32Array.of(...own, ...Array.from({ length: 54 + 24 }, (_, i) => 120 + i)));
    assertEquals(labels!.subarray(120, 174), new Uint32Array(54).fill(NO_CLASS));
    assert(labels!.subarray(174).every((label) => label < 10));
    assertEquals([...weights!], [...Array(120).fill(1), ...Array(54).fill(0.5), ...Array(24).fill(1)]);
    assertEquals(inputs.subarray(0, SET.inputs.length), SET.inputs);
    assertEquals([mlp.training?.dataset.rows, first.trainAccuracy! <= 1], [110, true]);
  },
);

backendTest(
  "train() with outliers fits the thresholds after each epoch to rows that it held out",
  EACH,
  async (backend) => {
    const mlp = createMlp(),
      held = takeRows(SET, splitRows(120, 1 / 12, 5).validation),
      found: unknown[] = [];
    for await (const _ of train(mlp, SET, { ...SETTINGS, backend })) {
      assertEquals(mlp.thresholds, await fitThresholds(mlp, held, { backend }));
      found.push(mlp.thresholds);
    }
    assertEquals(found.length, 2);
    assert(found[0] !== found[1]);
    assertEquals((await Mlp.parse(mlp.format())).thresholds, mlp.thresholds);
    for await (const _ of train(mlp, SET, { epochs: 1, backend })) assertEquals(mlp.thresholds, undefined);
  },
);

backendTest(
  "train() with outliers resumes within an epoch as if it had never stopped",
  EACH,
  async (backend) => {
    const options = { ...SETTINGS, augment: true, validationSplit: 0.2, patience: 3, threads: 1 } as const;
    const whole = createMlp(), cut = createMlp(), controller = new AbortController();
    await run(whole, { ...options, backend });
    const begun = await run(cut, {
      ...{ ...options, backend: abortAfter(backend, controller, 6), signal: controller.signal },
    });
    assertEquals(begun.at(-1)!.ended, "interrupted");
    assert(cut.thresholds);
    const checkpoint = await parseCheckpoint(formatCheckpoint(begun.at(-1)!.checkpoint()));
    assertEquals(checkpoint.dataset.epochRows, 96 + 47 + 21);
    const resumed = new Mlp(checkpoint.mlp);
    await run(resumed, { resume: checkpoint, backend, threads: 1 });
    assertEquals(resumed.format(), whole.format());
    assertEquals(resumed.thresholds, whole.thresholds);
  },
);

Deno.test("train() with outliers uses rows that another run has drawn", SANITIZED, async () => {
  const drawn: DrawnRows = {}, options = { ...SETTINGS, backend: "reference" } as const;
  const [first, second, other] = [createMlp(), createMlp(), createMlp()];
  await run(first, { ...options, drawn });
  const { last } = drawn;
  await run(second, { ...options, drawn });
  assert(last && drawn.last === last);
  assertEquals(second.format(), first.format());
  await run(second, { ...options, drawn, seed: 6 });
  assert(drawn.last !== last && drawn.last!.seed === 6);
  await run(other, { ...options, drawn, validationSplit: 0.2 });
  assertEquals(drawn.last!.rows.length, 96);
});

Deno.test(
  "train() with outliers ends without an event if it is interrupted while they are drawn",
  SANITIZED,
  async () => {
    const { train: set } = drawDigits({ count: 3000, testCount: 0 }), drawn: DrawnRows = {};
    const signal = AbortSignal.abort();
    assertEquals(await run(createMlp(set), { ...SETTINGS, backend: "reference", signal, drawn }, set), []);
    assertEquals(drawn, {});
  },
);

Deno.test(
  "train() with outliers gives the best epoch its thresholds, also if the run had ended",
  SANITIZED,
  async () => {
    const options = {
      ...SETTINGS,
      validationSplit: 0.2,
      patience: 1,
      epochs: 60,
      learningRate: 0.2,
      backend: "reference",
    } as const;
    const mlp = createMlp(), events = await run(mlp, options), checkpoint = events.at(-1)!.checkpoint();
    assertEquals(events.at(-1)!.ended, "patience");
    const held = takeRows(SET, splitRows(120, 0.2, 5).validation);
    assertEquals(mlp.thresholds, await fitThresholds(mlp, held, { backend: "reference" }));
    const resume = await parseCheckpoint(formatCheckpoint(checkpoint)), again = new Mlp(resume.mlp);
    await run(again, { resume, backend: "reference" });
    assertEquals(again.format(), mlp.format());
  },
);

Deno.test(
  "train() with outliers refuses a table, another loss, and a resumed run with another validation set",
  SANITIZED,
  async () => {
    const table = drawBlobs({ rows: 30, inFeatures: 16, classes: 3 }), backend = "reference";
    await assertRejects(
      () => run(createMlp(table), { ...SETTINGS, backend }, table),
      TypeError,
      `Cannot draw outliers for ${table.source}: its inputs of shape [16] are not known to be images`,
    );
    await assertRejects(
      () => run(createMlp(), { ...SETTINGS, backend, loss: "mean-squared-error" }),
      RangeError,
      `Option "outliers" needs loss "cross-entropy", found "mean-squared-error"`,
    );
    const [first] = await run(createMlp(), { ...SETTINGS, backend }), resume = first.checkpoint();
    await assertRejects(
      () => run(createMlp(), { resume, backend, validation: SET }),
      RangeError,
      `an epoch has ${120 + 59 + 26} rows, ${110 + 54 + 24} in the checkpoint`,
    );
  },
);

Deno.test("train() with outliers learns to be less sure of outliers than without", SANITIZED, async () => {
  const set = drawDigits({ count: 600, testCount: 200 }),
    others = await drawOutliers(set.train, { count: 200, seed: 99 });
  const sure = async (outliers: boolean) => {
    const mlp = createMlp(set.train),
      options = { outliers, epochs: 12, batchSize: 20, learningRate: 0.003, backend: "wasm" } as const;
    await run(mlp, options, set.train);
    const count = (inputs: Dataset["inputs"]) => guessesOf(mlp, inputs)!.filter(({ sure }) => sure).length;
    return { digits: count(set.test!.inputs), others: count(others.inputs) };
  };
  const [with_, without] = [await sure(true), await sure(false)];
  assert(with_.others < without.others / 2, `${with_.others} of ${without.others} are sure`);
  assert(with_.digits > 100, `${with_.digits} digits are sure`);
});

Deno.test(
  "fitThresholds() has one row in a hundred below the energy and the two classes together",
  SANITIZED,
  async () => {
    const rows = 200, weights = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
    const mlp = new Mlp({
      ...{ inputShape: [3], inputScale: 1, layers: [dense(3, "softmax")] },
      parameters: { "layer_1.weights": weights, "layer_1.bias": new Float32Array(3) },
    });
    // the first logit grows from row to row; the second is 1 more than the third
    const inputs = Float32Array.from({ length: 3 * rows }, (_, i) => [Math.floor(i / 3) / 20, 1, 0][i % 3]);
    const set = {
      inputs,
      inputShape: [3],
      inputScale: 1,
      labels: new Uint32Array(rows),
      outFeatures: 3,
      source: "rows",
    };
    const { probability, energy, together } = await fitThresholds(mlp, set, { backend: "reference" });
    const energyAt = (row: number) => Math.log(Math.exp(row / 20) + Math.exp(1) + 1);
    assertEquals(probability, 0.5);
    assert(Math.abs(energy - energyAt(2)) < 1e-6, `${energy}`);
    assert(together <= 0.75 && together > 0.7, `${together}`);
    const found = guessesOf(Object.assign(mlp, { thresholds: { probability, energy, together } }), inputs)!;
    assertEquals(found.filter(({ known }) => !known).length <= 2, true);
    assertEquals(
      found.at(-1),
      guessOf(mlp.predict(inputs).subarray(-3), { thresholds: mlp.thresholds!, energy: energyAt(199) }),
    );
  },
);

Deno.test("fitThresholds() of two classes asks more than half of the probability", SANITIZED, async () => {
  const mlp = new Mlp({
    ...{ inputShape: [2], inputScale: 1, layers: [dense(2, "softmax")] },
    parameters: { "layer_1.weights": Float32Array.of(1, 0, 0, 1), "layer_1.bias": new Float32Array(2) },
  });
  const set = (logit: number) => ({
    ...{ inputs: Float32Array.of(logit, 0, 0, logit), inputShape: [2], inputScale: 1 },
    ...{ labels: Uint32Array.of(0, 1), outFeatures: 2, source: "rows" },
  });
  const near = await fitThresholds(mlp, set(0.5), { backend: "reference" });
  const far = await fitThresholds(mlp, set(5), { backend: "reference" });
  assertEquals([near.probability, far.probability, far.together], [0.6, 0.6, 0.75]);
  assert(Math.abs(near.together - 1 / (1 + Math.exp(-0.5))) < 1e-6, `${near.together}`);
});
