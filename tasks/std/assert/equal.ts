/** Deep equality, based on `node:util`. @module */
import { isDeepStrictEqual } from "node:util";

/** Classes whose content is not in their properties. */
const OPAQUE = [ArrayBuffer, SharedArrayBuffer, DataView, Date, Map, RegExp, Set, URL, WeakMap, WeakSet];

/**
 * Returns whether two values are deeply equal. Three rules differ from those of `isDeepStrictEqual()`: 0 equals -0,
 * an object without a prototype equals a plain one, and the getters of a class count as properties. Inside sets and
 * maps, all rules are those of `isDeepStrictEqual()`. `seen` holds the pairs that are being compared, so that cycles
 * end.
 */
export function equal(a: unknown, b: unknown, seen: ReadonlyMap<object, object> = new Map()): boolean {
  if (a === b || Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (prototypeOf(a) !== prototypeOf(b)) return false;
  if (isTyped(a) && isTyped(b)) {
    return a.length === b.length && a.every((value, i) => value === b[i] || Object.is(value, b[i]));
  }
  if (OPAQUE.some((one) => a instanceof one)) return isDeepStrictEqual(a, b);
  if (seen.get(a) === b) return true;
  const pairs = new Map([...seen, [a, b]]), keys = keysOf(a);
  return keys.length === keysOf(b).length &&
    keys.every((key) => key in b && equal(Reflect.get(a, key), Reflect.get(b, key), pairs));
}

function prototypeOf(value: object): object {
  return Object.getPrototypeOf(value) ?? Object.prototype;
}

function isTyped(value: object): value is Uint8Array {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

/** Returns the keys of an object's own properties, and of the getters of its class. */
function keysOf(value: object): (string | symbol)[] {
  const descriptors = Object.entries(Object.getOwnPropertyDescriptors(prototypeOf(value)));
  const getters = descriptors.filter(([key, { get }]) => get && key !== "__proto__").map(([key]) => key);
  return [...Reflect.ownKeys(value), ...getters];
}
