/**
 * Checks of arrays of numbers of any class, and descriptions of values for messages.
 * @module
 */

/** An array of numbers of any type, including 64-bit integers. */
export type NumericArray = ArrayLike<number> | BigInt64Array | BigUint64Array;

/** The names of arrays in messages, and the errors for faults in them. */
export interface Naming {
  /** The name of the inputs. */
  readonly inputs: string;
  /** The name of the labels or targets. */
  readonly labelsOrTargets: string;
  /** Creates the error; `"shape"` for a wrong kind or shape, `"range"` for a value out of range. */
  readonly refuse: (kind: "shape" | "range", fault: string) => Error;
  /** True if integers that float32 would round are refused; by default they are rounded. */
  readonly exact?: boolean;
}

/** Describes a value as the predicate of a sentence: `is a Uint8Array`, `is missing`, `is "3"`. */
export function describe(value: unknown): string {
  if (value === undefined) return "is missing";
  if (value === null) return "is null";
  if (typeof value === "string") return `is ${JSON.stringify(value.slice(0, 40))}`;
  if (typeof value === "function") return "is a function";
  if (typeof value === "object") return `is ${withArticle(classOf(value))}`;
  return `is ${String(value)}`;
}

/** Prefixes the name of a class with its article: `an Int8Array`, `a Uint8Array`. */
export function withArticle(name: string): string {
  return `${/^[AEIO]/.test(name) ? "an" : "a"} ${name}`;
}

function classOf(value: object): string {
  const name: unknown = value.constructor?.name;
  return typeof name === "string" && name !== "" && name !== "Object" ? name : "plain object";
}

/**
 * Returns the reason that the memory of an array cannot be read safely, as the predicate of a sentence, or
 * `undefined` if it can. The buffer needs a fixed length, because native code and other threads do not notice that an
 * array shrinks.
 */
export function bufferFault({ buffer }: ArrayBufferView): string | undefined {
  const { detached, resizable, growable } = buffer as {
    readonly detached?: boolean;
    readonly resizable?: boolean;
    readonly growable?: boolean;
  };
  if (detached) return "lies in a detached buffer, needs one that still has its memory";
  if (resizable || growable) return "lies in a resizable buffer, needs one of fixed length";
  return undefined;
}

/** Returns whether a value is a typed array. */
export function isTypedArray(value: unknown): value is ArrayBufferView & NumericArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

/**
 * Checks that a value is an array of numbers, in memory that can be read. The values of a typed array are not
 * checked.
 *
 * @throws the error of `refuse("shape", …)` if it is not
 */
export function checkNumeric(
  name: string,
  value: unknown,
  { refuse }: Pick<Naming, "refuse">,
): asserts value is NumericArray {
  if (isTypedArray(value)) {
    const fault = bufferFault(value);
    if (fault) throw refuse("shape", `"${name}" ${fault}`);
    return;
  }
  const length = typeof value === "object" && !ArrayBuffer.isView(value)
    ? (value as { length?: unknown } | null)?.length
    : undefined;
  if (!Number.isSafeInteger(length) || (length as number) < 0) {
    throw refuse("shape", `"${name}" ${describe(value)}, needs an array of numbers`);
  }
  const values = value as ArrayLike<unknown>;
  for (let index = 0; index < values.length; index++) {
    if (typeof values[index] === "number") continue;
    throw refuse("shape", `"${name}" at [${index}] ${describe(values[index])}, needs a number`);
  }
}

/** Returns whether an array holds integers of 32 or 64 bits, which float32 may have to round. */
export function holdsWideIntegers(values: NumericArray): boolean {
  return values instanceof Int32Array || values instanceof Uint32Array ||
    values instanceof BigInt64Array || values instanceof BigUint64Array;
}
