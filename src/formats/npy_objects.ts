/** `.npy` files of Python objects, which are pickled. @module */
import { type Origin, refuser, shapeText } from "./fault.ts";
import { parseNpyHeader } from "./npy_header.ts";
import { parsePickle, type PickleOptions } from "./pickle.ts";
import { isKind, type PickleValue } from "./pickle_values.ts";

/** Returns whether a `.npy` file holds Python objects. */
export function holdsObjects(bytes: Uint8Array, origin: Origin = {}): boolean {
  return /^[|<>=]?O\d*$/.test(parseNpyHeader(bytes, refuser("npy", origin)).descr);
}

/**
 * Reads a `.npy` file that `numpy.save` wrote for an array of Python objects. Nothing in it is run.
 *
 * @returns the objects, in C order
 * @throws {FormatError} if the file is damaged, or needs a constructor that is not known
 */
export function parseNpyObjects(bytes: Uint8Array, options: PickleOptions = {}): readonly PickleValue[] {
  const refuse = refuser("npy", options);
  const { shape, dataStart } = parseNpyHeader(bytes, refuse);
  const { value } = parsePickle(bytes, { ...options, start: dataStart });
  const count = shape.reduce((product, length) => product * length, 1);
  if (isKind(value, "array") && Array.isArray(value.data) && value.data.length === count) return value.data;
  throw refuse(`is an object array of shape ${shapeText(shape)} whose pickle is no such array`);
}
