import { assertEquals } from "@std/assert";
import { isTable, openContent } from "../../../tasks/predict/content.ts";
import { taskTest } from "../support.ts";

taskTest("openContent() reads a file at once, or piece by piece", async (folder) => {
  const bytes = Uint8Array.from({ length: 600_000 }, (_, i) => i % 251);
  for (const size of [0, 5, 512, 513, 600_000]) {
    const part = bytes.subarray(0, size), path = `${folder.path}/${size}`;
    await folder.write(String(size), part);
    {
      using content = await openContent(path);
      assertEquals(content.head.length, Math.min(size, 512));
      assertEquals(await content.bytes(), part);
    }
    using content = await openContent(path);
    const pieces = await Array.fromAsync(content.pieces());
    assertEquals(Uint8Array.from(pieces.flatMap((piece) => [...piece])), part);
  }
});

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
