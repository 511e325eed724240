/**
 * The table of losses: the formula of each, its options, the outputs and targets that it takes, and its operation.
 * `backends/reference/losses.ts` defines the computation. `docs/extending_training.md` explains how to add one.
 * @module
 */
import { type ActivationName, ACTIVATIONS, needsZ } from "./activations.ts";
import { layerBuffer } from "./layers.ts";
import { listOf, type OptionSpec, type OptionValues } from "./option.ts";
import type { BufferName, LossOp, Op } from "./plan.ts";

/** The options of all losses. */
export const LOSS_OPTIONS = {
  labelSmoothing: {
    kind: "number",
    default: 0,
    min: 0,
    below: 1,
    only: { option: "loss", value: "cross-entropy" },
    help: "share of each cross-entropy target that is spread over all classes",
  },
  huberDelta: {
    kind: "number",
    default: 1,
    absent: 1,
    above: 0,
    only: { option: "loss", value: "huber" },
    help:
      "distance from the target beyond which the huber loss grows linearly; in standard deviations if targets are standardized",
  },
} as const satisfies Record<string, OptionSpec>;

/** The last layer and the settings that a loss is computed from. */
export interface LossInput {
  /** The last layer, counted from 0. */
  readonly index: number;
  /** Its activation. */
  readonly output: ActivationName;
  /** True if the data set has class labels, false if it has target values. */
  readonly labels: boolean;
  /** The buffer of row weights, if rows have weights. */
  readonly rowWeights?: BufferName;
  /** The settings of the losses. */
  readonly settings: OptionValues<typeof LOSS_OPTIONS>;
}

/** A loss. */
export interface LossDefinition {
  /** A row's loss; the loss of a batch is the mean over its rows. */
  readonly formula: string;
  /** The activations of the last layer that it takes; {@linkcode ACTIVATIONS} itself if it takes any. */
  readonly outputs: readonly ActivationName[];
  /** Those activations in words, for messages. */
  readonly needs: string;
  /** True if it takes class labels. */
  readonly labels: boolean;
  /** True if it takes target values. */
  readonly targets: boolean;
  /** True if it is computed from logits: the activation of the last layer is then part of the loss. */
  readonly logits: boolean;
  /** Makes its operation. */
  op(input: LossInput): LossOp;
}

/** The name of a loss. */
export type LossName = "cross-entropy" | "mean-squared-error" | "binary-cross-entropy" | "huber";

/** The losses by name. */
export const LOSSES: Readonly<Record<LossName, LossDefinition>> = {
  "cross-entropy": {
    formula: "-Σ ((1 - ε) t + ε / C) log softmax(z), with t = onehot(label), or a row of probabilities",
    outputs: ["softmax", "linear"],
    needs: "a softmax output, or a linear one that gives logits",
    labels: true,
    targets: true,
    logits: true,
    op: ({ index, labels, rowWeights, settings: { labelSmoothing } }) => ({
      op: "softmaxCrossEntropy",
      logits: layerBuffer(index, "y"),
      target: "target",
      labels,
      ...rowWeights && { rowWeights },
      dZ: layerBuffer(index, "dZ"),
      labelSmoothing,
    }),
  },
  "mean-squared-error": {
    formula: "Σ (y - t)² / O",
    outputs: ACTIVATIONS,
    needs: "any output",
    labels: true,
    targets: true,
    logits: false,
    op: (input) => ({ op: "meanSquaredError", labels: input.labels, ...outputBuffers(input) }),
  },
  "binary-cross-entropy": {
    formula: "Σ (-t log σ(z) - (1 - t) log(1 - σ(z))) / O",
    outputs: ["sigmoid", "linear"],
    needs: "a sigmoid output, or a linear one that gives logits",
    labels: false,
    targets: true,
    logits: true,
    op: ({ index, rowWeights }) => ({
      op: "binaryCrossEntropy",
      logits: layerBuffer(index, "y"),
      target: "target",
      ...rowWeights && { rowWeights },
      dZ: layerBuffer(index, "dZ"),
    }),
  },
  huber: {
    formula: "Σ (abs(d) ≤ δ ? d² / 2 : δ (abs(d) - δ / 2)) / O, with d = y - t",
    outputs: ACTIVATIONS,
    needs: "any output",
    labels: false,
    targets: true,
    logits: false,
    op: (input) => ({ op: "huber", delta: input.settings.huberDelta, ...outputBuffers(input) }),
  },
};

/** Returns the fields of a loss operation that is computed from the network's output. */
function outputBuffers({ index, output, rowWeights }: LossInput) {
  return {
    y: layerBuffer(index, "y"),
    ...needsZ(output) && { z: layerBuffer(index, "z") },
    target: "target",
    ...rowWeights && { rowWeights },
    dZ: layerBuffer(index, "dZ"),
    activation: output,
  };
}

/** The arguments of a loss in the kernels and in the C interface, in addition to its buffers: a number and settings. */
interface LossLayout<O extends LossOp> {
  /** Its number in every kernel and in the C interface. */
  readonly number: number;
  /** The fields with its settings, in order; the kernels of WebAssembly take at most one. */
  readonly settings: readonly (keyof O)[];
}

/** The losses by the name of their operation. */
export const LOSS_OPS = {
  softmaxCrossEntropy: { number: 0, settings: ["labelSmoothing"] },
  meanSquaredError: { number: 1, settings: [] },
  binaryCrossEntropy: { number: 2, settings: [] },
  huber: { number: 3, settings: ["delta"] },
} as const satisfies { readonly [K in LossOp["op"]]: LossLayout<Extract<LossOp, { op: K }>> };

/** Returns the settings of a loss, in the order of {@linkcode LOSS_OPS}. */
export function lossSettingsOf(op: LossOp): number[] {
  const fields: Readonly<Record<string, unknown>> = { ...op };
  return LOSS_OPS[op.op].settings.map((name) => Number(fields[name]));
}

/** Returns the buffer that a loss is computed from: the logits, or the outputs after the activation. */
export function lossInputOf(op: LossOp): BufferName {
  return "logits" in op ? op.logits : op.y;
}

/** Returns whether an operation is a loss. */
export function isLoss(op: Op): op is LossOp {
  return Object.hasOwn(LOSS_OPS, op.op);
}

/**
 * Returns the activation of the last layer in training with this loss. A loss of logits makes it linear and contains the
 * activation itself: `log(softmax(z))` as one formula stays finite and exact for logits of any size.
 *
 * @throws {RangeError} if the loss does not take this output or these targets
 */
export function trainedActivation(loss: LossName, output: ActivationName, labels: boolean): ActivationName {
  const { outputs, needs, logits } = LOSSES[loss];
  const takes = (other: LossDefinition) => labels ? other.labels : other.targets;
  if (!takes(LOSSES[loss])) {
    const [found, needed] = labels ? ["class labels", "target values"] : ["target values", "class labels"];
    throw new RangeError(
      `Loss "${loss}" needs ${needed}, the data set has ${found}, which need loss ${namesOf(takes)}`,
    );
  }
  if (!outputs.includes(output)) {
    const others = namesOf((other) => other.outputs === ACTIVATIONS && takes(other));
    throw new RangeError(`Loss "${loss}" needs ${needs}, found "${output}"; loss ${others} takes any output`);
  }
  return logits ? "linear" : output;
}

/** Returns the names of the losses for which `test` is true, as a list in words. */
function namesOf(test: (loss: LossDefinition) => boolean): string {
  return listOf(Object.entries(LOSSES).filter(([, loss]) => test(loss)).map(([name]) => `"${name}"`));
}
