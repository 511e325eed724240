/** The kinds of target values. @module */

/**
 * The kind of target values `[N, O]`: `"labels"` if each value is 0 or 1 and they are not one-hot, so that a row has any
 * number of labels; `"one-hot"` if each value is 0 or 1 and every row of several values has exactly one 1; else `"values"`.
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
