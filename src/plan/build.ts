/** Turns layers, loss and optimizer into plans: a training step, or the forward half alone. @module */
import type { ActivationName } from "./activations.ts";
import { backwardInputOp, backwardWeightOp, forwardOp, layerBuffer, type LayerSpec } from "./layers.ts";
import { type LOSS_OPTIONS, LOSSES, type LossName, trainedActivation } from "./losses.ts";
import { type OptimizerName, OPTIMIZERS, type OptimizerSettings, statesOf } from "./optimizers.ts";
import type { OptionValues } from "./option.ts";
import type {
  BufferSpec,
  ForwardPlan,
  GatherOp,
  LinearOp,
  NetworkSpec,
  Op,
  PlanInput,
  StepPlan,
  UpdateOp,
} from "./plan.ts";

/** The settings of a run that its plan depends on; a {@linkcode TrainConfig} has them. */
export interface PlanConfig extends OptimizerSettings, OptionValues<typeof LOSS_OPTIONS> {
  /** Rows of a full batch. */
  readonly batchSize: number;
  /** The loss. */
  readonly loss: LossName;
  /** The optimizer. */
  readonly optimizer: OptimizerName;
}

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
 * @throws {RangeError} if the parts do not go together, with the reason
 */
export function buildPlan(layers: readonly LayerSpec[], config: PlanConfig, input: PlanInput): StepPlan {
  const { inFeatures, inputScale, labels } = input, last = lastOf(layers);
  const { outFeatures, activation: output } = layers[last];
  if (outFeatures !== input.outFeatures) {
    const wanted = labels ? `${input.outFeatures} classes` : `${input.outFeatures} target values a row`;
    throw new RangeError(`The data set has ${wanted}, the network's last layer has ${outFeatures} outputs`);
  }
  const trained = layers.map(({ activation }) => activation);
  trained[last] = trainedActivation(config.loss, output, labels);

  const ops: Op[] = [{ op: "gather", x: "x", target: "target", scale: inputScale }];
  ops.push(...forwardOps(trained, { keepsZ: true }));
  ops.push(LOSSES[config.loss].op({ index: last, output, labels, settings: config }));
  for (let index = last; index > 0; index--) ops.push(backwardInputOp(index, trained[index - 1]));
  for (let index = last; index >= 0; index--) ops.push(backwardWeightOp(index));

  const { update } = OPTIMIZERS[config.optimizer];
  const updates = layers.flatMap((_, index) => [
    update(layerBuffer(index, "weights"), layerBuffer(index, "dWeights"), config),
    update(layerBuffer(index, "bias"), layerBuffer(index, "dBias"), config),
  ]);
  if (config.clipNorm > 0) {
    ops.push({
      op: "clipByNorm",
      gradients: updates.map(({ gradient }) => gradient),
      maxNorm: config.clipNorm,
    });
  }
  ops.push(...updates);
  const target: BufferSpec = { name: "target", shape: labels ? ["B"] : ["B", outFeatures], role: "target" };
  return {
    batchSize: config.batchSize,
    inFeatures,
    outFeatures,
    labels,
    buffers: withStates([inputBuffer(inFeatures), target, ...layerBuffers(layers, inFeatures, ops)], updates),
    ops,
  };
}

/**
 * Builds the plan of a prediction: the forward half of a network.
 *
 * ```ts
 * import { buildForwardPlan, dense, formatPlan } from "@mlpcuda/mlpcuda";
 *
 * const layers = [dense(8, "relu"), dense(3, "softmax")];
 * console.log(formatPlan(buildForwardPlan({ inFeatures: 4, inputScale: 1, layers })));
 * ```
 *
 * @throws {RangeError} if there is no layer
 */
export function buildForwardPlan({ inFeatures, layers, inputScale }: NetworkSpec): ForwardPlan {
  const { outFeatures } = layers[lastOf(layers)];
  const ops: (GatherOp | LinearOp)[] = [{ op: "gather", x: "x", scale: inputScale }];
  ops.push(...forwardOps(layers.map(({ activation }) => activation), { keepsZ: false }));
  const buffers = [inputBuffer(inFeatures), ...layerBuffers(layers, inFeatures, ops)];
  return { inFeatures, outFeatures, buffers, ops };
}

function lastOf(layers: readonly LayerSpec[]): number {
  if (layers.length === 0) throw new RangeError("A network needs at least one layer, found none");
  return layers.length - 1;
}

function forwardOps(
  activations: readonly ActivationName[],
  options: { readonly keepsZ: boolean },
): LinearOp[] {
  return activations.map((activation, index) => forwardOp(index, activation, options));
}

function inputBuffer(inFeatures: number): BufferSpec {
  return { name: "x", shape: ["B", inFeatures], role: "activation" };
}

/** Returns those buffers of the layers that the operations work on. */
function layerBuffers(layers: readonly LayerSpec[], inFeatures: number, ops: readonly Op[]): BufferSpec[] {
  const used = new Set<unknown>(ops.flatMap((op) => Object.values(op)));
  return layers.flatMap(({ outFeatures }, index) => {
    const of = (
      what: Parameters<typeof layerBuffer>[1],
      shape: BufferSpec["shape"],
      role: BufferSpec["role"],
    ) => ({
      name: layerBuffer(index, what),
      shape,
      role,
    });
    const width = index === 0 ? inFeatures : layers[index - 1].outFeatures;
    return [
      of("weights", [outFeatures, width], "parameter"),
      of("bias", [outFeatures], "parameter"),
      of("z", ["B", outFeatures], "activation"),
      of("y", ["B", outFeatures], "activation"),
      of("dZ", ["B", outFeatures], "gradient"),
      of("dWeights", [outFeatures, width], "gradient"),
      of("dBias", [outFeatures], "gradient"),
    ].filter(({ name }) => used.has(name));
  });
}

/** Adds the optimizer's state: the first buffer of every parameter, then the second of every parameter. */
function withStates(buffers: readonly BufferSpec[], updates: readonly UpdateOp[]): BufferSpec[] {
  const shapes = new Map(buffers.map(({ name, shape }) => [name, shape]));
  const states = updates.map((update) =>
    statesOf(update).map((name): BufferSpec => ({
      name,
      shape: shapes.get(update.parameter)!,
      role: "state",
    }))
  );
  return [...buffers, ...(states[0] ?? []).flatMap((_, which) => states.map((of) => of[which]))];
}
