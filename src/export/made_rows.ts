/** Made rows of inputs, on which an exported network is compared if there is no data set. @module */
import { imageSpecOf, inFeaturesOf, type InputSpec } from "../data/dataset.ts";
import { createRandom } from "../random.ts";

/** The standard deviations of made numbers, one after the other, in units of the inverse input scale. */
const DEVIATIONS = [1, 0.1, 10, 100];

/**
 * Returns made rows `[count, I]` in the range of a network's inputs. The first row is all zeros. Pixels are from 0 to their white
 * value, half of them 0; texts of a table are one-hot; other numbers are normal, row by row with the deviations 1, 0.1, 10 and
 * 100 before the scaling by the network. The same seed gives the same rows.
 */
export function makeRows(
  spec: InputSpec,
  options: { readonly count: number; readonly seed?: number },
): Float32Array {
  const { count, seed = 1 } = options, random = createRandom(seed, 21);
  const inFeatures = inFeaturesOf(spec), image = imageSpecOf(spec);
  const rows = new Float32Array(count * inFeatures), size = Math.abs(spec.inputScale ?? 1);
  const unit = size > 0 && Number.isFinite(1 / size) ? 1 / size : 1;
  const pixel = ({ white }: { readonly white: number }) =>
    random.next() < 0.5 ? 0 : white === 255 ? random.below(256) : random.next() * white;
  for (let row = 1; row < count; row++) {
    const values = rows.subarray(row * inFeatures, (row + 1) * inFeatures);
    const normal = () => random.normal() * unit * DEVIATIONS[row % DEVIATIONS.length];
    let at = 0;
    for (const { categories } of spec.columns ?? []) {
      if (categories) values[at + random.below(categories.length)] = 1;
      else values[at] = normal();
      at += categories?.length ?? 1;
    }
    for (; at < inFeatures; at++) values[at] = image ? pixel(image) : normal();
  }
  return rows;
}
