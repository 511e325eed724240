/** Evaluation of a network on a data set. @module */
import { BACKEND, NETWORK } from "../argument_kinds.ts";
import { checkArgument, checkOptions, oneOf } from "../arguments.ts";
import type { Backend } from "../backends/backend.ts";
import { type BackendName, openBackend } from "../backends/open.ts";
import { canonicalDataset, type DatasetLike } from "../data/canonical.ts";
import { type Dataset, inFeaturesOf, NO_CLASS } from "../data/dataset.ts";
import { buildForwardPlan } from "../plan/build.ts";
import { LOSSES, type LossName, trainedActivation } from "../plan/losses.ts";
import type { ForwardPlan } from "../plan/plan.ts";
import type { Mlp } from "../mlp.ts";
import { calibrationOf, predictionsOf } from "./calibration.ts";
import { checkProbabilities } from "./probability_rows.ts";
import type { RowLossOptions } from "./row_losses.ts";
import type { NetworkShape } from "./network_shape.ts";
import { type Evaluation, score } from "./scores.ts";
export type { Evaluation } from "./scores.ts";

/** The options of `evaluate`. */
export interface EvaluateOptions {
  /** The backend, or its name; `"auto"` by default. A given backend stays open. */
  readonly backend?: Backend | BackendName;
  /**
   * The loss; by default that of the network's training. Without a training record: cross-entropy for class labels and a
   * softmax or linear output, binary cross-entropy for class labels and one sigmoid output, otherwise the mean squared error.
   * A loss of distances to target values is that of standardized targets if training standardized them.
   */
  readonly loss?: LossName;
}

/**
 * Evaluates a network on a data set, whose numbers may be of any type; see {@linkcode DatasetLike}.
 *
 * @throws {TypeError} if the set does not fit the network, if the loss does not take its kind of targets, or if an array has
 * the wrong type or length
 * @throws {RangeError} if a label is not a class of the network, if the loss does not take the network's output, if a target
 * value is out of the loss's range, or if an integer is not exact in float32
 */
export async function evaluate(
  mlp: Mlp,
  dataset: DatasetLike,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkArgument("mlp", mlp, NETWORK);
  checkOptions(options, { backend: BACKEND, loss: LOSS });
  return scoreRows(mlp, await evaluateRows(mlp, dataset, options));
}

/** Returns the scores of the outputs of a network. */
export function scoreRows(mlp: Mlp, rows: RowOutputs): Evaluation {
  const predictions = predictionsOf({ mlp, ...rows });
  return {
    ...score(rows.outputs, rows.set, rows.settings),
    ...predictions && predictions.length > 0 && { calibrationError: calibrationOf(predictions).error },
  };
}

const LOSS = oneOf(Object.keys(LOSSES));

/** The outputs of a network for each row of a data set, and the loss that is computed from them. */
export interface RowOutputs {
  /** The outputs `[N, O]`, which are logits for a loss of logits. */
  readonly outputs: Float32Array;
  /** The data set. */
  readonly set: Dataset;
  /** The loss and its settings. */
  readonly settings: RowLossOptions;
}

/** Computes the outputs of a network for each row of a data set; throws as {@linkcode evaluate} does. */
export async function evaluateRows(
  mlp: Mlp,
  dataset: DatasetLike,
  options: EvaluateOptions = {},
): Promise<RowOutputs> {
  const { backend = "auto" } = options, set = canonicalDataset(dataset);
  const loss = options.loss ?? lossOf(mlp, set);
  checkFit(mlp, set, loss);
  checkTargets(mlp, set, loss);
  trainedActivation(loss, mlp.layers[mlp.layers.length - 1].activation, LOSSES[loss].labels);
  const opened = typeof backend === "string" ? await openBackend(backend) : undefined;
  try {
    const { config, targetScaling } = mlp.training ?? {};
    const scaling = LOSSES[loss].logits || set.labels ? undefined : targetScaling;
    const settings = { ...config, loss, scaling };
    const predictor = await (opened ?? backend as Backend).createPredictor(planOf(mlp, loss), mlp.parameters);
    try {
      await predictor.place(set.inputs);
      return { outputs: await predictor.run(), set, settings };
    } finally {
      await predictor.close();
    }
  } finally {
    await opened?.close();
  }
}

/** An evaluator of a network with changing parameters on one data set. */
export interface Evaluator extends AsyncDisposable {
  /** Evaluates the network with these parameters. */
  run(parameters: Mlp["parameters"]): Promise<Evaluation>;
  /** Frees its memory on the backend. */
  close(): Promise<void>;
}

/**
 * Creates an evaluator of a data set that {@linkcode checkFit} and {@linkcode checkTargets} have accepted. It copies the set
 * to the backend once, for all evaluations.
 */
export async function createEvaluator(
  backend: Backend,
  mlp: Mlp,
  dataset: Dataset,
  options: RowLossOptions,
): Promise<Evaluator> {
  const predictor = await backend.createPredictor(planOf(mlp, options.loss), mlp.parameters);
  await predictor.place(dataset.inputs);
  return {
    async run(parameters) {
      await predictor.load(parameters);
      return score(await predictor.run(), dataset, options);
    },
    close: () => predictor.close(),
    [Symbol.asyncDispose]: () => predictor.close(),
  };
}

/**
 * Checks that a data set fits a network.
 *
 * @throws {TypeError} if the number of inputs or of outputs differs, or the scale of the inputs
 * @throws {RangeError} if a label is not a class of the network, or not a class of the set
 */
export function checkFit(
  mlp: NetworkShape,
  dataset: Dataset,
  loss: LossName = lossOf(mlp, dataset),
): void {
  const { source, labels } = dataset;
  const classes = isTwoClasses(mlp, loss) ? 2 : mlp.outFeatures;
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
    if (labels[row] < Math.min(classes, dataset.outFeatures) || labels[row] === NO_CLASS) continue;
    const [whose, count] = labels[row] < classes ? ["it", dataset.outFeatures] : ["the network", classes];
    const found = `row ${row} has label ${labels[row]}, ${whose} has classes 0 to ${count - 1}`;
    throw new RangeError(`Cannot use ${source}: ${found}`);
  }
}

/**
 * Checks that a loss can be computed from the targets of a data set.
 *
 * @throws {TypeError} if the loss does not take the set's kind of targets
 * @throws {RangeError} if a target value is out of the loss's range, if a row of probabilities has another sum than 1, or if a
 * row belongs to no class and the loss needs one
 */
export function checkTargets(
  mlp: NetworkShape,
  dataset: Dataset,
  loss: LossName,
): void {
  const { source, labels, targets, outFeatures } = dataset;
  const takes = labels ? LOSSES[loss].labels || isTwoClasses(mlp, loss) : LOSSES[loss].targets;
  if (!takes) {
    const [found, needed] = labels ? ["class labels", "target values"] : ["target values", "class labels"];
    throw new TypeError(`Cannot use ${source}: it has ${found}, loss "${loss}" needs ${needed}`);
  }
  if (loss === "cross-entropy" && targets) checkProbabilities(dataset);
  if (loss !== "binary-cross-entropy") return;
  const unclassed = labels ? labels.indexOf(NO_CLASS) : -1;
  if (unclassed >= 0) {
    const found = `row ${unclassed} belongs to no class`;
    throw new RangeError(`Cannot use ${source}: ${found}, loss "${loss}" needs one of two classes`);
  }
  const at = targets === undefined ? -1 : targets.findIndex((target) => !(target >= 0 && target <= 1));
  if (at < 0) return;
  const found = `row ${Math.floor(at / outFeatures)} has target value ${targets![at]}`;
  throw new RangeError(`Cannot use ${source}: ${found}, loss "${loss}" needs values from 0 to 1`);
}

/** Returns whether a network has one output that is the probability of class 1 of two classes. */
export function isTwoClasses({ outFeatures }: Pick<NetworkShape, "outFeatures">, loss: LossName): boolean {
  return outFeatures === 1 && loss === "binary-cross-entropy";
}

/** Returns the loss of a network and a data set if none is named. */
export function lossOf(mlp: NetworkShape, dataset: Dataset): LossName {
  const trained = mlp.training?.config?.loss;
  if (trained !== undefined) return trained;
  const { activation } = mlp.layers[mlp.layers.length - 1];
  if (!dataset.labels) return "mean-squared-error";
  if (mlp.outFeatures === 1 && activation === "sigmoid") return "binary-cross-entropy";
  return LOSSES["cross-entropy"].outputs.includes(activation) ? "cross-entropy" : "mean-squared-error";
}

/** Returns the plan of the outputs that the loss is computed from; for a loss of logits, the last layer is linear. */
function planOf({ inFeatures, inputScale, layers }: Mlp, loss: LossName): ForwardPlan {
  const last = layers[layers.length - 1];
  const trained = LOSSES[loss].logits ? { ...last, activation: "linear" as const } : last;
  return buildForwardPlan({ inFeatures, inputScale, layers: [...layers.slice(0, -1), trained] });
}
