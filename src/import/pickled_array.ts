/** Arrays of NumPy in pickles. @module */
import { jsonText, type Refuse } from "../formats/fault.ts";
import { decodeArray } from "../formats/npy.ts";
import { isKind, kindOf, type PickleValue } from "../formats/pickle_values.ts";
import type { NamedArray } from "./weights.ts";

/**
 * Returns a pickled array of numbers.
 *
 * @throws {FormatError} made by `refuse`, if the value is something else
 */
export function pickledArray(value: PickleValue | undefined, name: string, refuse: Refuse): NamedArray {
  if (!isKind(value, "array") || value.dtype === undefined || !(value.data instanceof Uint8Array)) {
    const found = isKind(value, "array") ? "an array of objects" : kindOf(value);
    throw refuse(`has ${found} as ${jsonText(name)}, needs an array of numbers`);
  }
  const { dtype, shape, fortranOrder, data } = value, descr = `${dtype.order}${dtype.code}`;
  const inArray: Refuse = (fault, options) => refuse(`has ${jsonText(name)}, which ${fault}`, options);
  const read = () => decodeArray({ descr, fortranOrder, shape }, data, inArray).values;
  return { shape, dtype: descr, read };
}
