/** The index of the largest value, which is the predicted class of an output row. @module */

/** Returns the first index of the largest value. */
export function indexOfLargest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}
