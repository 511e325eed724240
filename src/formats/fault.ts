/**
 * Error messages about the content of a file, in one form for all readers of this folder.
 * @module
 */
import { BYTES, checkArgument, checkOptions, type Fields, foundText, TEXT } from "../arguments.ts";
import { FormatError } from "../errors.ts";
import { visible } from "../visible.ts";

/** The origin of some bytes, for messages. */
export interface Origin {
  /** The file, as the user knows it. */
  readonly name?: string;
  /** The name of the member, if the bytes are a member of an archive. */
  readonly member?: string;
}

/** Checks the arguments of a reader. */
export function checkReading(bytes: unknown, options: unknown, others: Fields = {}): void {
  checkArgument("bytes", bytes, BYTES);
  checkOptions(options, { ...others, name: TEXT, member: TEXT });
}

/** Creates the error for one fault. `fault` is a predicate whose subject is the file or member: `is cut short`. */
export type Refuse = (
  fault: string,
  options?: { readonly offset?: number; readonly cause?: unknown },
) => FormatError;

/**
 * Returns a function that creates the errors of one file: `Cannot read "a.npz": "x_train" is cut short (at byte 80)`.
 *
 * @param format the format that the file should have, such as `npy`; named in messages if the file has no name
 */
export function refuser(format: string, origin: Origin): Refuse {
  const source = origin.name === undefined ? `${format} bytes` : visible(JSON.stringify(origin.name));
  const subject = origin.member === undefined ? "it" : quoted(origin.member);
  return (fault, { offset, cause } = {}) => {
    const at = offset === undefined ? "" : ` (at byte ${digits(offset)})`;
    return new FormatError(`Cannot read ${source}: ${subject} ${fault}${at}`, {
      file: origin.name,
      offset,
      cause,
    });
  };
}

/** The maximum number of characters of a name in a message: those of a long path. */
const MAX_NAME_LENGTH = 300;

/** Formats a name for messages, in quotes and without characters that control a terminal; a long one is cut off. */
export function quoted(name: string): string {
  const shown = name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH)}...` : name;
  return visible(JSON.stringify(shown));
}

let numbers: Intl.NumberFormat | undefined;

/** Formats a whole number for messages: `47,040,128`. */
export function digits(count: number): string {
  numbers ??= new Intl.NumberFormat("en-US"); // a file of many faults would wait for a new one each time
  return numbers.format(count);
}

/** Formats a number of bytes for messages: `1 byte`, `10,000 bytes`. */
export function byteCount(count: number): string {
  return `${digits(count)} ${count === 1 ? "byte" : "bytes"}`;
}

/** The maximum number of lengths of a shape in a message. */
const MAX_LENGTHS = 32;

/** Formats a shape for messages: `[128, 784]`; a long one is cut off. */
export function shapeText(shape: readonly number[]): string {
  const lengths = shape.slice(0, MAX_LENGTHS).map((length) =>
    typeof length === "number" ? length : foundText(length)
  );
  return `[${lengths.join(", ")}${
    shape.length <= MAX_LENGTHS ? "" : `, … (${digits(shape.length)} lengths)`
  }]`;
}

/** The maximum number of characters of a value in a message. */
const MAX_VALUE_LENGTH = 100;

/** Formats a JSON value for messages; a long one is cut off. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH - 3)}...` : text;
}
