/**
 * How the readers of this folder word what is wrong with a file.
 * @module
 */
import { FormatError } from "../errors.ts";

/** Where bytes came from, for messages. */
export interface Origin {
  /** The file, as the user knows it. */
  readonly name?: string;
  /** The member of the file that the bytes are, where the file is an archive. */
  readonly member?: string;
}

/** Makes the error for one fault; `fault` continues a sentence whose subject is the file or member: `is cut short`. */
export type Refuse = (
  fault: string,
  options?: { readonly offset?: number; readonly cause?: unknown },
) => FormatError;

/**
 * Makes the errors of one file: `Cannot read "a.npz": "x_train" is cut short (at byte 80)`.
 *
 * @param format what the file should be, said where it has no name: `npy`
 */
export function refuser(format: string, origin: Origin): Refuse {
  const where = origin.name === undefined ? `${format} bytes` : JSON.stringify(origin.name);
  const subject = origin.member === undefined ? "it" : JSON.stringify(origin.member);
  return (fault, { offset, cause } = {}) => {
    const at = offset === undefined ? "" : ` (at byte ${digits(offset)})`;
    return new FormatError(`Cannot read ${where}: ${subject} ${fault}${at}`, {
      file: origin.name,
      offset,
      cause,
    });
  };
}

/** A whole number as messages print it: `47,040,128`. */
export function digits(count: number): string {
  return count.toLocaleString("en-US");
}

/** A number of bytes as messages print it: `1 byte`, `10,000 bytes`. */
export function byteCount(count: number): string {
  return `${digits(count)} ${count === 1 ? "byte" : "bytes"}`;
}

/** A shape as messages print it: `[128, 784]`. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

/** The most characters of a value that messages print. */
const LONGEST_VALUE = 100;

/** A value of JSON as messages print it, cut off if it is long. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 3)}...` : text;
}
