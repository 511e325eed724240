/** Holds for `tasks/std/path.ts` and for `jsr:@std/path@1` alike: only documented behaviour is checked. */
import { assertEquals, assertThrows } from "@std/assert";
import {
  basename,
  dirname,
  extname,
  fromFileUrl,
  isAbsolute,
  join,
  relative,
  resolve,
  SEPARATOR,
  toFileUrl,
} from "@std/path";

const options = { ignore: Deno.build.os === "windows" };

Deno.test("join() joins parts and removes what is not needed", options, () => {
  assertEquals(join("/a", "..", "b/", "./c"), "/b/c");
  assertEquals(join("a", ""), "a");
  assertEquals(join(""), ".");
  assertEquals(join(new URL("file:///a/b"), "c"), "/a/b/c");
});

Deno.test("resolve() ends at the last absolute part", options, () => {
  assertEquals(resolve("/a", "b", "../c"), "/a/c");
  assertEquals(resolve("/a", "/b"), "/b");
});

Deno.test("dirname(), basename() and extname() take a path apart", options, () => {
  assertEquals(dirname("/a/b.npz"), "/a");
  assertEquals(dirname("b.npz"), ".");
  assertEquals(basename("/a/b.npz"), "b.npz");
  assertEquals(basename("/a/b.npz", ".npz"), "b");
  assertEquals(basename("/a/b/"), "b");
  assertEquals(extname("/a/b.tar.gz"), ".gz");
  assertEquals(extname("/a/.hidden"), "");
  assertEquals(extname(new URL("file:///a/b.npz")), ".npz");
});

Deno.test("isAbsolute() looks at the root", options, () => {
  assertEquals([isAbsolute("/a"), isAbsolute("a"), isAbsolute("")], [true, false, false]);
});

Deno.test("relative() leads from one path to another", options, () => {
  assertEquals(relative("/a/b", "/a/c/d"), "../c/d");
  assertEquals(relative("/a/b", "/a/b"), "");
  assertEquals(relative("/a", "/a/b"), "b");
});

Deno.test("toFileUrl() and fromFileUrl() are each other's inverse", options, () => {
  for (const path of ["/a b/ü.npz", "/100%/#1?.txt", "/a\\b"]) {
    assertEquals(fromFileUrl(toFileUrl(path)), path);
  }
  assertEquals(toFileUrl("/a b").href, "file:///a%20b");
  assertEquals(fromFileUrl("file:///a%20b"), "/a b");
});

Deno.test("toFileUrl() refuses a relative path", options, () => {
  assertThrows(() => toFileUrl("a"), TypeError, "absolute");
});

Deno.test("fromFileUrl() refuses another scheme", options, () => {
  assertThrows(() => fromFileUrl("https://a.test/b"), TypeError, "file URL");
});

Deno.test("SEPARATOR separates the parts of a path", options, () => {
  assertEquals(SEPARATOR, "/");
});
