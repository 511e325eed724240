/** The layers of a plan, for backends that place or fuse the operations of a layer together. @module */
import { checkArgument } from "../arguments.ts";
import { isLoss } from "./losses.ts";
import { isUpdate } from "./optimizers.ts";
import { PLAN } from "./plan_kind.ts";
import type {
  AverageOp,
  BufferName,
  BufferSpec,
  ClipByNormOp,
  DropoutOp,
  ForwardPlan,
  GatherOp,
  LinearBackwardInputOp,
  LinearBackwardWeightOp,
  LinearOp,
  LossOp,
  Op,
  StepPlan,
  UpdateOp,
} from "./plan.ts";

/** A layer of a plan, with every operation on it. */
export interface PlanLayer {
  /** Inputs a row, `I`. */
  readonly inFeatures: number;
  /** Outputs a row, `O`. */
  readonly outFeatures: number;
  /** The dropout of its inputs; absent if it has none, and in a prediction. */
  readonly dropout?: DropoutOp;
  /** Its forward operation. */
  readonly forward: LinearOp;
  /** The operation that passes the gradient to the previous layer; absent for the first layer and in a prediction. */
  readonly backwardInput?: LinearBackwardInputOp;
  /** The gradients and updates of its parameters; absent in a prediction. */
  readonly training?: LayerTraining;
}

/** The gradients and updates of a layer's parameters. */
export interface LayerTraining {
  /** The gradients of weights and bias. */
  readonly gradient: LinearBackwardWeightOp;
  /** The update of the weights. */
  readonly weights: UpdateOp;
  /** The update of the bias. */
  readonly bias: UpdateOp;
  /** The averages of weights and bias; absent if none are kept. */
  readonly averages?: { readonly weights: AverageOp; readonly bias: AverageOp };
}

/** A plan as a network. */
export interface PlanNetwork {
  /** The operation that copies the rows of a step. */
  readonly gather: GatherOp;
  /** The layers, first to last. The input of each is the `y` of the layer before, or the output of its dropout. */
  readonly layers: readonly PlanLayer[];
  /** The loss; absent in a prediction. */
  readonly loss?: LossOp;
  /** The operation that limits the norm of the gradient; absent if it is not limited. */
  readonly clip?: ClipByNormOp;
  /** The buffers by name. */
  readonly buffers: ReadonlyMap<BufferName, BufferSpec>;
}

/** A layer of a training step. */
export interface TrainedLayer extends PlanLayer {
  /** The gradients and updates of its parameters. */
  readonly training: LayerTraining;
}

/** A training step as a network. */
export interface TrainingNetwork extends PlanNetwork {
  /** The layers, first to last. */
  readonly layers: readonly TrainedLayer[];
  /** The loss. */
  readonly loss: LossOp;
}

/**
 * Finds the layers of a training step.
 *
 * @throws {TypeError} if it is not a chain of layers with one loss and one update for each parameter
 */
export function networkOf(plan: StepPlan): TrainingNetwork;
/**
 * Finds the layers of a plan.
 *
 * @throws {TypeError} if it is not a chain of layers, with one loss and one update for each parameter if it trains
 */
export function networkOf(plan: StepPlan | ForwardPlan): PlanNetwork;
export function networkOf(plan: StepPlan | ForwardPlan): PlanNetwork {
  checkArgument("plan", plan, PLAN);
  const ops: readonly Op[] = plan.ops, trains = "batchSize" in plan;
  const buffers = new Map(plan.buffers.map((buffer) => [buffer.name, buffer]));
  const [gather, ...others] = all(ops, "gather");
  if (!gather || others.length > 0) throw fault(`needs one operation "gather"`);
  const losses = ops.filter(isLoss);
  if (losses.length !== (trains ? 1 : 0)) throw fault(`has ${losses.length} losses`);
  const updates = new Map(ops.filter(isUpdate).map((op) => [op.parameter, op]));
  const find = <T>(map: ReadonlyMap<BufferName, T>, name: BufferName, kind: string): T => {
    const found = map.get(name);
    if (found === undefined) throw fault(`has no ${kind} "${name}"`);
    return found;
  };
  const gradients = all(ops, "linearBackwardWeight"), backward = all(ops, "linearBackwardInput");
  const dropouts = all(ops, "dropout"),
    averages = new Map(all(ops, "average").map((op) => [op.parameter, op]));
  let y = gather.x;
  const layers = all(ops, "linear").map((forward, index): PlanLayer => {
    const dropout = dropouts.find((op) => op.x === y), x = dropout?.y ?? y;
    if (forward.x !== x) throw fault(`has "${forward.x}" as the input of layer ${index + 1}, needs "${x}"`);
    y = forward.y;
    const { shape } = find(buffers, forward.weights, "buffer"), [outFeatures, inFeatures] = shape as number[];
    const layer = { inFeatures, outFeatures, ...dropout && { dropout }, forward };
    if (!trains) return layer;
    const weights = find(updates, forward.weights, "update of"),
      bias = find(updates, forward.bias, "update of");
    const gradient = gradients.find(({ dWeights }) => dWeights === weights.gradient);
    if (gradient?.dBias !== bias.gradient) throw fault(`has no gradient for "${forward.weights}"`);
    const backwardInput = backward.find((op) => op.weights === forward.weights);
    const kept = averages.size > 0 && {
      averages: {
        weights: find(averages, forward.weights, "average of"),
        bias: find(averages, forward.bias, "average of"),
      },
    };
    return {
      ...layer,
      ...backwardInput && { backwardInput },
      training: { gradient, weights, bias, ...kept },
    };
  });
  if (layers.length === 0) throw fault(`needs an operation "linear"`);
  return { gather, layers, loss: losses[0], clip: all(ops, "clipByNorm")[0], buffers };
}

function all<K extends Op["op"]>(ops: readonly Op[], kind: K): Extract<Op, { op: K }>[] {
  return ops.filter((op): op is Extract<Op, { op: K }> => op.op === kind);
}

function fault(found: string): TypeError {
  return new TypeError(`Cannot use this plan: it ${found}`);
}
