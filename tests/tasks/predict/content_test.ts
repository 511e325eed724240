import { assertEquals } from "@std/assert";
import { isTable } from "../../../tasks/predict/content.ts";

Deno.test("isTable() tells tables from pictures and arrays by name, else by content", () => {
  const bytesOf = (text: string) => new TextEncoder().encode(text);
  const cases: [head: Uint8Array, name: string, wanted: boolean][] = [
    [bytesOf("a,b\r\n1,2"), "stdin", true],
    [bytesOf("\ufeffgröße\tx\n"), "rows", true],
    [bytesOf("a,b\n"), "a.png", false],
    [bytesOf("version https://git-lfs"), "a.NPY", false],
    [new Uint8Array(), "stdin", false],
    [new Uint8Array(), "a.csv", true],
    [Uint8Array.of(0xFF, 0xFE, 0x61, 0), "a.TSV", true],
    [Uint8Array.of(0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A), "stdin", false],
    [Uint8Array.of(0x42, 0x4D, 0x36, 0x0C, 0, 0), "a", false],
  ];
  for (const [head, name, wanted] of cases) assertEquals(isTable(head, name), wanted, name);
});
