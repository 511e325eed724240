/** Holds for `tasks/std/cli.ts` and for `jsr:@std/cli@1` alike: only documented behaviour is checked. */
import { assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli";

Deno.test("parseArgs() reads long options with a space and with an equals sign", () => {
  const options = { string: ["name", "path"] };
  assertEquals(parseArgs(["--name", "a", "--path=b=c"], options), { name: "a", path: "b=c", _: [] });
  assertEquals(parseArgs(["--name=x\ny"], options), { name: "x\ny", _: [] });
});

Deno.test("parseArgs() keeps the values of string options text", () => {
  assertEquals(parseArgs(["-s", "0012"], { string: "s" }), { s: "0012", _: [] });
  assertEquals(parseArgs(["--n=1e3", "--hex", "0xff", "--text", "10f"]), {
    n: 1000,
    hex: 255,
    text: "10f",
    _: [],
  });
});

Deno.test("parseArgs() keeps positional arguments text where `_` is a string option", () => {
  assertEquals(parseArgs(["12", "a"], { string: "_" }), { _: ["12", "a"] });
  assertEquals(parseArgs(["12", "a"]), { _: [12, "a"] });
});

Deno.test("parseArgs() gives a string option without its value the empty text", () => {
  assertEquals(parseArgs(["--name"], { string: "name" }), { name: "", _: [] });
  assertEquals(parseArgs(["--name", ""], { string: ["name", "_"] }), { name: "", _: [""] });
  assertEquals(parseArgs(["--name", "--quiet"], { string: "name", boolean: "quiet" }), {
    name: "",
    quiet: true,
    _: [],
  });
  assertEquals(parseArgs(["-o", "-q"], { string: "o", boolean: "q" }), { o: "", q: true, _: [] });
});

Deno.test("parseArgs() takes a lone dash for the value of a short option, else as a positional argument", () => {
  assertEquals(parseArgs(["-o", "-"], { string: "o" }), { o: "-", _: [] });
  assertEquals(parseArgs(["--output", "-"], { string: "output" }), { output: "", _: ["-"] });
  assertEquals(parseArgs(["-q", "-"], { boolean: "q" }), { q: true, _: ["-"] });
});

Deno.test("parseArgs() sets boolean options, false by default", () => {
  const options = { boolean: ["quiet", "json"] };
  assertEquals(parseArgs(["--quiet", "file"], options), { quiet: true, json: false, _: ["file"] });
  assertEquals(parseArgs(["--quiet", "false", "--json=true"], options), { quiet: false, json: true, _: [] });
  assertEquals(parseArgs(["--quiet=false"], options), { quiet: false, json: false, _: [] });
});

Deno.test("parseArgs() negates only what is negatable", () => {
  const options = { boolean: ["quiet"], negatable: ["quiet"] };
  assertEquals(parseArgs(["--no-quiet"], options), { quiet: false, _: [] });
  assertEquals(parseArgs(["--no-quiet", "--quiet"], options), { quiet: true, _: [] });
  assertEquals(parseArgs(["--no-other"], options), { quiet: false, "no-other": true, _: [] });
});

Deno.test("parseArgs() sets every alias", () => {
  const options = {
    string: ["learning-rate"],
    boolean: ["help"],
    alias: { "learning-rate": ["lr", "l"], help: "h" },
  };
  assertEquals(parseArgs(["--lr", "1", "-h"], options), {
    "learning-rate": "1",
    lr: "1",
    l: "1",
    help: true,
    h: true,
    _: [],
  });
});

Deno.test("parseArgs() collects repeated options, and keeps the last of others", () => {
  assertEquals(parseArgs(["--a", "1", "--a", "2"], { string: "a", collect: "a" }), { a: ["1", "2"], _: [] });
  assertEquals(parseArgs(["--a", "1", "--a", "2"], { string: "a" }), { a: "2", _: [] });
  assertEquals(parseArgs([], { string: "a", collect: "a" }), { a: [], _: [] });
});

Deno.test("parseArgs() collects under every alias", () => {
  const options = { string: "rate", collect: ["rate"], alias: { rate: "r" } };
  assertEquals(parseArgs(["--rate", "1", "-r", "2"], options), { rate: ["1", "2"], r: ["1", "2"], _: [] });
});

Deno.test("parseArgs() does not collect a negation", () => {
  const options = { boolean: ["quiet"], collect: ["quiet"], negatable: ["quiet"], alias: { quiet: "q" } };
  assertEquals(parseArgs(["--quiet", "-q"], options), { quiet: [true, true], q: [true, true], _: [] });
  assertEquals(parseArgs(["--quiet", "--no-quiet"], options), { quiet: false, q: false, _: [] });
  assertEquals(parseArgs([], options), { quiet: [], q: [], _: [] });
});

Deno.test("parseArgs() takes short clusters apart", () => {
  const options = { boolean: ["a", "b"], string: "o" };
  assertEquals(parseArgs(["-ab"], options), { a: true, b: true, _: [] });
  assertEquals(parseArgs(["-abo", "x"], options), { a: true, b: true, o: "x", _: [] });
  assertEquals(parseArgs(["-o=x"], options), { a: false, b: false, o: "x", _: [] });
  assertEquals(parseArgs(["-o/x/y"], options), { a: false, b: false, o: "/x/y", _: [] });
  assertEquals(parseArgs(["-n5"]), { n: 5, _: [] });
  assertEquals(parseArgs(["-f-"]), { f: "-", _: [] });
});

Deno.test("parseArgs() takes what follows -- as it is", () => {
  assertEquals(parseArgs(["--a", "x", "--", "--b", "5"], { string: "a" }), { a: "x", _: ["--b", "5"] });
});

Deno.test("parseArgs() asks `unknown` about every argument that is not declared, and leaves out what it refuses", () => {
  const calls: unknown[] = [];
  const unknown = (arg: string, key?: string, value?: unknown) => {
    calls.push([arg, key, value]);
    return key === undefined;
  };
  const parsed = parseArgs(["--known", "1", "--other", "2", "--third=3", "-x", "file"], {
    string: "known",
    unknown,
  });
  assertEquals(parsed, { known: "1", _: [] });
  assertEquals(calls, [["--other", "other", "2"], ["--third=3", "third", "3"], ["-x", "x", "file"]]);
  assertEquals(parseArgs(["file"], { unknown }), { _: ["file"] });
  assertEquals(calls.slice(3), [["file", undefined, undefined]]);
});
