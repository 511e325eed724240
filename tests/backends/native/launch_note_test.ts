/** Tests the note about a persistent kernel that the GPU cannot launch. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { EMULATED_LIBRARY, emulatedTest } from "../../support/backends.ts";
import { isGranted } from "../../support/permissions.ts";
import { linesOf, ROOT, setFile } from "../../tasks/support.ts";

const REASON =
  "the persistent kernel cannot be launched: the GPU cannot hold all blocks of the persistent kernel at once";

if (isGranted({ name: "read" }, { name: "write" }, { name: "run" })) {
  emulatedTest(
    "train tells once that the GPU cannot launch the persistent kernel (needs --allow-run)",
    async () => {
      const folder = await Deno.makeTempDir({ prefix: "mlpcuda-launch-" });
      try {
        await Deno.writeFile(join(folder, "set.npz"), setFile());
        const args = ["--data", "set.npz", "--epochs", "2", "--backend", "cuda", "-o", "m.npz", "--force"];
        const train = async (launch: string, ...more: string[]) => {
          const { code, stderr } = await new Deno.Command(Deno.execPath(), {
            args: ["run", "-A", "--quiet", "--no-check", join(ROOT, "tasks/train.ts"), ...args, ...more],
            cwd: folder,
            env: {
              INIT_CWD: folder,
              MLPCUDA_LIBRARY: EMULATED_LIBRARY,
              MLPCUDA_EMULATE_LAUNCH: launch,
              MLPCUDA_EMULATE_MULTIPROCESSORS: "40",
              NO_COLOR: "1",
            },
          }).output();
          const lines = linesOf(new TextDecoder().decode(stderr));
          assertEquals(code, 0, lines.join("\n"));
          return lines.filter((line) => line.includes("now trains by"));
        };
        const [note, ...others] = await train("720");
        assertStringIncludes(note, "backend cuda now trains by CUDA graph, ");
        assertStringIncludes(note, REASON);
        assertEquals(others, []);
        assertEquals(await train("0"), []);
        assertEquals(await train("720", "--quiet"), []);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  );
}
