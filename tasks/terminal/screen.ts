/**
 * Where a task writes: results to stdout, everything else to stderr, and on a terminal one transient line below them
 * that is redrawn in place. The cursor is never hidden, so that nothing is left to restore however the process ends.
 * Nothing fails because stderr cannot be written to: there is no other place to say so.
 *
 * Every text is one line, in which control characters are shown as escapes: names that come from files can neither
 * steer the terminal nor begin a line of their own. The color codes of this program have methods of their own.
 * @module
 */
import { visible } from "../../src/visible.ts";
import { terminalColumns, variable } from "./environment.ts";
import { reasonOf } from "./system_errors.ts";

/** At most ten redraws of the transient line a second. */
const REDRAW_MILLISECONDS = 100;
/** Back to the first column, and clear to the end of the line. */
const CLEAR = "\r\x1b[K";

/** Something that takes text, such as a standard stream. */
export interface Stream {
  /** Writes all of `text`. */
  write(text: string): void;
  /** Whether a person sees it. */
  isTerminal(): boolean;
}

/** What a screen is made of; every part can be replaced in a test. */
export interface ScreenOptions {
  /** Receives results. */
  readonly stdout?: Stream;
  /** Receives everything else. */
  readonly stderr?: Stream;
  /** Whether a line may be redrawn in place; by default where stderr is a terminal and `TERM` is not `dumb`. */
  readonly transient?: boolean;
  /** Whether `error:` and `hint:` are coloured; by default where stderr is a terminal, unless `NO_COLOR` is set. */
  readonly color?: boolean;
  /** The width of the terminal. */
  readonly columns?: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/** Where a task writes. */
export interface Screen extends Disposable {
  /** Writes a line of results to stdout. Throws if that fails, unless {@linkcode Screen.outliveStdout} was called. */
  row(text: string): void;
  /**
   * Makes `row` drop what stdout does not take, for a task whose work must not end with its output: in silence if nobody
   * reads it any more, else with one line on stderr, and {@linkcode Screen.lostRows} is set.
   */
  outliveStdout(): void;
  /** Whether rows were lost for another reason than that nobody reads them. */
  readonly lostRows: boolean;
  /** Writes lines to stdout that hold color codes, and therefore no text from a file. */
  picture(lines: readonly string[]): void;
  /** Writes a line for the person to stderr. */
  note(text: string): void;
  /** Writes a line to stderr and draws no transient line after it, since the process may end at any time. */
  lastWords(text: string): void;
  /** Writes an error and its hint to stderr. */
  error(message: string, hint?: string): void;
  /** Redraws the transient line, unless it was redrawn within the last tenth of a second; nothing without one. */
  progress(text: string): void;
  /** Clears the transient line. */
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
  let drawn = false;
  let drawnAt = -Infinity;

  const say = (text: string) => {
    try {
      stderr.write(text);
    } catch {
      transient = false;
    }
  };
  const clear = () => {
    if (drawn) say(CLEAR);
    drawn = false;
  };
  const print = (line: string) => {
    clear();
    if (stdoutFailed) return;
    try {
      stdout.write(`${line}\n`);
    } catch (error) {
      if (!outlivesStdout) throw error;
      stdoutFailed = true;
      if (isGone(error, wasTerminal)) return;
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
    row: (text) => print(visible(text)),
    picture(lines) {
      for (const line of lines) print(line);
    },
    note: (text) => tell(visible(text)),
    lastWords(text) {
      transient = false;
      screen.note(text);
    },
    error(message, hint) {
      tell(`${paint(31, "error:")} ${visible(message)}`);
      if (hint !== undefined) tell(`  ${paint(36, "hint:")} ${visible(hint)}`);
    },
    progress(text) {
      if (!transient || now() - drawnAt < REDRAW_MILLISECONDS) return;
      // The last column stays free: some terminals wrap as soon as it is written.
      say(CLEAR + [...visible(text)].slice(0, columns() - 1).join(""));
      drawn = true;
      drawnAt = now();
    },
    clear,
    [Symbol.dispose]: clear,
  };
  return screen;
}

/** Whether an error says that nobody reads a stream any more: the end of a pipe, or a terminal that was closed. */
function isGone(error: unknown, wasTerminal: boolean): boolean {
  if (error instanceof Deno.errors.BrokenPipe) return true;
  return wasTerminal && error instanceof Error && (error as Error & { code?: string }).code === "EIO";
}

/** A standard stream of the process. */
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
