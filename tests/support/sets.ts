/** Random data sets for tests. @module */
import type { Dataset } from "../../src/data/dataset.ts";
import { createRandom } from "../../src/random.ts";

/** The options of `drawSet`. */
export interface SetSpec {
  /** The number of rows, `N`. */
  readonly rows: number;
  /** The inputs of a row, `I`. */
  readonly inFeatures: number;
  /** The number of classes, or of target values of a row. */
  readonly outFeatures: number;
  /** True for target values, `"probabilities"` for rows of them with the sum 1; class labels by default. */
  readonly targets?: boolean | "probabilities";
  /** True for bytes, which the network scales by 1/128; by default floats from -1 to 1, which it scales by 1/2. */
  readonly bytes?: boolean;
  /** The share of inputs that are zero; 0 by default. */
  readonly zeros?: number;
  /** The seed; 1 by default. */
  readonly seed?: number;
}

/**
 * Draws a data set whose scaled inputs are multiples of 1/256. Products with weights that are also such multiples are
 * summed without rounding, so that no unit is on the wrong side of a ReLU's kink.
 */
export function drawSet(spec: SetSpec): Dataset {
  const { rows, inFeatures, outFeatures, targets = false, bytes = false, zeros = 0, seed = 1 } = spec;
  const random = createRandom(seed, 100);
  const draw = bytes
    ? () => 1 + random.below(255)
    : () => (random.below(128) + 1) / 128 * (random.below(2) * 2 - 1);
  const inputs = bytes ? new Uint8Array(rows * inFeatures) : new Float32Array(rows * inFeatures);
  for (let at = 0; at < inputs.length; at++) if (random.next() >= zeros) inputs[at] = draw();
  const labelsOrTargets = targets === "probabilities"
    ? { targets: drawProbabilities(rows, outFeatures, seed) }
    : targets
    ? { targets: Float32Array.from({ length: rows * outFeatures }, () => random.below(256) / 128 - 1) }
    : { labels: Uint32Array.from({ length: rows }, () => random.below(outFeatures)) };
  return {
    inputs,
    inputShape: [inFeatures],
    inputScale: bytes ? 1 / 128 : 1 / 2,
    ...labelsOrTargets,
    outFeatures,
    source: "a drawn set",
  };
}

/** Draws rows of probabilities `[N, C]`: multiples of 1/64, of which some are equal and some are 0. Their sum is exactly 1. */
function drawProbabilities(rows: number, classes: number, seed: number): Float32Array {
  const random = createRandom(seed, 104), probabilities = new Float32Array(rows * classes);
  for (let row = 0; row < rows; row++) {
    const most = 1 + random.below(classes); // a row with few classes above 0, or many
    for (let part = 0; part < 64; part++) probabilities[row * classes + random.below(most)] += 1 / 64;
  }
  return probabilities;
}

/**
 * Draws a set that a network can learn: each row is near the center of its class, and a share `zeros` of its inputs
 * is 0.
 */
export function drawBlobs(
  spec: { rows: number; inFeatures: number; classes: number; seed?: number; zeros?: number },
): Dataset {
  const { rows, inFeatures, classes, seed = 1, zeros = 0 } = spec;
  const random = createRandom(seed, 101);
  const centers = Float32Array.from({ length: classes * inFeatures }, () => random.normal());
  const labels = Uint32Array.from({ length: rows }, (_, row) => row % classes);
  const inputs = Float32Array.from({ length: rows * inFeatures }, (_, at) => {
    const center = centers[labels[Math.floor(at / inFeatures)] * inFeatures + at % inFeatures];
    const value = center + 0.5 * random.normal();
    return random.next() < zeros ? 0 : value;
  });
  return {
    inputs,
    inputShape: [inFeatures],
    inputScale: 1,
    labels,
    outFeatures: classes,
    source: "drawn blobs",
  };
}
