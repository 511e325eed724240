/**
 * Deep equality as `@std/assert` publishes it: by value, whatever the identity. It differs from
 * `util.isDeepStrictEqual()` where that one goes further: 0 equals -0, and a missing prototype equals `Object`'s.
 * @module
 */

type Keyed = Set<unknown> | Map<unknown, unknown>;
type Items = ArrayLike<unknown> & ArrayBufferView;

/** Whether two values are equal, deeply; cycles are followed once. */
export function equal(a: unknown, b: unknown): boolean {
  return compare(a, b, new Map());
}

/** `seen` holds the pairs that are being compared further up: a pair met again is equal if the rest is. */
function compare(a: unknown, b: unknown, seen: Map<object, object>): boolean {
  if (a === b || Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (!samePrototype(a, b)) return false;
  if (a instanceof Date && b instanceof Date) return Object.is(a.getTime(), b.getTime());
  if ((a instanceof RegExp && b instanceof RegExp) || (a instanceof URL && b instanceof URL)) {
    return String(a) === String(b);
  }
  if (a instanceof WeakMap || a instanceof WeakSet) {
    throw new TypeError(`Cannot compare ${a.constructor.name} instances`);
  }
  if (a instanceof WeakRef && b instanceof WeakRef && !compare(a.deref(), b.deref(), seen)) return false;
  if (isItems(a) && isItems(b)) return sameItems(a, b);
  if (isBuffer(a) && isBuffer(b)) return sameItems(new Uint8Array(a), new Uint8Array(b));
  if (seen.get(a) === b) return true;
  seen.set(a, b);
  if (isKeyed(a) && isKeyed(b)) return sameEntries(a, b, seen);
  const keys = keysOf(a);
  if (keys.size !== keysOf(b).size) return false;
  for (const key of keys) {
    if (!(key in b)) return false;
    if (!compare(Reflect.get(a, key), Reflect.get(b, key), seen)) return false;
  }
  return true;
}

function samePrototype(a: object, b: object): boolean {
  const plain = (value: object) => Object.getPrototypeOf(value) ?? Object.prototype;
  return plain(a) === plain(b);
}

function isItems(value: object): value is Items {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

function isBuffer(value: object): value is ArrayBufferLike {
  return value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;
}

function isKeyed(value: object): value is Keyed {
  return value instanceof Set || value instanceof Map;
}

/** Element by element, without the cost of a property each: `NaN` equals itself. */
function sameItems(a: Items, b: Items): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i] && !Object.is(a[i], b[i])) return false;
  }
  return true;
}

/** Whether each entry of `a` has a partner of its own in `b`, in any order; primitive keys are looked up. */
function sameEntries(a: Keyed, b: Keyed, seen: Map<object, object>): boolean {
  if (a.size !== b.size) return false;
  const isPrimitive = (key: unknown) => Object(key) !== key;
  const unmatched = new Set([...b.entries()].filter(([key]) => !isPrimitive(key)));
  for (const [key, value] of a.entries()) {
    if (isPrimitive(key)) {
      if (!b.has(key)) return false;
      if (b instanceof Map && !compare(value, b.get(key), seen)) return false;
      continue;
    }
    const match = [...unmatched].find((entry) =>
      compare(key, entry[0], seen) && compare(value, entry[1], seen)
    );
    if (match === undefined) return false;
    unmatched.delete(match);
  }
  return true;
}

/** Own properties, and the getters that a class gives its instances (a `URLSearchParams` has nothing else). */
function keysOf(value: object): Set<string | symbol> {
  const keys = new Set(Reflect.ownKeys(value));
  let prototype = Object.getPrototypeOf(value);
  while (prototype !== null && prototype !== Object.prototype && prototype !== Array.prototype) {
    for (const [key, { get }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (get !== undefined && key !== "__proto__") keys.add(key);
    }
    prototype = Object.getPrototypeOf(prototype);
  }
  return keys;
}
