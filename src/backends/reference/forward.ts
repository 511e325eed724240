/** The forward pass of the reference: a network's outputs, in float64 until the last rounding. @module */
import type { NetworkSpec, Tensors } from "../backend.ts";
import type { Dataset } from "../../data/dataset.ts";
import { forwardOp, layerBuffer } from "../../plan/layers.ts";
import type { BufferName } from "../../plan/plan.ts";
import { rowCount, tensorOf } from "../state.ts";
import * as ops from "./ops.ts";

/**
 * Outputs `[N, O]` of a network for inputs `[N, I]`, in float64 until the last rounding.
 *
 * @throws {TypeError} if a parameter is missing or has the wrong size, or the inputs are no whole number of rows
 */
export function predict(
  network: NetworkSpec,
  tensors: Tensors,
  inputs: Dataset["inputs"],
): Float32Array<ArrayBuffer> {
  const { inFeatures, layers } = network, last = layers.length - 1;
  const count = rowCount(inputs, inFeatures), width = layers[last].outFeatures;
  const forward = createForward(network, tensors);
  const outputs = new Float32Array(count * width);
  for (let row = 0; row < count; row++) {
    outputs.set(forward(inputs.subarray(row * inFeatures, (row + 1) * inFeatures))[last], row * width);
  }
  return outputs;
}

/** The outputs `[O]` of every layer, first to last, for one input `[I]`; the next call writes over them. */
export type Forward = (inputs: Dataset["inputs"]) => readonly Float64Array[];

/**
 * Makes a network's forward pass for one input at a time, in float64.
 *
 * @throws {TypeError} if a parameter is missing or has the wrong size
 */
export function createForward(network: NetworkSpec, tensors: Tensors): Forward {
  const { inFeatures, layers, inputScale } = network;
  const buffers: Record<BufferName, ops.Matrix> = {
    x: { values: new Float64Array(inFeatures), width: inFeatures },
  };
  let width = inFeatures;
  for (const [index, { outFeatures }] of layers.entries()) {
    const parameter = (what: "weights" | "bias", size: number, columns: number) => {
      const name = layerBuffer(index, what);
      buffers[name] = { values: Float64Array.from(tensorOf(tensors, name, size)), width: columns };
    };
    parameter("weights", outFeatures * width, width);
    parameter("bias", outFeatures, outFeatures);
    buffers[layerBuffer(index, "y")] = { values: new Float64Array(outFeatures), width: outFeatures };
    width = outFeatures;
  }
  const outputs = layers.map((_, index) => buffers[layerBuffer(index, "y")].values);
  return (inputs) => {
    for (let i = 0; i < inFeatures; i++) buffers.x.values[i] = inputs[i] * inputScale;
    for (const [index, { activation }] of layers.entries()) {
      ops.linear(forwardOp(index, activation), buffers, 1);
    }
    return outputs;
  };
}
