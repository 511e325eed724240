/** A number that was measured on a GPU. @module */

/** A number that was measured. */
export interface Reading {
  /** The name of the measured quantity; the same in every result, so that tables find it. */
  readonly name: string;
  /** The measured value. */
  readonly value: number;
  /** The unit of the value. */
  readonly unit: string;
  /** Further information, such as how the library ran the plan. */
  readonly note?: string;
  /** The smallest and the largest of the measured values, of which `value` is the median. */
  readonly range?: readonly [number, number];
  /** The least that the GPU could take, in the same unit, and what it is made of. */
  readonly floor?: { readonly value: number; readonly by: string };
  /** The value that the model predicts, in the same unit. */
  readonly model?: number;
  /** The microseconds from the beginning of a step in its first block until this phase ends. */
  readonly ends?: number;
}

/** Formats a number with three significant digits, or with all digits if it is a whole number. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const rounded = Number(value.toPrecision(3));
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : String(rounded);
}
