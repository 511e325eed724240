/** Computes a network's forward pass over placed inputs on the device. @module */
import type { Tensors } from "../backend.ts";
import type { Dataset } from "../../data/dataset.ts";
import { networkOf } from "../../plan/network.ts";
import type { ForwardPlan } from "../../plan/plan.ts";
import { rowCount } from "../state.ts";
import type { TrackedDevice } from "./device.ts";
import type { Action } from "./errors.ts";
import { placeInputs } from "./inputs.ts";
import { forwardLaunches, parametersOf, placesOf, requestOf, writeTensors } from "./layers.ts";
import { bindProgram, bindRecords } from "./program.ts";
import { STEP_BYTES, writeStep } from "./steps.ts";

/** The most rows of a batch, and the most numbers that a layer has for a batch. */
const MOST_ROWS = 1024, MOST_NUMBERS = 1 << 22;

/** The bytes of outputs that are copied out at a time, at most. */
const CHUNK_BYTES = 1 << 26;

/** A network's forward pass over placed inputs. */
export interface Prediction {
  /** Copies parameters in. */
  load(tensors: Tensors): Promise<void>;
  /** Computes outputs `[N, O]`. */
  run(): Promise<Float32Array<ArrayBuffer>>;
  /** Frees its buffers. */
  close(): void;
}

/** Places inputs of one row or more, and a network's layers. */
export async function preparePrediction(
  device: TrackedDevice,
  action: Action,
  plan: ForwardPlan,
  given: Dataset["inputs"],
): Promise<Prediction> {
  const { inFeatures, outFeatures } = plan, { gather, layers } = networkOf(plan), inputScale = gather.scale;
  const count = rowCount(given, inFeatures), bytes = given instanceof Uint8Array;
  const widths = [inFeatures, ...layers.map(({ outFeatures }) => outFeatures)];
  const mostNumbers = Math.min(MOST_NUMBERS, Math.floor(device.largestBuffer / 4));
  const fitting = Math.max(1, Math.floor(mostNumbers / Math.max(...widths)));
  const batchSize = Math.min(MOST_ROWS, fitting, count);
  const tensors = layers.map(parametersOf);
  const batches = Math.ceil(count / batchSize),
    atOnce = Math.max(
      1,
      Math.floor(Math.min(CHUNK_BYTES, device.largestBuffer) / (4 * batchSize * outFeatures)),
    );
  const { UNIFORM, COPY_DST } = GPUBufferUsage;
  const inputs = await placeInputs(device, action, {
    count,
    inFeatures,
    bytes,
    targetWords: 0,
    weighted: false,
  });
  const parameters = await device.allocate(action, tensors.map(requestOf));
  const passed = await device.allocate(
    action,
    widths.map((width, index) => ({
      name: index === 0 ? "a batch of inputs" : layers[index - 1].forward.y,
      bytes: 4 * batchSize * width,
    })),
  );
  const [outputs, records, none] = await device.allocate(action, [
    { name: "the outputs", bytes: 4 * batchSize * outFeatures * Math.min(atOnce, batches) },
    { name: "records of batches", bytes: STEP_BYTES * batches, usage: UNIFORM | COPY_DST },
    { name: "no targets", bytes: 4 },
  ]);
  const program = await bindProgram(device, action, [
    ...inputs.launches({ x: passed[0], target: none, scale: inputScale, batchSize }),
    ...layers.flatMap((layer, index) =>
      forwardLaunches(device, layer, {
        x: passed[index],
        parameters: parameters[index],
        y: passed[index + 1],
        batchSize,
      })
    ),
  ]);
  const group = await bindRecords(device, action, records);
  const rowsOf = (batch: number) => Math.min(batchSize, count - batch * batchSize);
  const view = new DataView(new ArrayBuffer(STEP_BYTES * batches));
  for (let batch = 0; batch < batches; batch++) {
    writeStep(view, batch, { first: batch * batchSize, rows: rowsOf(batch) });
  }
  const { checked } = device.scoped(action, () => {
    device.gpu.queue.writeBuffer(records, 0, view.buffer);
    inputs.write(given);
  });
  await checked;

  /** Computes the batches from `from` to `end - 1`, and copies their outputs out. */
  const runBatches = async (from: number, end: number) => {
    let rows = 0;
    const { checked } = device.scoped(action, () => {
      const encoder = device.gpu.createCommandEncoder();
      for (let batch = from; batch < end; batch++) {
        const pass = encoder.beginComputePass();
        pass.setBindGroup(0, group, [STEP_BYTES * batch]);
        program.encode(pass);
        pass.end();
        const bytesOf = (rows: number) => 4 * rows * outFeatures;
        encoder.copyBufferToBuffer(passed.at(-1)!, 0, outputs, bytesOf(rows), bytesOf(rowsOf(batch)));
        rows += rowsOf(batch);
      }
      device.gpu.queue.submit([encoder.finish()]);
    });
    await checked;
    const [found] = await device.read(action, [{
      buffer: outputs,
      offset: 0,
      bytes: 4 * rows * outFeatures,
    }]);
    return new Float32Array(found);
  };
  return {
    async load(from) {
      const { checked } = device.scoped(action, () => {
        for (const [index, layer] of tensors.entries()) {
          writeTensors(device, placesOf(layer, parameters[index]), from);
        }
      });
      await checked;
    },
    async run() {
      const found = new Float32Array(count * outFeatures);
      for (let batch = 0; batch < batches; batch += atOnce) {
        const part = await runBatches(batch, Math.min(batches, batch + atOnce));
        found.set(part, batch * batchSize * outFeatures);
      }
      return found;
    },
    close: () => device.releaseAll(),
  };
}
