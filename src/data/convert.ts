/** Conversion of arrays of numbers to the classes that backends need: labels, bytes and float32. @module */
import { shapeText } from "../formats/fault.ts";
import { NO_CLASS } from "./dataset.ts";
import { holdsWideIntegers, type Naming, type NumericArray } from "./arrays.ts";

/** The maximum number of classes: in kernels, labels are signed 32-bit integers. */
const MAX_CLASSES = 2 ** 31;

/**
 * Converts class labels to a `Uint32Array`; a `Uint32Array` is returned without a copy.
 *
 * @param noClass the value of rows that belong to no class, which become {@linkcode NO_CLASS}; no row does if absent
 * @throws the error of `naming.refuse("range", …)` if another label is negative, fractional or not a number
 */
export function toLabels(values: NumericArray, naming: Naming, noClass?: number): Uint32Array {
  const isReady = values instanceof Uint32Array && (noClass === undefined || noClass === NO_CLASS);
  const labels = isReady ? values : new Uint32Array(values.length);
  for (let row = 0; row < labels.length; row++) {
    let label = Number(values[row]);
    if (label === noClass) label = NO_CLASS;
    else if (!Number.isInteger(label) || label < 0 || label >= MAX_CLASSES) {
      const found = `"${naming.labelsOrTargets}" has ${values[row]} at [${row}]`;
      throw naming.refuse("range", `${found}, class labels need to be whole numbers from 0`);
    }
    if (labels !== values) labels[row] = label;
  }
  return labels;
}

/** Converts values to bytes; returns `undefined` if a value is not a whole number from 0 to 255. */
export function toBytes(values: NumericArray): Uint8Array | undefined {
  if (values instanceof Uint8Array) return values;
  const bytes = new Uint8Array(values.length);
  for (let index = 0; index < bytes.length; index++) {
    const value = Number(values[index]);
    bytes[index] = value;
    if (bytes[index] !== value) return undefined;
  }
  return bytes;
}

/** Options of {@linkcode toFloats}. */
export interface FloatOptions extends Pick<Naming, "refuse" | "exact"> {
  /** The name of the array, for messages. */
  readonly name: string;
  /** The shape of the array, for the position of a value in messages. */
  readonly shape: readonly number[];
  /** The number of the first row, for the same, if the array is a part of a larger one; 0 by default. */
  readonly firstRow?: number;
  /** True if NaN and infinities are accepted; a finite number that is too large for float32 never is. */
  readonly infinite?: boolean;
}

/**
 * Converts values to float32; a `Float32Array` is returned without a copy.
 *
 * @throws the error of `refuse("range", …)` if a value is not finite or does not fit into float32, or if `exact` is
 * true and float32 would round it
 */
export function toFloats(
  values: NumericArray,
  { name, shape, firstRow = 0, refuse, exact = false, infinite = false }: FloatOptions,
): Float32Array {
  if (values instanceof Float32Array && infinite) return values;
  const floats = values instanceof Float32Array ? values : new Float32Array(values.length);
  const mayRound = !exact || !holdsWideIntegers(values);
  for (let index = 0; index < floats.length; index++) {
    const value = values[index];
    if (floats !== values) floats[index] = Number(value);
    const float = floats[index], given = Number(value);
    const needed = !Number.isFinite(given)
      ? infinite ? undefined : "finite numbers"
      : !Number.isFinite(float)
      ? "numbers that fit into float32"
      : mayRound || (typeof value === "bigint" ? BigInt(float) === value : float === value)
      ? undefined
      : "integers that are exact in float32";
    if (needed === undefined) continue;
    const [row, ...within] = positionOf(index, shape), position = shapeText([firstRow + row, ...within]);
    throw refuse("range", `"${name}" has ${value} at ${position}, needs ${needed}`);
  }
  return floats;
}

/** Returns the position of a value in an array of this shape in C order. The first length is not used. */
function positionOf(index: number, shape: readonly number[]): number[] {
  const position: number[] = [];
  for (let axis = shape.length - 1; axis > 0; axis--) {
    position.unshift(index % shape[axis]);
    index = Math.floor(index / shape[axis]);
  }
  return [index, ...position];
}
