/** Tests the values that dropout drops, for each form of the backend, each layout of the inputs and each step. @module */
import { assertEquals } from "@std/assert";
import type { Backend } from "../../../src/backends/backend.ts";
import { openWasm, type WasmOptions } from "../../../src/backends/wasm/backend.ts";
import type { Dataset } from "../../../src/data/dataset.ts";
import { buildPlan } from "../../../src/plan/build.ts";
import { dense, type LayerSpec } from "../../../src/plan/layers.ts";
import { dropoutKey, dropoutThreshold, isKept } from "../../../src/random.ts";
import { resolveConfig, type TrainConfig } from "../../../src/training/config.ts";
import { drawParameters } from "../../support/cases.ts";
import { drawSet } from "../../support/sets.ts";
import { inOrder, runPlan } from "../../support/states.ts";

/** The backend with 1, 2 and 3 threads, with shared memory and without, in both builds. */
const FORMS: readonly WasmOptions[] = [
  { threads: 1, shared: true },
  { threads: 2, shared: true },
  { threads: 3, shared: true },
  { shared: false },
  { threads: 2, shared: true, build: "plain" },
];

/** Calls `work` with each form. */
async function withForms(work: (backend: Backend, name: string) => Promise<void>) {
  for (const form of FORMS) {
    await using backend = await openWasm(form);
    await work(backend, JSON.stringify(form));
  }
}

/** The rows of a batch, which are divided into chunks, and the number of batches. */
const ROWS = 19, STEPS = 3;

/** Returns 1 for each column that the dropout keeps in one step and row, and 0 for the others. */
function keptIn(
  mask: { rate: number; seed: number; layer: number },
  step: number,
  row: number,
  columns: number,
) {
  const key = dropoutKey(mask, step, row), threshold = dropoutThreshold(mask.rate);
  return Array.from({ length: columns }, (_, column) => Number(isKept(key, column, threshold)));
}

/** Returns a run without updates before its last step, in which only row `row` of the batch has a gradient. */
function probe(layers: readonly LayerSpec[], given: Partial<TrainConfig>, dataset: Dataset, row: number) {
  const config = resolveConfig({ batchSize: ROWS, optimizer: "sgd", loss: "mean-squared-error", ...given });
  const inFeatures = dataset.inputs.length / (ROWS * STEPS), { inputScale, outFeatures } = dataset;
  const weights = new Float32Array(ROWS * STEPS);
  weights[(STEPS - 1) * ROWS + row] = 1;
  return {
    plan: buildPlan(layers, config, { inFeatures, inputScale, labels: false, weighted: true, outFeatures }),
    dataset: { ...dataset, weights },
    epochs: [inOrder(ROWS * STEPS)],
    learningRate: -1, // adds the gradient to a parameter
  };
}

function arrayOf(bytes: boolean, length: number): Dataset["inputs"] {
  return bytes ? new Uint8Array(length) : new Float32Array(length);
}

/** Returns a data set with one target of 1 in each row. The scaled inputs are 1, or 0 in the columns of `isZero`. */
function onesOf(
  inFeatures: number,
  bytes: boolean,
  isZero: (column: number) => boolean = () => false,
): Dataset {
  const inputs = arrayOf(bytes, ROWS * STEPS * inFeatures);
  for (let at = 0; at < inputs.length; at++) inputs[at] = isZero(at % inFeatures) ? 0 : 2;
  const targets = new Float32Array(ROWS * STEPS).fill(1);
  return {
    ...{ inputs, inputShape: [inFeatures], inputScale: 1 / 2, targets, outFeatures: 1 },
    source: "ones",
  };
}

/** Returns parameters of a layer that all have one value. */
function filled(index: number, outFeatures: number, inFeatures: number, value: number) {
  return {
    [`layer_${index}.weights`]: new Float64Array(outFeatures * inFeatures).fill(value),
    [`layer_${index}.bias`]: new Float64Array(outFeatures),
  };
}

for (const [density, isZero] of [["dense", undefined], ["sparse", (c: number) => c % 3 !== 1]] as const) {
  for (const bytes of [true, false]) {
    const kind = `${density} ${bytes ? "bytes" : "floats"}`;
    Deno.test(`Trainer.runEpoch() drops the inputs that isKept() drops on wasm: ${kind}`, async () => {
      const inFeatures = 53, seed = 2 ** 32 - 5, rate = 0.2, mask = { rate, seed, layer: 0 };
      const set = onesOf(inFeatures, bytes, isZero);
      await withForms(async (backend, form) => {
        for (const row of [0, 1, 7, 8, ROWS - 1]) {
          const run = probe([dense(1)], { inputDropout: rate, seed }, set, row);
          const { state } = await runPlan(backend, { ...run, parameters: filled(1, 1, inFeatures, 0) });
          // The output is 0, the gradient of its sum is -2 / ROWS, and an input that is kept is 1 / (1 - rate).
          const kept = Array.from(state.tensors["layer_1.weights"], (w) => w / (-2 / ROWS / (1 - rate)));
          const wanted = keptIn(mask, STEPS, row, inFeatures).map((k, c) => isZero?.(c) ? 0 : k);
          assertEquals(kept.map((k) => Math.abs(k - 1) < 1e-6 ? 1 : k), wanted, `${form}, row ${row}`);
        }
      });
    });
  }
}

Deno.test("Trainer.runEpoch() drops the hidden values that isKept() drops on wasm, forward and backward", async () => {
  const hidden = 37, seed = 5, rate = 0.5, mask = { rate, seed, layer: 1 }, set = onesOf(1, false);
  await withForms(async (backend, form) => {
    for (const row of [0, 1, 7, 8, ROWS - 1]) {
      const run = probe([dense(hidden, "linear", { dropout: rate }), dense(1)], { seed }, set, row);
      // Hidden values are 1 before dropout, and 2 if they are kept; the output is their sum times 1/64.
      const parameters = { ...filled(1, hidden, 1, 1), ...filled(2, 1, hidden, 1 / 64) };
      const { state: { tensors } } = await runPlan(backend, { ...run, parameters });
      const kept = keptIn(mask, STEPS, row, hidden), output = kept.reduce((a, b) => a + b) / 32;
      const slope = 2 * (output - 1) / ROWS, near = (a: number, b: number) => Math.abs(a - b) < 1e-6 ? b : a;
      const grown = Array.from(tensors["layer_2.weights"], (w, c) => near(w - 1 / 64, 2 * slope * kept[c]));
      assertEquals(grown, kept.map((k) => 2 * slope * k), `${form}, row ${row}: outputs`);
      const back = Array.from(tensors["layer_1.bias"], (b, c) => near(b, slope / 32 * kept[c]));
      assertEquals(back, kept.map((k) => slope / 32 * k), `${form}, row ${row}: gradients`);
    }
  });
});

/** Layers that all have dropout. */
const LAYERS = [
  dense(37, "relu", { dropout: 0.3 }),
  dense(20, "gelu", { dropout: 0.5 }),
  dense(3, "softmax"),
];
const CONFIG = { batchSize: 20, inputDropout: 0.25, average: 0.9, seed: 11 };

/** Returns a run of 2 epochs of 3 batches on a data set; the last batch has 3 rows. */
function trainingOn(dataset: Dataset, given: Partial<TrainConfig> = {}) {
  const inFeatures = dataset.inputShape[0], { inputScale, outFeatures } = dataset;
  return {
    plan: buildPlan(LAYERS, resolveConfig({ ...CONFIG, ...given }), {
      ...{ inFeatures, inputScale, labels: true, outFeatures },
    }),
    dataset,
    parameters: drawParameters(inFeatures, LAYERS, 1),
    epochs: [inOrder(43), inOrder(43)],
    learningRate: 0.01,
  };
}

for (const [density, zeros] of Object.entries({ dense: 0, sparse: 0.8 })) {
  for (const clipNorm of [0, 0.5]) {
    Deno.test(`Trainer.runEpoch() drops the same values on wasm for every number of threads: ${density} inputs, clipNorm ${clipNorm}`, async () => {
      for (const build of ["relaxed", "plain"] as const) {
        const run = trainingOn(drawSet({ rows: 43, inFeatures: 30, outFeatures: 3, zeros }), { clipNorm });
        await using alone = await openWasm({ shared: false, build });
        const wanted = await runPlan(alone, run);
        for (const threads of [1, 2, 3]) {
          await using backend = await openWasm({ threads, shared: true, build });
          assertEquals(await runPlan(backend, run), wanted, `${build} build, ${threads} threads`);
        }
      }
    });
  }
}

for (const bytes of [true, false]) {
  Deno.test(`Trainer.runEpoch() drops the same values on wasm from sparse and from dense inputs: ${bytes ? "bytes" : "floats"}`, async () => {
    const inFeatures = 30, set = drawSet({ rows: 43, inFeatures, outFeatures: 3, zeros: 0.5, bytes });
    // Additional rows that no batch uses, all zero or all nonzero, determine the layout of the inputs.
    const followedBy = (value: number): Dataset => {
      const inputs = arrayOf(bytes, 86 * inFeatures).fill(value);
      inputs.set(set.inputs);
      const labels = new Uint32Array(86);
      labels.set(set.labels!);
      return { ...set, inputs, labels };
    };
    await using backend = await openWasm({ threads: 2 });
    const [sparse, dense] = [
      await runPlan(backend, trainingOn(followedBy(0))),
      await runPlan(backend, trainingOn(followedBy(1))),
    ];
    assertEquals(sparse, dense);
  });
}

Deno.test("Trainer.runEpoch() drops the same values on wasm after an interruption as without it", async () => {
  await using backend = await openWasm({ threads: 2 });
  const run = trainingOn(drawSet({ rows: 43, inFeatures: 30, outFeatures: 3 }));
  const { state: wanted } = await runPlan(backend, run);
  const { state: first } = await runPlan(backend, { ...run, epochs: run.epochs.slice(0, 1) });
  await using trainer = await backend.createTrainer(run.plan, run.dataset, first);
  await trainer.runEpoch(run.epochs[1], new Float64Array(3).fill(run.learningRate));
  assertEquals(await trainer.readState(), wanted);
});
