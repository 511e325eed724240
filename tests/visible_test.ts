import { assertEquals } from "@std/assert";
import { FormatError } from "../src/errors.ts";
import { visible } from "../src/visible.ts";

const SHOWN: Record<string, [text: string, shown: string]> = {
  "line breaks and tabs": ["a\nb\r\n\tc", "a\\nb\\r\\n\\tc"],
  "escape sequences": ["\x1b[31m\x1b]0;title\x07", "\\u001b[31m\\u001b]0;title\\u0007"],
  "NUL, backspace and DEL": ["\0a\b\x7f", "\\u0000a\\u0008\\u007f"],
  "8-bit control characters": ["\x9b31m\x85", "\\u009b31m\\u0085"],
  "bidirectional overrides": ["a\u202eb\u2066c\u2069", "a\\u202eb\\u2066c\\u2069"],
  "line and paragraph separators": ["a\u2028b\u2029", "a\\u2028b\\u2029"],
  "zero-width spaces": ["a\u200bb\ufeff\u2060", "a\\u200bb\\ufeff\\u2060"],
  "tags of two UTF-16 units each": ["a\u{e0041}", "a\\udb40\\udc41"],
  "unpaired surrogates": ["\ud83d a \ude00", "\\ud83d a \\ude00"],
};

for (const [kind, [text, shown]] of Object.entries(SHOWN)) {
  Deno.test(`visible() shows ${kind} as escapes`, () => {
    assertEquals(visible(text), shown);
  });
}

Deno.test("visible() leaves other text unchanged", () => {
  for (
    const text of [
      "",
      "a b",
      "Grüße, 数字 ✓ 🙂 → ×",
      'back\\slash "quoted"',
      "می\u200cخواهم 👩\u200d🔬",
      "e\u0301",
    ]
  ) {
    assertEquals(visible(text), text);
  }
});

Deno.test("visible() keeps the meaning of JSON", () => {
  const value = { "k\u009b": Object.values(SHOWN).map(([text]) => text) };
  assertEquals(JSON.parse(visible(JSON.stringify(value))), value);
});

Deno.test("FormatError shows control characters in its message as escapes", () => {
  const { message, file } = new FormatError('Cannot read "a": it has \x1b[2J\nerror: fake', { file: "a\n" });
  assertEquals([message, file], ['Cannot read "a": it has \\u001b[2J\\nerror: fake', "a\n"]);
});
