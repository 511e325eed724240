/** Tests that only WebGPU needs: data sets in parts, buffers that are too large, a lost device. @module */
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLess,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { openBackend, type OpenedBackend } from "../../../src/backends/open.ts";
import type { Trainer } from "../../../src/backends/backend.ts";
import { openReference } from "../../../src/backends/reference/backend.ts";
import { openWebgpu, type WebgpuBackend } from "../../../src/backends/webgpu/backend.ts";
import { buildPlan } from "../../../src/plan/build.ts";
import { resolveConfig, type TrainConfig } from "../../../src/training/config.ts";
import type { Dataset } from "../../../src/data/dataset.ts";
import { BackendError } from "../../../src/errors.ts";
import { dense, type LayerSpec } from "../../../src/plan/layers.ts";
import type { StepPlan } from "../../../src/plan/plan.ts";
import { permutation } from "../../../src/random.ts";
import { backendTest, WEBGPU, WEBGPU_BUT_OPENGL } from "../../support/backends.ts";
import { CASES, conformanceCase, drawParameters } from "../../support/cases.ts";
import { within } from "../../support/deadline.ts";
import { disguised, gpuWith } from "../../support/gpu.ts";
import { drawSet } from "../../support/sets.ts";
import { distance, inOrder, runPlan, startState } from "../../support/states.ts";

/** Registers a test of the WebGPU backend. */
function webgpuTest(
  sentence: string,
  work: (
    backend: WebgpuBackend,
    open: (options: { largestBuffer?: number }) => Promise<WebgpuBackend>,
  ) => Promise<void>,
): void {
  backendTest(sentence, WEBGPU, async (backend) => {
    const own = backend as WebgpuBackend;
    await work(own, (options) => openWebgpu({ gpu: gpuWith(own.adapter), ...options }));
  });
}

/** Returns a run over a drawn data set. */
function runOf(
  layers: readonly LayerSpec[],
  dataset: Dataset,
  given: Partial<TrainConfig> = {},
  parameters = drawParameters(dataset.inputShape[0], layers, 1),
) {
  const config = resolveConfig({ batchSize: 32, learningRate: 0.01, ...given });
  const { inputShape: [inFeatures], inputScale, outFeatures } = dataset,
    labels = dataset.labels !== undefined;
  const weighted = dataset.weights !== undefined;
  const plan = buildPlan(layers, config, { inFeatures, inputScale, labels, weighted, outFeatures });
  const rows = dataset.inputs.length / inFeatures;
  return { plan, dataset, parameters, learningRate: config.learningRate, epochs: [permutation(1, 1, rows)] };
}

const LAYERS = [dense(24, "relu"), dense(5, "softmax")];
const SMALL = runOf(LAYERS, drawSet({ rows: 100, inFeatures: 30, outFeatures: 5, bytes: true }));

const ratesOf = ({ plan, epochs: [order] }: ReturnType<typeof runOf>) =>
  new Float64Array(Math.ceil(order.length / plan.batchSize)).fill(0.01);

webgpuTest("openWebgpu() computes the same bits every time", async (backend, open) => {
  const first = await runPlan(backend, SMALL);
  await using other = await open({});
  assertEquals(await runPlan(other, SMALL), first);
});

backendTest("openWebgpu() computes the same bits with all tiles", WEBGPU_BUT_OPENGL, async (backend) => {
  const { adapter } = backend as WebgpuBackend;
  const open = (info: Partial<GPUAdapterInfo>) => openWebgpu({ gpu: gpuWith(disguised(adapter, { info })) });
  await using software = await open({ isFallbackAdapter: true, subgroupMinSize: 8, subgroupMaxSize: 8 });
  await using small = await open({ isFallbackAdapter: true, subgroupMinSize: 4, subgroupMaxSize: 128 });
  await using hardware = await open({ isFallbackAdapter: false });
  for (let number = 0; number < CASES; number += 12) { // these cases still have each size
    const { name, ...run } = conformanceCase(number), wanted = await runPlan(software, run);
    for (const other of [small, hardware]) assertEquals(await runPlan(other, run), wanted, name);
  }
});

for (const bytes of [true, false]) {
  for (const targets of [true, false]) {
    const name = `${bytes ? "bytes" : "floats"} and ${targets ? "targets" : "labels"}`;
    webgpuTest(`createTrainer() trains on a set in several buffers, of ${name}`, async (backend, open) => {
      const dataset = drawSet({ rows: 700, inFeatures: 33, outFeatures: 5, bytes, targets });
      const layers = [dense(24, "relu"), dense(5, targets ? "linear" : "softmax")];
      const run = runOf(layers, dataset, { loss: targets ? "mean-squared-error" : "cross-entropy" });
      // The inputs take 25,200 or 92,400 bytes, and all other buffers less than 8,000.
      await using small = await open({ largestBuffer: 8000 });
      assertEquals(await runPlan(small, run), await runPlan(backend, run));

      const network = { inFeatures: 33, layers, inputScale: dataset.inputScale };
      const outputs = [];
      for (const each of [small, backend]) {
        await using predictor = await each.createPredictor(network, run.parameters);
        outputs.push(await predictor.run(dataset.inputs.subarray(0, 33 * 200)));
      }
      assertEquals(outputs[0], outputs[1]);
    });
  }
}

webgpuTest("createTrainer() uses row weights of a data set in several buffers", async (backend, open) => {
  const set = drawSet({ rows: 700, inFeatures: 33, outFeatures: 5 });
  const weights = Float32Array.from({ length: 700 }, (_, row) => row % 3);
  const run = runOf([dense(5, "softmax")], { ...set, weights }, { optimizer: "sgd", average: 0.9 });
  await using small = await open({ largestBuffer: 8000 });
  const found = await runPlan(small, run);
  assertEquals(found, await runPlan(backend, run));
  const wanted = await runPlan(openReference(), run);
  for (const [name, values] of Object.entries(wanted.state.tensors)) {
    assertLess(distance(found.state.tensors[name], values), 1e-6, name);
  }
  const ones = runOf([dense(5, "softmax")], { ...set, weights: new Float32Array(700).fill(1) }, {
    optimizer: "sgd",
    average: 0.9,
  });
  const unweighted = runOf([dense(5, "softmax")], set, { optimizer: "sgd", average: 0.9 });
  assertEquals(await runPlan(backend, ones), await runPlan(backend, unweighted));
  assertLess(1e-3, distance(found.state.tensors["layer_1.bias"], ones.parameters["layer_1.bias"]));
});

webgpuTest("openBackend() returns a backend that counts its buffers", async () => {
  await using opened = await openBackend("webgpu");
  const backend = opened as OpenedBackend & WebgpuBackend;
  const predictor = await backend.createPredictor(
    { inFeatures: 30, layers: LAYERS, inputScale: 1 },
    SMALL.parameters,
  );
  assertEquals([backend.buffersHeld, backend.passedOver], [0, []]);
  await predictor.place(SMALL.dataset.inputs);
  assert(backend.buffersHeld > 0);
  await predictor.close();
  assertEquals(backend.buffersHeld, 0);
});

webgpuTest("createTrainer() refuses a network that is too large, and frees it", async (_, open) => {
  await using small = await open({ largestBuffer: 5000 });
  const run = runOf([dense(60, "relu"), dense(5)], drawSet({ rows: 10, inFeatures: 30, outFeatures: 5 }));
  const create = () => small.createTrainer(run.plan, run.dataset, startState(run.plan, run.parameters));
  const why = '"layer_1.weights" takes 0.00744 MB, the adapter\'s largest buffer has 0.005 MB';
  const error = await assertRejects(create, BackendError, `Cannot train on backend "webgpu": ${why}`);
  assertEquals([error.code, small.buffersHeld], ["too-large", 0]);
  await runPlan(small, SMALL); // a smaller network can still be trained
});

webgpuTest("createTrainer() refuses a batch of too many workgroups", async (backend) => {
  const set = drawSet({ rows: 1, inFeatures: 1, outFeatures: 1, targets: true });
  const run = runOf([dense(1)], set, { loss: "mean-squared-error", batchSize: 3_000_000 });
  const create = () => backend.createTrainer(run.plan, run.dataset, startState(run.plan, run.parameters));
  const error = await assertRejects(create, BackendError, "workgroups, the adapter takes 65535");
  assertEquals([error.code, backend.buffersHeld], ["too-large", 0]);
});

webgpuTest(
  "Trainer.runEpoch() trains on batches of more rows than a grid has workgroups",
  async (backend) => {
    // 70,000 rows are gathered, and 64 invocations work on each row of 40 classes.
    const dataset = drawSet({ rows: 70_000, inFeatures: 2, outFeatures: 40 });
    const run = runOf([dense(40, "softmax")], dataset, { batchSize: 70_000, optimizer: "sgd" });
    const [wanted, found] = [await runPlan(openReference(), run), await runPlan(backend, run)];
    assertAlmostEquals(found.results[0].lossSum, wanted.results[0].lossSum, 1e-5 * wanted.results[0].lossSum);
    assertEquals(found.results[0].correct, wanted.results[0].correct);
    for (const [name, values] of Object.entries(wanted.state.tensors)) {
      const change = distance(values, run.parameters[name]);
      assertLess(distance(found.state.tensors[name], values), 1e-4 * change + 1e-7, name);
    }
  },
);

webgpuTest("createTrainer() refuses sums too deep for a software adapter", async ({ adapter }) => {
  const info = { isFallbackAdapter: true, subgroupMinSize: 8, subgroupMaxSize: 8 };
  await using backend = await openWebgpu({ gpu: gpuWith(disguised(adapter, { info })) });
  const set = drawSet({ rows: 1, inFeatures: 300_000, outFeatures: 1, targets: true });
  const run = runOf([dense(1)], set, { loss: "mean-squared-error" });
  const create = () => backend.createTrainer(run.plan, run.dataset, startState(run.plan, run.parameters));
  const why = '"linear, 4" takes 117192 rounds of its loops, a software adapter makes 65000';
  const error = await assertRejects(create, BackendError, why);
  assertEquals([error.code, backend.buffersHeld], ["too-large", 0]);
});

/** Asserts that a call of a trainer rejects with a code, and that later calls do. */
async function assertFails(work: () => Promise<unknown>, code: string): Promise<void> {
  const error = await assertRejects(
    () => within(10, work()),
    BackendError,
    'Cannot train on backend "webgpu": ',
  );
  assertEquals([error.backend, error.code], ["webgpu", code]);
}

/** Creates a trainer with an epoch long enough for a failure to happen during it. */
async function createBusy(
  backend: WebgpuBackend,
): Promise<{ trainer: Trainer; run: () => Promise<unknown> }> {
  const run = runOf(LAYERS, drawSet({ rows: 20_000, inFeatures: 30, outFeatures: 5 }), { batchSize: 1 });
  const trainer = await backend.createTrainer(run.plan, run.dataset, startState(run.plan, run.parameters));
  return { trainer, run: () => trainer.runEpoch(run.epochs[0], ratesOf(run)) };
}

webgpuTest("Trainer.runEpoch() rejects if the device is lost meanwhile", async (backend) => {
  const { trainer, run } = await createBusy(backend);
  const running = assertFails(run, "device-lost");
  backend.gpu.destroy();
  await running;
  assertLess(trainer.stepsDone, 20_000);
  await assertFails(run, "device-lost");
  await assertFails(() => trainer.readState(), "device-lost");
  await assertFails(() => createBusy(backend), "device-lost");
  await trainer.close();
});

webgpuTest("Trainer.runEpoch() rejects if the device reports an error meanwhile", async (backend) => {
  const { trainer, run } = await createBusy(backend);
  const running = assertFails(run, "invalid");
  backend.gpu.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
  await running;
  assertLess(trainer.stepsDone, 20_000);
  await assertFails(run, "invalid");
  await trainer.close();
  await runPlan(backend, SMALL); // the error is not reported again
});

webgpuTest("Trainer.runEpoch() rejects if its own commands are refused", async (backend) => {
  const { trainer, run } = await createBusy(backend);
  const { createCommandEncoder } = backend.gpu;
  Object.defineProperty(backend.gpu, "createCommandEncoder", {
    configurable: true,
    value: () => {
      const encoder = createCommandEncoder.call(backend.gpu);
      encoder.popDebugGroup(); // without a pushed group, the commands are invalid
      return encoder;
    },
  });
  await assertFails(run, "invalid");
  Reflect.deleteProperty(backend.gpu, "createCommandEncoder");
  await assertFails(run, "invalid"); // steps may be missing
  await trainer.close();
});

const createSmall = (backend: WebgpuBackend) =>
  backend.createTrainer(SMALL.plan, SMALL.dataset, startState(SMALL.plan, SMALL.parameters));

/** Invalid plans, each refused for another reason by another part of the code. */
const REFUSED: Record<string, Partial<StepPlan>> = {
  "buffers too small to be bound": { batchSize: -1 },
  "buffers too large": { batchSize: 2 ** 31 },
  "a buffer of no whole words": { batchSize: 1.5 },
  "no layers": { ops: SMALL.plan.ops.filter(({ op }) => op !== "linear") },
  "a buffer that is read and written": {
    ops: SMALL.plan.ops.map((op) => op.op === "linear" ? { ...op, y: op.x } : op),
  },
};

webgpuTest("createTrainer() refuses a plan, and other trainers keep working", async (backend) => {
  const wanted = await runPlan(backend, SMALL), [order] = SMALL.epochs, rates = ratesOf(SMALL);
  const trainer = await createSmall(backend);
  const [first] = wanted.results;
  for (const [why, change] of Object.entries(REFUSED)) {
    const refused = { ...SMALL, plan: { ...SMALL.plan, ...change } };
    const run = runPlan(backend, refused).then(() => "done", () => "refused");
    const meanwhile = trainer.runEpoch(order, rates);
    assertEquals([await run, await meanwhile], ["refused", first], why);
    await trainer.writeState(startState(SMALL.plan, SMALL.parameters));
    assertEquals(await runPlan(backend, SMALL), wanted, why);
  }
  await trainer.close();
  assertEquals(backend.buffersHeld, 0);
});

webgpuTest("createTrainer() creates kernels again after a refusal", async (_, open) => {
  await using backend = await open({});
  const { createComputePipeline } = backend.gpu;
  Object.defineProperty(backend.gpu, "createComputePipeline", {
    configurable: true,
    value: (given: GPUComputePipelineDescriptor) => {
      const compute = { ...given.compute, entryPoint: "absent" };
      return createComputePipeline.call(backend.gpu, { ...given, compute });
    },
  });
  await assertFails(() => createSmall(backend), "invalid");
  Reflect.deleteProperty(backend.gpu, "createComputePipeline");
  await runPlan(backend, SMALL);
});

/** The number of networks that are trained and closed. */
const CYCLES = 60;

webgpuTest(`Trainer.close() and Predictor.close() free all memory, ${CYCLES} times`, async (backend) => {
  const dataset = drawSet({ rows: 1000, inFeatures: 256, outFeatures: 5 });
  const run = { ...runOf(LAYERS, dataset), epochs: [inOrder(64)] };
  const network = { inFeatures: 256, layers: LAYERS, inputScale: 1 };
  const before = Deno.memoryUsage().rss;
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    await runPlan(backend, run);
    await using predictor = await backend.createPredictor(network, run.parameters);
    await predictor.run(dataset.inputs);
  }
  assertEquals(backend.buffersHeld, 0);
  // The inputs of a cycle take 2 MB, of which 0.1 to 0.5 MB wait for the host's garbage collection.
  assertLess(Deno.memoryUsage().rss - before, 60e6);
});

webgpuTest("Trainer.runEpoch() trains 784-4096-4096-10", async (backend) => {
  const layers = [dense(4096, "relu"), dense(4096, "relu"), dense(10, "softmax")];
  const dataset = drawSet({ rows: 16, inFeatures: 784, outFeatures: 10, bytes: true });
  const { parameters } = runOf(layers, dataset);
  const run = { ...runOf(layers, dataset, { batchSize: 16 }, parameters), learningRate: 1e-4 };
  const epochs = [inOrder(16), inOrder(16)];
  const { results } = await runPlan(backend, { ...run, epochs });
  assert(results.every(({ diverged }) => !diverged));
  assertLess(results[1].lossSum, results[0].lossSum);
});

webgpuTest("createTrainer() accepts a data set of several bindings", async (backend) => {
  const rows = 4 * 60_000, dataset = drawLargeSet(rows); // 188 MB
  const run = { ...runOf([dense(16, "relu"), dense(10, "softmax")], dataset), learningRate: 0.001 };
  // Rows from both ends, and from both sides of the end of the first buffer of 128 MiB.
  const middle = Math.floor(2 ** 27 / 784);
  const epochs = [Uint32Array.of(0, rows - 1, middle - 1, middle, middle + 1)];
  const large = await runPlan(backend, { ...run, epochs });
  const take = (at: number) => dataset.inputs.subarray(784 * at, 784 * (at + 1));
  const few = new Uint8Array(5 * 784);
  for (const [to, at] of epochs[0].entries()) few.set(take(at), 784 * to);
  const labels = Uint32Array.from(epochs[0], (at) => dataset.labels![at]);
  const set = { ...dataset, inputs: few, labels };
  assertEquals(await runPlan(backend, { ...run, dataset: set, epochs: [inOrder(5)] }), large);
  assertNotEquals(take(0), take(rows - 1));
});

/** Returns a data set of bytes that takes little time to draw. */
function drawLargeSet(rows: number): Dataset {
  const inputs = new Uint8Array(rows * 784);
  for (let at = 0; at < inputs.length; at++) inputs[at] = at * 2654435761 >>> 24;
  return {
    inputs,
    inputShape: [784],
    inputScale: 1 / 255,
    labels: Uint32Array.from({ length: rows }, (_, row) => row % 10),
    outFeatures: 10,
    source: "a large set",
  };
}
