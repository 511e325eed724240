/**
 * Rows that are added to a training set, so that a network learns that not everything is one of its classes: outliers, and, if its
 * classes are the ten digits, digits of the same pen, so that outliers cannot be recognized by the pen.
 * @module
 */
import { countOf, type Dataset, inFeaturesOf } from "../data/dataset.ts";
import { digitsLike } from "../data/outliers/digits_like.ts";
import { drawOutliers } from "../data/outliers/outliers.ts";
import { createRandom } from "../random.ts";
import type { TrainConfig } from "./config.ts";
import { negated } from "./input_negative.ts";
import { scaled } from "./input_scaling.ts";
import { classWeightsOf } from "./row_weights.ts";
import type { RunSets } from "./run_sets.ts";

/** The number of outliers and of drawn digits for each row of the training set. */
const OUTLIERS_A_ROW = 27 / 55, DIGITS_A_ROW = 12 / 55;
/** The random streams of a seed for both, and for the order in which digits are written. */
const STREAM = 0xc0000000;

/** The rows that a run with `outliers` has drawn, of which a further run on the same data set with the same seed draws none again. */
export interface DrawnRows {
  /** The rows; absent before the first run, which sets it. */
  last?: {
    readonly dataset: Pick<Dataset, "inputs" | "labels">;
    /** The seed and the rows to train on, from which they were drawn. */
    readonly seed: number;
    readonly rows: Uint32Array;
    readonly outliers: Dataset;
    readonly digits: Dataset | undefined;
  };
}

/**
 * Returns the sets of a run with outliers and drawn digits among the rows to train on; `undefined` if the signal is aborted while
 * they are drawn.
 *
 * @throws {TypeError} if the inputs are not images
 */
export async function withOutliers(
  { training, rows, scalings, ...rest }: RunSets,
  { dataset, config, signal, drawn = {} }: {
    readonly dataset: Dataset;
    readonly config: TrainConfig;
    readonly signal: AbortSignal | undefined;
    readonly drawn?: DrawnRows;
  },
): Promise<RunSets | undefined> {
  if (!isOf(drawn.last, { dataset, config, rows })) {
    const random = createRandom(config.seed, STREAM), count = addedRows(rows.length);
    const wanted = { count: count.outliers, seed: random.uint32(), rows, ...signal && { signal } };
    const outliers = await drawOutliers(dataset, wanted).catch((error) => {
      if (signal?.aborted && error === signal.reason) return undefined;
      throw error;
    });
    if (outliers === undefined) return undefined;
    const digits = digitsLike(dataset, { count: count.digits, seed: random.uint32(), rows });
    drawn.last = { dataset, seed: config.seed, rows, outliers, digits };
  }
  const { outliers, digits } = drawn.last!, ofClass = classWeightsOf(dataset, config, rows);
  const added = (digits ? [outliers, digits] : [outliers]).map((set) => ({
    ...scaled(negated(set, scalings.inputNegative), scalings.inputScaling),
    weights: set === outliers
      ? set.weights!.map((weight) => weight * config.noClassWeight)
      : Float32Array.from(set.labels!, (label) => ofClass?.[label] ?? 1),
  }));
  return { ...rest, scalings, ...joined(training, rows, added) };
}

/** Returns whether rows were drawn for this data set, this seed and these rows to train on. */
function isOf(
  last: DrawnRows["last"],
  { dataset, config, rows }: {
    readonly dataset: Dataset;
    readonly config: TrainConfig;
    readonly rows: Uint32Array;
  },
): boolean {
  return last?.dataset.inputs === dataset.inputs && last.dataset.labels === dataset.labels &&
    last.seed === config.seed && last.rows.length === rows.length &&
    last.rows.every((row, at) => row === rows[at]);
}

/** Returns the numbers of outliers and of drawn digits for rows to train on; at least one of each. */
export function addedRows(rows: number): { readonly outliers: number; readonly digits: number } {
  const count = (share: number) => Math.max(1, Math.round(share * rows));
  return { outliers: count(OUTLIERS_A_ROW), digits: count(DIGITS_A_ROW) };
}

/** Returns a set with the rows of others after its own, and the rows to train on. */
function joined(set: Dataset, rows: Uint32Array, added: readonly Dataset[]) {
  const sets = [set, ...added], own = countOf(set);
  const total = sets.reduce((sum, other) => sum + countOf(other), 0), length = inFeaturesOf(set);
  const inputs = new (set.inputs instanceof Uint8Array ? Uint8Array : Float32Array)(total * length);
  const labels = new Uint32Array(total), weights = new Float32Array(total).fill(1);
  let at = 0;
  for (const other of sets) {
    inputs.set(other.inputs, at * length);
    labels.set(other.labels!, at);
    if (other.weights) weights.set(other.weights, at);
    at += countOf(other);
  }
  const all = new Uint32Array(rows.length + total - own);
  all.set(rows);
  for (let i = 0; i < total - own; i++) all[rows.length + i] = own + i;
  return { training: { ...set, inputs, labels, weights }, rows: all };
}
