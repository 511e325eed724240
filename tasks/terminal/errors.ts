/**
 * The errors that a task raises itself, each with the hint that the terminal shows below it.
 * @module
 */

/** A task that cannot go on, for a reason that the person at the terminal can do something about. */
export class TaskError extends Error {
  /** The class's name, as `Error.name` wants it. */
  override readonly name: string = "TaskError";
  /** What to try, such as a command to type; printed on a line of its own. */
  readonly hint: string | undefined;

  /** Creates the error. */
  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.hint = options.hint;
  }
}

/** A command line that the task does not understand; the process ends with exit code 2. */
export class UsageError extends TaskError {
  /** The class's name, as `Error.name` wants it. */
  override readonly name = "UsageError";
}

/** A signal asked the task to end. It is the reason of the `AbortSignal` that the task was given. */
export class Interrupted extends Error {
  /** The class's name, as `Error.name` wants it. */
  override readonly name = "Interrupted";
  /** The process's exit code: 128 and the number of the signal. */
  readonly exitCode: number;

  /** Creates the error. */
  constructor(message: string, options: { exitCode: number }) {
    super(message);
    this.exitCode = options.exitCode;
  }
}
