/**
 * A training step or a prediction as data: its buffers, and its operations in order. TypeScript builds a plan from layers,
 * loss and optimizer; a backend executes it. `backends/reference/` defines the computation of each operation.
 * @module
 */
import type { ActivationName } from "./activations.ts";
import type { BufferName, GatherOp, LinearOp, Op } from "./ops.ts";

export type * from "./ops.ts";

/** The kind of a buffer. Parameters and state are kept from step to step; the others are not. */
export type BufferRole = "parameter" | "state" | "activation" | "target" | "gradient";

/** A buffer: dense, row-major. A leading `"B"` is the number of rows of the batch. */
export interface BufferSpec {
  /** Its name; unique in the plan. */
  readonly name: BufferName;
  /** Its shape, such as `["B", 128]`, `[128, 784]` or `[128]`. */
  readonly shape: readonly (number | "B")[];
  /** Its kind. */
  readonly role: BufferRole;
}

/** A prediction: the forward operations of a network. The backend chooses the number of rows of a batch. */
export interface ForwardPlan {
  /** `I` of the first layer. */
  readonly inFeatures: number;
  /** `O` of the last layer. */
  readonly outFeatures: number;
  /** Every buffer that an operation names. */
  readonly buffers: readonly BufferSpec[];
  /** The operations, in the order of execution. The `y` of the last one is the network's output. */
  readonly ops: readonly (GatherOp | LinearOp)[];
}

/** One training step. */
export interface StepPlan extends Omit<ForwardPlan, "ops"> {
  /** Rows of a full batch; the last batch of an epoch may have fewer. */
  readonly batchSize: number;
  /** True if targets are class labels `[N]`, false if they are values `[N, O]`. */
  readonly labels: boolean;
  /** True if each row has a weight. */
  readonly weighted: boolean;
  /** The operations, in the order of execution. */
  readonly ops: readonly Op[];
}

/** A fully connected layer: `activation(x Wᵀ + b)`, with `W` `[outFeatures, I]` and `b` `[outFeatures]`. */
export interface LayerSpec {
  /** Outputs a row, `O`. */
  readonly outFeatures: number;
  /** The activation function. */
  readonly activation: ActivationName;
  /** Share of the outputs that become 0 in a training step, from 0 to below 1; 0 if absent. Predictions drop none. */
  readonly dropout?: number;
}

/** The part of a network that computes outputs: its layers, and the factor on its inputs. */
export interface NetworkSpec {
  /** `I` of the first layer. */
  readonly inFeatures: number;
  /** The layers, first to last. */
  readonly layers: readonly LayerSpec[];
  /** The factor on every input. */
  readonly inputScale: number;
}

/** The properties of a data set that a plan depends on. */
export interface PlanInput {
  /** `I` of the first layer. */
  readonly inFeatures: number;
  /** The factor on every input. */
  readonly inputScale: number;
  /** True if the data set has class labels, false if it has target values. */
  readonly labels: boolean;
  /** True if the data set has row weights; false if absent. */
  readonly weighted?: boolean;
  /** The number of classes, or of target values a row; must equal `O` of the last layer. */
  readonly outFeatures: number;
}
