/**
 * Outliers: drawings that belong to no class, from which a network learns that not everything is one of its classes.
 * @module
 */
import { DATASET, ROWS } from "../../argument_kinds.ts";
import { ANY, checkArgument, checkOptions, foundText, SIGNAL } from "../../arguments.ts";
import { checkRows } from "../split.ts";
import { createRandom } from "../../random.ts";
import { countOf, type Dataset, inFeaturesOf, inputSpecOf, NO_CLASS } from "../dataset.ts";
import { createComparison } from "./closeness.ts";
import { createOutlierWriter, inputsLike } from "./render.ts";

/** Options of `drawOutliers()`. */
export interface DrawOutliersOptions {
  /** The number of outliers, at least 1. */
  readonly count: number;
  /** The seed, a whole number from 0 to 2³² - 1; 1 by default. */
  readonly seed?: number;
  /** The rows of the data set from whose images the outliers differ; all by default. */
  readonly rows?: Uint32Array;
  /** The signal that ends the drawing; the promise rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** The weight of an outlier in the gradient. */
const OUTLIER_WEIGHT = 0.5;

/** The maximum number of drawings for an outlier; if all are close to images of the set, the last one is used. */
const TRIES = 8;
/** The maximum number of outliers, each with its own random streams. */
const MOST = 0x100000000 / TRIES;
/** Milliseconds after which the drawing returns to the event loop. */
const SLICE_MILLISECONDS = 20;

/**
 * Draws outliers for a data set of images: rows that belong to no class ({@linkcode NO_CLASS}), of weight 1/2. They are graphs
 * on a grid, arcs, curves, polygons, turned and mirrored digits, stems with arms, and strokes of letters. Drawings that are
 * close to images of the set are left out. Outlier `i` depends only on the seed, `i` and the set.
 *
 * @throws {TypeError} if the inputs are not images
 * @throws {RangeError} if the count or the seed is not a whole number in its range
 */
export async function drawOutliers(
  dataset: Dataset,
  options: DrawOutliersOptions,
): Promise<Dataset> {
  checkArgument("dataset", dataset, DATASET);
  checkOptions(options, { seed: ANY, rows: ROWS, signal: SIGNAL }, { count: ANY });
  const { count, seed = 1, rows, signal } = options;
  if (rows) checkRows(rows, countOf(dataset));
  checkWhole("count", count, 1, MOST);
  checkWhole("seed", seed, 0, 0xffffffff);
  const write = createOutlierWriter(dataset), inFeatures = inFeaturesOf(dataset);
  const all = rows ?? Uint32Array.from({ length: dataset.inputs.length / inFeatures }, (_, row) => row);
  const { isClose } = createComparison(dataset, all, seed);
  const inputs = new (dataset.inputs instanceof Uint8Array ? Uint8Array : Float32Array)(count * inFeatures);
  let until = performance.now() + SLICE_MILLISECONDS;
  for (let i = 0; i < count; i++) {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const outlier = inputsLike(dataset, write(createRandom(seed, TRIES * i + attempt)));
      inputs.set(outlier, i * inFeatures);
      if (!isClose(outlier)) break;
    }
    if (performance.now() < until) continue;
    await new Promise((resolve) => setTimeout(resolve)); // so that the host handles signals and events
    signal?.throwIfAborted();
    until = performance.now() + SLICE_MILLISECONDS;
  }
  return {
    ...inputSpecOf(dataset),
    inputs,
    inputScale: dataset.inputScale,
    inputShape: dataset.inputShape,
    labels: new Uint32Array(count).fill(NO_CLASS),
    weights: new Float32Array(count).fill(OUTLIER_WEIGHT),
    outFeatures: dataset.outFeatures,
    source: "drawn outliers",
  };
}

function checkWhole(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(
    `Cannot draw outliers: "${name}" is ${
      foundText(value)
    }, it must be a whole number from ${least} to ${most}`,
  );
}
