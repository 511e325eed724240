/** The verdict on one input: a FormatError as errors should be, or a right result. @module */
import { FormatError } from "../../src/errors.ts";
import { visible } from "../../src/visible.ts";
import { type FuzzReader, isSame, type Made } from "./kinds.ts";

/** The verdict on a reader and an input. */
export interface Verdict {
  /** A result, or an error. */
  readonly kind: "result" | "error";
  /** True if the input got past the container. */
  readonly isPast: boolean;
  /** The fault of the reader; absent if there is none. */
  readonly fault?: string;
}

/** Texts of V8, of Deno and of its decompressor, which do not help the user of a file. */
const INNER = new RegExp(
  [
    ...["is not valid JSON", "in JSON at", "Unexpected (?:token|end|identifier)", "Invalid (?:typed )?array"],
    ...["Array buffer", "call stack", "is not a function", "is not iterable", "Cannot (?:read|set) propert"],
    ...[
      "corrupt deflate",
      "invalid (?:distance|block|stored|code|gzip|bit)",
      "unexpected end of",
      "\\[object",
    ],
    ...["out of (?:bounds|memory)", "outside the bounds", "BigInt", "RangeError", "TypeError", "\\.ts:\\d"],
    ...["Invalid (?:string|regular|count|code point)", "failed to fill", "deno_", "encoded data was not"],
  ].join("|"),
);

/** The maximum length of a message, in characters. */
const LONGEST_MESSAGE = 1500;

/** Reads an input, and judges the result or the error. Never throws. */
export async function judge(
  reader: FuzzReader,
  { bytes, expected }: Made,
  { faults }: { readonly faults: number },
): Promise<Verdict> {
  let result: unknown;
  try {
    result = reader.read(bytes);
    if (result instanceof Promise) result = await result;
  } catch (error) {
    const isAboutOptions = (error instanceof TypeError || error instanceof RangeError) &&
      reader.argumentErrors?.test(error.message);
    if (isAboutOptions) return { kind: "error", isPast: true };
    const fault = errorFault(error) ??
      (expected !== undefined && faults === 0
        ? `refuses a right file: ${(error as Error).message}`
        : undefined);
    return {
      kind: "error",
      isPast: error instanceof Error && reader.isPast(bytes, error),
      ...fault && { fault },
    };
  }
  let fault: string | undefined;
  try {
    if (expected !== undefined && faults === 0 && !isSame(result, expected)) {
      fault = "another result than was written";
    } else fault = reader.fault?.(result, bytes);
  } catch (error) {
    fault = `its result cannot be used: ${error instanceof Error ? error.stack : error}`;
  }
  return { kind: "result", isPast: true, ...fault && { fault: `wrong result: ${fault}` } };
}

/** Describes the fault of an error; `undefined` if there is none. */
function errorFault(error: unknown): string | undefined {
  if (!(error instanceof FormatError)) {
    return error instanceof Error ? `another error: ${error.stack}` : `throws ${String(error)}`;
  }
  const { message, offset } = error;
  if (offset !== undefined && !(Number.isSafeInteger(offset) && offset >= 0)) {
    return `offset ${offset}: ${message}`;
  }
  if (message.length > LONGEST_MESSAGE) {
    return `a message of ${message.length} characters: ${message.slice(0, 200)}`;
  }
  if (visible(message) !== message) return `a message with invisible characters: ${JSON.stringify(message)}`;
  if (
    !/^Cannot (?:read|use|load) /.test(message) ||
    /[^.]\.$/.test(message.replace(/"[^"]*"|, it has .*| has [^,]*$/gs, ""))
  ) {
    return `a message of another form: ${message}`;
  }
  // A file's own text, which is in quotes, may contain anything.
  if (INNER.test(message.replace(/"(?:[^"\\]|\\.)*"/g, ""))) return `a message with inner text: ${message}`;
}
