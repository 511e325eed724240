/** Turns layers, loss and optimizer into plans: a training step, or a prediction. @module */
import { LAYER, LAYER_PARTS } from "./layer_kind.ts";
import { checkArgument, fields, FINITE, FLAG, list, oneOf, RATE, SEED, whole } from "../arguments.ts";
import {
  backwardInputOp,
  backwardWeightOp,
  checkDropout,
  dropoutOp,
  forwardOp,
  layerBuffer,
  type LayerSpec,
} from "./layers.ts";
import { LOSS_OPTIONS, LOSSES, type LossName, trainedActivation } from "./losses.ts";
import {
  OPTIMIZER_OPTIONS,
  type OptimizerName,
  OPTIMIZERS,
  type OptimizerSettings,
  statesOf,
} from "./optimizers.ts";
import { optionKinds, type OptionValues } from "./option.ts";
import type {
  AverageOp,
  BufferName,
  BufferSpec,
  DropoutMask,
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
  /** Share of the inputs that become 0 in a step, from 0 to below 1. */
  readonly inputDropout: number;
  /** The decay of the averages of the parameters, from 0 to below 1; 0 keeps none. */
  readonly average: number;
  /** The seed of dropout. */
  readonly seed: number;
}

const CONFIG = fields({
  ...optionKinds(OPTIMIZER_OPTIONS),
  ...optionKinds(LOSS_OPTIONS),
  batchSize: whole(1),
  loss: oneOf(Object.keys(LOSSES)),
  optimizer: oneOf(Object.keys(OPTIMIZERS)),
  inputDropout: RATE,
  average: RATE,
  seed: SEED,
});
const INPUT = fields({ inFeatures: whole(1), inputScale: FINITE, labels: FLAG, outFeatures: whole(1) }, {
  weighted: FLAG,
});
const NETWORK = fields({ inFeatures: whole(1), inputScale: FINITE, layers: list(LAYER) });

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
 * @throws {RangeError} if layers, settings and input do not fit each other
 */
export function buildPlan(layers: readonly LayerSpec[], config: PlanConfig, input: PlanInput): StepPlan {
  checkArgument("layers", layers, list(LAYER_PARTS));
  checkArgument("config", config, CONFIG);
  checkArgument("input", input, INPUT);
  const { inFeatures, inputScale, labels, weighted = false } = input, last = lastOf(layers);
  const { outFeatures, activation: output, dropout: lastDropout = 0 } = layers[last];
  if (outFeatures !== input.outFeatures) {
    const found = labels ? `${input.outFeatures} classes` : `${input.outFeatures} target values a row`;
    throw new RangeError(`The data set has ${found}, the network's last layer has ${outFeatures} outputs`);
  }
  for (const { dropout = 0 } of layers) checkDropout(dropout); // layers need not be made by `dense()`
  if (lastDropout > 0) {
    throw new RangeError(
      `The last layer has dropout ${lastDropout}, needs 0: the loss is computed from all of its outputs`,
    );
  }
  const trained = layers.map(({ activation }) => activation);
  trained[last] = trainedActivation(config.loss, output, labels);
  const masks = masksOf(layers, config), rowWeights = weighted ? { rowWeights: "rowWeights" } : {};

  const ops: Op[] = [{ op: "gather", x: "x", target: "target", ...rowWeights, scale: inputScale }];
  for (const [index, activation] of trained.entries()) {
    const mask = masks[index];
    if (mask) ops.push(dropoutOp(index, mask));
    ops.push(forwardOp(index, activation, { keepsZ: true, mask }));
  }
  ops.push(LOSSES[config.loss].op({ index: last, output, labels, ...rowWeights, settings: config }));
  for (let index = last; index > 0; index--) {
    ops.push(backwardInputOp(index, trained[index - 1], masks[index]));
  }
  for (let index = last; index >= 0; index--) ops.push(backwardWeightOp(index, masks[index]));

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
  const averages = config.average > 0 ? updates.map((update) => averageOf(update, config.average)) : [];
  ops.push(...averages);
  const target: BufferSpec = { name: "target", shape: labels ? ["B"] : ["B", outFeatures], role: "target" };
  const given = [...inputBuffers(inFeatures, masks[0]), target];
  if (weighted) given.push({ name: "rowWeights", shape: ["B"], role: "target" });
  return {
    batchSize: config.batchSize,
    inFeatures,
    outFeatures,
    labels,
    weighted,
    buffers: withStates([...given, ...layerBuffers(layers, inFeatures, ops)], updates, averages),
    ops,
  };
}

/** Returns the dropout of each layer's inputs; `undefined` for a layer whose inputs have none. */
function masksOf(
  layers: readonly LayerSpec[],
  { inputDropout, seed }: Pick<PlanConfig, "inputDropout" | "seed">,
): (DropoutMask | undefined)[] {
  return [inputDropout, ...layers.map(({ dropout = 0 }) => dropout)].map((rate, layer) =>
    rate > 0 ? { rate, seed, layer } : undefined
  );
}

function averageOf({ parameter }: UpdateOp, decay: number): AverageOp {
  return { op: "average", parameter, average: `${parameter}.average`, decay };
}

/**
 * Builds the plan of a prediction: the forward operations of a network.
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
export function buildForwardPlan(network: NetworkSpec): ForwardPlan {
  checkArgument("network", network, NETWORK);
  const { inFeatures, layers, inputScale } = network;
  const { outFeatures } = layers[lastOf(layers)];
  const ops: (GatherOp | LinearOp)[] = [{ op: "gather", x: "x", scale: inputScale }];
  ops.push(...layers.map(({ activation }, index) => forwardOp(index, activation, { keepsZ: false })));
  const buffers = [...inputBuffers(inFeatures), ...layerBuffers(layers, inFeatures, ops)];
  return { inFeatures, outFeatures, buffers, ops };
}

function lastOf(layers: readonly LayerSpec[]): number {
  if (layers.length === 0) throw new RangeError("A network needs at least one layer, found none");
  return layers.length - 1;
}

function inputBuffers(inFeatures: number, mask?: DropoutMask): BufferSpec[] {
  const names = mask ? ["x", dropoutOp(0, mask).y] : ["x"];
  return names.map((name) => ({ name, shape: ["B", inFeatures], role: "activation" }));
}

/** Returns the buffers of the layers that the operations use. */
function layerBuffers(layers: readonly LayerSpec[], inFeatures: number, ops: readonly Op[]): BufferSpec[] {
  const used = new Set<unknown>(ops.flatMap((op) => Object.values(op)));
  return layers.flatMap(({ outFeatures }, index) => {
    const of = (
      buffer: Parameters<typeof layerBuffer>[1],
      shape: BufferSpec["shape"],
      role: BufferSpec["role"],
    ) => ({
      name: layerBuffer(index, buffer),
      shape,
      role,
    });
    const width = index === 0 ? inFeatures : layers[index - 1].outFeatures;
    return [
      of("weights", [outFeatures, width], "parameter"),
      of("bias", [outFeatures], "parameter"),
      of("z", ["B", outFeatures], "activation"),
      of("y", ["B", outFeatures], "activation"),
      of("dropped", ["B", outFeatures], "activation"),
      of("dZ", ["B", outFeatures], "gradient"),
      of("dWeights", [outFeatures, width], "gradient"),
      of("dBias", [outFeatures], "gradient"),
    ].filter(({ name }) => used.has(name));
  });
}

/** Adds the buffers of state: the first of every parameter, then the second of every parameter, and last the averages. */
function withStates(
  buffers: readonly BufferSpec[],
  updates: readonly UpdateOp[],
  averages: readonly AverageOp[],
): BufferSpec[] {
  const shapes = new Map(buffers.map(({ name, shape }) => [name, shape]));
  const stateOf = (parameter: BufferName, name: BufferName): BufferSpec => ({
    name,
    shape: shapes.get(parameter)!,
    role: "state",
  });
  const states = updates.map((update) => statesOf(update).map((name) => stateOf(update.parameter, name)));
  return [
    ...buffers,
    ...(states[0] ?? []).flatMap((_, round) => states.map((of) => of[round])),
    ...averages.map(({ parameter, average }) => stateOf(parameter, average)),
  ];
}
