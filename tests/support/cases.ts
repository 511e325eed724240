/**
 * The cases of the conformance suite: small training runs in which every level of every factor (a size, an activation, a
 * loss, an optimizer …) meets every level of every other factor at least once, wherever the two go together.
 *
 * **The first 132 never change.** 121 are the rows of an orthogonal array: with `i` and `j` from 0 to 10, the columns `i`
 * and `j + m i mod 11` for `m` from 0 to 10 hold, in any two of them, each of the 121 pairs of levels exactly once,
 * because 11 is prime. A factor with fewer than 11 levels takes its level modulo their number, which keeps every pair. 11
 * more are of networks without a hidden layer. They know the activations, losses and optimizers of `FIRST` alone.
 *
 * **Each activation, loss and optimizer that a table has besides brings cases of its own**, which nothing but that entry
 * and those before it in its table decide:
 * - 11 in which it meets each size in each place, and every level of the factors that are no table's;
 * - an activation: one without a hidden layer, and one before each output that `FIRST` or an earlier entry has;
 * - one with each such entry of the other two tables, if the two go together.
 *
 * So an entry at the end of a table adds cases and leaves those that exist as they are: a case that has failed on some
 * machine is the same case after it. `cases_test.ts` checks the pairs, and that no case has changed.
 * @module
 */
import { type ActivationName, ACTIVATIONS } from "../../src/plan/activations.ts";
import type { Tensors } from "../../src/backends/backend.ts";
import { crc32 } from "../../src/formats/crc32.ts";
import { buildPlan } from "../../src/plan/build.ts";
import { resolveConfig, type TrainConfig } from "../../src/training/config.ts";
import { dense, formatLayers, layerBuffer, type LayerSpec } from "../../src/plan/layers.ts";
import { LOSSES, type LossName } from "../../src/plan/losses.ts";
import { type OptimizerName, OPTIMIZERS } from "../../src/plan/optimizers.ts";
import { createRandom, permutation } from "../../src/random.ts";
import { drawSet } from "./sets.ts";
import type { PlanRun } from "./states.ts";

/** Sizes around the widths that kernels work in: vectors of 4, panels of 16, warps of 32, blocks of 128. */
export const SIZES = [1, 2, 3, 7, 31, 32, 33, 127, 128, 129, 784] as const;

/** What the first 132 cases are made of. New entries of the tables do not belong here. */
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
  /** Set if the data set has target values; else it has labels. */
  readonly targets?: true;
}

const OUTPUTS: readonly OutputLevel[] = [
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

const OPTIMIZER_LEVELS: readonly Partial<TrainConfig>[] = [
  { optimizer: "sgd", learningRate: 0.5 },
  { optimizer: "sgd", learningRate: 0.5, momentum: 0.9 },
  { optimizer: "sgd", learningRate: 0.5, momentum: 0.9, nesterov: true },
  // With the default epsilon an update is little more than the gradient's sign, also where the gradient is nothing but
  // rounding; the runs that PyTorch made have the default.
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

/** What a case is made of: a level of each factor. */
export interface Levels {
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

/** One case. */
export interface ConformanceCase extends PlanRun {
  /** What it is, in a failure's message. */
  readonly name: string;
  /** The layers of its network. */
  readonly layers: readonly LayerSpec[];
  /** What it is made of. */
  readonly levels: Levels;
}

/** What a case is made of, and what it is drawn from. */
interface Recipe {
  /** Its number, or the entry that it belongs to with a number. */
  readonly id: string;
  readonly levels: Levels;
  readonly seed: number;
}

/** How many cases never change. */
export const FIRST_CASES = 121 + 11;

/** What case `number` of the first is made of. */
function firstLevels(number: number): Levels {
  const i = number % 11, j = Math.floor(number / 11);
  const column = (m: number) => (j + m * i) % 11;
  const pick = <T>(values: readonly T[], m: number) => values[column(m) % values.length];
  // The shifts are those that bring large sizes together in the fewest cases: the suite takes a fifth of the time.
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

/** An entry of a table that the first cases do not know. */
interface Added {
  readonly table: "activations" | "losses" | "optimizers";
  readonly name: string;
  /** Returns these levels with the entry in its place, in row `row` of the cases that it brings. */
  in(levels: Levels, row: number): Levels;
  /** Levels of further cases. */
  readonly more: readonly Levels[];
}

const ADDED: readonly Added[] = [
  ...ACTIVATIONS.map(addedActivation),
  ...(Object.keys(LOSSES) as LossName[]).map(addedLoss),
  ...(Object.keys(OPTIMIZERS) as OptimizerName[]).map(addedOptimizer),
].filter(({ table, name }) => !(FIRST[table] as readonly string[]).includes(name));

/** Inside, where the second hidden layer has each activation in turn, and at the end before a loss that takes any. */
function addedActivation(name: ActivationName): Added {
  const earlier = ACTIVATIONS.slice(0, ACTIVATIONS.indexOf(name));
  const second = (row: number) => row === 10 ? [] : [[name, ...earlier][row % (1 + earlier.length)]];
  const outputOf = (output: ActivationName): OutputLevel =>
    OUTPUTS.findLast((level) => level.output === output && level.loss === "cross-entropy") ??
      OUTPUTS.find((level) => level.output === output) ?? { output, loss: "mean-squared-error" };
  return {
    table: "activations",
    name,
    in: (levels, row) => ({
      ...levels,
      activations: [name, ...second(row)],
      output: { output: name, loss: "mean-squared-error", ...row % 2 === 1 && { targets: true } },
    }),
    more: earlier.map((output, row) => ({
      ...addedLevels(row),
      activations: [name],
      output: outputOf(output),
    })),
  };
}

/** After each output that it takes. */
function addedLoss(loss: LossName): Added {
  const { targets, outputs } = LOSSES[loss], firsts: readonly ActivationName[] = FIRST.activations;
  const first = outputs.filter((output) => firsts.includes(output)),
    taken = first.length > 0 ? first : outputs;
  const outputIn = ({ output: { output } }: Levels, row: number) =>
    !firsts.includes(output) && outputs.includes(output) ? output : taken[row % taken.length];
  return {
    table: "losses",
    name: loss,
    in: (levels, row) => ({
      ...levels,
      output: { output: outputIn(levels, row), loss, ...targets && row % 2 === 1 && { targets: true } },
    }),
    more: [],
  };
}

/** With its own defaults, and a rate that a few steps show. */
function addedOptimizer(optimizer: OptimizerName): Added {
  return {
    table: "optimizers",
    name: optimizer,
    in: (levels) => ({ ...levels, optimizer: { optimizer, learningRate: 0.01 } }),
    more: [],
  };
}

/** The levels of row `row` before an entry takes its place; the shifts keep large sizes apart. */
function addedLevels(row: number): Levels {
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

/** The cases that the entries beyond `FIRST` bring. */
function addedRecipes(): Recipe[] {
  const recipe = (id: string, levels: Levels): Recipe => ({
    id,
    levels,
    seed: crc32(new TextEncoder().encode(id)) >>> 1,
  });
  return ADDED.flatMap(({ table, name, in: within, more }, index) => {
    const rows = Array.from({ length: 12 }, (_, row) => within(addedLevels(row), row));
    rows[11] = { ...rows[11], activations: [] };
    const others = ADDED.slice(0, index).filter((other) => other.table !== table);
    return [
      ...[...rows, ...more].map((levels, number) => recipe(`${name} ${number}`, levels)),
      ...others.map((other) => recipe(`${other.name} with ${name}`, within(other.in(addedLevels(4), 4), 4))),
    ];
  });
}

const RECIPES: readonly Recipe[] = [
  ...Array.from({ length: FIRST_CASES }, (_, number) => ({
    id: `case ${number}`,
    levels: firstLevels(number),
    seed: number,
  })),
  ...addedRecipes(),
];

/** How many cases there are. */
export const CASES = RECIPES.length;

/** Makes case `number`, from 0. */
export function conformanceCase(number: number): ConformanceCase {
  const { id, levels, seed } = RECIPES[number];
  const { inFeatures, hidden, outFeatures, batchSize, activations, output, inputs, ragged } = levels;
  const config = resolveConfig({
    batchSize,
    loss: output.loss,
    labelSmoothing: output.smoothing ?? 0,
    ...levels.optimizer,
    weightDecay: levels.weightDecay,
    clipNorm: levels.clipNorm,
  });
  const layers = activations.map((activation, index) =>
    dense(index === 0 ? hidden : 1 + hidden % 19, activation)
  );
  layers.push(dense(outFeatures, output.output));

  const whole = (batchSize > 33 ? 1 : 3) * batchSize;
  const rows = ragged === "whole batches"
    ? whole
    : ragged === "last batch ragged"
    ? whole + Math.ceil(batchSize / 4)
    : Math.ceil(0.8 * batchSize);
  const targets = output.targets ?? false;
  const dataset = drawSet({ rows, inFeatures, outFeatures, targets, ...inputs, seed: seed + 1 });
  const { inputScale } = dataset;
  return {
    name: [
      `${id}: ${inFeatures} ${inputs.zeros ? "sparse" : "dense"} ${inputs.bytes ? "bytes" : "floats"}`,
      formatLayers(layers),
      `${config.loss} to ${targets ? "targets" : "labels"}, smoothing ${config.labelSmoothing}`,
      `${rows} rows by ${batchSize}`,
      `${config.optimizer}, momentum ${config.momentum}${config.nesterov ? " (Nesterov)" : ""}`,
      `decay ${config.weightDecay}, clip ${config.clipNorm}`,
    ].join("; "),
    layers,
    levels,
    plan: buildPlan(layers, config, { inFeatures, inputScale, labels: !targets, outFeatures }),
    dataset,
    parameters: drawParameters(inFeatures, layers, seed + 1),
    // The second call goes on with the state of the first, over a row that comes twice.
    epochs: [permutation(seed, 1, rows), Uint32Array.of(rows - 1, 0, rows - 1).subarray(0, rows)],
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
