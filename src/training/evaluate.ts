/** How good a network is on a data set. @module */
import type { Backend } from "../backends/backend.ts";
import { type BackendName, openBackend } from "../backends/open.ts";
import { canonicalDataset, type DatasetLike } from "../data/canonical.ts";
import { countOf, type Dataset, inFeaturesOf } from "../data/dataset.ts";
import { indexOfLargest } from "../index_of_largest.ts";
import { buildForwardPlan } from "../plan/build.ts";
import { LOSSES, type LossName } from "../plan/losses.ts";
import type { ForwardPlan } from "../plan/plan.ts";
import type { Mlp } from "../mlp.ts";

/** A row that the network got wrong. */
export interface Mistake {
  /** The row of the data set. */
  readonly row: number;
  /** Its label. */
  readonly label: number;
  /** The class of the network's largest output. */
  readonly guess: number;
  /** Its loss. */
  readonly loss: number;
}

/** How good a network is with classes. */
export interface Accuracy {
  /** Rows whose largest output is their label's. */
  readonly correct: number;
  /** `correct / rows`. */
  readonly accuracy: number;
  /** The standard error of the accuracy, `√(a (1 - a) / N)`: what another sample of rows would differ by. */
  readonly standardError: number;
  /** How many rows of class `label` were guessed as `guess`: `[C, C]`, entry `label * C + guess`. */
  readonly confusion: Uint32Array;
  /** The wrong rows of the highest loss, worst first. */
  readonly worst: readonly Mistake[];
}

/** How good a network is on a data set; the accuracy is there where the set has labels. */
export interface Evaluation extends Partial<Accuracy> {
  /** Rows, `N`. */
  readonly rows: number;
  /** Mean loss over the rows. */
  readonly loss: number;
}

/** What `evaluate` can be told. */
export interface EvaluateOptions {
  /** The backend, or its name; `"auto"` by default. One that was passed in stays open. */
  readonly backend?: Backend | BackendName;
  /** The loss; by default the one of the network's training, else cross-entropy for labels and a softmax output. */
  readonly loss?: LossName;
}

/** Wrong rows that an evaluation lists. */
const WORST = 10;

/**
 * Evaluates a network on a data set, whose numbers may be of any type; see {@linkcode DatasetLike}.
 *
 * @throws {TypeError} if the set's inputs or outputs are not the network's, or an array is of another kind or length than
 * it needs
 * @throws {RangeError} if a label is no class of the network, or an integer is not exact in float32
 */
export async function evaluate(
  mlp: Mlp,
  dataset: DatasetLike,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { backend = "auto" } = options, set = canonicalDataset(dataset);
  checkFit(mlp, set);
  const opened = typeof backend === "string" ? await openBackend(backend) : undefined;
  try {
    const loss = options.loss ?? lossOf(mlp, set);
    const evaluator = await createEvaluator(opened ?? backend as Backend, mlp, set, loss);
    try {
      return await evaluator.run(mlp.parameters);
    } finally {
      await evaluator.close();
    }
  } finally {
    await opened?.close();
  }
}

/** One network on one data set, for parameters that change. */
export interface Evaluator extends AsyncDisposable {
  /** Evaluates the network with these parameters. */
  run(parameters: Mlp["parameters"]): Promise<Evaluation>;
  /** Frees what it holds on the backend. */
  close(): Promise<void>;
}

/** Copies a data set to a backend once, to evaluate on it again and again. */
export async function createEvaluator(
  backend: Backend,
  mlp: Mlp,
  dataset: Dataset,
  loss: LossName,
): Promise<Evaluator> {
  checkFit(mlp, dataset);
  const predictor = await backend.createPredictor(planOf(mlp, loss), mlp.parameters);
  await predictor.place(dataset.inputs);
  return {
    async run(parameters) {
      await predictor.load(parameters);
      return score(await predictor.run(), dataset, loss);
    },
    close: () => predictor.close(),
    [Symbol.asyncDispose]: () => predictor.close(),
  };
}

/**
 * Checks that a data set is one for this network.
 *
 * @throws {TypeError} if inputs or outputs differ in number, or inputs in scale
 * @throws {RangeError} if a label is no class of the network, or of the set
 */
export function checkFit(mlp: Mlp, dataset: Dataset): void {
  const { source, labels } = dataset;
  const fault = (found: string, needed: string) =>
    new TypeError(`Cannot use ${source}: its ${found}, the network needs ${needed}`);
  const shapeOf = (shape: readonly number[]) => `[${shape.join(", ")}]`;
  if (inFeaturesOf(dataset) !== mlp.inFeatures) {
    throw fault(`inputs have shape ${shapeOf(dataset.inputShape)}`, shapeOf(mlp.inputShape));
  }
  if (dataset.inputScale !== mlp.inputScale) {
    throw fault(`inputs have scale ${dataset.inputScale}`, `${mlp.inputScale}`);
  }
  if (!labels && dataset.outFeatures !== mlp.outFeatures) {
    throw fault(`target rows have ${dataset.outFeatures} values`, `${mlp.outFeatures}`);
  }
  for (let row = 0; labels && row < labels.length; row++) {
    if (labels[row] < Math.min(mlp.outFeatures, dataset.outFeatures)) continue;
    const whose = labels[row] < mlp.outFeatures ? "it" : "the network",
      { outFeatures } = whose === "it" ? dataset : mlp;
    const found = `row ${row} has label ${labels[row]}, ${whose} has classes 0 to ${outFeatures - 1}`;
    throw new RangeError(`Cannot use ${source}: ${found}`);
  }
}

/** The loss that goes with a network and a set where none is named. */
export function lossOf(mlp: Mlp, dataset: Dataset): LossName {
  const trained = mlp.training?.config?.loss;
  if (trained !== undefined) return trained;
  const { activation } = mlp.layers[mlp.layers.length - 1];
  const classifies = dataset.labels && LOSSES["cross-entropy"].outputs.includes(activation);
  return classifies ? "cross-entropy" : "mean-squared-error";
}

/** Returns the plan up to what the loss is computed from: with cross-entropy a softmax output stays logits. */
function planOf({ inFeatures, inputScale, layers }: Mlp, loss: LossName): ForwardPlan {
  const last = layers[layers.length - 1];
  const trained = LOSSES[loss].logits ? { ...last, activation: "linear" as const } : last;
  return buildForwardPlan({ inFeatures, inputScale, layers: [...layers.slice(0, -1), trained] });
}

/** Scores outputs `[N, O]`, logits where the loss is cross-entropy. */
function score(outputs: Float32Array, dataset: Dataset, loss: LossName): Evaluation {
  const rows = countOf(dataset), { labels, targets } = dataset;
  const width = outputs.length / rows;
  const confusion = new Uint32Array(labels ? width * width : 0), wrong: Mistake[] = [];
  let lossSum = 0, correct = 0;
  for (let row = 0; row < rows; row++) {
    const output = outputs.subarray(row * width, (row + 1) * width);
    const label = labels?.[row];
    const rowLoss = lossOfRow(loss, output, label ?? targets!.subarray(row * width, (row + 1) * width));
    lossSum += rowLoss;
    if (label === undefined) continue;
    const guess = indexOfLargest(output);
    confusion[label * width + guess]++;
    if (guess === label) correct++;
    else wrong.push({ row, label, guess, loss: rowLoss });
  }
  if (!labels) return { rows, loss: lossSum / rows };
  const accuracy = correct / rows, standardError = Math.sqrt(accuracy * (1 - accuracy) / rows);
  const worst = wrong.sort((a, b) => b.loss - a.loss).slice(0, WORST);
  return { rows, loss: lossSum / rows, correct, accuracy, standardError, confusion, worst };
}

/** Computes the loss of a row with a label or target values. */
function lossOfRow(loss: LossName, output: Float32Array, wanted: number | Float32Array): number {
  switch (loss) {
    case "cross-entropy":
      // Target values name no class: their distance is all that can be said.
      return typeof wanted === "number" ? crossEntropy(output, wanted) : squaredError(output, wanted);
    case "mean-squared-error":
      return squaredError(output, wanted);
    default:
      return loss satisfies never;
  }
}

function crossEntropy(logits: Float32Array, label: number): number {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - largest);
  return largest + Math.log(sum) - logits[label];
}

function squaredError(output: Float32Array, wanted: number | Float32Array): number {
  let sum = 0;
  for (const [o, value] of output.entries()) {
    const target = typeof wanted === "number" ? (o === wanted ? 1 : 0) : wanted[o];
    sum += (value - target) ** 2;
  }
  return sum / output.length;
}
