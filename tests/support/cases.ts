/**
 * The cases of the conformance suite: 121 small training runs in which every value of every factor (a size, an
 * activation, a loss, an optimizer …) meets every value of every other factor at least once, and 11 more of networks
 * without a hidden layer.
 *
 * They are the rows of an orthogonal array: with `i` and `j` from 0 to 10, the columns `i` and `j + m i mod 11` for `m`
 * from 0 to 10 hold, in any two of them, each of the 121 pairs of levels exactly once, because 11 is prime. A factor with
 * fewer than 11 values takes its level modulo their number, which keeps every pair.
 * @module
 */
import { type ActivationName, ACTIVATIONS } from "../../src/plan/activations.ts";
import type { Tensors } from "../../src/backends/backend.ts";
import { buildPlan } from "../../src/plan/build.ts";
import { resolveConfig, type TrainConfig } from "../../src/training/config.ts";
import { dense, formatLayers, layerBuffer, type LayerSpec } from "../../src/plan/layers.ts";
import { createRandom, permutation } from "../../src/random.ts";
import { drawSet } from "./sets.ts";
import type { PlanRun } from "./states.ts";

/** Sizes around the widths that kernels work in: vectors of 4, panels of 16, warps of 32, blocks of 128. */
export const SIZES = [1, 2, 3, 7, 31, 32, 33, 127, 128, 129, 784] as const;

const OUTPUTS: readonly {
  output: ActivationName;
  loss: TrainConfig["loss"];
  smoothing?: number;
  targets?: true;
}[] = [
  { output: "softmax", loss: "cross-entropy" },
  { output: "softmax", loss: "cross-entropy", smoothing: 0.1 },
  { output: "linear", loss: "cross-entropy" },
  { output: "softmax", loss: "mean-squared-error" },
  { output: "sigmoid", loss: "mean-squared-error" },
  { output: "linear", loss: "mean-squared-error" },
  { output: "relu", loss: "mean-squared-error", targets: true },
  { output: "sigmoid", loss: "mean-squared-error", targets: true },
  { output: "tanh", loss: "mean-squared-error", targets: true },
  { output: "softmax", loss: "mean-squared-error", targets: true },
  { output: "linear", loss: "mean-squared-error", targets: true },
];

const OPTIMIZERS: readonly Partial<TrainConfig>[] = [
  { optimizer: "sgd", learningRate: 0.5 },
  { optimizer: "sgd", learningRate: 0.5, momentum: 0.9 },
  { optimizer: "sgd", learningRate: 0.5, momentum: 0.9, nesterov: true },
  // With the default epsilon an update is little more than the gradient's sign, which no tolerance tames where the
  // gradient is nothing but rounding; the runs that PyTorch made have the default.
  { optimizer: "adam", learningRate: 0.01, epsilon: 0.01 },
  { optimizer: "adamw", learningRate: 0.01, epsilon: 0.01 },
];

const INPUTS = [{ bytes: true, zeros: 0 }, { bytes: true, zeros: 0.8 }, { bytes: false, zeros: 0 }, {
  bytes: false,
  zeros: 0.8,
}];
const WEIGHT_DECAYS = [0, 0.1];
/** A limit that is never reached by gradients here, and one that nearly always is. */
const CLIP_NORMS = [0, 0.05, 1000];
/** How the rows fall into batches. */
const RAGGED = ["whole batches", "last batch ragged", "less than a batch"] as const;

/** One case. */
export interface ConformanceCase extends PlanRun {
  /** What it is, in a failure's message. */
  readonly name: string;
  /** The layers of its network. */
  readonly layers: readonly LayerSpec[];
}

/** How many cases there are. */
export const CASES = 121 + 11;

/** Makes case `number`, from 0. */
export function conformanceCase(number: number): ConformanceCase {
  const i = number % 11, j = Math.floor(number / 11);
  const column = (m: number) => (j + m * i) % 11;
  const pick = <T>(values: readonly T[], m: number) => values[column(m) % values.length];
  // The shifts are those that bring large sizes together in the fewest cases: the suite takes a fifth of the time.
  const size = (m: number, shift: number) => SIZES[(column(m) + shift) % 11];
  const inFeatures = SIZES[i], hidden = size(0, 3), outFeatures = size(1, 0), batchSize = size(2, 10);
  const activation = pick(ACTIVATIONS, 3), output = pick(OUTPUTS, 4), inputs = pick(INPUTS, 6);
  const depth = number < 121 ? 1 + column(9) % 2 : 0, ragged = pick(RAGGED, 10);
  const config = resolveConfig({
    batchSize,
    loss: output.loss,
    labelSmoothing: output.smoothing ?? 0,
    ...pick(OPTIMIZERS, 5),
    weightDecay: pick(WEIGHT_DECAYS, 7),
    clipNorm: pick(CLIP_NORMS, 8),
  });
  const next = ACTIVATIONS[(ACTIVATIONS.indexOf(activation) + 1) % ACTIVATIONS.length];
  const layers = [dense(hidden, activation), dense(1 + hidden % 19, next)].slice(0, depth);
  layers.push(dense(outFeatures, output.output));

  const whole = (batchSize > 33 ? 1 : 3) * batchSize;
  const rows = ragged === "whole batches"
    ? whole
    : ragged === "last batch ragged"
    ? whole + Math.ceil(batchSize / 4)
    : Math.ceil(0.8 * batchSize);
  const targets = output.targets ?? false;
  const dataset = drawSet({ rows, inFeatures, outFeatures, targets, ...inputs, seed: number + 1 });
  const { inputScale } = dataset;
  return {
    name: [
      `case ${number}: ${inFeatures} ${inputs.zeros ? "sparse" : "dense"} ${
        inputs.bytes ? "bytes" : "floats"
      }`,
      formatLayers(layers),
      `${config.loss} to ${targets ? "targets" : "labels"}, smoothing ${config.labelSmoothing}`,
      `${rows} rows by ${batchSize}`,
      `${config.optimizer}, momentum ${config.momentum}${config.nesterov ? " (Nesterov)" : ""}`,
      `decay ${config.weightDecay}, clip ${config.clipNorm}`,
    ].join("; "),
    layers,
    plan: buildPlan(layers, config, { inFeatures, inputScale, labels: !targets, outFeatures }),
    dataset,
    parameters: drawParameters(inFeatures, layers, number + 1),
    // The second call goes on with the state of the first, over a row that comes twice.
    epochs: [permutation(number, 1, rows), Uint32Array.of(rows - 1, 0, rows - 1).subarray(0, rows)],
    learningRate: config.learningRate,
  };
}

/** Draws weights of about `1/√I` and biases, all multiples of a power of two that sums of products keep exact. */
export function drawParameters(inFeatures: number, layers: readonly LayerSpec[], seed: number): Tensors {
  const random = createRandom(seed, 102), parameters: Record<string, Float64Array> = {};
  let width = inFeatures;
  for (const [index, { outFeatures }] of layers.entries()) {
    const unit = 2 ** -(3 + Math.round(Math.log2(width) / 2));
    const draw = () => (random.below(17) - 8) * unit;
    parameters[layerBuffer(index, "weights")] = Float64Array.from({ length: outFeatures * width }, draw);
    parameters[layerBuffer(index, "bias")] = Float64Array.from({ length: outFeatures }, () => draw() / 4);
    width = outFeatures;
  }
  return parameters;
}
