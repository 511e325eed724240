/**
 * A training step or a prediction as data: the buffers it works on and the operations over them, in order. TypeScript
 * builds a plan from layers, loss and optimizer; a backend executes it. `backends/reference/` defines what each operation
 * computes.
 * @module
 */
import type { ActivationName } from "./activations.ts";
import type { BufferName, GatherOp, LinearOp, Op } from "./ops.ts";

export type * from "./ops.ts";

/** The kind of a buffer. Parameters and state outlive a step; the others live within one. */
export type BufferRole = "parameter" | "state" | "activation" | "target" | "gradient";

/** One buffer: dense, row-major. A leading `"B"` stands for the rows of the batch. */
export interface BufferSpec {
  /** Its name; unique in the plan. */
  readonly name: BufferName;
  /** Its shape, such as `["B", 128]`, `[128, 784]` or `[128]`. */
  readonly shape: readonly (number | "B")[];
  /** Its kind. */
  readonly role: BufferRole;
}

/** The forward half of a network: a prediction. How many rows a batch has is up to the backend. */
export interface ForwardPlan {
  /** `I` of the first layer. */
  readonly inFeatures: number;
  /** `O` of the last layer. */
  readonly outFeatures: number;
  /** Every buffer that an operation names. */
  readonly buffers: readonly BufferSpec[];
  /** The operations, in the order in which they are carried out; the last one's `y` is the network's output. */
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
  /** The operations, in the order in which they are carried out. */
  readonly ops: readonly Op[];
}

/** A fully connected layer: `activation(x Wᵀ + b)`, with `W` `[outFeatures, I]` and `b` `[outFeatures]`. */
export interface LayerSpec {
  /** Outputs a row, `O`. */
  readonly outFeatures: number;
  /** The function of each row's sums. */
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

/** The facts of a data set that its plan depends on. */
export interface PlanInput {
  /** `I` of the first layer. */
  readonly inFeatures: number;
  /** The factor on every input. */
  readonly inputScale: number;
  /** True if the data set has class labels, false if it has target values. */
  readonly labels: boolean;
  /** True if the data set has row weights; false if absent. */
  readonly weighted?: boolean;
  /** Classes or target values of the data set; must equal the last layer's `O`. */
  readonly outFeatures: number;
}
