/**
 * The errors that a task throws itself, each with the hint that the terminal shows below it.
 * @module
 */

/** An error of a task that the user can do something about. */
export class TaskError extends Error {
  /** The name of the class. */
  override readonly name: string = "TaskError";
  /** Advice, such as a command to type; printed on a separate line. */
  readonly hint: string | undefined;

  /** Creates the error. */
  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.hint = options.hint;
  }
}

/** An invalid command line; the process ends with exit code 2. */
export class UsageError extends TaskError {
  /** The name of the class. */
  override readonly name = "UsageError";
}

/** A failure that another process of the run reports; this one only ends with exit code 1. */
export class ReportedElsewhere extends Error {
  /** The name of the class. */
  override readonly name = "ReportedElsewhere";
}

/** The interruption of a task by a signal. It is the reason of the task's `AbortSignal`. */
export class Interrupted extends Error {
  /** The name of the class. */
  override readonly name = "Interrupted";
  /** The exit code of the process: 128 plus the number of the signal. */
  readonly exitCode: number;

  /** Creates the error. */
  constructor(message: string, options: { exitCode: number }) {
    super(message);
    this.exitCode = options.exitCode;
  }
}
