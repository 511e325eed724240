/** The distance of an image from those of a data set, by which outliers that look like one of them are left out. @module */
import { createRandom } from "../../random.ts";
import { type Dataset, imageSpecOf, inFeaturesOf } from "../dataset.ts";
import { averageAreas } from "../pictures/areas.ts";
import { imageShapeOf } from "../pictures/image_shape.ts";
import { inkOfInputs } from "../pictures/pixel_units.ts";

/** The maximum number of images of the set that others are compared with, and of those from which the limit is computed. */
const REFERENCES = 3000, PROBES = 300;
/** The longest side of the images that are compared. */
const SIDE = 14;
/**
 * The share of a set's own images that are close to another one of the references. An outlier that is as close as these is left
 * out.
 */
const CLOSE_SHARE = 0.25;

/** The comparison of images, given as inputs of a data set, with images of the set. */
export interface Comparison {
  /** Returns whether an image is close to one of the set. */
  isClose(inputs: Uint8Array | Float32Array): boolean;
  /** Returns the row of the set with the nearest image. */
  nearest(inputs: Uint8Array | Float32Array): number;
}

/**
 * Prepares the comparison with up to 3,000 of the rows of a data set of images. Images are compared by the angle between their
 * pixels at a quarter of the size, which tolerates small shifts and other widths of lines.
 */
export function createComparison(dataset: Dataset, rows: Uint32Array, seed: number): Comparison {
  const inFeatures = inFeaturesOf(dataset), random = createRandom(seed);
  const featuresOf = createFeatures(dataset);
  const order = rows.slice();
  const count = Math.min(REFERENCES, order.length);
  for (let i = 0; i < count; i++) { // the first rows of a shuffle
    const j = i + random.below(order.length - i);
    [order[i], order[j]] = [order[j], order[i]];
  }
  const references = Array.from(
    order.subarray(0, count),
    (row) => featuresOf(dataset.inputs.subarray(row * inFeatures, (row + 1) * inFeatures)),
  );
  const nearestOf = (features: Float32Array, without?: number) => {
    let index = 0, distance = Infinity;
    references.forEach((reference, i) => {
      const found = i === without ? Infinity : squaredDistance(features, reference, distance);
      if (found < distance) [index, distance] = [i, found];
    });
    return { index, distance };
  };
  const probes = references.slice(0, PROBES).map((probe, at) => nearestOf(probe, at).distance)
    .sort((a, b) => a - b);
  const limit = probes[Math.floor(CLOSE_SHARE * (probes.length - 1))];
  return {
    isClose(inputs) {
      const features = featuresOf(inputs);
      return references.some((reference) => squaredDistance(features, reference, limit) < limit);
    },
    nearest: (inputs) => order[nearestOf(featuresOf(inputs)).index],
  };
}

/** Returns the function that computes an image's features: its ink on a small image, of length 1. */
function createFeatures(dataset: Dataset): (inputs: Uint8Array | Float32Array) => Float32Array {
  const image = imageSpecOf(dataset)!, { width, height, channels } = imageShapeOf(dataset)!;
  const shrink = Math.min(1, SIDE / Math.max(width, height)), length = width * channels;
  const columns = Math.max(1, Math.round(width * shrink)), lines = Math.max(1, Math.round(height * shrink));
  return (inputs) => {
    const ink = inkOfInputs(inputs, image);
    const line = (y: number) => ink.subarray(y * length, (y + 1) * length);
    const features = averageAreas({ width, height, channels, line }, columns, lines);
    let squares = 0;
    for (const value of features) squares += value * value;
    const norm = Math.sqrt(squares) || 1;
    return features.map((value) => value / norm);
  };
}

/** Returns the squared distance of two images. If it is `limit` or more, the result may be any number from `limit` on. */
function squaredDistance(a: Float32Array, b: Float32Array, limit: number): number {
  let sum = 0;
  for (let i = 0; i < a.length;) {
    for (const end = Math.min(a.length, i + 28); i < end; i++) {
      const difference = a[i] - b[i];
      sum += difference * difference;
    }
    if (sum >= limit) return sum;
  }
  return sum;
}
