/**
 * The output of a task. Results are written to stdout, everything else to stderr. On a terminal, one transient line
 * below them is redrawn in place. The cursor is never hidden, so that nothing must be restored when the process ends.
 * Failures to write to stderr are ignored, because they cannot be reported anywhere.
 *
 * Every text is one line, and control characters are shown as escapes, so that text from files can neither control
 * the terminal nor begin a new line. Only `picture()` writes lines with color codes.
 * @module
 */
import { visible } from "../../src/visible.ts";
import { terminalColumns, variable } from "./environment.ts";
import { reasonOf } from "./system_errors.ts";

/** The minimum time between two redraws of the transient line, in milliseconds. */
const REDRAW_MILLISECONDS = 100;
/** Returns the codes that return to the first of some transient lines, of which the last has the cursor, and clear them. */
const clearOf = (lines: number) => lines > 1 ? `\r\x1b[${lines - 1}A\x1b[J` : "\r\x1b[K";

/** An output for text, such as a standard stream. */
export interface Stream {
  /** Writes all of `text`. */
  write(text: string): void;
  /** Returns whether the output is a terminal. */
  isTerminal(): boolean;
}

/** Options of {@linkcode openScreen}; tests replace the parts. */
export interface ScreenOptions {
  /** The output for results. */
  readonly stdout?: Stream;
  /** The output for everything else. */
  readonly stderr?: Stream;
  /** True if a line may be redrawn in place; by default if stderr is a terminal and `TERM` is not `dumb`. */
  readonly transient?: boolean;
  /** True to color `error:` and `hint:`; by default if stderr is a terminal and `NO_COLOR` is not set. */
  readonly color?: boolean;
  /** The width of the terminal. */
  readonly columns?: () => number;
  /** Returns the milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

/** The output of a task. */
export interface Screen extends Disposable {
  /** Writes a line of results to stdout. Throws if that fails, unless {@linkcode Screen.outliveStdout} was called. */
  row(text: string): void;
  /**
   * Makes `row` drop rows that cannot be written, for a task that must not end because of its output. If the reader
   * of stdout has ended, this is silent. Otherwise one error is written to stderr, and {@linkcode Screen.lostRows} is
   * set.
   */
  outliveStdout(): void;
  /**
   * Shows nothing but errors from now on, each of which begins with `prefix`. For a process of a run whose first process
   * shows the rest.
   */
  showErrorsOnly(prefix: string): void;
  /** True if rows were lost for another reason than the end of their reader. */
  readonly lostRows: boolean;
  /** Writes lines with color codes to stdout. They must not contain text from a file. */
  picture(lines: readonly string[]): void;
  /** Writes a line for the person to stderr. */
  note(text: string): void;
  /** Writes a line to stderr, after which no transient line is drawn, because the process may end at any time. */
  finalNote(text: string): void;
  /** Writes an error and its hint to stderr. */
  error(message: string, hint?: string): void;
  /** Redraws the transient lines, one or several, if the screen has any and they were not redrawn within the last tenth of a second. */
  progress(text: string | readonly string[]): void;
  /** Clears the transient lines. */
  clear(): void;
  /** The width of the terminal in columns. */
  readonly columns: number;
}

/** Opens the screen of a task. */
export function openScreen(options: ScreenOptions = {}): Screen {
  const stdout = options.stdout ?? streamOf(Deno.stdout);
  const stderr = options.stderr ?? streamOf(Deno.stderr);
  const columns = options.columns ?? terminalColumns;
  const now = options.now ?? (() => performance.now());
  const capable = stderr.isTerminal() && variable("TERM") !== "dumb";
  let transient = options.transient ?? capable;
  const color = options.color ?? (capable && !Deno.noColor);
  const paint = (code: number, text: string) => color ? `\x1b[${code}m${text}\x1b[0m` : text;
  const wasTerminal = stdout.isTerminal();
  let outlivesStdout = false, stdoutFailed = false, lostRows = false;
  let drawn = 0; // transient lines
  let onlyErrors = false, errorPrefix = "";
  let drawnAt = -Infinity;

  const say = (text: string) => {
    try {
      stderr.write(text);
    } catch {
      transient = false;
    }
  };
  const clear = () => {
    if (drawn > 0) say(clearOf(drawn));
    drawn = 0;
  };
  const print = (line: string) => {
    clear();
    if (stdoutFailed) return;
    try {
      stdout.write(`${line}\n`);
    } catch (error) {
      if (!outlivesStdout) throw error;
      stdoutFailed = true;
      if (isReaderGone(error, wasTerminal)) return;
      lostRows = true;
      screen.error(`Cannot write to stdout: ${reasonOf(error)}`);
    }
  };
  const tell = (line: string) => {
    clear();
    say(`${line}\n`);
  };
  const screen: Screen = {
    get columns() {
      return columns();
    },
    get lostRows() {
      return lostRows;
    },
    outliveStdout() {
      outlivesStdout = true;
    },
    showErrorsOnly(prefix) {
      [onlyErrors, errorPrefix, transient] = [true, prefix, false];
    },
    row(text) {
      if (!onlyErrors) print(visible(text));
    },
    picture(lines) {
      for (const line of onlyErrors ? [] : lines) print(line);
    },
    note(text) {
      if (!onlyErrors) tell(visible(text));
    },
    finalNote(text) {
      transient = false;
      screen.note(text);
    },
    error(message, hint) {
      tell(`${paint(31, "error:")} ${errorPrefix}${visible(message)}`);
      if (hint !== undefined) tell(`  ${paint(36, "hint:")} ${visible(hint)}`);
    },
    progress(text) {
      if (!transient || now() - drawnAt < REDRAW_MILLISECONDS) return;
      // The last column stays free, because some terminals wrap when it is written.
      const lines = typeof text === "string" ? [text] : text;
      const cut = lines.map((line) => [...visible(line)].slice(0, columns() - 1).join(""));
      say(clearOf(Math.max(1, drawn)) + cut.join("\n"));
      drawn = lines.length;
      drawnAt = now();
    },
    clear,
    [Symbol.dispose]: clear,
  };
  return screen;
}

/** Returns whether an error means that a stream has no reader any more: a closed pipe, or a closed terminal. */
function isReaderGone(error: unknown, wasTerminal: boolean): boolean {
  if (error instanceof Deno.errors.BrokenPipe) return true;
  return wasTerminal && error instanceof Error && (error as Error & { code?: string }).code === "EIO";
}

/** Wraps a standard stream of the process. */
function streamOf(stream: { writeSync(bytes: Uint8Array): number; isTerminal(): boolean }): Stream {
  const encoder = new TextEncoder();
  return {
    write(text) {
      let bytes = encoder.encode(text);
      while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
    },
    isTerminal: () => stream.isTerminal(),
  };
}
