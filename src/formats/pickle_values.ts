/** The values of Python's pickles. @module */

/** A constructor or a function, by its full name: `collections.OrderedDict`. */
export interface PickleGlobal {
  readonly kind: "global";
  readonly name: string;
}

/** A dtype of NumPy. */
export interface PickledDtype {
  readonly kind: "dtype";
  /** Its kind and size: `f8`, `U3`, `O8`. */
  readonly code: string;
  /** Its byte order: `<`, `>`, `|` or `=`. A pickle gives it after the dtype itself. */
  order: string;
}

/** An array of NumPy or CuPy. A pickle gives its content after the array itself. */
export interface PickledArray {
  readonly kind: "array";
  /** Its dtype; absent before its content is there. */
  dtype?: PickledDtype;
  shape: readonly number[];
  /** True if the first index moves fastest. */
  fortranOrder: boolean;
  /** Its bytes; of an array of objects, the objects. */
  data: Uint8Array | PickleValue[];
}

/** The memory of tensors of PyTorch, whose bytes are outside of the pickle. */
export interface PickledStorage {
  readonly kind: "storage";
  /** Its type: `Float` of `FloatStorage`. */
  readonly type: string;
  /** Its name: the file in the archive. */
  readonly key: string;
  /** The number of values. */
  readonly count: number;
}

/** A tensor of PyTorch: a part of a storage. */
export interface PickledTensor {
  readonly kind: "tensor";
  readonly storage: PickledStorage;
  /** The index of its first value in the storage. */
  readonly offset: number;
  readonly shape: readonly number[];
  /** The distance in the storage between values along each axis. */
  readonly strides: readonly number[];
}

/** A value of a pickle. Lists and tuples are arrays, dicts are Maps. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | Set<PickleValue>
  | PickleGlobal
  | PickledDtype
  | PickledArray
  | PickledStorage
  | PickledTensor;

/** Returns whether a value is an object of this kind. */
export function isKind<Kind extends "global" | "dtype" | "array" | "storage" | "tensor">(
  value: PickleValue | undefined,
  kind: Kind,
): value is Extract<PickleValue, { readonly kind: Kind }> {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === kind;
}

/** Returns a value in words, for messages: `a dict`, `the text "relu"`. */
export function kindOf(value: PickleValue | undefined): string {
  if (value === undefined) return "nothing";
  if (value === null) return "None";
  if (typeof value === "string") return "a text";
  if (typeof value !== "object") return typeof value === "boolean" ? "a bool" : "a number";
  if (Array.isArray(value)) return "a list";
  if (value instanceof Map) return "a dict";
  if (value instanceof Set) return "a set";
  if (value instanceof Uint8Array) return "bytes";
  return value.kind === "global" ? `the function ${value.name}` : `a ${value.kind}`;
}
