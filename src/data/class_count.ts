/** How many classes labels have. @module */
import { digits } from "../formats/fault.ts";
import { indexOfLargest } from "../index_of_largest.ts";
import { NO_CLASS } from "./dataset.ts";
import type { Naming } from "./arrays.ts";

/** Up to so many classes, labels are taken as they are. */
const FEW_CLASSES = 1000;
/** Classes for each row beyond which labels cannot be meant as classes. */
const CLASSES_PER_ROW = 10;

/**
 * Returns the number of classes of labels `[N]`: the largest label + 1, 0 for none; rows of no class are left out.
 *
 * @param rows the rows that tell it; those of another set, whose labels belong to the same classes, may be among them
 * @throws what `naming.refuse` makes, if there are more than 1,000 classes and ten times as many as rows: labels such as
 * identifiers or years would make a network of millions of outputs
 */
export function classesOfLabels(labels: Uint32Array, rows: number, naming: Naming): number {
  const classed = labels.includes(NO_CLASS) ? labels.map((label) => label === NO_CLASS ? 0 : label) : labels;
  if (labels.every((label) => label === NO_CLASS)) return 0;
  const place = indexOfLargest(classed), largest = classed[place], classes = largest + 1;
  if (classes > FEW_CLASSES && classes > CLASSES_PER_ROW * rows) {
    const found = `"${naming.answers}" has label ${digits(largest)} at [${place}], which makes ${
      digits(classes)
    } classes`;
    throw naming.refuse(
      "range",
      `${found} for ${digits(rows)} rows; labels need to count the classes from 0`,
    );
  }
  return classes;
}
