/** Two runs that would write the same file: the second is refused. @module */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { epochsOf, LONG, SHORT, startRun, trained, writeSet } from "./runs.ts";
import { taskTest } from "./support.ts";

/** The options of the second run, and the name in the error. */
const SECOND: [args: string[], shown: string][] = [
  [["-o", "m.npz"], "m.npz"],
  [["-o", "./sub/../m.npz"], "m.npz"],
  [["-o", "link.npz"], "link.npz"],
  [["-o", "folder/m.npz"], "folder/m.npz"],
  [["-o", "other.npz", "--checkpoint", "m.npz"], "m.npz"],
  [["-o", "other.npz", "--checkpoint", "c.npz"], "c.npz"],
  [["-o", "c.npz"], "c.npz"],
  // The files that the first run may write in addition to its own.
  [["-o", "m.previous.npz"], "m.previous.npz"],
  [["-o", "m.interrupted.npz"], "m.interrupted.npz"],
  [["-o", "c.interrupted.previous.npz"], "c.interrupted.previous.npz"],
];

taskTest("train refuses a second run on the same output or checkpoint", async (folder) => {
  await writeSet(folder);
  await Deno.symlink("m.npz", join(folder.path, "link.npz"));
  await Deno.symlink(".", join(folder.path, "folder"));
  const first = startRun(folder, ...LONG, "--json", "-o", "m.npz", "--checkpoint", "c.npz");
  await first.seen('"epoch":1');
  for (const [args, shown] of SECOND) {
    const { code, stdout, stderr } = await folder.run("train", ...SHORT, ...args);
    assertEquals({ code, stdout, stderr }, {
      code: 1,
      stdout: "",
      stderr: `error: Cannot save to "${shown}": another run is writing there\n` +
        "  hint: wait until it is over, or name another file\n",
    });
  }
  await trained(folder, ...SHORT, "-o", "other.npz"); // another file is free
  first.process.kill("SIGTERM");
  assertEquals((await first.end()).code, 143);
  await trained(folder, ...SHORT, "-o", "m.npz", "--checkpoint", "c.npz");
  assertEquals(await epochsOf(folder, "m.npz"), 3);
  assertEquals(
    folder.names(),
    ["c.npz", "c.previous.npz", "folder", "link.npz", "m.npz", "m.previous.npz", "other.npz", "set.npz"],
  );
});

taskTest("train takes over the lock of a killed run, and removes its temporary files", async (folder) => {
  await writeSet(folder);
  const first = startRun(folder, ...LONG, "--json", "-o", "m.npz", "--checkpoint", "c.npz");
  await first.seen('"epoch":1');
  first.process.kill("SIGKILL");
  await first.end();
  assertEquals(folder.names().filter((name) => name.endsWith(".lock")), [".c.npz.lock", ".m.npz.lock"]);
  await folder.write("m.npz.0123abcd.part", new Uint8Array(3));
  await trained(folder, ...SHORT, "-o", "m.npz", "--checkpoint", "c.npz");
  assertEquals(folder.names(), ["c.npz", "c.previous.npz", "m.npz", "set.npz"]);
});

for (
  const [checkpoint, message] of [
    ["./m.npz", "--checkpoint and --output name the same file, each needs its own"],
    ["link.npz", "--checkpoint and --output name the same file, each needs its own"],
    [
      "m.previous.npz",
      '--checkpoint "m.previous.npz" and --output "m.npz" differ only by .previous or .interrupted, ' +
      "which the task adds to names",
    ],
  ]
) {
  taskTest(`train refuses the checkpoint ${checkpoint} with the output m.npz`, async (folder) => {
    await writeSet(folder);
    await Deno.symlink("m.npz", join(folder.path, "link.npz"));
    const { code, stderr } = await folder.run("train", ...SHORT, "-o", "m.npz", "--checkpoint", checkpoint);
    assertEquals([code, stderr.split("\n")[0]], [2, `error: ${message}`]);
    assertEquals(folder.names(), ["link.npz", "set.npz"]);
  });
}

taskTest("gui --train and train refuse each other's output", async (folder) => {
  await writeSet(folder);
  const first = startRun(folder, ...LONG, "--json", "-o", "m.npz");
  await first.seen('"epoch":1');
  const { code, stderr } = await folder.run(
    "gui",
    "--train",
    "--data",
    "set.npz",
    "-o",
    "m.npz",
    "--port",
    "0",
  );
  assertEquals([code, stderr.includes('error: Cannot save to "m.npz": another run is writing there\n')], [
    1,
    true,
  ]);
  first.process.kill("SIGTERM");
  await first.end();
});
