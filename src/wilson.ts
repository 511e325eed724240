/** Intervals of shares. @module */
import { checkArgument, whole } from "./arguments.ts";

/** The 97.5 % quantile of the normal distribution, for intervals of 95 %. */
const Z = 1.959963984540054;

/** An interval of a share. */
export interface ShareInterval {
  /** The lower end, from 0. */
  readonly low: number;
  /** The upper end, to 1. */
  readonly high: number;
}

/**
 * Returns the 95 % score interval of a share of rows (Wilson 1927, "Probable inference, the law of succession, and statistical
 * inference", Journal of the American Statistical Association 22). With the share `p` of `n` rows and `z = 1.96`, it is
 * `(p + z² / 2n ± z √(p (1 - p) / n + z² / 4n²)) / (1 + z² / n)`. It stays within 0 to 1, and it has a width also if all rows
 * are correct.
 *
 * ```ts
 * import { wilsonInterval } from "@mlpcuda/mlpcuda";
 *
 * const { low, high } = wilsonInterval(9794, 10_000);
 * console.log(low.toFixed(4), high.toFixed(4)); // 0.9764 0.9820
 * ```
 *
 * @throws {TypeError} if a count is no number
 * @throws {RangeError} if `successes` is not a whole number from 0 to `rows`, or `rows` not one from 1
 */
export function wilsonInterval(successes: number, rows: number): ShareInterval {
  checkArgument("successes", successes, whole());
  checkArgument("rows", rows, whole(1));
  if (successes > rows) {
    throw new RangeError(`An interval needs at most ${rows} successes of ${rows} rows, found ${successes}`);
  }
  const p = successes / rows, square = Z * Z / rows;
  const center = p + square / 2, half = Z * Math.sqrt(p * (1 - p) / rows + square / (4 * rows));
  return {
    low: successes === 0 ? 0 : (center - half) / (1 + square),
    high: successes === rows ? 1 : (center + half) / (1 + square),
  };
}
