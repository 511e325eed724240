/** The factors of the conformance cases, their levels, and the rows of levels from which cases are built. @module */
import type { ActivationName } from "../../src/plan/activations.ts";
import type { LossName } from "../../src/plan/losses.ts";
import type { OptimizerName } from "../../src/plan/optimizers.ts";
import type { TrainConfig } from "../../src/training/config.ts";

/** Sizes near the widths of kernels: vectors of 4, panels of 16, warps of 32, blocks of 128. */
export const SIZES = [1, 2, 3, 7, 31, 32, 33, 127, 128, 129, 784] as const;

/** The entries of the tables in the first cases. New entries of the tables do not belong here. */
export const FIRST = {
  activations: ["relu", "sigmoid", "tanh", "softmax", "linear"],
  losses: ["cross-entropy", "mean-squared-error"],
  optimizers: ["sgd", "adam", "adamw"],
} as const satisfies {
  activations: readonly ActivationName[];
  losses: readonly LossName[];
  optimizers: readonly OptimizerName[];
};

/** The last layer's activation, with the loss after it. */
export interface OutputLevel {
  readonly output: ActivationName;
  readonly loss: LossName;
  readonly smoothing?: number;
  /** True if the data set has targets; absent if it has labels. */
  readonly targets?: true;
}

/** The outputs of the first cases, beginning with those that have labels. */
export const OUTPUTS: readonly OutputLevel[] = [
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

/** The number of {@linkcode OUTPUTS} that have labels. */
const LABELED_OUTPUTS = OUTPUTS.findIndex(({ targets }) => targets);

const OPTIMIZER_LEVELS: readonly Partial<TrainConfig>[] = [
  { optimizer: "sgd", learningRate: 0.5 },
  { optimizer: "sgd", learningRate: 0.5, momentum: 0.9 },
  { optimizer: "sgd", learningRate: 0.5, momentum: 0.9, nesterov: true },
  // With the default epsilon, an update is almost the gradient's sign, even if the gradient is only rounding error. The
  // runs of PyTorch test the default.
  { optimizer: "adam", learningRate: 0.01, epsilon: 0.01 },
  { optimizer: "adamw", learningRate: 0.01, epsilon: 0.01 },
];

const INPUTS = [{ bytes: true, zeros: 0 }, { bytes: true, zeros: 0.8 }, { bytes: false, zeros: 0 }, {
  bytes: false,
  zeros: 0.8,
}];
const WEIGHT_DECAYS = [0, 0.1];
/** No limit, a limit that nearly all gradients exceed, and one that none does. */
const CLIP_NORMS = [0, 0.05, 1000];
/** The division of rows into batches. */
const RAGGED = ["whole batches", "last batch ragged", "less than a batch"] as const;

/** Rates of dropout, for the inputs and for each hidden layer. */
export const DROPOUTS = [0, 0.1, 0.5, 0.9] as const;
/** Decays of the averages; 0 means no averages. */
export const AVERAGES = [0, 0.5, 0.9, 0.999] as const;
/** Rows with and without weights, and with and without rows that belong to no class. */
const ROW_KINDS = [{}, { weighted: true }, { noClass: true }, { weighted: true, noClass: true }] as const;

/** The parts of a training step that the first cases lack. */
export interface Parts {
  /** Rates of dropout, of the inputs and then of each hidden layer's outputs. */
  readonly dropout?: readonly number[];
  /** The decay of the averages. */
  readonly average?: number;
  /** True if rows have weights. */
  readonly weighted?: true;
  /** True if some rows belong to no class. */
  readonly noClass?: true;
}

/** A level of each factor. */
export interface Levels extends Parts {
  readonly inFeatures: number;
  readonly hidden: number;
  readonly outFeatures: number;
  readonly batchSize: number;
  /** The activations of the hidden layers, first to last. */
  readonly activations: readonly ActivationName[];
  readonly output: OutputLevel;
  readonly optimizer: Partial<TrainConfig>;
  readonly inputs: { readonly bytes: boolean; readonly zeros: number };
  readonly weightDecay: number;
  readonly clipNorm: number;
  readonly ragged: typeof RAGGED[number];
}

/** Returns the levels of row `number` of the first cases. */
export function firstLevels(number: number): Levels {
  const i = number % 11, j = Math.floor(number / 11);
  const column = (m: number) => (j + m * i) % 11;
  const pick = <T>(values: readonly T[], m: number) => values[column(m) % values.length];
  // With these shifts, the fewest cases combine several large sizes, which reduces the suite's time to a fifth.
  const size = (m: number, shift: number) => SIZES[(column(m) + shift) % 11];
  const activation = pick(FIRST.activations, 3), depth = number < 121 ? 1 + column(9) % 2 : 0;
  const next = FIRST.activations[(FIRST.activations.indexOf(activation) + 1) % FIRST.activations.length];
  return {
    ...{ inFeatures: SIZES[i], hidden: size(0, 3), outFeatures: size(1, 0), batchSize: size(2, 10) },
    activations: [activation, next].slice(0, depth),
    output: pick(OUTPUTS, 4),
    optimizer: pick(OPTIMIZER_LEVELS, 5),
    inputs: pick(INPUTS, 6),
    weightDecay: pick(WEIGHT_DECAYS, 7),
    clipNorm: pick(CLIP_NORMS, 8),
    ragged: pick(RAGGED, 10),
  };
}

/** Returns the levels of row `row` before an entry is put in its factor. The shifts keep large sizes apart. */
export function addedLevels(row: number): Levels {
  const at = <T>(values: readonly T[], shift = 0) => values[(row + shift) % values.length];
  const activations = [at(FIRST.activations), at(FIRST.activations, 1)];
  return {
    ...{ inFeatures: at(SIZES), hidden: at(SIZES, 4), outFeatures: at(SIZES, 8), batchSize: at(SIZES, 2) },
    activations: row === 11 ? [] : activations.slice(0, 1 + row % 2),
    output: at(OUTPUTS),
    optimizer: at(OPTIMIZER_LEVELS),
    inputs: at(INPUTS),
    weightDecay: at(WEIGHT_DECAYS),
    clipNorm: at(CLIP_NORMS),
    ragged: at(RAGGED),
  };
}

/** Returns levels with parts. Part `k` has level `level(k)`, from 0 to 3. With targets, all rows belong to a class. */
export function withParts(levels: Levels, level: (part: number) => number): Levels {
  const hidden = levels.activations.map((_, layer) => DROPOUTS[(level(1) + layer) % 4]);
  const { weighted, noClass }: Parts = ROW_KINDS[level(3)];
  return {
    ...levels,
    dropout: [DROPOUTS[level(0)], ...hidden],
    average: AVERAGES[level(2)],
    ...weighted && { weighted },
    ...noClass && !levels.output.targets && { noClass },
  };
}

/** The number of rows of {@linkcode partLevels}. */
export const PART_ROWS = 44 + 4;

/**
 * Returns the levels of row `row` of the cases with parts. In the first 44, with `i` from 0 to 10 and `j` from 0 to 3, sizes,
 * outputs and optimizers depend on `i`, and the factors with up to four levels have level `(j + (m i mod 11)) mod 4`, each
 * with another `m`. Thus each of these factors is combined with every size, and any two of them have every pair of levels.
 * The last four rows have networks without a hidden layer.
 */
export function partLevels(row: number): Levels {
  const i = row % 11, j = Math.floor(row / 11), isFlat = row >= 44;
  const level = (m: number) => (isFlat ? i + m : j + m * i % 11) % 4;
  const pick = <T>(values: readonly T[], m: number) => values[level(m) % values.length];
  const depth = isFlat ? 0 : 1 + level(4) % 3;
  const activations = [0, 1, 2].map((layer) => FIRST.activations[(i + layer) % FIRST.activations.length]);
  const levels = {
    ...addedLevels(i),
    activations: activations.slice(0, depth),
    output: OUTPUTS["noClass" in ROW_KINDS[level(3)] ? i % LABELED_OUTPUTS : i],
    inputs: pick(INPUTS, 5),
    weightDecay: pick(WEIGHT_DECAYS, 6),
    clipNorm: pick(CLIP_NORMS, 7),
    ragged: pick(RAGGED, 8),
  };
  return withParts(levels, level);
}
