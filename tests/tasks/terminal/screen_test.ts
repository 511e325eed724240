import { assert, assertEquals, assertFalse, assertMatch, assertThrows } from "@std/assert";
import { record } from "./fakes.ts";

const CLEAR = "\r\x1b[K";

Deno.test("openScreen() writes rows to stdout and notes to stderr", () => {
  const { screen, stdout, stderr } = record();
  screen.row("1 2");
  screen.note("reading");
  screen.error("Cannot read", "look");
  assertEquals(stdout(), "1 2\n");
  assertEquals(stderr(), "reading\nerror: Cannot read\n  hint: look\n");
});

Deno.test("Screen.showErrorsOnly() drops all but errors, which begin with its prefix", () => {
  const { screen, both, wait } = record({ transient: true });
  screen.showErrorsOnly("Rank 2: ");
  screen.row("1 2");
  screen.picture(["##"]);
  screen.note("reading");
  screen.finalNote("interrupted");
  wait(100);
  screen.progress("10 %");
  screen.error("Cannot read", "look");
  assertEquals(both(), "error: Rank 2: Cannot read\n  hint: look\n");
});

Deno.test("openScreen() draws nothing transient without a terminal", () => {
  const { screen, both } = record();
  screen.progress("10 %");
  screen[Symbol.dispose]();
  assertEquals(both(), "");
});

Deno.test("openScreen() clears the transient line before a row, a note and the end", () => {
  const { screen, both, wait } = record({ transient: true });
  screen.progress("10 %");
  screen.row("row");
  wait(100);
  screen.progress("20 %");
  screen.note("note");
  wait(100);
  screen.progress("30 %");
  screen[Symbol.dispose]();
  screen[Symbol.dispose]();
  assertEquals(
    both(),
    `${CLEAR}10 %${CLEAR}row\n${CLEAR}20 %${CLEAR}note\n${CLEAR}30 %${CLEAR}`,
  );
});

Deno.test("openScreen() draws several transient lines in place of the ones before, and clears all of them", () => {
  const { screen, both, wait } = record({ transient: true, columns: () => 6 });
  screen.progress(["one", "two", "a long line"]);
  wait(100);
  screen.progress(["three", "four\x1b"]);
  screen.row("row");
  wait(100);
  screen.progress("five");
  assertEquals(
    both(),
    `${CLEAR}one\ntwo\na lon\r\x1b[2A\x1b[Jthree\nfour\\\r\x1b[1A\x1b[Jrow\n${CLEAR}five`,
  );
});

Deno.test("openScreen() redraws at most ten times a second", () => {
  const { screen, stderr, wait } = record({ transient: true });
  for (let i = 0; i < 1000; i++) {
    screen.progress(String(i));
    wait(1);
  }
  assertEquals(stderr().split(CLEAR).slice(1), [
    "0",
    "100",
    "200",
    "300",
    "400",
    "500",
    "600",
    "700",
    "800",
    "900",
  ]);
});

Deno.test("openScreen() draws nothing transient after lastWords()", () => {
  const { screen, both, wait } = record({ transient: true });
  screen.progress("10 %");
  screen.finalNote("ending");
  wait(1000);
  screen.progress("20 %");
  screen.row("row");
  assertEquals(both(), `${CLEAR}10 %${CLEAR}ending\nrow\n`);
});

Deno.test("openScreen() keeps the transient line within the terminal", () => {
  const { screen, stderr } = record({ transient: true, columns: () => 10 });
  screen.progress("0123456789");
  assertEquals(stderr(), `${CLEAR}012345678`);
});

Deno.test("openScreen() writes one line for each text, with control characters as escapes", () => {
  const { screen, stdout, stderr, wait } = record({ transient: true, color: true });
  const text = "a\x1b[2J\nerror: \x9bb\u202e";
  const shown = "a\\u001b[2J\\nerror: \\u009bb\\u202e";
  screen.row(text);
  screen.note(text);
  screen.finalNote(text);
  screen.error(text, text);
  assertEquals(stdout(), `${shown}\n`);
  const error = `\x1b[31merror:\x1b[0m ${shown}\n  \x1b[36mhint:\x1b[0m ${shown}\n`;
  assertEquals(stderr(), `${shown}\n${shown}\n${error}`);
  const other = record({ transient: true });
  wait(1000);
  other.screen.progress(text);
  assertEquals(other.stderr(), `${CLEAR}${shown}`);
});

Deno.test("openScreen() keeps the color codes of an image", () => {
  const { screen, stdout } = record();
  screen.picture(["\x1b[38;5;232m▀\x1b[0m", "b"]);
  assertEquals(stdout(), "\x1b[38;5;232m▀\x1b[0m\nb\n");
});

Deno.test("openScreen() colors errors only if colors are allowed", () => {
  const { screen, stderr } = record({ color: true });
  screen.error("Cannot read");
  assertEquals(stderr(), "\x1b[31merror:\x1b[0m Cannot read\n");
});

/** Creates a stream that fails. */
function broken(error: Error, isTerminal = false) {
  return {
    write(): void {
      throw error;
    },
    isTerminal: () => isTerminal,
  };
}

const ioError = () => Object.assign(new Error("Input/output error (os error 5)"), { code: "EIO" });

Deno.test("openScreen() throws the errors of stdout, unless the task should continue without it", () => {
  const { screen } = record({ stdout: broken(new Deno.errors.BrokenPipe("gone")) });
  assertThrows(() => screen.row("row"), Deno.errors.BrokenPipe);
  screen.outliveStdout();
  screen.row("row");
  assertFalse(screen.lostRows);
});

Deno.test("openScreen() drops rows silently if nothing can read them", () => {
  for (const stream of [broken(new Deno.errors.BrokenPipe("gone")), broken(ioError(), true)]) {
    const { screen, stderr } = record({ stdout: stream });
    screen.outliveStdout();
    for (let i = 0; i < 3; i++) screen.row("row");
    screen.note("note");
    assertEquals([stderr(), screen.lostRows], ["note\n", false]);
  }
});

Deno.test("openScreen() reports once that rows are lost for another reason", () => {
  for (const error of [new Error("No space left on device (os error 28)"), ioError()]) {
    const { screen, stderr } = record({ stdout: broken(error) });
    screen.outliveStdout();
    for (let i = 0; i < 3; i++) screen.row("row");
    assertMatch(stderr(), /^error: Cannot write to stdout: [^\n]+\n$/);
    assert(screen.lostRows);
  }
});

Deno.test("openScreen() continues without stderr", () => {
  const { screen, stdout } = record({ stderr: broken(ioError(), true), transient: true });
  screen.note("note");
  screen.progress("10 %");
  screen.error("Cannot read", "look");
  screen.row("row");
  screen.finalNote("ending");
  screen[Symbol.dispose]();
  assertEquals(stdout(), "row\n");
});
