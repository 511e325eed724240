/** Turns layers, loss and optimizer into one training step as data. @module */
import type { TrainConfig } from "../training/config.ts";
import { backwardInputOp, backwardWeightOp, forwardOp, layerBuffer, type LayerSpec } from "./layers.ts";
import { lossOp, trainedActivation } from "./losses.ts";
import { stateSuffixes, updateOp } from "./optimizers.ts";
import type { BufferName, BufferSpec, Op, PlanInput, StepPlan } from "./plan.ts";

/**
 * Builds the plan of one training step.
 *
 * ```ts
 * import { buildPlan, dense, resolveConfig } from "@mlpcuda/mlpcuda";
 *
 * const layers = [dense(128, "relu"), dense(10, "softmax")];
 * const input = { inFeatures: 784, inputScale: 1 / 255, labels: true, outFeatures: 10 };
 * for (const op of buildPlan(layers, resolveConfig(), input).ops) console.log(op.op);
 * ```
 *
 * @throws {RangeError} where the parts do not go together, with the reason
 */
export function buildPlan(layers: readonly LayerSpec[], config: TrainConfig, input: PlanInput): StepPlan {
  if (layers.length === 0) throw new RangeError("A network needs at least one layer, found none");
  const last = layers.length - 1;
  const { outFeatures, activation: output } = layers[last];
  if (outFeatures !== input.outFeatures) {
    const wanted = input.labels ? `${input.outFeatures} classes` : `${input.outFeatures} target values a row`;
    throw new RangeError(`The data set has ${wanted}, the network's last layer has ${outFeatures} outputs`);
  }
  const trained = layers.map(({ activation }) => activation);
  trained[last] = trainedActivation(config.loss, output, input.labels);

  const ops: Op[] = [{ op: "gather", x: "x", target: "target", scale: input.inputScale }];
  for (let index = 0; index <= last; index++) ops.push(forwardOp(index, trained[index]));
  ops.push(lossOp(last, output, config, input));
  for (let index = last; index > 0; index--) ops.push(backwardInputOp(index, trained[index - 1]));
  for (let index = last; index >= 0; index--) ops.push(backwardWeightOp(index));

  const updated: [parameter: BufferName, gradient: BufferName][] = layers.flatMap((_, index) => [
    [layerBuffer(index, "weights"), layerBuffer(index, "dWeights")],
    [layerBuffer(index, "bias"), layerBuffer(index, "dBias")],
  ]);
  if (config.clipNorm > 0) {
    ops.push({
      op: "clipByNorm",
      gradients: updated.map(([, gradient]) => gradient),
      maxNorm: config.clipNorm,
    });
  }
  for (const [parameter, gradient] of updated) ops.push(updateOp(parameter, gradient, config));

  return {
    batchSize: config.batchSize,
    inFeatures: input.inFeatures,
    outFeatures,
    labels: input.labels,
    buffers: buffersOf(layers, config, input),
    ops,
  };
}

function buffersOf(layers: readonly LayerSpec[], config: TrainConfig, input: PlanInput): BufferSpec[] {
  const buffers: BufferSpec[] = [
    { name: "x", shape: ["B", input.inFeatures], role: "activation" },
    { name: "target", shape: input.labels ? ["B"] : ["B", input.outFeatures], role: "target" },
  ];
  let inFeatures = input.inFeatures;
  for (const [index, { outFeatures }] of layers.entries()) {
    const add = (
      what: Parameters<typeof layerBuffer>[1],
      shape: BufferSpec["shape"],
      role: BufferSpec["role"],
    ) => buffers.push({ name: layerBuffer(index, what), shape, role });
    add("weights", [outFeatures, inFeatures], "parameter");
    add("bias", [outFeatures], "parameter");
    add("y", ["B", outFeatures], "activation");
    add("dZ", ["B", outFeatures], "gradient");
    add("dWeights", [outFeatures, inFeatures], "gradient");
    add("dBias", [outFeatures], "gradient");
    inFeatures = outFeatures;
  }
  const parameters = buffers.filter(({ role }) => role === "parameter");
  for (const suffix of stateSuffixes(config)) {
    for (const { name, shape } of parameters) buffers.push({ name: name + suffix, shape, role: "state" });
  }
  return buffers;
}
