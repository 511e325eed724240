/** The number of classes of labels. @module */
import { digits } from "../../formats/fault.ts";
import { indexOfLargest } from "../../index_of_largest.ts";
import { NO_CLASS } from "../dataset.ts";
import type { Naming } from "../arrays.ts";

/** The number of classes that is accepted for any number of rows. */
const FEW_CLASSES = 1000;
/** The maximum ratio of classes to rows; with more, the values are probably not class labels. */
const MAX_CLASSES_PER_ROW = 10;

/**
 * Returns the number of classes of labels `[N]`: the largest label + 1, or 0 without labels; rows of no class are ignored.
 *
 * @param rows the number of rows, including those of another set with the same classes
 * @throws the error of `naming.refuse("range", …)` if there are more than 1,000 classes and more than ten times as
 * many as rows: with labels such as identifiers or years, the network would have millions of outputs
 */
export function classesOfLabels(labels: Uint32Array, rows: number, naming: Naming): number {
  const classed = labels.includes(NO_CLASS) ? labels.map((label) => label === NO_CLASS ? 0 : label) : labels;
  if (labels.every((label) => label === NO_CLASS)) return 0;
  const row = indexOfLargest(classed), largest = classed[row], classes = largest + 1;
  if (classes > FEW_CLASSES && classes > MAX_CLASSES_PER_ROW * rows) {
    const found = `"${naming.labelsOrTargets}" has label ${digits(largest)} at [${row}], which makes ${
      digits(classes)
    } classes`;
    throw naming.refuse(
      "range",
      `${found} for ${digits(rows)} rows; labels need to count the classes from 0`,
    );
  }
  return classes;
}
