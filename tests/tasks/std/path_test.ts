/**
 * Tests that must pass with `tasks/std/path` and with `jsr:@std/path@1`: only documented behavior is checked.
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { dirname, fromFileUrl, join, toFileUrl } from "@std/path";

const options = { ignore: Deno.build.os === "windows" };

Deno.test("join() joins and normalizes parts", options, () => {
  assertEquals(join("/a", "..", "b/", "./c"), "/b/c");
  assertEquals(join("a", ""), "a");
  assertEquals(join(""), ".");
  assertEquals(join(new URL("file:///a/b"), "c"), "/a/b/c");
});

Deno.test("dirname() returns the folder of a path", options, () => {
  assertEquals(dirname("/a/b.npz"), "/a");
  assertEquals(dirname("b.npz"), ".");
  assertEquals(dirname(new URL("file:///a/b.npz")), "/a");
});

Deno.test("toFileUrl() and fromFileUrl() are inverses", options, () => {
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
  assertThrows(() => fromFileUrl("https://a.test/b"), TypeError);
});
