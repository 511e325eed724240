/**
 * The errors of this library. A wrong kind or shape is a `TypeError`, a value out of range a `RangeError`. The three
 * classes below have properties that those lack. Deno's own errors (a missing file, a refused permission) pass
 * through.
 * @module
 */
import { ANY, checkArgument, checkOptions, TEXT, whole } from "./arguments.ts";
import { visible } from "./visible.ts";

/**
 * A file or buffer whose content violates its format, with the name of the file and, if known, the offset of the
 * fault.
 */
export class FormatError extends Error {
  /** The name of the class. */
  override readonly name = "FormatError";
  /** The file's name as passed to the reader; `""` if none was passed. */
  readonly file: string;
  /** The offset of the fault in the file, in bytes; `undefined` if the fault has no single position. */
  readonly offset: number | undefined;

  /**
   * Creates the error; `message` is a complete sentence that already names the file. Text from a file may contain
   * control characters: the message shows them as escapes, such as `\u001b`.
   */
  constructor(message: string, options: { file?: string; offset?: number; cause?: unknown } = {}) {
    checkArgument("message", message, TEXT);
    checkOptions(options, { file: TEXT, offset: whole(), cause: ANY });
    super(visible(message), { cause: options.cause });
    this.file = options.file ?? "";
    this.offset = options.offset;
  }
}

/** A backend that cannot be opened, or that failed while it computed. */
export class BackendError extends Error {
  /** The name of the class. */
  override readonly name = "BackendError";
  /** The backend that failed, such as `"wasm"`. */
  readonly backend: string;
  /** A short stable word for programs, such as `"closed"` or `"unavailable"`. */
  readonly code: string;

  /** Creates the error; `message` is a complete sentence that already names the backend. */
  constructor(message: string, options: { backend: string; code: string; cause?: unknown }) {
    checkArgument("message", message, TEXT);
    checkOptions(options, { cause: ANY }, { backend: TEXT, code: TEXT });
    super(message, { cause: options.cause });
    this.backend = options.backend;
    this.code = options.code;
  }
}

/** A training that stopped because the loss or a parameter was no longer a finite number. */
export class DivergedError extends Error {
  /** The name of the class. */
  override readonly name = "DivergedError";
  /** The epoch in which training diverged, from 1. */
  readonly epoch: number;
  /** The step of that epoch, from 1. */
  readonly step: number;

  /** Creates the error; `message` is a complete sentence. */
  constructor(message: string, options: { epoch: number; step: number }) {
    checkArgument("message", message, TEXT);
    checkOptions(options, {}, { epoch: whole(1), step: whole() });
    super(message);
    this.epoch = options.epoch;
    this.step = options.step;
  }
}
