/**
 * Runs a task with its arguments, and returns the exit code: 0 done, 1 failed, 2 invalid command line, 130
 * interrupted (143 by SIGTERM, 129 by SIGHUP), 141 if the reader of its output has closed the pipe.
 * @module
 */
import {
  type LibraryName,
  NATIVE_LIBRARIES,
  readableVariable,
} from "../../src/backends/native/library_path.ts";
import { BackendError, DivergedError, FormatError } from "../../src/errors.ts";
import { parseCommand, type Parsed, wantsDebug, wantsHelp } from "./arguments.ts";
import { type Command, commandLine, DENO_TASK } from "./command.ts";
import { deniedLine, quietDrivers } from "./environment.ts";
import { Interrupted, ReportedElsewhere, TaskError, UsageError } from "./errors.ts";
import { helpText } from "./help.ts";
import { type InterruptOptions, listenForInterrupt } from "./interrupt.ts";
import { openScreen, type Screen } from "./screen.ts";
import { obstacleOf, systemMessage } from "./system_errors.ts";

/** The exit code for a closed pipe: 128 plus the number of SIGPIPE. */
const BROKEN_PIPE = 141;

/** The codes of errors about a library that is to be replaced. */
const UNUSABLE: readonly string[] = ["no-library", "no-mpi", "wrong-abi", "wrong-kind"];

/** The argument of a task's body. */
export interface TaskContext<G extends Command["groups"]> extends Parsed<G> {
  /** The program that was called, for hints: `deno task`, or `mlpcuda`. */
  readonly program: string;
  /** The arguments that were typed after the name of the task. */
  readonly args: readonly string[];
  /** The screen to write to. */
  readonly screen: Screen;
  /** Aborted by the first Ctrl-C, with {@linkcode Interrupted} as its reason; the task saves and returns. */
  readonly signal: AbortSignal;
  /** Prints an error with its hint, as one that the task throws. */
  readonly report: (error: unknown) => void;
}

/** The body of a task. */
export type TaskBody<G extends Command["groups"]> = (context: TaskContext<G>) => void | Promise<void>;

/** The command line with which a task was called. */
export interface Call {
  /** The program: `deno task`, or `mlpcuda`. */
  readonly program: string;
  /** The arguments. */
  readonly args: readonly string[];
}

/** The environment of a task; tests replace its parts. */
export interface TaskHost extends Call {
  /** The screen to write to. */
  readonly screen: Screen;
  /** The functions that add and remove listeners for signals. */
  readonly interrupt?: Omit<InterruptOptions, "note">;
}

/** Runs a task, by default with the process's arguments, and ends the process with its exit code. */
export async function runTask<const G extends Command["groups"]>(
  command: Command<G>,
  body: TaskBody<G>,
  { program = DENO_TASK, args = Deno.args }: Partial<Call> = {},
): Promise<never> {
  quietDrivers();
  const screen = openScreen(), denied = wantsHelp(args) ? undefined : deniedLine(program === DENO_TASK);
  if (denied !== undefined) screen.note(denied);
  Deno.exit(await exitCodeOf(command, body, { program, args, screen }));
}

/** Runs a task and resolves to its exit code. Errors are printed, not thrown. */
export async function exitCodeOf<const G extends Command["groups"]>(
  command: Command<G>,
  body: TaskBody<G>,
  host: TaskHost,
): Promise<number> {
  using screen = host.screen;
  const { program } = host;
  try {
    const parsed = wantsHelp(host.args) ? undefined : parseCommand(host.args, command);
    if (parsed === undefined || parsed.help) {
      const text = helpText(command, { program, columns: screen.columns });
      for (const line of text.split("\n")) screen.row(line);
      return 0;
    }
    using interrupt = listenForInterrupt({ ...host.interrupt, note: screen.finalNote });
    const { signal } = interrupt;
    try {
      await body({
        ...parsed,
        program,
        args: host.args,
        screen,
        signal,
        report: (error) => void report(error, command, host),
      });
    } catch (error) {
      if (error !== signal.reason || !signal.aborted) throw error;
    }
    if (screen.lostRows) return 1; // a result that could not be printed is a failure
    return signal.reason instanceof Interrupted ? signal.reason.exitCode : 0;
  } catch (error) {
    return report(error, command, host);
  }
}

/** Prints an error with its hint, and returns the exit code for it. */
function report(error: unknown, command: Command, { program, args, screen }: TaskHost): number {
  // No message: the reader of the output has ended.
  if (error instanceof Deno.errors.BrokenPipe) return BROKEN_PIPE;
  if (error instanceof ReportedElsewhere) return 1;
  screen.error(messageOf(error), hintFor(error, command, program));
  if (wantsDebug(args) && error instanceof Error) {
    for (const line of Deno.inspect(error).split("\n")) screen.note(line);
  }
  return error instanceof UsageError ? 2 : 1;
}

/** Returns the message of an error; for errors of Deno and of the system, a message of this program. */
function messageOf(error: unknown): string {
  return systemMessage(error) ?? (error instanceof Error ? error.message : String(error));
}

/** Returns the library that an error is about. */
function libraryOf({ backend }: BackendError): { readonly file: string; readonly variable: string } {
  return NATIVE_LIBRARIES[backend as LibraryName] ?? NATIVE_LIBRARIES.cuda;
}

/** Returns the hint for an error, by its kind. */
function hintFor(error: unknown, command: Command, program: string): string | undefined {
  const isTask = program === DENO_TASK, line = commandLine(program, command);
  if (error instanceof TaskError && error.hint !== undefined) return error.hint;
  if (error instanceof UsageError) return `run \`${line} --help\` for the options`;
  if (error instanceof BackendError && error.code === "rank-lost") {
    return "continue from its --checkpoint with --resume, on any number of ranks";
  }
  if (error instanceof BackendError && error.code === "permission") {
    const { file } = libraryOf(error), name = file.split("/").at(-1);
    return isTask
      ? `the tasks may load ${file} and /usr/local/lib/${name}: make the first a link to your library`
      : `start or install ${program} with --allow-ffi and the path of your library`;
  }
  if (error instanceof BackendError && UNUSABLE.includes(error.code) && isTask) {
    const without = error.backend === "mpi" ? "train without --ranks" : "use --backend wasm";
    const { variable } = libraryOf(error);
    return readableVariable(variable) !== undefined
      ? `correct or unset ${variable}, or ${without}`
      : `run \`make ${error.backend}\`, or ${without}`;
  }
  if (error instanceof BackendError && error.code === "ranks") return "start 1, 2, 4 or 8 processes";
  if (error instanceof BackendError && error.code === "ranks-differ") {
    return "start all ranks with the same options and files, and with the same version of this program";
  }
  if (error instanceof BackendError && error.code === "mpi") {
    return "build the library with the mpicc of your mpirun: `make mpi MPICC=…`";
  }
  if (error instanceof BackendError) {
    return `run \`${program} info\` to see which backends open on this machine`;
  }
  if (error instanceof FormatError && error.message.includes("option trustSizes")) {
    return "if you trust the origin of the file, add --trust-sizes";
  }
  if (error instanceof DivergedError) return "try a smaller --learning-rate, or --clip-norm 1";
  const { hint, permission } = obstacleOf(error instanceof TaskError ? error.cause : error) ?? {};
  if (!permission) return error instanceof TaskError ? undefined : hint;
  return isTask
    ? `run it as \`${line}\`, which grants --allow-${permission}`
    : `start or install ${program} with --allow-${permission}`;
}
