import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { writeFileAtomic } from "../src/files.ts";
import { isGranted } from "./support/permissions.ts";

Deno.test({
  name:
    "writeFileAtomic() checks what it wrote before the file gets its name (needs --allow-read --allow-write)",
  ignore: !isGranted({ name: "read" }, { name: "write" }),
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "mlpcuda_test_" }), path = join(folder, "a.bin");
    const names = () => [...Deno.readDirSync(folder)].map(({ name }) => name);
    const fail = () => Promise.reject(new RangeError("not equal"));
    try {
      await assertRejects(
        () => writeFileAtomic(path, Uint8Array.of(1), { check: fail }),
        RangeError,
        "not equal",
      );
      assertEquals(names(), []);
      let written: Uint8Array | undefined;
      const check = async (part: string) => {
        written = await Deno.readFile(part);
        assertEquals(names().includes("a.bin"), false);
      };
      await writeFileAtomic(path, Uint8Array.of(1), { check });
      assertEquals([written, await Deno.readFile(path)], [Uint8Array.of(1), Uint8Array.of(1)]);
      await assertRejects(() => writeFileAtomic(path, Uint8Array.of(2), { check: fail }), RangeError);
      assertEquals([names(), await Deno.readFile(path)], [["a.bin"], Uint8Array.of(1)]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
