/** A run keeps the file that it replaces, and never replaces a finished result by an interrupted one. @module */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { parseCheckpoint } from "../../src/training/checkpoint.ts";
import { taskTest } from "./support.ts";
import { digestOf, epochsOf, LONG, SHORT, signalled, startRun, trained, writeSet } from "./runs.ts";

taskTest("train keeps the model that it replaces, and reports it", async (folder) => {
  await writeSet(folder);
  assertEquals((await trained(folder, ...SHORT, "-o", "m.npz")).stderr, "");
  const first = await digestOf(folder, "m.npz");
  const { stderr } = await trained(folder, ...SHORT, "--seed", "2", "-o", "m.npz");
  assertEquals(stderr, "kept the old m.npz as m.previous.npz\n");
  assertEquals(await digestOf(folder, "m.previous.npz"), first);
  const second = await digestOf(folder, "m.npz");
  await trained(folder, ...SHORT, "--seed", "3", "-o", "m.npz");
  assertEquals(await digestOf(folder, "m.previous.npz"), second);
  assertEquals(folder.names(), ["m.npz", "m.previous.npz", "set.npz"]);
});

taskTest("train keeps no old file if the new bytes are the same", async (folder) => {
  await writeSet(folder);
  await trained(folder, ...SHORT, "-o", "m.npz");
  await trained(folder, ...SHORT, "--seed", "2", "-o", "m.npz");
  const first = await digestOf(folder, "m.previous.npz");
  assertEquals((await trained(folder, ...SHORT, "--seed", "2", "-o", "m.npz")).stderr, "");
  assertEquals(await digestOf(folder, "m.previous.npz"), first);
});

taskTest("train keeps a replaced file of any name, even with --force", async (folder) => {
  await writeSet(folder);
  const notes = new TextEncoder().encode("notes");
  await folder.write("notes.txt", notes);
  const { stderr } = await trained(folder, ...SHORT, "-o", "notes.txt", "--force");
  assertEquals(stderr, "kept the old notes.txt as notes.txt.previous\n");
  assertEquals(await folder.read("notes.txt.previous"), notes);
});

taskTest("train keeps the target of a symbolic link, in the target's folder", async (folder) => {
  await writeSet(folder);
  await trained(folder, ...SHORT, "-o", "store/seven.npz");
  const first = await digestOf(folder, "store/seven.npz");
  await Deno.symlink("store/seven.npz", join(folder.path, "m.npz"));
  const { stderr } = await trained(folder, ...SHORT, "--seed", "2", "-o", "m.npz");
  assertEquals(stderr, "kept the old store/seven.npz as store/seven.previous.npz\n");
  assertEquals(await digestOf(folder, "store/seven.previous.npz"), first);
  assert((await Deno.lstat(join(folder.path, "m.npz"))).isSymlink);
  assertEquals(folder.names(), ["m.npz", "set.npz", "store"]);
});

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
  taskTest(`train keeps a finished model on ${signal}, and saves to another file`, async (folder) => {
    await writeSet(folder);
    await trained(folder, ...SHORT, "-o", "m.npz");
    const finished = await digestOf(folder, "m.npz");
    const outcome = await signalled(folder, signal, ...LONG, "-o", "m.npz");
    assertEquals(outcome.code, code, outcome.stderr);
    assertEquals(await digestOf(folder, "m.npz"), finished);
    assertStringIncludes(
      outcome.stderr,
      "m.npz is of a finished run and is not replaced; this run is saved to m.interrupted.npz\n",
    );
    assertStringIncludes(outcome.stdout, '"model":"m.interrupted.npz"');
    assert(await epochsOf(folder, "m.interrupted.npz") < 100_000);
    // The next interrupted run must not lose this model.
    const before = await digestOf(folder, "m.interrupted.npz");
    await signalled(folder, signal, ...LONG, "--seed", "2", "-o", "m.npz");
    assertEquals(await digestOf(folder, "m.interrupted.previous.npz"), before);
    assertEquals(folder.names(), [
      "m.interrupted.npz",
      "m.interrupted.previous.npz",
      "m.npz",
      "set.npz",
    ]);
  });
}

taskTest("train saves an interrupted model to its output if that holds no finished one", async (folder) => {
  await writeSet(folder);
  await signalled(folder, "SIGINT", ...LONG, "-o", "m.npz");
  const first = await digestOf(folder, "m.npz");
  await signalled(folder, "SIGINT", ...LONG, "--seed", "2", "-o", "m.npz");
  assertEquals(await digestOf(folder, "m.previous.npz"), first);
  const second = await digestOf(folder, "m.npz");
  await trained(folder, ...SHORT, "-o", "m.npz");
  assertEquals(await epochsOf(folder, "m.npz"), 3);
  assertEquals(await digestOf(folder, "m.previous.npz"), second);
});

taskTest("train keeps a finished model when it diverges", async (folder) => {
  await writeSet(folder);
  await trained(folder, ...SHORT, "-o", "m.npz");
  const finished = await digestOf(folder, "m.npz");
  const rate = ["--optimizer", "sgd", "--loss", "mean-squared-error", "--layers", "32:relu,3:linear"];
  const { code, stderr } = await folder.run(
    "train",
    ...[...LONG, ...rate, "--lr", "2e2", "--batch-size", "600", "-o", "m.npz"],
  );
  assertEquals(code, 1);
  assertStringIncludes(stderr, "error: Training stopped: ");
  assertEquals(await digestOf(folder, "m.npz"), finished);
  assertStringIncludes(stderr, "to m.interrupted.npz\n");
});

taskTest("train --checkpoint keeps the file of the previous run, once", async (folder) => {
  await writeSet(folder);
  await trained(folder, ...SHORT, "-o", "m.npz", "--checkpoint", "c.npz");
  const first = await digestOf(folder, "c.npz");
  const { stderr } = await trained(folder, ...SHORT, "--seed", "2", "-o", "n.npz", "--checkpoint", "c.npz");
  assertEquals(stderr, "kept the old c.npz as c.previous.npz\n");
  assertEquals(await digestOf(folder, "c.previous.npz"), first);
  assertEquals((await parseCheckpoint(await folder.read("c.npz"))).config.seed, 2);
});

taskTest("train --checkpoint replaces no finished file by an unfinished one", async (folder) => {
  await writeSet(folder);
  await trained(folder, ...SHORT, "-o", "m.npz", "--checkpoint", "c.npz");
  const finished = await digestOf(folder, "c.npz");
  for (const seed of ["2", "3"]) {
    const run = startRun(folder, ...LONG, "--json", "-o", "n.npz", "--checkpoint", "c.npz", "--seed", seed);
    await run.seen('"epoch":1');
    run.process.kill("SIGKILL");
    await run.end();
    assertEquals(await digestOf(folder, "c.previous.npz"), finished);
  }
  const { config } = await parseCheckpoint(await folder.read("c.interrupted.npz"));
  assertEquals(config.seed, 2);
});

taskTest(
  "train --checkpoint keeps a finished file if the run completed no epoch",
  async (folder) => {
    await writeSet(folder);
    await trained(folder, ...SHORT, "-o", "m.npz", "--checkpoint", "c.npz");
    const finished = await digestOf(folder, "c.npz");
    // One epoch of many slow steps; the time until the first step depends on the machine.
    const slow = ["--backend", "reference", "--batch-size", "1", "--layers", "512:relu,512:relu,3:softmax"];
    let stderr = "no step was done";
    for (let delay = 200; stderr.includes("no step was done"); delay *= 2) {
      const args = ["--data", "set.npz", ...slow, "-o", "n.npz", "--checkpoint", "c.npz"];
      const run = startRun(folder, ...args);
      await run.noted("training ");
      await new Promise((resolve) => setTimeout(resolve, delay));
      run.process.kill("SIGINT");
      const outcome = await run.end();
      assertEquals(outcome.code, 130);
      stderr = outcome.stderr;
    }
    assertEquals(await digestOf(folder, "c.npz"), finished);
    assertStringIncludes(
      stderr,
      "c.npz is of a finished run and is not replaced; this run is saved to c.interrupted.npz\n",
    );
    assertEquals((await parseCheckpoint(await folder.read("c.interrupted.npz"))).progress.epoch, 1);
  },
);

taskTest("train refuses an output if a folder has the name of its kept file", async (folder) => {
  await writeSet(folder);
  await Deno.mkdir(join(folder.path, "m.previous.npz"));
  const { code, stderr } = await folder.run("train", ...SHORT, "-o", "m.npz");
  assertEquals([code, stderr], [
    1,
    'error: Cannot save to "m.npz": "m.previous.npz" is a folder, needs to be free\n',
  ]);
  assertEquals(folder.names(), ["m.previous.npz", "set.npz"]);
});

taskTest("train writes directly to a device, and keeps no old file", async (folder) => {
  await writeSet(folder);
  const { stderr } = await trained(folder, ...SHORT, "-o", "/dev/null");
  assertEquals(stderr, "");
  assert((await Deno.stat("/dev/null")).isCharDevice);
});
