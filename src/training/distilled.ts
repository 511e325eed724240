/** The labels of data sets whose targets a teacher made. @module */
import type { Dataset } from "../data/dataset.ts";

/** Returns the labels of a set, also of one whose targets a teacher made; `undefined` for other sets with target values. */
export function classLabels({ labels, distilled }: Dataset): Uint32Array | undefined {
  return labels ?? distilled?.labels;
}

/** Returns a set with its labels in place of the targets that a teacher made for it; any other set unchanged. */
export function withLabels(set: Dataset): Dataset {
  const { distilled, targets: _, ...rest } = set;
  return distilled ? { ...rest, labels: distilled.labels } : set;
}
