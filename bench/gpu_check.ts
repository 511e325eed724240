/**
 * Times the CUDA backend on this machine's GPU: microseconds a step of each path, large networks, inference, and whether 50
 * runs give the same bits. `make gpu-check` builds and tests first. Medians after warm-up; a table on stdout, and JSON in
 * `$OUT` where that is set.
 * @module
 */
import { type CudaBackend, openCuda } from "../src/backends/cuda/backend.ts";
import type { Path } from "../src/backends/cuda/recording.ts";
import { buildPlan } from "../src/build_plan.ts";
import { resolveConfig } from "../src/config.ts";
import type { Dataset } from "../src/data/dataset.ts";
import { initialParameters } from "../src/init.ts";
import { type LayerSpec, parseLayers } from "../src/layers.ts";
import { createRandom, permutation } from "../src/random.ts";
import { persistentBuffers, sizeOf } from "../src/backends/state.ts";
import type { StepPlan } from "../src/plan.ts";
import type { TrainState } from "../src/backend.ts";

/** Epochs that are not timed: an idle GPU takes tens of milliseconds to reach its clock. */
const WARM_UP = 3;

interface Row {
  readonly what: string;
  readonly path: string;
  readonly value: number;
  readonly unit: string;
}

const SMALL = "128:relu,64:relu,10:softmax";
const LARGE = [
  "4096:relu,4096:relu,10:softmax",
  "2500:relu,2000:relu,1500:relu,1000:relu,500:relu,10:softmax",
];

function drawImages(rows: number): Dataset {
  const random = createRandom(1, 1), inputs = new Uint8Array(rows * 784), labels = new Uint32Array(rows);
  for (let at = 0; at < inputs.length; at++) if (random.next() < 0.2) inputs[at] = random.below(256);
  for (let row = 0; row < rows; row++) labels[row] = random.below(10);
  return {
    inputs,
    inputShape: [28, 28],
    inputScale: 1 / 255,
    labels,
    outFeatures: 10,
    source: "drawn images",
  };
}

function planOf(layers: readonly LayerSpec[], batchSize: number): StepPlan {
  const input = { inFeatures: 784, inputScale: 1 / 255, labels: true, outFeatures: 10 };
  return buildPlan(layers, resolveConfig({ batchSize }), input);
}

function startOf(plan: StepPlan, layers: readonly LayerSpec[]): TrainState {
  const parameters = initialParameters(784, layers, { init: "he", seed: 1 });
  const tensors = persistentBuffers(plan).map((buffer) =>
    [buffer.name, parameters[buffer.name] ?? new Float32Array(sizeOf(buffer, 0))] as const
  );
  return { step: 0, tensors: Object.fromEntries(tensors) };
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** The median seconds of a step. */
async function timeStep(
  backend: CudaBackend,
  { network, batchSize, dataset, epochs }: {
    network: string;
    batchSize: number;
    dataset: Dataset;
    epochs: number;
  },
): Promise<{ seconds: number; path: string; weights: number }> {
  const layers = parseLayers(network), plan = planOf(layers, batchSize), count = dataset.labels!.length;
  const steps = Math.ceil(count / batchSize), rates = new Float64Array(steps).fill(0.001);
  await using trainer = await backend.createTrainer(plan, dataset, startOf(plan, layers));
  const seconds: number[] = [];
  for (let epoch = 1; epoch <= WARM_UP + epochs; epoch++) {
    const order = permutation(1, epoch, count), begun = performance.now();
    await trainer.runEpoch(order, rates);
    if (epoch > WARM_UP) seconds.push((performance.now() - begun) / 1000 / steps);
  }
  const weights = plan.buffers.filter(({ role, shape }) => role === "parameter" && shape.length === 2)
    .reduce((sum, buffer) => sum + sizeOf(buffer, 0), 0);
  return { seconds: median(seconds), path: backend.describePlan(plan, dataset), weights };
}

async function sameBits(backend: CudaBackend, dataset: Dataset, runs: number): Promise<boolean> {
  const layers = parseLayers(SMALL), plan = planOf(layers, 128), order = permutation(1, 1, 5000);
  const rates = new Float64Array(Math.ceil(order.length / 128)).fill(0.001);
  let first: string | undefined;
  for (let run = 0; run < runs; run++) {
    await using trainer = await backend.createTrainer(plan, dataset, startOf(plan, layers));
    const { lossSum } = await trainer.runEpoch(order, rates);
    const { tensors } = await trainer.readState();
    const bytes = Object.values(tensors).flatMap((values) => [...new Uint8Array(values.slice().buffer)]);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(bytes)));
    const found = `${lossSum} ${digest.join()}`;
    if (found !== (first ??= found)) return false;
  }
  return true;
}

async function main(): Promise<void> {
  const quick = Deno.args.includes("--quick"); // as much as shows that this program works
  const rows: Row[] = [],
    dataset = drawImages(quick ? 5120 : 60_000),
    epochs = quick ? 1 : 9,
    runs = quick ? 2 : 50;
  let device = "";
  for (const path of ["graph", "persistent"] as const satisfies readonly Path[]) {
    await using backend = openCuda({ path });
    device = backend.device;
    const step = await timeStep(backend, { network: SMALL, batchSize: 128, dataset, epochs });
    rows.push({
      what: `784-128-64-10, batch 128, ${path}`,
      path: step.path,
      value: step.seconds * 1e6,
      unit: "µs a step",
    });
    const same = await sameBits(backend, dataset, runs);
    rows.push({
      what: `the same bits in ${runs} runs, ${path}`,
      path: step.path,
      value: same ? 1 : 0,
      unit: "1 is yes",
    });
  }
  await using backend = openCuda();
  for (const network of quick ? [] : LARGE) {
    for (const batchSize of [128, 1024]) {
      const step = await timeStep(backend, { network, batchSize, dataset: drawImages(10_240), epochs: 3 });
      const teraflops = 6 * batchSize * step.weights / step.seconds / 1e12;
      rows.push({
        what: `784-${network}, batch ${batchSize}`,
        path: step.path,
        value: teraflops,
        unit: "TFLOP/s",
      });
    }
  }
  const layers = parseLayers(SMALL);
  const network = { inFeatures: 784, layers, inputScale: 1 / 255 };
  await using predictor = await backend.createPredictor(
    network,
    initialParameters(784, layers, { init: "he", seed: 1 }),
  );
  await predictor.place(dataset.inputs);
  const seconds: number[] = [];
  for (let run = 0; run < WARM_UP + epochs; run++) {
    const begun = performance.now();
    await predictor.run();
    if (run >= WARM_UP) seconds.push((performance.now() - begun) / 1000);
  }
  const images = dataset.labels!.length / median(seconds);
  rows.push({ what: "784-128-64-10, predictions", path: "", value: images, unit: "images/s" });

  const out = Deno.env.get("OUT"), date = new Date().toISOString();
  if (out) await Deno.writeTextFile(`${out}/gpu_check.json`, JSON.stringify({ device, date, rows }, null, 2));
  console.log(`${device}, ${date}`);
  for (const { what, value, unit } of rows) {
    console.log(`${what.padEnd(70)} ${value.toFixed(2).padStart(14)} ${unit}`);
  }
}

if (import.meta.main) await main();
