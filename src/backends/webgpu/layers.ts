/** Places the layers of a plan on the device: the weights and bias of each are in one buffer. @module */
import type { FloatArray, Tensors } from "../backend.ts";
import type { PlanLayer } from "../../plan/network.ts";
import type { BufferName } from "../../plan/plan.ts";
import type { BufferRequest, Device, Source } from "./device.ts";
import { linearKernel, softmaxKernel } from "./kernels.ts";
import { type Launch, rowLaunch, tileLaunch } from "./program.ts";
import type { Tile } from "./tile.ts";

/** The weights `[O, I]` and bias `[O]` of a layer, or their states or averages, which share a buffer. */
export interface LayerTensors {
  readonly weights: BufferName;
  readonly bias: BufferName;
  readonly inFeatures: number;
  readonly outFeatures: number;
}

/** Returns the parameters of a layer. */
export function parametersOf(
  { forward: { weights, bias }, inFeatures, outFeatures }: PlanLayer,
): LayerTensors {
  return { weights, bias, inFeatures, outFeatures };
}

/** Returns the buffer that the tensors of a layer need. */
export function requestOf(tensors: LayerTensors): BufferRequest {
  return { name: tensors.weights, bytes: 4 * sizeOfLayer(tensors) };
}

/** Returns how many numbers the weights and bias of a layer have together. */
export function sizeOfLayer({ inFeatures, outFeatures }: Omit<LayerTensors, "weights" | "bias">): number {
  return outFeatures * (inFeatures + 1);
}

/** Returns the sizes of a layer in the order of the kernels' uniforms. */
export function layerSizes({ inFeatures, outFeatures }: Omit<LayerTensors, "weights" | "bias">): number[] {
  return [inFeatures, outFeatures];
}

/** Returns the range of each of a layer's tensors in their buffer. */
export function placesOf({ weights, bias, inFeatures, outFeatures }: LayerTensors, buffer: GPUBuffer) {
  const size = outFeatures * inFeatures;
  return [
    { name: weights, source: { buffer, offset: 0, bytes: 4 * size } },
    { name: bias, source: { buffer, offset: 4 * size, bytes: 4 * outFeatures } },
  ] as const satisfies { name: BufferName; source: Source }[];
}

/** Copies tensors to the device. */
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

/** Returns the launches of a layer's forward pass; a softmax is a separate launch. */
export function forwardLaunches(
  device: Device,
  layer: PlanLayer,
  { x, parameters, y, z, batchSize }: {
    readonly x: GPUBuffer;
    readonly parameters: GPUBuffer;
    readonly y: GPUBuffer;
    readonly z?: GPUBuffer;
    readonly batchSize: number;
  },
): Launch[] {
  const { inFeatures, outFeatures, forward: { activation } } = layer;
  const kernelOf = (tile: Tile) => linearKernel(tile, { activation, z: z !== undefined });
  const buffers = [x, parameters, y, ...z ? [z] : []];
  const sizes = { whole: layerSizes(layer) };
  const launches = [tileLaunch(device, [batchSize, outFeatures, inFeatures], kernelOf, { sizes, buffers })];
  if (activation === "softmax") {
    launches.push(rowLaunch(softmaxKernel, { columns: outFeatures, batchSize }, [y]));
  }
  return launches;
}
