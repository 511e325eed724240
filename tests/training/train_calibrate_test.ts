/** Training with calibration: a temperature that is fitted at the end of a run. */
import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { openBackend } from "../../src/backends/open.ts";
import { exportNetwork } from "../../src/export/export.ts";
import { importModel } from "../../src/import/import.ts";
import { splitRows, takeRows } from "../../src/data/split.ts";
import { drawDigits } from "../../src/data/digits/digits.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { committeeOf } from "../../src/sweep/committee.ts";
import { formatCheckpoint, parseCheckpoint } from "../../src/training/checkpoint.ts";
import { evaluate } from "../../src/training/evaluate.ts";
import { fitTemperature, withTemperature } from "../../src/training/temperature.ts";
import { fitThresholds } from "../../src/training/thresholds.ts";
import { train, type TrainOptions } from "../../src/training/train.ts";
import { drawSet } from "../support/sets.ts";
import { abortAfter } from "../support/watched.ts";

const SET = drawSet({ rows: 120, inFeatures: 6, outFeatures: 3 });
const SETTINGS = { epochs: 8, batchSize: 20, seed: 3, learningRate: 0.02 } as const satisfies TrainOptions;
const REFERENCE = { backend: "reference" } as const;
const createMlp = () => Mlp.create([dense(16, "relu"), dense(3, "softmax")], SET);

async function run(mlp: Mlp, options: TrainOptions, set = SET) {
  return await Array.fromAsync(train(mlp, set, options));
}

Deno.test(
  "train() with calibrate divides the logits by a temperature after the last epoch",
  async () => {
    const backend = "wasm";
    const split = { ...SETTINGS, validationSplit: 0.3, backend } as const;
    const plain = createMlp(),
      calibrated = createMlp(),
      held = takeRows(SET, splitRows(120, 0.3, 3).validation);
    const before = await run(plain, split), after = await run(calibrated, { ...split, calibrate: true });
    const losses = (events: typeof before) =>
      events.map(({ trainLoss, validation }) => [trainLoss, validation]);
    assertEquals(losses(after), losses(before));
    const temperature = await fitTemperature(plain, held, { backend });
    assert(temperature > 1.5, `${temperature}`); // random labels: the network is far too sure
    assertEquals(calibrated.parameters, withTemperature(plain, temperature).parameters);
    assertEquals(calibrated.training?.temperature, temperature);
    const [loss, less] = [
      await evaluate(plain, held, { backend }),
      await evaluate(calibrated, held, { backend }),
    ];
    assert(less.loss < loss.loss && less.calibrationError! < loss.calibrationError!);
    // A run without calibration has no temperature any more.
    await run(calibrated, { epochs: 1, backend });
    assertEquals(calibrated.training?.temperature, undefined);
  },
);

Deno.test("train() with calibrate holds out 1 row of 12 if there is no validation set", async () => {
  const mlp = createMlp(), same = createMlp(), { train: rows, validation } = splitRows(120, 1 / 12, 3);
  await run(mlp, { ...SETTINGS, ...REFERENCE, calibrate: true });
  assertEquals(mlp.training?.dataset.rows, 110);
  assertEquals(rows.length, 110);
  await run(same, { ...SETTINGS, ...REFERENCE, calibrate: true, validation: takeRows(SET, validation) }, SET);
  assertEquals(same.training?.dataset.rows, 120);
  assertNotEquals(mlp.training?.temperature, undefined);
});

Deno.test("train() with calibrate keeps it in files of models, and older files as they were", async () => {
  const plain = createMlp(), mlp = createMlp();
  await run(plain, { ...SETTINGS, ...REFERENCE });
  assert(!new TextDecoder().decode(plain.format()).includes("calibrate"));
  await run(mlp, { ...SETTINGS, ...REFERENCE, calibrate: true });
  const read = await Mlp.parse(mlp.format());
  assertEquals(read.training, mlp.training);
  const outputs = read.predict(SET.inputs); // of parameters that are rounded to float32
  assertAlmostEquals(outputs[0], mlp.predict(SET.inputs)[0], 1e-6);
  const { mlp: imported } = await importModel(exportNetwork(mlp, "safetensors"));
  assertEquals([imported.training, imported.predict(SET.inputs)], [mlp.training, outputs]);
  assertEquals(committeeOf([mlp, mlp]).training?.temperature, undefined);
  assertEquals(withTemperature(mlp, 2).training?.temperature, 2 * mlp.training!.temperature!);
  const damaged = new TextEncoder().encode(
    new TextDecoder("latin1").decode(exportNetwork(mlp, "safetensors")).replace(
      'temperature\\":',
      'temperature\\":-',
    ),
  );
  await assertRejects(() => importModel(damaged));
});

for (const patience of [0, 2]) {
  Deno.test(`train() with calibrate resumes as if it had never stopped, with patience ${patience}`, async () => {
    const options = { ...SETTINGS, calibrate: true, patience, ...patience > 0 && { validationSplit: 0.2 } };
    const whole = createMlp(), cut = createMlp(), controller = new AbortController();
    const events = await run(whole, { ...options, ...REFERENCE });
    assert(whole.training?.temperature);
    await using backend = await openBackend("reference");
    const { signal } = controller;
    const begun = await run(cut, { ...options, backend: abortAfter(backend, controller, 8), signal });
    assertEquals([begun.at(-1)!.ended, cut.training!.temperature! > 0], ["interrupted", true]);
    for (const { checkpoint } of [begun.at(-1)!, events.at(-1)!]) { // the second one is that of a run that has ended
      const resume = await parseCheckpoint(formatCheckpoint(checkpoint()));
      assertEquals(resume.mlp.training?.temperature, undefined);
      const resumed = new Mlp(resume.mlp);
      await run(resumed, { resume, ...REFERENCE });
      assertEquals(resumed.format(), whole.format());
    }
    const resume = begun.at(-1)!.checkpoint();
    const validation = takeRows(SET, Uint32Array.of(0, 1, 2));
    if (patience > 0) return;
    await assertRejects(
      () => run(new Mlp(resume.mlp), { resume, validation, ...REFERENCE }),
      RangeError,
      "a run with calibration needs the same validation set",
    );
  });
}

Deno.test("train() with calibrate and outliers fits the thresholds to the calibrated logits", async () => {
  const set = drawDigits({ count: 60, testCount: 0 }).train;
  const mlp = Mlp.create([dense(8, "relu"), dense(10, "softmax")], set);
  const options = { outliers: true, calibrate: true, validationSplit: 0.2, epochs: 1, seed: 5 } as const;
  await run(mlp, { ...options, ...REFERENCE }, set);
  const held = takeRows(set, splitRows(60, 0.2, 5).validation);
  assert(mlp.training!.temperature !== 1);
  assertEquals(mlp.thresholds, await fitThresholds(mlp, held, REFERENCE));
});

Deno.test("train() with calibrate calibrates two classes of one output, and refuses a loss without logits", async () => {
  const set = drawSet({ rows: 60, inFeatures: 6, outFeatures: 2 });
  const mlp = Mlp.create([dense(8, "relu"), dense(1, "sigmoid")], set);
  const options = { ...SETTINGS, ...REFERENCE, calibrate: true };
  await run(mlp, { ...options, loss: "binary-cross-entropy" }, set);
  assert(mlp.training!.temperature! > 1);
  await assertRejects(
    () => run(createMlp(), { ...options, loss: "mean-squared-error" }),
    RangeError,
    'Option "calibrate" needs loss "cross-entropy" or "binary-cross-entropy", found "mean-squared-error"',
  );
  await assertRejects(
    () => Array.fromAsync(train(createMlp(), { rows: 120, chunks: () => [SET] }, options)),
    RangeError,
    'Option "calibrate" needs a validation set, because the training set is in chunks',
  );
});
