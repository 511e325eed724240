/** The check that the images of a data set can be deformed. @module */
import { sideOf } from "../augment/augmenter.ts";
import type { Dataset } from "../data/dataset.ts";

/**
 * Checks that a run with `augment` can deform the images of a data set.
 *
 * @throws {TypeError} if they are not square gray images of a side that it can deform
 */
export function checkAugmentable(dataset: Dataset): void {
  sideOf(dataset);
}
