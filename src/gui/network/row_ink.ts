/** The images of a data set as the page shows them. @module */
import { type Dataset, imageSpecOf, inFeaturesOf } from "../../data/dataset.ts";
import { inkOfInputs } from "../../data/pictures/pixel_units.ts";

/** Returns the image of a row as ink: 0 for its background, 255 for full ink. */
export function inkOfRow(dataset: Dataset, row: number): number[] {
  const length = inFeaturesOf(dataset), inputs = dataset.inputs.subarray(row * length, (row + 1) * length);
  return [...inkOfInputs(inputs, imageSpecOf(dataset) ?? { white: 255 })];
}
