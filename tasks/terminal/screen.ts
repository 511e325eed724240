/**
 * Where a task writes: results to stdout, everything else to stderr, and on a terminal one transient line below them
 * that is redrawn in place. The cursor is never hidden, so that nothing is left to restore however the process ends.
 *
 * Every text is one line, in which control characters are shown as escapes: names that come from files can neither
 * steer the terminal nor begin a line of their own. The color codes of this program have methods of their own.
 * @module
 */
import { visible } from "../../src/visible.ts";
import { terminalColumns, variable } from "./environment.ts";

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
  /** Writes a line of results to stdout. */
  row(text: string): void;
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
  let drawn = false;
  let drawnAt = -Infinity;

  const clear = () => {
    if (drawn) stderr.write(CLEAR);
    drawn = false;
  };
  const write = (stream: Stream, text: string) => {
    clear();
    stream.write(`${text}\n`);
  };
  const screen: Screen = {
    get columns() {
      return columns();
    },
    row: (text) => write(stdout, visible(text)),
    picture(lines) {
      for (const line of lines) write(stdout, line);
    },
    note: (text) => write(stderr, visible(text)),
    lastWords(text) {
      transient = false;
      screen.note(text);
    },
    error(message, hint) {
      write(stderr, `${paint(31, "error:")} ${visible(message)}`);
      if (hint !== undefined) write(stderr, `  ${paint(36, "hint:")} ${visible(hint)}`);
    },
    progress(text) {
      if (!transient || now() - drawnAt < REDRAW_MILLISECONDS) return;
      // The last column stays free: some terminals wrap as soon as it is written.
      stderr.write(CLEAR + [...visible(text)].slice(0, columns() - 1).join(""));
      drawn = true;
      drawnAt = now();
    },
    clear,
    [Symbol.dispose]: clear,
  };
  return screen;
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
