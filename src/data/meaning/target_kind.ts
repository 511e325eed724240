/** The kinds of target values. @module */

/**
 * The kind of target values `[N, O]`:
 *
 * - `"one-hot"` if each value is 0 or 1, and every row has several values of which exactly one is 1;
 * - `"labels"` if each value is 0 or 1 otherwise: any number of labels a row;
 * - `"values"` if a value is neither 0 nor 1.
 */
export type TargetKind = "labels" | "one-hot" | "values";

/** Returns the kind of target values `[N, O]` of `O` = `outFeatures`. */
export function targetKindOf(targets: ArrayLike<number | bigint>, outFeatures: number): TargetKind {
  let isOneHot = outFeatures > 1;
  for (let start = 0; start < targets.length; start += outFeatures) {
    let ones = 0;
    for (let at = start; at < start + outFeatures; at++) {
      const value = Number(targets[at]);
      if (value !== 0 && value !== 1) return "values";
      ones += value;
    }
    if (ones !== 1) isOneHot = false;
  }
  return isOneHot ? "one-hot" : "labels";
}
