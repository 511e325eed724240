/** Runs whose files can no longer be written when they save: they save to another place, and report it. @module */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname, join } from "@std/path";
import { parseCheckpoint } from "../../src/training/checkpoint.ts";
import { Mlp } from "../../src/mlp.ts";
import { isGranted } from "../support/permissions.ts";
import { LONG, SHORT, startRun, writeSet } from "./runs.ts";
import { type Folder, linesOf, taskTest } from "./support.ts";

/** Starts a run, replaces a folder by a file after the first epoch, and ends the run. */
async function runWithoutFolder(folder: Folder, lost: string, ...args: string[]) {
  const run = startRun(folder, ...LONG, "--json", ...args);
  await run.seen('"epoch":1');
  await Deno.rename(join(folder.path, lost), join(folder.path, `${lost}_moved`));
  await Deno.writeTextFile(join(folder.path, lost), "");
  await new Promise((resolve) => setTimeout(resolve, 200)); // for some more epochs
  run.process.kill("SIGTERM");
  return await run.end();
}

/** Returns the path to which an error says that the model or the checkpoint was saved. */
function rescuedPath(stderr: string, part: string): string {
  const [, path] = new RegExp(`^error: Cannot save to .*; ${part} is in "(.*)"$`, "m").exec(stderr) ?? [];
  assert(path, stderr);
  return path;
}

taskTest("train saves the model next to the checkpoint if its own folder is lost", async (folder) => {
  await writeSet(folder);
  const { code, stdout, stderr } = await runWithoutFolder(
    folder,
    "out",
    "-o",
    "out/m.npz",
    "--checkpoint",
    "kept/c.npz",
  );
  assertEquals(code, 1);
  assertMatch(stderr, /^error: Cannot save to "out\/m\.npz": .*; the model is in "kept\/m\.rescued\.npz"$/m);
  assertEquals(JSON.parse(linesOf(stdout).at(-1)!).model, "kept/m.rescued.npz");
  const model = await Mlp.parse(await folder.read("kept/m.rescued.npz"));
  const { mlp, progress } = await parseCheckpoint(await folder.read("kept/c.npz"));
  assertEquals(model.parameters, mlp.parameters);
  assert(progress.epoch > 1);
});

taskTest("train saves the model to a temporary folder if there is no other", async (folder) => {
  await writeSet(folder);
  const { code, stderr } = await runWithoutFolder(folder, "out", "-o", "out/m.npz");
  assertEquals(code, 1);
  const path = rescuedPath(stderr, "the model");
  try {
    assert((await Mlp.load(path)).training);
  } finally {
    await Deno.remove(dirname(path), { recursive: true });
  }
});

taskTest(
  "train continues if a checkpoint cannot be written, and saves the last one to another place",
  async (folder) => {
    await writeSet(folder);
    const { code, stderr } = await runWithoutFolder(
      folder,
      "out",
      "-o",
      "m.npz",
      "--checkpoint",
      "out/c.npz",
    );
    assertEquals(code, 1);
    const warnings = linesOf(stderr).filter((line) => line.startsWith("warning: "));
    assertEquals(warnings.length, 1, stderr);
    assertMatch(
      warnings[0],
      /^warning: Cannot write the checkpoint "out\/c\.npz": .*; training continues without it$/,
    );
    assertEquals(rescuedPath(stderr, "the checkpoint"), "c.rescued.npz");
    const { mlp } = await parseCheckpoint(await folder.read("c.rescued.npz"));
    assertEquals(mlp.parameters, (await Mlp.parse(await folder.read("m.npz"))).parameters);
  },
);

taskTest("train replaces no file in the folder to which it saves instead", async (folder) => {
  await writeSet(folder);
  const notes = new TextEncoder().encode("notes");
  await Deno.mkdir(join(folder.path, "kept"));
  await folder.write("kept/m.npz", notes);
  await folder.write("kept/m.rescued.npz", notes);
  const { stderr } = await runWithoutFolder(folder, "out", "-o", "out/m.npz", "--checkpoint", "kept/c.npz");
  assertEquals(rescuedPath(stderr, "the model"), "kept/m.rescued-2.npz");
  for (const name of ["kept/m.npz", "kept/m.rescued.npz"]) assertEquals(await folder.read(name), notes);
});

/** Returns true if this process may mount a file system, which root may. */
function canMount(): boolean {
  if (Deno.build.os !== "linux" || !isGranted({ name: "write" }, { name: "run" })) return false;
  const folder = Deno.makeTempDirSync({ prefix: "mlpcuda_test_" });
  try {
    const mount = new Deno.Command("mount", { args: ["-t", "tmpfs", "tmpfs", folder], stderr: "null" });
    return mount.outputSync().success && new Deno.Command("umount", { args: [folder] }).outputSync().success;
  } catch {
    return false;
  } finally {
    Deno.removeSync(folder);
  }
}

/** The sizes of disks in KB: neither of the two files fits, one fits, or both fit with room to replace them. */
const DISKS = [16, 150, 1000];

for (const size of canMount() ? DISKS : []) {
  taskTest(`train loses nothing on a disk of ${size} KB (needs root)`, async (folder) => {
    await writeSet(folder);
    const disk = join(folder.path, "disk");
    await Deno.mkdir(disk);
    const run = async (command: string, ...args: string[]) => {
      assert((await new Deno.Command(command, { args }).output()).success, `${command} failed`);
    };
    await run("mount", "-t", "tmpfs", "-o", `size=${size}k`, "tmpfs", disk);
    try {
      const args = [...SHORT, "-o", "disk/m.npz", "--checkpoint", "disk/c.npz"];
      for (let times = 0; times < 2; times++) {
        const { code, stderr } = await folder.run("train", ...args);
        for (const name of ["m.npz", "c.npz", "m.previous.npz", "c.previous.npz"]) {
          const there = await folder.read(`disk/${name}`).catch(() => undefined);
          if (there) assert((await Mlp.parse(there)).training, name);
        }
        assertEquals(folder.names().includes("m.npz"), false);
        const inside = [...Deno.readDirSync(disk)].map(({ name }) => name);
        assertEquals(inside.filter((name) => name.endsWith(".part") || name.endsWith(".lock")), []);
        assertEquals(code, size < 1000 ? 1 : 0, stderr);
        const pathOf = (part: string, name: string) =>
          stderr.includes(`; ${part} is in `) ? rescuedPath(stderr, part) : join(disk, name);
        for (const file of [pathOf("the model", "m.npz"), pathOf("the checkpoint", "c.npz")]) {
          assertEquals((await Mlp.load(file)).training?.epochs, 3, file);
          if (!file.startsWith(folder.path)) await Deno.remove(dirname(file), { recursive: true });
        }
        if (code === 1) assertStringIncludes(stderr, "error: Cannot save to ");
      }
    } finally {
      await run("umount", disk);
    }
  });
}
