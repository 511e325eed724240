/** The lengths of the project's files. */
import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { isGranted } from "./support/permissions.ts";

const ROOT = fromFileUrl(new URL("..", import.meta.url));

/** The largest number of lines; a longer file is usually about two things. */
const MOST_LINES = 350;

/** Longer files: a document half of which is made from the source, and the list of all changes, which only grows. */
const LONGER = ["/docs/backprop.md", "/CHANGELOG.md"];

/**
 * Returns a function that checks if git ignores a path from the root, such as `/tests/files_test.ts`, or `/coverage/`
 * for a folder. Of the pattern syntax it supports `*` within a name, and slashes at the beginning and end.
 */
function parseIgnored(text: string): (path: string) => boolean {
  const patterns = text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).map((line) => {
    const names = line.replace(/[.+^$()[\]{}|?\\]/g, "\\$&").replaceAll("*", "[^/]*");
    return new RegExp(`${line.startsWith("/") ? "^" : "/"}${names}${line.endsWith("/") ? "" : "/?"}$`);
  });
  return (path) => patterns.some((pattern) => pattern.test(path));
}

/** Counts the lines of a text; returns `undefined` for bytes that are not text. */
function linesOf(bytes: Uint8Array): number | undefined {
  if (bytes.includes(0)) return undefined;
  const newLines = bytes.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0);
  return newLines + (bytes.length > 0 && bytes.at(-1) !== 10 ? 1 : 0);
}

/** Yields the path of each file below a folder of the project, except those that git ignores. */
async function* filesBelow(folder: string, isIgnored: (path: string) => boolean): AsyncGenerator<string> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(`${ROOT}${folder}`)) {
    const path = `${folder}${name}${isDirectory ? "/" : ""}`;
    if (path.startsWith("/.git/") || isIgnored(path)) continue;
    if (isDirectory) yield* filesBelow(path, isIgnored);
    else if (isFile) yield path;
  }
}

Deno.test("parseIgnored() matches paths as git does", () => {
  const isIgnored = parseIgnored("# built\n/data/\n/cuda/*.so\n*.part\nnode_modules/\n/one.json\n");
  for (
    const path of ["/data/", "/cuda/a.so", "/a.part", "/src/a.part", "/bench/node_modules/", "/one.json"]
  ) {
    assertEquals(isIgnored(path), true, path);
  }
  for (
    const path of ["/src/data/", "/data", "/cuda/b/a.so", "/a.parts", "/node_modules.ts", "/src/one.json"]
  ) {
    assertEquals(isIgnored(path), false, path);
  }
});

Deno.test("linesOf() counts a last line without a newline, and returns undefined for binary files", () => {
  const encoder = new TextEncoder();
  assertEquals(["", "a", "a\n", "a\nb", "\0\n"].map((text) => linesOf(encoder.encode(text))), [
    ...[0, 1, 1, 2],
    undefined,
  ]);
});

Deno.test({
  name:
    `The project's files have at most ${MOST_LINES} lines, except results of benchmarks, backprop.md and CHANGELOG.md (needs --allow-read)`,
  ignore: !isGranted({ name: "read" }),
  fn: async () => {
    const isIgnored = parseIgnored(await Deno.readTextFile(`${ROOT}/.gitignore`));
    const longer: string[] = [];
    let texts = 0;
    for await (const path of filesBelow("/", isIgnored)) {
      const lines = linesOf(await Deno.readFile(`${ROOT}${path}`));
      if (lines !== undefined) texts++;
      const isData = path.startsWith("/bench/results/"); // measurements, which programs write and read
      if (lines !== undefined && lines > MOST_LINES && !isData && !LONGER.includes(path)) {
        longer.push(`${path} (${lines} lines)`);
      }
    }
    assertEquals(texts > 400, true, `${texts} text files`);
    assertEquals(longer, []);
  },
});
