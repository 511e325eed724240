/** Drawn digits for a data set of digits. @module */
import { type Dataset, imageSpecOf, inFeaturesOf } from "../dataset.ts";
import { drawDigits } from "../digits/digits.ts";
import { digitSide } from "../pictures/center.ts";
import { inputsOfInk } from "../pictures/pixel_units.ts";
import { createComparison } from "./closeness.ts";
import { inputsLike } from "./render.ts";

/** The number of digits that are drawn for the decision, and the share of them that must have the label of the nearest image. */
const TRIED = 200, AGREE = 0.5;

/**
 * Returns drawn digits as rows of a data set of centered images; `undefined` if the set's ten classes are not the digits. The names of
 * the classes cannot decide that, because other sets have classes 0 to 9, too. Therefore 200 digits are drawn: the classes are
 * the digits if most of these have the same label as the nearest image of the set.
 */
export function digitsLike(
  dataset: Dataset,
  { count, seed, rows }: { readonly count: number; readonly seed: number; readonly rows: Uint32Array },
): Dataset | undefined {
  const image = imageSpecOf(dataset), { labels, outFeatures, inputScale, inputShape } = dataset;
  const isCentered = image?.placement === "center" && inFeaturesOf(dataset) === digitSide * digitSide;
  if (!labels || outFeatures !== 10 || !isCentered) return undefined;
  const { train } = drawDigits({ count: Math.max(count, TRIED), testCount: 0, seed });
  const drawn = inputsOfInk(train.inputs as Uint8Array<ArrayBuffer>, image);
  const inputs = inputsLike(dataset, drawn);
  const { nearest } = createComparison(dataset, rows, seed);
  let agreed = 0;
  for (let i = 0; i < TRIED; i++) {
    const digit = inputs.subarray(i * inFeaturesOf(dataset), (i + 1) * inFeaturesOf(dataset));
    if (labels[nearest(digit)] === train.labels![i]) agreed++;
  }
  if (agreed <= AGREE * TRIED) return undefined;
  return {
    ...{ inputShape, inputScale, outFeatures, source: train.source },
    ...dataset.image && { image: dataset.image },
    inputs: inputs.subarray(0, count * inFeaturesOf(dataset)),
    labels: train.labels!.subarray(0, count),
  };
}
