/** Computes the forward pass of a network in float64. @module */
import type { Tensors } from "../backend.ts";
import type { Dataset } from "../../data/dataset.ts";
import { networkOf } from "../../plan/network.ts";
import type { ForwardPlan } from "../../plan/plan.ts";
import { rowCount, sizeOf, tensorOf } from "../state.ts";
import { allocateBuffers, runOps } from "./step.ts";

/**
 * Returns the outputs `[N, O]` of a network for inputs `[N, I]`, computed in float64 and rounded to float32 at the end.
 *
 * @throws {TypeError} if a parameter is missing or has the wrong size, or the inputs are not a whole number of rows
 */
export function predict(
  plan: ForwardPlan,
  tensors: Tensors,
  inputs: Dataset["inputs"],
): Float32Array<ArrayBuffer> {
  const { inFeatures, outFeatures } = plan, count = rowCount(inputs, inFeatures);
  const forward = createForward(plan, tensors);
  const outputs = new Float32Array(count * outFeatures);
  for (let row = 0; row < count; row++) {
    const layers = forward(inputs.subarray(row * inFeatures, (row + 1) * inFeatures));
    outputs.set(layers[layers.length - 1], row * outFeatures);
  }
  return outputs;
}

/** Returns the outputs `[O]` of every layer, first to last, for one input `[I]`. The next call overwrites them. */
export type Forward = (inputs: Dataset["inputs"]) => readonly Float64Array[];

/**
 * Returns a function that computes a network's forward pass for one input at a time, in float64.
 *
 * @throws {TypeError} if a parameter is missing or has the wrong size
 */
export function createForward(plan: ForwardPlan, tensors: Tensors): Forward {
  const buffers = allocateBuffers(plan, 1);
  for (const buffer of plan.buffers) {
    if (buffer.role !== "parameter") continue;
    buffers[buffer.name].values.set(tensorOf(tensors, buffer.name, sizeOf(buffer, 0)));
  }
  const outputs = networkOf(plan).layers.map(({ forward }) => buffers[forward.y].values);
  const rows = Uint32Array.of(0);
  return (inputs) => {
    runOps(plan.ops, buffers, { dataset: { inputs }, rows, learningRate: 0, step: 0 });
    return outputs;
  };
}
