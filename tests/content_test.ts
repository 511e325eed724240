import { assertEquals } from "@std/assert";
import { openContent } from "../src/content.ts";
import { taskTest } from "./tasks/support.ts";

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
