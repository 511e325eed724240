/**
 * The operations of plans. `backends/reference/` defines the computation of each.
 *
 * Letters in shapes: `B` rows of the batch, `I` input features and `O` output features of a layer, `C` classes.
 * `dZ` is the gradient of the mean loss with respect to a layer's sum `Z = X Wᵀ + b`, before its activation. `lr` is the
 * learning rate of the step, which a backend gets with each epoch. In every loss, the weight of a row multiplies its gradient,
 * not the reported loss.
 * @module
 */
import type { ActivationName } from "./activations.ts";

/** The name of a buffer of the plan, such as `"layer_1.weights"`. */
export type BufferName = string;

/** Copies the rows of this step from the data set: `x = inputs[rows] * scale`, and in training their labels or targets. */
export interface GatherOp {
  /** The name of the operation. */
  readonly op: "gather";
  /** Receives the scaled inputs `[B, I]`. */
  readonly x: BufferName;
  /**
   * Receives class labels `[B]` or target values `[B, O]`; absent in a prediction. A label of `C` or more
   * means that the row belongs to no class; the target is then `1 / C` for each class.
   */
  readonly target?: BufferName;
  /** Receives the row weights `[B]`; absent if every row weighs 1. */
  readonly rowWeights?: BufferName;
  /** The factor on every input. */
  readonly scale: number;
}

/** `y = activation(x Wᵀ + b)`. */
export interface LinearOp {
  /** The name of the operation. */
  readonly op: "linear";
  /** `[B, I]` */
  readonly x: BufferName;
  /** `[O, I]` */
  readonly weights: BufferName;
  /** `[O]` */
  readonly bias: BufferName;
  /** Receives `[B, O]`. */
  readonly y: BufferName;
  /** Receives the sums `[B, O]` before the activation; present if the backward pass needs them. */
  readonly z?: BufferName;
  /** The activation function. */
  readonly activation: ActivationName;
}

/** A dropout mask: it depends only on the seed, the step, the layer, the row of the batch and the column. */
export interface DropoutMask {
  /** Share of values that become 0; from 0 to below 1. The others are multiplied by `1 / (1 - rate)`. */
  readonly rate: number;
  /** The seed of the run. */
  readonly seed: number;
  /** The layer whose outputs are dropped, from 1; 0 for the inputs of the network. */
  readonly layer: number;
}

/**
 * Dropout (Srivastava et al. 2014): `y = x`, with some values set to 0 and the others scaled. `isKept()` in `random.ts`
 * defines which values are kept.
 */
export interface DropoutOp {
  /** The name of the operation. */
  readonly op: "dropout";
  /** `[B, I]` */
  readonly x: BufferName;
  /** Receives `[B, I]`. */
  readonly y: BufferName;
  /** The mask: the values that are kept. */
  readonly mask: DropoutMask;
}

/**
 * Mean cross-entropy in nats of softmax(logits) against labels or rows of probabilities, its gradient, and the count of correct
 * rows. With probabilities, a row is correct if its largest logit is at its largest target, the first of equal ones.
 */
export interface SoftmaxCrossEntropyOp {
  /** The name of the operation. */
  readonly op: "softmaxCrossEntropy";
  /** `[B, C]` */
  readonly logits: BufferName;
  /** Class labels `[B]`, or probabilities `[B, C]` whose sum is 1 in each row; the target of a label is its one-hot row. */
  readonly target: BufferName;
  /** True if `target` has class labels. */
  readonly labels: boolean;
  /** Row weights `[B]`; absent if every row weighs 1. */
  readonly rowWeights?: BufferName;
  /** Receives `[B, C]`. */
  readonly dZ: BufferName;
  /** ε: a target `t` is smoothed to `(1 - ε) t + ε / C`. */
  readonly labelSmoothing: number;
}

/**
 * Binary cross-entropy in nats, averaged over the batch and the outputs, and its gradient. With a logit `z` and a target `t`
 * from 0 to 1 it is `max(z, 0) - z t + log(1 + e^-|z|)`. A row is correct if `(z > 0) = (t > 1/2)` for each output.
 */
export interface BinaryCrossEntropyOp {
  /** The name of the operation. */
  readonly op: "binaryCrossEntropy";
  /** `[B, O]` */
  readonly logits: BufferName;
  /** Target values `[B, O]`. */
  readonly target: BufferName;
  /** Row weights `[B]`; absent if every row weighs 1. */
  readonly rowWeights?: BufferName;
  /** Receives `[B, O]`. */
  readonly dZ: BufferName;
}

/** Mean over the batch and the outputs of `(y - target)²`, and its gradient; with labels also the count of correct rows. */
export interface MeanSquaredErrorOp {
  /** The name of the operation. */
  readonly op: "meanSquaredError";
  /** The network's output `[B, O]`, after `activation`. */
  readonly y: BufferName;
  /** The sums `[B, O]` before `activation`; present if its derivative needs them. */
  readonly z?: BufferName;
  /** Target values `[B, O]`, or class labels `[B]`; the target of a label is its one-hot row. */
  readonly target: BufferName;
  /** True if `target` has class labels. */
  readonly labels: boolean;
  /** Row weights `[B]`; absent if every row weighs 1. */
  readonly rowWeights?: BufferName;
  /** Receives `[B, O]`: the gradient with respect to the sums before `activation`. */
  readonly dZ: BufferName;
  /** The activation that made `y`. */
  readonly activation: ActivationName;
}

/**
 * Mean over the batch and the outputs of Huber's loss (1964) of `d = y - target`: `d² / 2` if `|d| ≤ δ`, else
 * `δ (|d| - δ / 2)`; and its gradient.
 */
export interface HuberOp {
  /** The name of the operation. */
  readonly op: "huber";
  /** The network's output `[B, O]`, after `activation`. */
  readonly y: BufferName;
  /** The sums `[B, O]` before `activation`; present if its derivative needs them. */
  readonly z?: BufferName;
  /** Target values `[B, O]`. */
  readonly target: BufferName;
  /** Row weights `[B]`; absent if every row weighs 1. */
  readonly rowWeights?: BufferName;
  /** Receives `[B, O]`: the gradient with respect to the sums before `activation`. */
  readonly dZ: BufferName;
  /** The activation that made `y`. */
  readonly activation: ActivationName;
  /** δ, the distance beyond which the loss grows linearly. */
  readonly delta: number;
}

/**
 * The previous layer's `dZ`: `dZ W`, then the backward pass through the previous layer's dropout, if it has one, and
 * through its activation.
 */
export interface LinearBackwardInputOp {
  /** The name of the operation. */
  readonly op: "linearBackwardInput";
  /** `[B, O]` */
  readonly dZ: BufferName;
  /** `[O, I]` */
  readonly weights: BufferName;
  /** The previous layer's output `[B, I]` after `activation`, before its dropout. */
  readonly x: BufferName;
  /** The previous layer's sums `[B, I]`; present if the derivative of `activation` needs them. */
  readonly z?: BufferName;
  /** Receives `[B, I]`: the previous layer's `dZ`. */
  readonly dX: BufferName;
  /** The activation of the previous layer. */
  readonly activation: ActivationName;
  /** The dropout of the previous layer's output; absent if it has none. */
  readonly mask?: DropoutMask;
}

/** `dW = dZᵀ X` and `db = Σ dZ` over the rows. */
export interface LinearBackwardWeightOp {
  /** The name of the operation. */
  readonly op: "linearBackwardWeight";
  /** `[B, I]` */
  readonly x: BufferName;
  /** `[B, O]` */
  readonly dZ: BufferName;
  /** Receives `[O, I]`. */
  readonly dWeights: BufferName;
  /** Receives `[O]`. */
  readonly dBias: BufferName;
}

/** Multiplies every gradient by `min(1, maxNorm / (‖g‖ + 1e-6))`; `‖g‖` is the norm over all of them. */
export interface ClipByNormOp {
  /** The name of the operation. */
  readonly op: "clipByNorm";
  /** The gradients. */
  readonly gradients: readonly BufferName[];
  /** The largest norm after clipping. */
  readonly maxNorm: number;
}

/**
 * Stochastic gradient descent: `g ← gradient + λ p`, `v ← momentum v + g`, `p ← p - lr v`, with Nesterov
 * `p ← p - lr (g + momentum v)`.
 */
export interface SgdOp {
  /** The name of the operation. */
  readonly op: "sgd";
  /** The parameter that is updated. */
  readonly parameter: BufferName;
  /** Its gradient, of the same shape. */
  readonly gradient: BufferName;
  /** `v`; absent if `momentum` is 0. */
  readonly velocity?: BufferName;
  /** The share of `v` that is kept from step to step. */
  readonly momentum: number;
  /** True for Nesterov momentum. */
  readonly nesterov: boolean;
  /** λ, the weight decay; 0 for none. */
  readonly weightDecay: number;
}

/**
 * Adam (Kingma and Ba 2015, arXiv 1412.6980), with `t` counting steps from 1:
 * `m ← β₁ m + (1 - β₁) g`, `v ← β₂ v + (1 - β₂) g²`, `p ← p - lr m̂ / (√v̂ + ε)` with `m̂ = m / (1 - β₁ᵗ)`,
 * `v̂ = v / (1 - β₂ᵗ)`. Weight decay `λ` is `g ← g + λ p`, or, if decoupled (AdamW, arXiv 1711.05101),
 * `p ← p - lr λ p` before the update.
 */
export interface AdamOp {
  /** The name of the operation. */
  readonly op: "adam";
  /** The parameter that is updated. */
  readonly parameter: BufferName;
  /** Its gradient, of the same shape. */
  readonly gradient: BufferName;
  /** `m`, the exponential moving average of the gradients. */
  readonly m: BufferName;
  /** `v`, the exponential moving average of the squared gradients. */
  readonly v: BufferName;
  /** β₁, the decay of `m`. */
  readonly beta1: number;
  /** β₂, the decay of `v`. */
  readonly beta2: number;
  /** ε. */
  readonly epsilon: number;
  /** λ, the weight decay; 0 for none. */
  readonly weightDecay: number;
  /** True if weight decay shrinks the parameter instead of joining the gradient. */
  readonly decoupled: boolean;
}

/**
 * RMSprop (Tieleman and Hinton 2012): `g ← gradient + λ p`, `v ← decay v + (1 - decay) g²`,
 * `p ← p - lr g / (√v + ε)`.
 */
export interface RmspropOp {
  /** The name of the operation. */
  readonly op: "rmsprop";
  /** The parameter that is updated. */
  readonly parameter: BufferName;
  /** Its gradient, of the same shape. */
  readonly gradient: BufferName;
  /** `v`, the exponential moving average of the squared gradients. */
  readonly v: BufferName;
  /** The decay of `v`. */
  readonly decay: number;
  /** ε. */
  readonly epsilon: number;
  /** λ, the weight decay; 0 for none. */
  readonly weightDecay: number;
}

/**
 * Lion (Chen et al. 2023, arXiv 2302.06675): `p ← p - lr λ p`, `p ← p - lr sign(β₁ m + (1 - β₁) g)`,
 * `m ← β₂ m + (1 - β₂) g`, with `sign(0) = 0`.
 */
export interface LionOp {
  /** The name of the operation. */
  readonly op: "lion";
  /** The parameter that is updated. */
  readonly parameter: BufferName;
  /** Its gradient `g`, of the same shape. */
  readonly gradient: BufferName;
  /** `m`, the exponential moving average of the gradients. */
  readonly m: BufferName;
  /** β₁, the share of `m` in the number whose sign is the update. */
  readonly beta1: number;
  /** β₂, the decay of `m`. */
  readonly beta2: number;
  /** λ, the weight decay, which is decoupled; 0 for none. */
  readonly weightDecay: number;
}

/** `average ← decay average + (1 - decay) parameter`, after the update of the parameter. */
export interface AverageOp {
  /** The name of the operation. */
  readonly op: "average";
  /** The parameter. */
  readonly parameter: BufferName;
  /** Its exponential moving average, which starts at 0; divided by `1 - decay^t` after `t` steps, its bias is corrected. */
  readonly average: BufferName;
  /** The decay; from 0 to below 1. */
  readonly decay: number;
}

/** An operation that computes the loss and the first gradient of the backward pass. */
export type LossOp = SoftmaxCrossEntropyOp | BinaryCrossEntropyOp | MeanSquaredErrorOp | HuberOp;

/** An operation that updates a parameter from its gradient. */
export type UpdateOp = SgdOp | AdamOp | RmspropOp | LionOp;

/** An operation of a plan. */
export type Op =
  | GatherOp
  | LinearOp
  | DropoutOp
  | LossOp
  | LinearBackwardInputOp
  | LinearBackwardWeightOp
  | ClipByNormOp
  | UpdateOp
  | AverageOp;
