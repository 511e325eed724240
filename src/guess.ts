/** The guess of a network, the second most likely class, and whether the guess is sure. @module */
import { INPUTS, NETWORK, OUTPUT_PARTS, OUTPUTS, THRESHOLDS } from "./argument_kinds.ts";
import { checkArgument, fields, FINITE, FLAG, NUMBERS } from "./arguments.ts";
import { activate } from "./backends/reference/activations.ts";
import { predict } from "./backends/reference/forward.ts";
import type { Dataset } from "./data/dataset.ts";
import { buildForwardPlan } from "./plan/build.ts";
import type { NetworkSpec } from "./plan/plan.ts";
import type { Thresholds } from "./thresholds.ts";
import type { Mlp } from "./mlp.ts";
import type { MlpParts } from "./mlp_parts.ts";

/** A guess with a lower probability than this counts as not sure, if the network has no thresholds of its own. */
export const UNSURE_BELOW = 0.6;

/** A class and its probability. */
export interface Candidate {
  /** The class, from 0. */
  readonly label: number;
  /** Its probability, from 0 to 1. */
  readonly probability: number;
}

/** The most likely class of an input. */
export interface Guess extends Candidate {
  /** The second most likely class; `undefined` if there is only one. */
  readonly runnerUp: Candidate | undefined;
  /**
   * True if the guess has a probability of {@linkcode UNSURE_BELOW} or more; with thresholds, if its probability and energy are at
   * least theirs.
   */
  readonly sure: boolean;
  /** False if the input is like nothing that the network was trained on; absent without thresholds. */
  readonly known?: boolean;
}

/** The evidence besides probabilities of a network that was trained with outliers. */
export interface Evidence {
  /** The thresholds of the network. */
  readonly thresholds: Thresholds;
  /** The energy of the input, see {@linkcode energyOf}. */
  readonly energy: number;
}

const EVIDENCE = fields({ thresholds: THRESHOLDS, energy: FINITE });

/** The tolerance for the sum of a row of probabilities, which rounding to float32 moves away from 1. */
const SUM_TOLERANCE = 1e-3;

/**
 * Returns the guess for one row of probabilities `[C]`: the most likely class, or the first of several that are
 * equally likely.
 *
 * @throws {TypeError} if there are no probabilities
 * @throws {RangeError} if the values are not one row of probabilities: each from 0 to 1, their sum 1
 *
 * @example
 * ```ts
 * import { guessOf } from "@mlpcuda/mlpcuda";
 * import { assertEquals } from "@std/assert";
 *
 * const { label, runnerUp, sure } = guessOf([0.1, 0.5, 0.4]);
 * assertEquals([label, runnerUp?.label, sure], [1, 2, false]);
 * ```
 */
export function guessOf(probabilities: ArrayLike<number>, evidence?: Evidence): Guess {
  const [best, runnerUp, third] = candidatesOf(probabilities);
  if (evidence !== undefined) checkArgument("evidence", evidence, EVIDENCE);
  if (!evidence) return { ...best, runnerUp, sure: best.probability >= UNSURE_BELOW };
  // Two classes have all of the probability together, so that the more likely one is compared.
  const { thresholds, energy } = evidence, together = best.probability + (third ? runnerUp.probability : 0);
  const sure = best.probability >= thresholds.probability && energy >= thresholds.energy;
  return { ...best, runnerUp, sure, known: sure || together >= thresholds.together };
}

/**
 * Returns the classes of one row of probabilities `[C]`, the most likely first. Of equally likely classes, the lower
 * label is first.
 *
 * @throws {TypeError} if there are no probabilities
 * @throws {RangeError} if the values are not one row of probabilities: each from 0 to 1, their sum 1
 */
export function candidatesOf(probabilities: ArrayLike<number>): Candidate[] {
  checkRow(probabilities);
  return Array.from(probabilities, (probability, label) => ({ label, probability }))
    .sort((a, b) => b.probability - a.probability);
}

/** Checks that the values are one row of probabilities, and not several rows, whose sum would be more than 1. */
function checkRow(probabilities: ArrayLike<number>): void {
  checkArgument("probabilities", probabilities, NUMBERS);
  const { length } = probabilities;
  if (length === 0) throw new TypeError("A guess needs probabilities, found none");
  let sum = 0;
  for (let label = 0; label < length; label++) {
    const value = probabilities[label];
    if (!(value >= 0 && value <= 1 + SUM_TOLERANCE)) {
      throw new RangeError(`A guess needs probabilities from 0 to 1, found ${value} at [${label}]`);
    }
    sum += value;
  }
  if (Math.abs(sum - 1) < SUM_TOLERANCE) return;
  const found = `${length} values whose sum is ${Number(sum.toPrecision(6))}`;
  throw new RangeError(`A guess needs one row of probabilities, whose sum is 1, found ${found}`);
}

/** Returns a guess in words: `"sure"`, `"not sure"`, or that the input is like nothing that the network was trained on. */
export function verdictOf(guess: Pick<Guess, "sure" | "known">): string {
  checkArgument("guess", guess, fields({ sure: FLAG }, { known: FLAG }));
  const { sure, known = true } = guess;
  if (!known) return "not like anything I was trained on";
  return sure ? "sure" : "not sure";
}

/**
 * Returns the guesses of a network for inputs `[N, I]`, with the network's thresholds if it has any. Computes on the calling
 * thread, in float64.
 *
 * @returns the guesses; `undefined` if the outputs are not probabilities or logits of classes, as in a regression
 * @throws {TypeError} if the inputs are not a whole number of rows
 */
export function guessesOf(mlp: Mlp, inputs: Dataset["inputs"]): Guess[] | undefined {
  checkArgument("mlp", mlp, NETWORK);
  checkArgument("inputs", inputs, INPUTS);
  const outputs = predict(buildForwardPlan(guessNetwork(mlp)), mlp.parameters, inputs);
  const read = readOutputs(mlp, outputs);
  if (!read) return undefined;
  const { probabilities, evidence } = read, rows = inputs.length / mlp.inFeatures;
  const classes = probabilities.length / rows;
  return Array.from(
    { length: rows },
    (_, row) => guessOf(probabilities.subarray(row * classes, (row + 1) * classes), evidence?.[row]),
  );
}

/** Returns the network to compute for guesses: the part that computes logits if the guesses have thresholds, else all of it. */
export function guessNetwork(mlp: Mlp): NetworkSpec {
  return mlp.thresholds && answerOf(mlp).kind === "classes" ? logitsNetwork(mlp) : mlp;
}

/**
 * Returns the probabilities `[N, C]` for outputs of a network's {@linkcode guessNetwork}, and, if it has thresholds, the evidence
 * of each row; `undefined` as {@linkcode probabilitiesOf}.
 */
export function readOutputs(
  mlp: Pick<Mlp, "layers" | "outFeatures" | "training" | "thresholds">,
  outputs: Float32Array,
): { readonly probabilities: Float32Array; readonly evidence?: readonly Evidence[] } | undefined {
  const { thresholds, outFeatures } = mlp;
  if (!thresholds || answerOf(mlp).kind !== "classes") {
    const probabilities = probabilitiesOf(mlp, outputs);
    return probabilities && { probabilities };
  }
  const evidence = Array.from({ length: outputs.length / outFeatures }, (_, row) => ({
    thresholds,
    energy: energyOf(outputs.subarray(row * outFeatures, (row + 1) * outFeatures)),
  }));
  return { probabilities: activated(outputs, outFeatures, "softmax"), evidence };
}

/** Returns the energy of one row of logits `[C]`: `log Σ e^logit`. */
export function energyOf(logits: ArrayLike<number>): number {
  checkArgument("logits", logits, NUMBERS);
  let largest = -Infinity, sum = 0;
  for (let label = 0; label < logits.length; label++) largest = Math.max(largest, logits[label]);
  for (let label = 0; label < logits.length; label++) sum += Math.exp(logits[label] - largest);
  return largest + Math.log(sum);
}

/** Returns the part of a network that computes logits: its last layer is linear in place of softmax. */
export function logitsNetwork({ inFeatures, inputScale, layers }: NetworkSpec): NetworkSpec {
  const last = layers[layers.length - 1];
  const trained = last.activation === "softmax" ? { ...last, activation: "linear" as const } : last;
  return { inFeatures, inputScale, layers: [...layers.slice(0, -1), trained] };
}

/** The meaning of a network's outputs `[O]`. */
export interface Answer {
  /**
   * `"classes"`: a probability for each class. `"pair"`: one output, the probability of the second of two classes. `"labels"`: a
   * probability for each of several labels. `"values"`: values without a further meaning, as in a regression.
   */
  readonly kind: "classes" | "pair" | "labels" | "values";
  /** The activation that turns the outputs into probabilities; absent if the outputs are used as they are. */
  readonly activation?: "softmax" | "sigmoid";
}

/** Returns the meaning of a network's outputs, which its last activation and the loss of its training decide. */
export function answerOf({ layers, training }: Pick<MlpParts, "layers" | "training">): Answer {
  const { activation, outFeatures } = layers[layers.length - 1], loss = training?.config?.loss;
  const isLinear = activation === "linear";
  if (activation === "softmax") return { kind: "classes" };
  if (loss === "binary-cross-entropy") {
    return { kind: outFeatures === 1 ? "pair" : "labels", ...isLinear && { activation: "sigmoid" } };
  }
  if (isLinear && loss === "cross-entropy") return { kind: "classes", activation: "softmax" };
  return { kind: "values" };
}

/**
 * Returns the probabilities `[N, C]` of classes for outputs `[N, O]` of a network:
 *
 * - the outputs themselves if they are those of a softmax;
 * - their softmax if they are logits and the network was trained with cross-entropy;
 * - `[1 - p, p]` if the network has one output and was trained with binary cross-entropy.
 *
 * @returns the probabilities; `undefined` if the outputs are not probabilities or logits of classes, as in a regression
 */
export function probabilitiesOf(
  mlp: Pick<Mlp, "layers" | "outFeatures" | "training">,
  outputs: Float32Array,
): Float32Array | undefined {
  checkArgument("mlp", mlp, OUTPUT_PARTS);
  checkArgument("outputs", outputs, OUTPUTS);
  const { kind, activation } = answerOf(mlp);
  if (kind !== "classes" && kind !== "pair") return undefined;
  const found = activated(outputs, mlp.outFeatures, activation);
  if (kind === "classes") return found;
  return Float32Array.from({ length: 2 * found.length }, (_, i) => {
    const probability = found[i >> 1];
    return i % 2 === 0 ? 1 - probability : probability;
  });
}

/**
 * Returns the probabilities `[N, O]` of labels, each from 0 to 1, for outputs `[N, O]` of a network with several labels a row.
 * A label is predicted if its probability is above 1/2.
 *
 * @returns the probabilities; `undefined` if the network was not trained with binary cross-entropy, or has one output, see
 * {@linkcode probabilitiesOf}
 */
export function labelProbabilitiesOf(
  mlp: Pick<Mlp, "layers" | "outFeatures" | "training">,
  outputs: Float32Array,
): Float32Array | undefined {
  checkArgument("mlp", mlp, OUTPUT_PARTS);
  checkArgument("outputs", outputs, OUTPUTS);
  const { kind, activation } = answerOf(mlp);
  return kind === "labels" ? activated(outputs, mlp.outFeatures, activation) : undefined;
}

/** Applies an activation to rows `[N, O]`; returns the rows themselves without one. */
function activated(
  outputs: Float32Array,
  outFeatures: number,
  activation: Answer["activation"],
): Float32Array {
  if (activation === undefined) return outputs;
  const result = new Float32Array(outputs.length);
  for (let start = 0; start < outputs.length; start += outFeatures) {
    const row = Float64Array.from(outputs.subarray(start, start + outFeatures));
    activate(row, activation);
    result.set(row, start);
  }
  return result;
}
