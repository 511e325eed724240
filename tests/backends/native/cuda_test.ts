/** Tests the CUDA backend's trainers and predictors on the emulation. */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { type CudaBackend, openCuda } from "../../../src/backends/native/cuda.ts";
import { buildPlan } from "../../../src/plan/build.ts";
import { resolveConfig, type TrainConfig } from "../../../src/training/config.ts";
import { BackendError } from "../../../src/errors.ts";
import { dense } from "../../../src/plan/layers.ts";
import { drawParameters } from "../../support/cases.ts";
import { EMULATED_LIBRARY, emulatedTest } from "../../support/backends.ts";
import { drawSet } from "../../support/sets.ts";
import { inOrder, startState } from "../../support/states.ts";

const LAYERS = [dense(16, "relu"), dense(4, "softmax")];

function makeRun(config: Partial<TrainConfig> = {}, rows = 40) {
  const dataset = drawSet({ rows, inFeatures: 12, outFeatures: 4, bytes: true });
  const plan = buildPlan(LAYERS, resolveConfig({ batchSize: 8, ...config }), {
    inFeatures: 12,
    inputScale: dataset.inputScale,
    labels: true,
    outFeatures: 4,
  });
  const state = startState(plan, drawParameters(12, LAYERS, 1));
  const rates = new Float64Array(Math.ceil(rows / 8)).fill(0.01);
  return { plan, dataset, state, rates, order: inOrder(rows) };
}

function freeBytes(): number {
  const backend = openCuda({ library: EMULATED_LIBRARY });
  backend.close();
  return backend.facts.freeBytes;
}

function test(sentence: string, work: (backend: CudaBackend) => Promise<void>): void {
  emulatedTest(sentence, async () => {
    await using backend = openCuda({ library: EMULATED_LIBRARY });
    await work(backend);
  });
}

test("openCuda() describes the emulation as an emulation", (backend) => {
  assert(backend.emulated);
  assertStringIncludes(backend.device, "emulated");
  return Promise.resolve();
});

test("createTrainer() refuses a state of the wrong size before it reaches the library", async (backend) => {
  const { plan, dataset, state } = makeRun(), before = freeBytes();
  const tensors = { ...state.tensors, "layer_1.bias": new Float32Array(3) };
  await assertRejects(
    () => backend.createTrainer(plan, dataset, { step: 0, tensors }),
    TypeError,
    "layer_1.bias",
  );
  const { labels: _, ...unlabelled } = dataset;
  await assertRejects(() => backend.createTrainer(plan, unlabelled, state), TypeError, `"labels" is missing`);
  assertEquals(freeBytes(), before);
});

test("runEpoch() gives the same bits every time", async (backend) => {
  const { plan, dataset, state, rates, order } = makeRun();
  const runs = [];
  for (let run = 0; run < 2; run++) {
    await using trainer = await backend.createTrainer(plan, dataset, state);
    runs.push({ result: await trainer.runEpoch(order, rates), state: await trainer.readState() });
  }
  assertEquals(runs[0], runs[1]);
});

test("runEpoch() computes the same on two trainers at once as on one", async (backend) => {
  const { plan, dataset, state, rates, order } = makeRun();
  await using alone = await backend.createTrainer(plan, dataset, state);
  await using first = await backend.createTrainer(plan, dataset, state);
  await using second = await backend.createTrainer(plan, dataset, state);
  const wanted = await alone.runEpoch(order, rates);
  const found = await Promise.all([first.runEpoch(order, rates), second.runEpoch(order, rates)]);
  assertEquals(found, [wanted, wanted]);
  assertEquals(await first.readState(), await alone.readState());
});

test("runEpoch() refuses a call that overlaps another", async (backend) => {
  const { plan, dataset, state, rates, order } = makeRun();
  await using trainer = await backend.createTrainer(plan, dataset, state);
  const running = trainer.runEpoch(order, rates);
  const error = await assertRejects(() => trainer.runEpoch(order, rates), BackendError);
  assertEquals(error.code, "busy");
  await running;
});

for (const path of ["ops", "graph", "persistent"] as const) {
  emulatedTest(
    `runEpoch() ends after a step when its signal is aborted, and the next epoch continues from there (${path})`,
    async () => {
      await using backend = openCuda({ library: EMULATED_LIBRARY, path });
      const { plan, dataset, state } = makeRun({}, 8 * 3000);
      const order = inOrder(8 * 3000), rates = new Float64Array(3000).fill(0.01);
      await using trainer = await backend.createTrainer(plan, dataset, state);
      await using other = await backend.createTrainer(plan, dataset, state);
      const controller = new AbortController();
      const running = trainer.runEpoch(order, rates, { signal: controller.signal });
      while (trainer.stepsDone < 3) await new Promise((resolve) => setTimeout(resolve, 1));
      controller.abort();
      const { steps, rows } = await running;
      assert(steps >= 3 && steps < 3000, `${steps} steps`);
      assertEquals([rows, trainer.stepsDone], [8 * steps, steps]);
      await other.runEpoch(order.subarray(0, rows), rates.subarray(0, steps));
      assertEquals(await trainer.readState(), await other.readState());
      const rest = await trainer.runEpoch(order.subarray(0, 16), rates.subarray(0, 2));
      assertEquals(rest.steps, 2);
    },
  );

  emulatedTest(`runEpoch() ends when the loss is not a number (${path})`, async () => {
    await using backend = openCuda({ library: EMULATED_LIBRARY, path });
    const { plan, dataset, state, order, rates } = makeRun();
    await using trainer = await backend.createTrainer(plan, dataset, state);
    rates[1] = NaN; // the second step leaves NaN, which the third step's loss shows
    const { steps, diverged } = await trainer.runEpoch(order, rates);
    assertEquals([steps, diverged], [3, true]);
  });
}

test("close() can be called twice, and later calls of other methods are refused", async (backend) => {
  const { plan, dataset, state, rates, order } = makeRun();
  const trainer = await backend.createTrainer(plan, dataset, state);
  const predictor = await backend.createPredictor(
    { inFeatures: 12, layers: LAYERS, inputScale: 1 },
    state.tensors,
  );
  for (const each of [trainer, predictor]) {
    await each.close();
    await each.close();
  }
  for (
    const use of [
      () => trainer.runEpoch(order, rates),
      () => trainer.readState(),
      () => trainer.writeState(state),
      () => predictor.run(new Float32Array(12)),
      () => predictor.load(state.tensors),
    ]
  ) {
    const error = await assertRejects(use);
    assertInstanceOf(error, BackendError);
    assertEquals(error.code, "closed");
  }
});

test("describePlan() is refused after the backend is closed", async (backend) => {
  const { plan, dataset } = makeRun();
  await backend.close();
  assertThrows(() => backend.describePlan(plan, dataset), BackendError, "it is closed");
});

test("close() of a backend during an epoch ends the epoch and frees all memory", async (backend) => {
  const before = freeBytes();
  const { plan, dataset, state } = makeRun({}, 8 * 3000);
  const trainer = await backend.createTrainer(plan, dataset, state);
  const running = trainer.runEpoch(inOrder(8 * 3000), new Float64Array(3000).fill(0.01));
  const [error] = await Promise.all([assertRejects(() => running), backend.close()]);
  assertInstanceOf(error, BackendError);
  assertEquals([error.code, freeBytes()], ["closed", before]);
});

test("createTrainer() reports the bytes that were requested when the memory is too small", async (backend) => {
  const before = freeBytes(), layers = [dense(16_000, "relu"), dense(4, "softmax")];
  const { dataset } = makeRun();
  const plan = buildPlan(layers, resolveConfig({ batchSize: 70_000 }), {
    inFeatures: 12,
    inputScale: dataset.inputScale,
    labels: true,
    outFeatures: 4,
  });
  const state = startState(plan, drawParameters(12, layers, 1));
  const error = await assertRejects(() => backend.createTrainer(plan, dataset, state), BackendError);
  assertEquals(error.code, "out-of-memory");
  assertStringIncludes(error.message, "4480000000 bytes were asked for"); // 70,000 rows of 16,000 outputs
  assertEquals(freeBytes(), before);
});

test("close() of a thousand trainers, one after the other, frees all memory", async (backend) => {
  const before = freeBytes(), { plan, dataset, state, rates, order } = makeRun();
  for (let cycle = 0; cycle < 1000; cycle++) {
    await using trainer = await backend.createTrainer(plan, dataset, state);
    await trainer.runEpoch(order.subarray(0, 8), rates.subarray(0, 1));
  }
  assertEquals(freeBytes(), before);
});
