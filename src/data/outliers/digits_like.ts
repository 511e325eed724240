/** Drawn digits for a data set of digits. @module */
import { type Dataset, imageSpecOf, inFeaturesOf } from "../dataset.ts";
import { drawDigits } from "../digits/digits.ts";
import { digitSide } from "../pictures/center.ts";
import { inputsOfInk } from "../pictures/pixel_units.ts";
import { createComparison } from "./closeness.ts";
import { inputsLike } from "./render.ts";

/** The digits that decide whether a set's classes are the digits, and the share of them whose nearest images must agree. */
const TRIED = 200, AGREE = 0.5;

/**
 * Returns drawn digits as rows of a data set of centered images; `undefined` if its ten classes are not the digits. They are if most
 * of 200 drawn digits have their own label at the nearest image of the set, because names do not tell: sets of other things
 * have classes 0 to 9, too.
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
