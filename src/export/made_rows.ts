/** Made rows of inputs, on which an exported network is compared if there is no data set. @module */
import { imageSpecOf, inFeaturesOf, type InputSpec } from "../data/dataset.ts";
import { createRandom } from "../random.ts";

/** The stream of the random numbers. */
const STREAM = 21;

/** The standard deviations of made numbers after the scaling by the network, one row after the other. */
const DEVIATIONS = [1, 0.1, 10, 100];

/**
 * Returns made rows `[count, I]` in the range of a network's inputs. The first row is all zeros. Pixels are from 0 to their white
 * value; each row has its own share of pixels above 0 and its own contrast, so that some rows are near the border of classes.
 * Texts of a table are one-hot. Other numbers are normal, row by row with the deviations 1, 0.1, 10 and 100 after the scaling by
 * the network. The same seed gives the same rows.
 */
export function makeRows(
  spec: InputSpec,
  options: { readonly count: number; readonly seed?: number },
): Float32Array {
  const { count, seed = 1 } = options, random = createRandom(seed, STREAM);
  const inFeatures = inFeaturesOf(spec), rows = new Float32Array(count * inFeatures);
  const size = Math.abs(spec.inputScale ?? 1), unit = size > 0 && Number.isFinite(1 / size) ? 1 / size : 1;
  const image = imageSpecOf(spec);
  for (let row = 1; row < count; row++) {
    const values = rows.subarray(row * inFeatures, (row + 1) * inFeatures);
    if (image) {
      const share = random.next(), contrast = random.next() * image.white;
      const round = image.white === 255 ? Math.round : (value: number) => value;
      for (let at = 0; at < inFeatures; at++) {
        values[at] = random.next() < share ? round(random.next() * contrast) : 0;
      }
      continue;
    }
    const normal = () => random.normal() * unit * DEVIATIONS[row % DEVIATIONS.length];
    let at = 0;
    for (const { categories } of spec.columns ?? []) {
      if (categories) values[at + random.below(categories.length)] = 1;
      else values[at] = normal();
      at += categories?.length ?? 1;
    }
    for (; at < inFeatures; at++) values[at] = normal();
  }
  return rows;
}
