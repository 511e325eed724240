/** The layers of a plan or a network on the device: each one's weights and bias side by side in a buffer. @module */
import { ACTIVATION_TABLE } from "../../plan/activations.ts";
import type { FloatArray, Tensors } from "../backend.ts";
import type { BufferName, LinearOp } from "../../plan/plan.ts";
import type { BufferRequest, Device, Source } from "./device.ts";
import { lanesOf, linearKernel, rowsKernel } from "./kernels.ts";
import { type Launch, rowGrid, tileFor, tilesOf } from "./program.ts";

/** Weights `[O, I]` and bias `[O]`, or what else there is of each parameter, in a buffer of their own. */
export interface LayerTensors {
  readonly weights: BufferName;
  readonly bias: BufferName;
  readonly inFeatures: number;
  readonly outFeatures: number;
}

/** The buffer that layer tensors need. */
export function requestOf({ weights, inFeatures, outFeatures }: LayerTensors): BufferRequest {
  return { name: weights, bytes: 4 * outFeatures * (inFeatures + 1) };
}

/** Where each of a layer's tensors lies in their buffer. */
export function placesOf({ weights, bias, inFeatures, outFeatures }: LayerTensors, buffer: GPUBuffer) {
  const size = outFeatures * inFeatures;
  return [
    { name: weights, source: { buffer, offset: 0, bytes: 4 * size } },
    { name: bias, source: { buffer, offset: 4 * size, bytes: 4 * outFeatures } },
  ] as const satisfies { name: BufferName; source: Source }[];
}

/** Copies tensors in. */
export function writeTensors(
  { gpu }: Device,
  places: Iterable<{ readonly name: BufferName; readonly source: Source }>,
  tensors: Tensors,
): void {
  for (const { name, source: { buffer, offset } } of places) {
    gpu.queue.writeBuffer(buffer, offset, float32Of(tensors[name]));
  }
}

function float32Of(values: FloatArray): Float32Array<ArrayBuffer> {
  return values instanceof Float32Array ? values as Float32Array<ArrayBuffer> : Float32Array.from(values);
}

/** A layer forward; a softmax is a launch of its own. */
export function forwardLaunches(
  device: Device,
  { activation }: Pick<LinearOp, "activation">,
  layer: LayerTensors,
  { x, parameters, y, batchSize }: {
    readonly x: GPUBuffer;
    readonly parameters: GPUBuffer;
    readonly y: GPUBuffer;
    readonly batchSize: number;
  },
): Launch[] {
  const { inFeatures, outFeatures } = layer, tile = tileFor(device, batchSize, outFeatures);
  const launches: Launch[] = [{
    kernel: linearKernel(tile),
    sizes: { whole: [inFeatures, outFeatures, ACTIVATION_TABLE[activation].number] },
    buffers: [x, parameters, y],
    ...tilesOf(tile, batchSize, outFeatures, inFeatures),
  }];
  if (activation === "softmax") {
    launches.push({
      kernel: rowsKernel("softmax", outFeatures),
      sizes: { whole: [outFeatures] },
      buffers: [y],
      grid: rowGrid(batchSize, lanesOf(outFeatures)),
    });
  }
  return launches;
}
