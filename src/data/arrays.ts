/**
 * Arrays of numbers of any kind: how messages describe what was given, and which arrays cannot be worked on whatever
 * their class is.
 * @module
 */

/** Numbers of any type; 64-bit integers too. */
export type NumericArray = ArrayLike<number> | BigInt64Array | BigUint64Array;

/** The names of arrays in messages, and the errors that faults in them become. */
export interface Naming {
  /** The name of the inputs. */
  readonly inputs: string;
  /** The name of the labels or targets. */
  readonly answers: string;
  /** Makes the error; `"shape"` for a wrong kind or shape, `"range"` for a value out of range. */
  readonly refuse: (kind: "shape" | "range", fault: string) => Error;
  /** Whether integers that float32 would round are refused; numbers of a file are rounded by default. */
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

/** Puts the article before a class's name: `an Int8Array`, `a Uint8Array`. */
export function withArticle(name: string): string {
  return `${/^[AEIO]/.test(name) ? "an" : "a"} ${name}`;
}

function classOf(value: object): string {
  const name: unknown = value.constructor?.name;
  return typeof name === "string" && name !== "" && name !== "Object" ? name : "plain object";
}

/**
 * Says why the memory of an array cannot be read safely, as the predicate of a sentence; `undefined` if it can. A fixed
 * length is needed because native code and other threads do not notice when an array shrinks.
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

/** Whether a value is a typed array. */
export function isTypedArray(value: unknown): value is ArrayBufferView & NumericArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

/**
 * Checks that a value is an array of numbers, in memory that can be read. The values of a typed array are not looked at.
 *
 * @throws what `refuse` makes, of kind `"shape"`, if it is something else
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

/** Whether an array's class holds integers of more than 16 bits, which float32 may have to round. */
export function holdsWideIntegers(values: NumericArray): boolean {
  return values instanceof Int32Array || values instanceof Uint32Array ||
    values instanceof BigInt64Array || values instanceof BigUint64Array;
}
