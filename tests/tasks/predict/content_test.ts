import { assertEquals } from "@std/assert";
import { isText, openContent } from "../../../tasks/predict/content.ts";
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

Deno.test("isText() tells texts from pictures and arrays", () => {
  const encoder = new TextEncoder();
  assertEquals(["a,b\r\n1,2", "\ufeffx\ty", "größe\n"].map((text) => isText(encoder.encode(text))), [
    ...[true, true, true],
  ]);
  const others = [[], [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A], [0x42, 0x4D, 0x36, 0x0C, 0, 0]];
  assertEquals(others.map((bytes) => isText(Uint8Array.from(bytes))), [false, false, false]);
});
