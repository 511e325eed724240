/** The parts of a fuzzed reader. @module */
import type { Draw } from "./draw.ts";

/** An input. */
export interface Made {
  /** Its bytes. */
  readonly bytes: Uint8Array;
  /** The result that the reader must give, if the input has no fault. */
  readonly expected?: unknown;
}

/** A reader, with a maker of inputs for it. */
export interface FuzzReader {
  /** Its name on the command line. */
  readonly name: string;
  /** Its share of all inputs, in thousandths. */
  readonly share: number;
  /** The usual number of places of an input that can have a fault. */
  readonly places: number;
  /** The size that every file may expand to, in MiB; 16 by default. */
  readonly free?: number;
  /** Makes an input. */
  make(draw: Draw): Made;
  /** Reads an input. */
  read(bytes: Uint8Array): unknown;
  /**
   * Returns whether an input got past the container, although the reader refused it: past the part of the file that says where
   * the content is, such as the directory and the checksums of an archive.
   */
  isPast(bytes: Uint8Array, error: Error): boolean;
  /** The messages of a TypeError or RangeError that documents say for options which contradict a file; absent if there are none. */
  readonly argumentErrors?: RegExp;
  /** Describes the fault of a result that cannot be right; `undefined` if there is none. */
  fault?(result: unknown, bytes: Uint8Array): string | undefined;
}

/** Returns the format that a message names, such as `zip` of "Cannot read zip bytes: …". */
export function formatIn(error: Error): string {
  return /^Cannot (?:read|use) (\w+) bytes: /.exec(error.message)?.[1] ?? "";
}

/** Returns the product of the lengths of a shape. */
export function product(shape: readonly number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((all, length) => all * length, 1);
}

/** Returns whether two results are the same: arrays, typed arrays, Maps, Sets, records and plain values. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (ArrayBuffer.isView(a) || Array.isArray(a)) {
    const [left, right] = [a, b] as unknown as ArrayLike<unknown>[];
    if (left.length !== right.length) return false;
    for (let i = 0; i < left.length; i++) if (!isSame(left[i], right[i])) return false;
    return true;
  }
  if (a instanceof Map) return isSame([...a], [...b as typeof a]);
  if (a instanceof Set) return isSame([...a], [...b as typeof a]);
  const keys = Object.keys(a).filter((key) => (a as Fields)[key] !== undefined).sort();
  return isSame(keys, Object.keys(b).filter((key) => (b as Fields)[key] !== undefined).sort()) &&
    keys.every((key) => isSame((a as Fields)[key], (b as Fields)[key]));
}

type Fields = Readonly<Record<string, unknown>>;
