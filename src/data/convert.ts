/** Brings arrays of numbers into the classes that backends take: labels, bytes and float32. @module */
import { shapeText } from "../formats/fault.ts";
import { NO_CLASS } from "./dataset.ts";
import { holdsWideIntegers, type Naming, type NumericArray } from "./arrays.ts";

/** Labels end below this: kernels hold them as 32-bit integers with a sign. */
const MOST_CLASSES = 2 ** 31;

/**
 * Returns class labels as whole numbers from 0; a `Uint32Array` is used without a copy.
 *
 * @param noClass the value of rows that belong to no class, which become {@linkcode NO_CLASS}; there are none if absent
 * @throws what `naming.refuse` makes, of kind `"range"`, if another one is negative, fractional or no number
 */
export function toLabels(values: NumericArray, naming: Naming, noClass?: number): Uint32Array {
  const isReady = values instanceof Uint32Array && (noClass === undefined || noClass === NO_CLASS);
  const labels = isReady ? values : new Uint32Array(values.length);
  for (let row = 0; row < labels.length; row++) {
    let label = Number(values[row]);
    if (label === noClass) label = NO_CLASS;
    else if (!Number.isInteger(label) || label < 0 || label >= MOST_CLASSES) {
      const found = `"${naming.answers}" has ${values[row]} at [${row}]`;
      throw naming.refuse("range", `${found}, class labels need to be whole numbers from 0`);
    }
    if (labels !== values) labels[row] = label;
  }
  return labels;
}

/** The values as bytes if each is a whole number from 0 to 255, else `undefined`. */
export function toBytes(values: NumericArray): { bytes: Uint8Array; largest: number } | undefined {
  let largest = 0;
  if (values instanceof Uint8Array) {
    for (let index = 0; index < values.length && largest < 2; index++) {
      largest = Math.max(largest, values[index]);
    }
    return { bytes: values, largest };
  }
  const bytes = new Uint8Array(values.length);
  for (let index = 0; index < bytes.length; index++) {
    const value = Number(values[index]);
    bytes[index] = value;
    if (bytes[index] !== value) return undefined;
    if (value > largest) largest = value;
  }
  return { bytes, largest };
}

/** How `toFloats` names and checks values. */
export interface FloatOptions extends Pick<Naming, "refuse" | "exact"> {
  /** The name of the array. */
  readonly name: string;
  /** The shape that says where a value is. */
  readonly shape: readonly number[];
  /** Whether NaN and infinities pass; a finite number that is too large for float32 never does. */
  readonly infinite?: boolean;
}

/**
 * The values as float32; a `Float32Array` is used without a copy.
 *
 * @throws what `refuse` makes, of kind `"range"`, if a value is not finite, does not fit into float32, or has to be exact
 * and is not
 */
export function toFloats(
  values: NumericArray,
  { name, shape, refuse, exact = false, infinite = false }: FloatOptions,
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
    throw refuse(
      "range",
      `"${name}" has ${value} at ${shapeText(positionOf(index, shape))}, needs ${needed}`,
    );
  }
  return floats;
}

/** The place of a value in an array of this shape, C order; the first length is not needed. */
function positionOf(index: number, shape: readonly number[]): number[] {
  const position: number[] = [];
  for (let axis = shape.length - 1; axis > 0; axis--) {
    position.unshift(index % shape[axis]);
    index = Math.floor(index / shape[axis]);
  }
  return [index, ...position];
}
