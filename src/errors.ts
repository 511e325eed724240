/**
 * The errors of this library. A wrong kind or shape is a `TypeError`, a value out of range a `RangeError`; the three
 * classes below carry what those cannot. Deno's own errors (a missing file, a refused permission) pass through.
 * @module
 */
import { visible } from "./visible.ts";

/** A file or buffer whose content breaks its format, with the name of the file and, where known, the offset. */
export class FormatError extends Error {
  /** The class's name, as `Error.name` wants it. */
  override readonly name = "FormatError";
  /** The file, as its reader was told; `""` for bytes that came without a name. */
  readonly file: string;
  /** Where in the file the fault lies, in bytes from its start; `undefined` where no single place is at fault. */
  readonly offset: number | undefined;

  /**
   * Creates the error; `message` is a whole sentence that already names the file. Names that stand in a file may hold
   * control characters: the message shows these as escapes, such as `\u001b`.
   */
  constructor(message: string, options: { file?: string; offset?: number; cause?: unknown } = {}) {
    super(visible(message), { cause: options.cause });
    this.file = options.file ?? "";
    this.offset = options.offset;
  }
}

/** A backend that cannot be opened, or that failed while it worked. */
export class BackendError extends Error {
  /** The class's name, as `Error.name` wants it. */
  override readonly name = "BackendError";
  /** The backend that failed, such as `"wasm"`. */
  readonly backend: string;
  /** A short stable word for programs, such as `"closed"` or `"unavailable"`. */
  readonly code: string;

  /** Creates the error; `message` is a whole sentence that already names the backend. */
  constructor(message: string, options: { backend: string; code: string; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.backend = options.backend;
    this.code = options.code;
  }
}

/** Training stopped because the loss or a parameter was no longer a finite number. */
export class DivergedError extends Error {
  /** The class's name, as `Error.name` wants it. */
  override readonly name = "DivergedError";
  /** The epoch in which it happened, from 1. */
  readonly epoch: number;
  /** The step of that epoch, from 1. */
  readonly step: number;

  /** Creates the error; `message` is a whole sentence. */
  constructor(message: string, options: { epoch: number; step: number }) {
    super(message);
    this.epoch = options.epoch;
    this.step = options.step;
  }
}
