/** The normalization of the inputs of a model of another program, which becomes a part of its first layer. @module */
import { type InputScaling, MAX_DISTANCE } from "../training/input_scaling.ts";

/** A normalization of inputs: `(x · inputScale - mean) / std`. */
export interface Normalization {
  /** The mean of all inputs, or of each, `[I]`. */
  readonly mean: number | ArrayLike<number>;
  /** The standard deviation of all inputs, or of each, `[I]`. */
  readonly std: number | ArrayLike<number>;
}

/**
 * Returns a normalization for each input.
 *
 * @param fault creates the error for a fault
 * @throws the error of `fault`, if numbers do not fit the inputs, if a deviation is not above 0, or if a mean is too far from 0 for
 * the weights of a network on the original values, which are float32
 */
export function scalingFor(
  { mean, std }: Normalization,
  inFeatures: number,
  fault: (found: string) => Error,
): InputScaling {
  const [shift, scale] = [mean, std].map((given) =>
    typeof given === "number" ? new Array<number>(inFeatures).fill(given) : Array.from(given)
  );
  for (const { length } of [shift, scale]) {
    if (length !== inFeatures) throw fault(`${length} means or deviations for ${inFeatures} inputs`);
  }
  for (let i = 0; i < inFeatures; i++) {
    const distance = Math.abs(shift[i]) / scale[i];
    if (scale[i] > 0 && scale[i] < Infinity && distance <= MAX_DISTANCE) continue;
    const needed = `needs a deviation above 0, and a mean of at most ${MAX_DISTANCE} deviations`;
    throw fault(`mean ${shift[i]} and deviation ${scale[i]} for input ${i}, ${needed}`);
  }
  return { shift, scale };
}
