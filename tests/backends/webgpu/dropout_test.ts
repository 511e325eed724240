/** Tests that the mask of a dropout on the device drops exactly the values that `isKept()` of random.ts drops. @module */
import { assertEquals } from "@std/assert";
import type { WebgpuBackend } from "../../../src/backends/webgpu/backend.ts";
import { type Device, openDevice } from "../../../src/backends/webgpu/device.ts";
import { withMask } from "../../../src/backends/webgpu/dropout.ts";
import { dropoutKernel, linearBackwardInputKernel } from "../../../src/backends/webgpu/kernels.ts";
import {
  bindProgram,
  bindRecords,
  gatherGrid,
  type Launch,
  tileLaunch,
} from "../../../src/backends/webgpu/program.ts";
import { STEP_BYTES, writeStep } from "../../../src/backends/webgpu/steps.ts";
import type { DropoutMask } from "../../../src/plan/plan.ts";
import { createRandom, dropoutKey, dropoutThreshold, isKept } from "../../../src/random.ts";
import { backendTest, WEBGPU } from "../../support/backends.ts";
import { gpuWith } from "../../support/gpu.ts";

/** A batch, and the mask that is applied to it. */
interface MaskCase {
  readonly mask: DropoutMask;
  /** The step, from 1. */
  readonly step: number;
  readonly rows: number;
  readonly columns: number;
}

/** Rates, seeds and steps at both ends of their ranges; rows beyond one grid and columns beyond one workgroup. */
const CASES: readonly MaskCase[] = [
  { mask: { rate: 0.5, seed: 1, layer: 0 }, step: 1, rows: 33, columns: 129 },
  { mask: { rate: 0.3, seed: 1, layer: 1 }, step: 1, rows: 33, columns: 129 },
  { mask: { rate: 0.2, seed: 2 ** 32 - 1, layer: 2 }, step: 2 ** 31 + 5, rows: 7, columns: 784 },
  { mask: { rate: 1e-12, seed: 2 ** 31, layer: 3 }, step: 2 ** 24 + 1, rows: 3, columns: 31 },
  { mask: { rate: 1 - 2 ** -33, seed: 0, layer: 0 }, step: 70_000, rows: 2, columns: 32 },
  { mask: { rate: 0.9, seed: 7, layer: 1000 }, step: 2 ** 32 - 1, rows: 70_000, columns: 2 },
  { mask: { rate: lastRate(3, 9), seed: 3, layer: 0 }, step: 9, rows: 1, columns: 1 },
];

/** Returns the largest rate at which the first value of a step's inputs is kept. */
function lastRate(seed: number, step: number): number {
  let [kept, dropped] = [0, 2 ** 32];
  while (dropped - kept > 1) {
    const middle = Math.floor((kept + dropped) / 2);
    if (isKept(dropoutKey({ seed, layer: 0 }, step, 0), 0, middle)) kept = middle;
    else dropped = middle;
  }
  return kept / 2 ** 32;
}

/** Draws values before dropout: NaN, infinite numbers, -0 and finite numbers. */
function drawValues(count: number): Float32Array<ArrayBuffer> {
  const random = createRandom(1, 7), special = [NaN, Infinity, -Infinity, -0];
  return Float32Array.from({ length: count }, () => special[random.below(16)] ?? random.normal());
}

/** Returns the values after dropout. */
function dropped(values: Float32Array, { mask, step, rows, columns }: MaskCase): Float32Array {
  const factor = Math.fround(1 / (1 - mask.rate)), threshold = dropoutThreshold(mask.rate);
  const wanted = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const key = dropoutKey(mask, step, row), first = row * columns;
    for (let i = 0; i < columns; i++) {
      if (isKept(key, i, threshold)) wanted[first + i] = values[first + i] * factor;
    }
  }
  return wanted;
}

/** Runs a launch over buffers with the given values, and returns the values of its result. */
async function runLaunch(
  device: Device,
  given: readonly Float32Array<ArrayBuffer>[],
  { step, rows, columns }: MaskCase,
  launchOf: (buffers: GPUBuffer[]) => Launch,
): Promise<Float32Array> {
  const action = "train on", bytes = 4 * rows * columns, { UNIFORM, COPY_DST } = GPUBufferUsage;
  const [records, result, ...buffers] = await device.allocate(action, [
    { name: "a record", bytes: STEP_BYTES, usage: UNIFORM | COPY_DST },
    { name: "a result", bytes },
    ...given.map((values) => ({ name: "values", bytes: values.byteLength })),
  ]);
  const program = await bindProgram(device, action, [launchOf([...buffers, result])]);
  const group = await bindRecords(device, action, records), view = new DataView(new ArrayBuffer(STEP_BYTES));
  writeStep(view, 0, { first: 0, rows }, { number: step });
  const { queue } = device.gpu;
  queue.writeBuffer(records, 0, view.buffer);
  for (const [at, values] of given.entries()) queue.writeBuffer(buffers[at], 0, values);
  const encoder = device.gpu.createCommandEncoder(), pass = encoder.beginComputePass();
  pass.setBindGroup(0, group, [0]);
  program.encode(pass);
  pass.end();
  queue.submit([encoder.finish()]);
  const [found] = await device.read(action, [{ buffer: result, offset: 0, bytes }]);
  device.release([records, result, ...buffers]);
  return new Float32Array(found);
}

/** Registers a test of all cases. `run` returns values before dropout, and the device's values after it. */
function maskTest(
  sentence: string,
  run: (device: Device, given: MaskCase) => Promise<readonly [values: Float32Array, found: Float32Array]>,
): void {
  backendTest(sentence, WEBGPU, async (backend) => {
    const device = await openDevice({ gpu: gpuWith((backend as WebgpuBackend).adapter) });
    for (const given of CASES) {
      const [values, found] = await run(device, given), wanted = dropped(values, given);
      const wrong = found.findIndex((value, at) => value !== wanted[at] && !isNaN(value + wanted[at]));
      const place = `[${Math.floor(wrong / given.columns)}, ${wrong % given.columns}]`;
      assertEquals(found[wrong], wanted[wrong], `${place} of ${JSON.stringify(given)}`);
      assertEquals(Array.from(found, Number.isNaN), Array.from(wanted, Number.isNaN), JSON.stringify(given));
    }
    await device.close();
  });
}

maskTest("dropoutKernel() drops the values that isKept() drops, NaN too", async (device, given) => {
  const { mask, rows, columns } = given, values = drawValues(rows * columns);
  const sizes = withMask([columns], mask), grid = gatherGrid(rows, columns);
  const launchOf = (buffers: GPUBuffer[]) => ({ kernel: dropoutKernel(), sizes, buffers, grid });
  return [values, await runLaunch(device, [values], given, launchOf)];
});

maskTest("linearBackwardInputKernel() drops the gradients of these values", async (device, given) => {
  const { mask, rows, columns } = given, dZ = drawValues(rows), weights = drawValues(columns + 1);
  const values = Float32Array.from(
    { length: rows * columns },
    (_, at) => dZ[Math.floor(at / columns)] * weights[at % columns],
  ); // of a layer with one output
  const sizes = withMask([columns, 1], mask), kernel = { activation: "linear", dropped: true } as const;
  const found = await runLaunch(
    device,
    [dZ, weights, values],
    given,
    (buffers) =>
      tileLaunch(device, [rows, columns, 1], (tile) => linearBackwardInputKernel(tile, kernel), {
        sizes,
        buffers,
      }),
  );
  return [values, found];
});
