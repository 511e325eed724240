/** The thresholds for sure guesses of a network, and for inputs like those of its training. @module */

/** The thresholds of a network that was trained with outliers. They are saved with it. */
export interface Thresholds {
  /** The least probability of a sure guess. */
  readonly probability: number;
  /**
   * The least energy of a sure guess: the logarithm of the sum of `e^logit` over the classes. 99 % of the rows that were held out
   * of training have more.
   */
  readonly energy: number;
  /**
   * The probability that the two most probable classes have together for an input like those of training; an input with less,
   * whose guess is not sure, is like none of them. If there are only two classes, it is that of the more probable one.
   */
  readonly together: number;
}

/** Returns whether a value of JSON has thresholds that a network can have. */
export function isThresholds(value: unknown): value is Thresholds {
  if (typeof value !== "object" || value === null) return false;
  const { probability, energy, together } = value as Record<string, unknown>;
  const isShare = (number: unknown) => typeof number === "number" && number >= 0 && number <= 1;
  return isShare(probability) && isShare(together) && Number.isFinite(energy);
}
