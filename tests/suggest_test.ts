import { assertEquals } from "@std/assert";
import { editDistance, nearest } from "../src/suggest.ts";

Deno.test("editDistance() counts insertions, deletions, replacements and swaps", () => {
  const cases: [string, string, number][] = [
    ["", "", 0],
    ["", "abc", 3],
    ["abc", "abc", 0],
    ["abc", "ab", 1],
    ["abc", "axc", 1],
    ["abc", "acb", 1],
    ["ca", "abc", 3],
    ["kitten", "sitting", 3],
  ];
  for (const [a, b, edits] of cases) {
    assertEquals([editDistance(a, b), editDistance(b, a)], [edits, edits], `${a} ${b}`);
  }
});

Deno.test("nearest() prefers a choice that begins with the word, then the fewest edits", () => {
  assertEquals(nearest("batch", ["match", "batch-size"]), "batch-size");
  assertEquals(nearest("epoch", ["epics", "epochs"]), "epochs");
  assertEquals(nearest("sede", ["seed", "shade"]), "seed");
});

Deno.test("nearest() finds nothing if every choice is too different", () => {
  assertEquals(nearest("zzzzzz", ["epochs", "seed"]), undefined);
  assertEquals(nearest("x", ["lr", "o"]), undefined);
});
