/**
 * The cases of the conformance suite: small training runs that combine every level of every factor (a size, an activation, a
 * loss, an optimizer …) with every level of every other factor at least once, if the two can be combined.
 *
 * **The first 132 never change.** 121 are the rows of an orthogonal array with `i` and `j` from 0 to 10 and the columns `i`
 * and `j + m i mod 11` for `m` from 0 to 10. Because 11 is prime, any two columns have each of the 121 pairs of levels exactly
 * once. The levels of a factor with fewer than 11 are taken modulo their number, which keeps every pair. The other 11 cases
 * have networks without a hidden layer. The first cases have only the activations, losses and optimizers of `FIRST`.
 *
 * **48 cases with parts**: dropout, averages, row weights and rows that belong to no class. They too have only entries of
 * `FIRST`.
 *
 * **Each later activation, loss and optimizer of a table adds cases**, which depend only on that entry and on the entries
 * before it in its table:
 * - 11 that combine it with each size in each place, and with every level of the factors without a table;
 * - for an activation, one without a hidden layer, and one before each output of `FIRST` or of an earlier entry;
 * - one with each such entry of the other two tables, if the two can be combined;
 * - 4 that combine it with each level of each part.
 *
 * So a new entry at the end of a table adds cases and does not change existing ones: a case that has failed on some machine
 * stays the same case. `cases_test.ts` checks the pairs, and that no case has changed.
 * @module
 */
import type { Tensors } from "../../src/backends/backend.ts";
import { type Dataset, NO_CLASS } from "../../src/data/dataset.ts";
import { crc32 } from "../../src/formats/crc32.ts";
import { buildPlan } from "../../src/plan/build.ts";
import { resolveConfig } from "../../src/training/config.ts";
import { dense, formatLayers, layerBuffer, type LayerSpec } from "../../src/plan/layers.ts";
import { createRandom, permutation } from "../../src/random.ts";
import { levelsOfAdded } from "./added_levels.ts";
import { firstLevels, type Levels, PART_ROWS, partLevels } from "./levels.ts";
import { drawSet } from "./sets.ts";
import type { PlanRun } from "./states.ts";

/** A case of the conformance suite. */
export interface ConformanceCase extends PlanRun {
  /** Its settings, for the message of a failure. */
  readonly name: string;
  /** The layers of its network. */
  readonly layers: readonly LayerSpec[];
  /** The level of each factor. */
  readonly levels: Levels;
}

/** The levels of a case, and its seed. */
interface Recipe {
  /** Its name: a word and a number, such as "case 7"; for later entries, the word is that of the entry. */
  readonly id: string;
  readonly levels: Levels;
  readonly seed: number;
}

/** The number of first cases, which never change. */
export const FIRST_CASES = 121 + 11;

/** Other seeds for cases in which a direction of lion would be too near 0; `cases_test.ts` finds them. */
const OTHER_SEEDS: Readonly<Record<string, number>> = { "lion 6": 2 };

/** Returns the recipe of a case after the first cases. */
function recipeOf(id: string, levels: Levels): Recipe {
  return { id, levels, seed: OTHER_SEEDS[id] ?? crc32(new TextEncoder().encode(id)) >>> 1 };
}

const RECIPES: readonly Recipe[] = [
  ...Array.from({ length: FIRST_CASES }, (_, number) => ({
    id: `case ${number}`,
    levels: firstLevels(number),
    seed: number,
  })),
  ...Array.from({ length: PART_ROWS }, (_, row) => recipeOf(`parts ${row}`, partLevels(row))),
  ...levelsOfAdded().map(([id, levels]) => recipeOf(id, levels)),
];

/** The number of cases. */
export const CASES = RECIPES.length;

/** A δ with outputs on both sides: some are nearer to their targets, some farther. */
const HUBER_DELTA = 0.5;

/** Returns case `number`, from 0. */
export function conformanceCase(number: number): ConformanceCase {
  const { id, levels, seed } = RECIPES[number];
  const { inFeatures, hidden, outFeatures, batchSize, activations, output, inputs, ragged } = levels;
  const { dropout: [inputDropout, ...rates] = [0], average = 0, weighted = false } = levels;
  const config = resolveConfig({
    batchSize,
    loss: output.loss,
    labelSmoothing: output.smoothing ?? 0,
    ...output.loss === "huber" && { huberDelta: HUBER_DELTA },
    ...levels.optimizer,
    weightDecay: levels.weightDecay,
    clipNorm: levels.clipNorm,
    ...{ inputDropout, average, seed: ~seed >>> 0 }, // most of these seeds are beyond 2³¹
  });
  const layers = activations.map((activation, index) =>
    dense(index === 0 ? hidden : 1 + hidden % 19, activation, { dropout: rates[index] ?? 0 })
  );
  layers.push(dense(outFeatures, output.output));

  const whole = (batchSize > 33 ? 1 : 3) * batchSize;
  const rows = ragged === "whole batches"
    ? whole
    : ragged === "last batch ragged"
    ? whole + Math.ceil(batchSize / 4)
    : Math.ceil(0.8 * batchSize);
  const targets = output.targets ?? false;
  const kind = targets && output.loss === "cross-entropy" ? "probabilities" : targets;
  const drawn = drawSet({ rows, inFeatures, outFeatures, targets: kind, ...inputs, seed: seed + 1 });
  const dataset = adapted(drawn, levels, seed), { inputScale } = dataset;
  const drops = inputDropout > 0 || rates.some((rate) => rate > 0);
  return {
    name: [
      `${id}: ${inFeatures} ${inputs.zeros ? "sparse" : "dense"} ${inputs.bytes ? "bytes" : "floats"}`,
      formatLayers(layers),
      `${config.loss} to ${targets ? "targets" : "labels"}, smoothing ${config.labelSmoothing}`,
      `${rows} rows by ${batchSize}`,
      `${config.optimizer}, momentum ${config.momentum}${config.nesterov ? " (Nesterov)" : ""}`,
      `decay ${config.weightDecay}, clip ${config.clipNorm}`,
      ...inputDropout > 0 ? [`input dropout ${inputDropout}`] : [],
      ...average > 0 ? [`averages ${average}`] : [],
      ...weighted ? ["row weights"] : [],
      ...levels.noClass ? ["rows of no class"] : [],
    ].join("; "),
    layers,
    levels,
    plan: buildPlan(layers, config, { inFeatures, inputScale, labels: !targets, weighted, outFeatures }),
    dataset,
    parameters: drawParameters(inFeatures, layers, seed + 1, { biasShift: drops ? 0.3 : 0 }),
    // The second call continues from the state of the first, with one row twice.
    epochs: [permutation(seed, 1, rows), Uint32Array.of(rows - 1, 0, rows - 1).subarray(0, rows)],
    learningRate: config.learningRate,
  };
}

/** Row weights: 0, fractions, numbers above 1, and a large one. */
const ROW_WEIGHTS = [0, 0.125, 0.3, 0.75, 1, 1, 1.5, 12].map(Math.fround);

/** Returns a data set with the row weights and rows of no class of its levels, and with targets for its loss. */
function adapted(dataset: Dataset, { output, weighted, noClass }: Levels, seed: number): Dataset {
  const random = createRandom(seed, 103), { labels, targets } = dataset;
  const rows = dataset.inputs.length / dataset.inputShape[0];
  // For binary cross-entropy, targets are from 0 to 1, and three of four are 0 or 1.
  const shareOf = (target: number, at: number) => at % 4 === 3 ? (target + 1) / 2 : target < 0 ? 0 : 1;
  return {
    ...dataset,
    ...output.loss === "binary-cross-entropy" && { targets: targets!.map(shareOf) },
    ...noClass && { labels: labels!.map((label, row) => row % 3 === 0 ? NO_CLASS : label) },
    ...weighted && {
      weights: Float32Array.from({ length: rows }, () => ROW_WEIGHTS[random.below(8)]),
    },
  };
}

/**
 * Draws weights of about `1/√I`, and biases. All are multiples of a power of two, so that sums of products are exact.
 *
 * @param options `biasShift` is added to the biases, in their unit. After dropout, whose factor makes sums inexact, a sum near 0
 * could otherwise be on either side of an activation's kink.
 */
export function drawParameters(
  inFeatures: number,
  layers: readonly LayerSpec[],
  seed: number,
  { biasShift = 0 }: { readonly biasShift?: number } = {},
): Tensors {
  const random = createRandom(seed, 102), parameters: Record<string, Float64Array> = {};
  let width = inFeatures;
  for (const [index, { outFeatures }] of layers.entries()) {
    const unit = 2 ** -(3 + Math.round(Math.log2(width) / 2));
    const draw = () => (random.below(17) - 8) * unit;
    const bias = () => Math.fround(draw() / 4 + biasShift * unit / 4);
    parameters[layerBuffer(index, "weights")] = Float64Array.from({ length: outFeatures * width }, draw);
    parameters[layerBuffer(index, "bias")] = Float64Array.from({ length: outFeatures }, bias);
    width = outFeatures;
  }
  return parameters;
}
