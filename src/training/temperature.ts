/**
 * The temperature of a network: a number by which its logits are divided, so that about 9 of 10 guesses with a probability of 90 %
 * are correct, and so on.
 * It does not change which class is the most likely one. The last layer is divided by it, so that no other code needs it.
 * @module
 */
import { BACKEND, NETWORK } from "../argument_kinds.ts";
import { checkArgument, checkOptions, oneOf, POSITIVE } from "../arguments.ts";
import type { Backend, Tensors } from "../backends/backend.ts";
import type { BackendName } from "../backends/open.ts";
import type { DatasetLike } from "../data/canonical.ts";
import { countOf, type Dataset, inputSpecOf, NO_CLASS } from "../data/dataset.ts";
import { Mlp } from "../mlp.ts";
import type { LayerSpec } from "../plan/layers.ts";
import { LOSSES, type LossName } from "../plan/losses.ts";
import { evaluateRows, type RowOutputs } from "./evaluate.ts";
import { withOutputs } from "./target_scaling.ts";

/** The range of temperatures. */
const LEAST = 0.01, MOST = 100;
/** The maximum number of steps of the search, and the relative size of the step that ends it. */
const STEPS = 100, PRECISION = 1e-12;

const LOGIT_LOSSES = oneOf(Object.keys(LOSSES).filter((loss) => LOSSES[loss as LossName].logits));

/**
 * Fits the temperature of a network to rows that it was not trained on (Guo et al. 2017, "On calibration of modern neural
 * networks"): the number `T` for which the cross-entropy of `logits / T` is the least. A number above 1 means that the network is
 * too sure. Rows that belong to no class are left out. If all rows are predicted correctly, they do not tell how sure the network
 * may be, and the temperature is 1. Computes in float64; the same logits give the same bits.
 *
 * ```ts
 * import { datasetFromArrays, dense, fitTemperature, Mlp, withTemperature } from "@mlpcuda/mlpcuda";
 *
 * const inputs = [[0], [1], [2], [3]].flat(), labels = [0, 1, 0, 1];
 * const heldOut = datasetFromArrays({ inputs, inputShape: [1], labels });
 * const mlp = Mlp.create([dense(2, "softmax")], heldOut);
 * const temperature = await fitTemperature(mlp, heldOut, { backend: "reference" });
 * const calibrated = withTemperature(mlp, temperature);
 * console.log(calibrated.predict(heldOut.inputs).length); // 8
 * ```
 *
 * @param options `loss` is `"cross-entropy"` or `"binary-cross-entropy"`, by default that of the network's training
 * @returns the temperature, for {@linkcode withTemperature}
 * @throws {TypeError} if the loss is not computed from logits, or the set does not fit the network
 */
export async function fitTemperature(
  mlp: Mlp,
  dataset: DatasetLike,
  options: {
    readonly backend?: Backend | BackendName;
    readonly loss?: "cross-entropy" | "binary-cross-entropy";
  } = {},
): Promise<number> {
  checkArgument("mlp", mlp, NETWORK);
  checkOptions(options, { backend: BACKEND, loss: LOGIT_LOSSES });
  return temperatureOf(await evaluateRows(mlp, dataset, options));
}

/**
 * Returns a network whose logits are divided by a temperature: the last layer's weights and bias are. Its record has the product
 * of all temperatures. It has no thresholds, because those of other logits do not fit; `fitThresholds` makes new ones.
 *
 * @throws {TypeError} if the outputs are not computed from logits
 * @throws {RangeError} if the temperature is not above 0
 */
export function withTemperature(mlp: Mlp, temperature: number): Mlp {
  checkArgument("mlp", mlp, NETWORK);
  checkArgument("temperature", temperature, POSITIVE);
  const { layers, training, inputScale } = mlp, { activation } = layers[layers.length - 1];
  const isLogits = activation === "linear" && training !== undefined && LOSSES[training.config.loss].logits;
  if (activation !== "softmax" && activation !== "sigmoid" && !isLogits) {
    throw new TypeError(`A temperature needs outputs computed from logits, found "${activation}"`);
  }
  return new Mlp({
    ...inputSpecOf(mlp),
    inputScale,
    layers,
    parameters: atTemperature(mlp.parameters, layers, temperature),
    ...training && { training: { ...training, temperature: (training.temperature ?? 1) * temperature } },
  });
}

/** Returns parameters that give the logits of `parameters` divided by a temperature. */
export function atTemperature(
  parameters: Tensors,
  layers: readonly LayerSpec[],
  temperature: number,
): Tensors {
  return withOutputs(parameters, layers, (value) => value / temperature);
}

/** Fits the temperature of a network with changing parameters. */
export interface Calibrator {
  /** Returns the temperature of the network with these parameters. */
  run(parameters: Tensors): Promise<number>;
}

/** Creates the calibrator of a run from the rows that it has held out. */
export function createCalibrator(
  backend: Backend,
  mlp: Mlp,
  heldOut: Dataset,
  loss: LossName,
): Calibrator {
  return {
    run: async (parameters) =>
      temperatureOf(await evaluateRows(new Mlp({ ...mlp, parameters }), heldOut, { backend, loss })),
  };
}

/**
 * Returns the temperature of logits.
 *
 * @throws {TypeError} if the outputs are not logits
 * @throws {RangeError} if one is not finite
 */
export function temperatureOf(rows: RowOutputs): number {
  const { loss } = rows.settings;
  if (!LOSSES[loss].logits) {
    throw new TypeError(`Cannot fit a temperature: loss "${loss}" is not computed from logits`);
  }
  if (loss === "cross-entropy" && !rows.set.labels) {
    throw new TypeError(`Cannot fit a temperature: ${rows.set.source} has target values, needs class labels`);
  }
  const at = rows.outputs.findIndex((logit) => !Number.isFinite(logit));
  if (at >= 0) {
    const row = Math.floor(at / (rows.outputs.length / countOf(rows.set)));
    throw new RangeError(`Cannot fit a temperature: the logits of row ${row} are not finite`);
  }
  const slopes = loss === "cross-entropy" ? classSlopes(rows) : labelSlopes(rows);
  return slopes === undefined ? 1 : Math.min(MOST, Math.max(LEAST, 1 / factorOf(slopes)));
}

/** Returns the first and the second derivative of the loss with respect to the factor `1 / T`. */
type Slopes = (factor: number) => readonly [first: number, second: number];

/**
 * Returns the factor with the least loss, which is convex in it. The steps are Newton's, and halve the range if they leave it.
 */
function factorOf(slopesAt: Slopes): number {
  let low = 1 / MOST, high = 1 / LEAST, factor = 1;
  for (let step = 0; step < STEPS; step++) {
    const [first, second] = slopesAt(factor);
    if (first === 0) break;
    if (first > 0) high = factor;
    else low = factor;
    const newton = factor - first / second; // not a number within the range if the second derivative is 0
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    const change = Math.abs(next - factor);
    factor = next;
    if (change <= PRECISION * factor) break;
  }
  return factor;
}

/** Returns the slopes of the cross-entropy; `undefined` if each row that belongs to a class is predicted correctly. */
function classSlopes({ outputs, set }: RowOutputs): Slopes | undefined {
  const { labels, targets } = set, width = outputs.length / countOf(set);
  const rows: {
    readonly start: number;
    readonly largest: number;
    readonly own: number;
    readonly mass: number;
  }[] = [];
  let isWrong = false;
  for (let start = 0; start < outputs.length; start += width) {
    const label = labels?.[start / width];
    if (label === NO_CLASS) continue;
    let largest = -Infinity, own = 0, mass = 0; // the sum of the targets, and that of their products with the logits
    for (let o = 0; o < width; o++) largest = Math.max(largest, outputs[start + o]);
    for (let o = 0; o < width; o++) {
      const target = targets ? targets[start + o] : Number(o === label);
      mass += target;
      own += target * (outputs[start + o] - largest);
    }
    isWrong ||= own < 0;
    rows.push({ start, largest, own, mass });
  }
  if (!isWrong) return undefined;
  return (factor) => {
    let first = 0, second = 0;
    for (const { start, largest, own, mass } of rows) {
      let sum = 0, mean = 0, square = 0;
      for (let at = start; at < start + width; at++) {
        const logit = outputs[at] - largest, p = Math.exp(factor * logit);
        sum += p;
        mean += p * logit;
        square += p * logit * logit;
      }
      mean /= sum;
      first += mass * mean - own;
      second += mass * (square / sum - mean * mean);
    }
    return [first, second];
  };
}

/** Returns the slopes of the binary cross-entropy of all outputs; `undefined` if each is on the side of its target. */
function labelSlopes({ outputs, set: { labels, targets } }: RowOutputs): Slopes | undefined {
  const wanted: ArrayLike<number> = targets ?? labels!;
  if (outputs.every((logit, i) => logit === 0 || wanted[i] === (logit > 0 ? 1 : 0))) return undefined;
  return (factor) => {
    let first = 0, second = 0;
    for (let i = 0; i < outputs.length; i++) {
      const logit = outputs[i], p = 1 / (1 + Math.exp(-factor * logit));
      first += (p - wanted[i]) * logit;
      second += p * (1 - p) * logit * logit;
    }
    return [first, second];
  };
}
