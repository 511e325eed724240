/** Tests of `train --ranks mpi` with real processes. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { parseCheckpoint } from "../../src/training/checkpoint.ts";
import { drawImages, drawRegression, linesOf, setFile, taskTest } from "../tasks/support.ts";
import { mpiTest } from "./support.ts";

/** A set whose runs take some seconds. */
const LONG = ["--data", "set.npz", "--epochs", "5000", "--batch-size", "10", "--checkpoint", "c.npz"];

/** The runs that every number of ranks computes with the same bits. */
const RUNS: [name: string, file: Uint8Array<ArrayBuffer>, args: string[]][] = [
  ["batches of 50", setFile(), ["--batch-size", "50", "--epochs", "4"]],
  ["batches smaller than 8", setFile(), ["--batch-size", "5", "--epochs", "2"]],
  [
    "dropout, clipping, momentum and an average",
    setFile(),
    [
      ..."--layers 33:tanh:dropout=0.3,17:relu,3:softmax --optimizer sgd --momentum 0.9 --clip-norm 0.5"
        .split(" "),
      ..."--average 0.9 --epochs 3 --batch-size 64 --input-dropout 0.1".split(" "),
    ],
  ],
  [
    "patience",
    setFile(drawImages({ wrong: 0.5 })),
    "--validation-split 0.25 --patience 2 --lr 0.05".split(" "),
  ],
  ["a regression", setFile(drawRegression()), ["--epochs", "3", "--batch-size", "33"]],
];

for (const [name, file, args] of RUNS) {
  mpiTest(`train --ranks mpi writes the same model on 1, 2, 4 and 8 ranks: ${name}`, async (mpi) => {
    await mpi.folder.write("set.npz", file);
    const results: unknown[] = [];
    for (const size of [1, 2, 4, 8]) {
      const { code, stdout, stderr } = await mpi.run(size, `on${size}.npz`, "--data", "set.npz", ...args);
      assertEquals(code, 0, stderr);
      assertMatch(
        stderr,
        new RegExp(`^backend {2}cpu on .* ${size === 1 ? "1 rank" : `${size} ranks`} on ${mpi.mpi} `),
      );
      assertEquals(stderr.split("backend  cpu").length, 2, "one rank prints");
      results.push({ rows: linesOf(stdout).length, model: await mpi.folder.read(`on${size}.npz`) });
    }
    for (const result of results) assertEquals(result, results[0]);
  });
}

mpiTest("train --ranks mpi refuses 3 ranks in one line", async (mpi) => {
  await mpi.folder.write("set.npz", setFile());
  const { code, stdout, stderr } = await mpi.run(3, "m.npz", "--data", "set.npz", "--epochs", "1");
  assert(code !== 0);
  assertEquals(stdout, "");
  assertEquals(
    linesOf(stderr).filter((line) => /^(error:| {2}hint:)/.test(line)),
    [
      `error: Cannot open backend "cpu": the number of processes needs to divide the 8 slices of a batch, found 3`,
      "  hint: start 1, 2, 4 or 8 processes",
    ],
  );
  assertEquals(mpi.folder.names(), ["set.npz"]);
});

mpiTest(
  "train --ranks mpi tells which rank was killed, and goes on with another number of ranks",
  async (mpi) => {
    const { folder } = mpi;
    await folder.write("set.npz", setFile());
    const running = mpi.start(4, "m.npz", ...LONG);
    await running.sees("\n    3 ");
    const [victim] = (await running.processes()).slice(2);
    Deno.kill(victim, "SIGKILL");
    const { code, stderr } = await running.outcome;
    assert(code !== 0);
    assertMatch(
      stderr,
      new RegExp(`^error: Rank \\d \\(process ${victim}\\) was killed or crashed, which ends the run; `, "m"),
    );
    assertEquals(stderr.match(/^error: /gm)?.length, 1, stderr);
    await running.areGone();

    // The checkpoint goes on with the bits of a run that was not killed.
    const { progress } = await parseCheckpoint(await folder.read("c.npz"));
    const epochs = ["--data", "set.npz", "--epochs", `${progress.epoch + 1}`];
    await mpi.run(2, "resumed.npz", "--resume", "c.npz", ...epochs);
    await mpi.run(1, "whole.npz", "--batch-size", "10", ...epochs);
    assertEquals(await folder.read("resumed.npz"), await folder.read("whole.npz"));
  },
);

mpiTest(
  "train --ranks mpi starts anew if rank 0 has no checkpoint, else all ranks go on from it",
  async (mpi) => {
    const { folder } = mpi, run = ["--data", "set.npz", "--epochs", "2"];
    await folder.write("set.npz", setFile());
    const [a, b] = ["c.npz", "d.npz"].map((
      file,
    ) => ["m.npz", ...run, "--checkpoint", file, "--resume", file]);
    const first = await mpi.runEach(a, a);
    assertEquals(first.code, 0, first.stderr);
    assertEquals(first.stderr.match(/^c\.npz does not exist yet: training starts anew$/gm)?.length, 1);
    // A checkpoint that only one of them sees: rank 0 decides.
    const anew = await mpi.runEach(b, a);
    assertEquals(anew.code, 0, anew.stderr);
    assertEquals(await folder.read("d.npz"), await folder.read("c.npz"));
    await Deno.remove(join(folder.path, "c.npz"));
    const alone = await mpi.runEach(b, a);
    assertEquals(alone.code, 1);
    assertMatch(alone.stderr, /^error: Rank 1: Cannot resume from "c\.npz": no such file or folder$/m);
  },
);

mpiTest("train --ranks mpi ends if a rank is stopped, and names it", async (mpi) => {
  await mpi.folder.write("set.npz", setFile());
  const running = mpi.start(4, "m.npz", ...LONG);
  await running.sees("\n    3 ");
  const processes = await running.processes();
  Deno.kill(processes[1], "SIGSTOP");
  const { code, stderr } = await running.outcome;
  assert(code !== 0);
  assertMatch(stderr, /^error: .*[Rr]ank [0-3] has ended, or has not answered for 5 seconds$/m);
  assertMatch(stderr, /hint: continue from its --checkpoint with --resume, on any number of ranks/);
  await running.areGone();
});

mpiTest("train --ranks mpi stops all ranks in the same step if one gets a signal", async (mpi) => {
  await mpi.folder.write("set.npz", setFile());
  const running = mpi.start(4, "m.npz", ...LONG);
  await running.sees("\n    3 ");
  Deno.kill((await running.processes())[2], "SIGTERM");
  const { stdout } = await running.outcome;
  assertMatch(linesOf(stdout).at(-1)!, /^interrupted in epoch \d+, test accuracy .*, saved m\.npz$/);
});

mpiTest("train --ranks mpi names a rank whose data differ", async (mpi) => {
  const other = drawImages();
  other.x_train.values[7] = 255 - Number(other.x_train.values[7]);
  await mpi.folder.write("a.npz", setFile());
  await mpi.folder.write("b.npz", setFile(other));
  const [a, b] = ["a.npz", "b.npz"].map((file) => ["m.npz", "--data", file, "--epochs", "2"]);
  const { code, stdout, stderr } = await mpi.runEach(a, b);
  assertEquals([code, stdout], [1, ""]);
  assertEquals(linesOf(stderr).filter((line) => /^(error:| {2}hint:)/.test(line)), [
    "error: Cannot train on 2 ranks: rank 1 has other training data than rank 0",
    "  hint: start all ranks with the same options and files, and with the same version of this program",
  ]);
});

mpiTest("train --ranks mpi ends all ranks if one cannot begin, with its error", async (mpi) => {
  await mpi.folder.write("a.npz", setFile());
  const [a, b] = ["a.npz", "missing.npz"].map((file) => ["m.npz", "--data", file, "--epochs", "2"]);
  const first = await mpi.runEach(a, b);
  assertEquals(first.code, 1);
  assertMatch(first.stderr, /^error: Rank 1: .*missing\.npz/m);
  const both = await mpi.run(2, "m.npz", "--data", "missing.npz");
  assertEquals(both.stderr.match(/^error: /gm)?.length, 1, both.stderr);
});

mpiTest("openMpi() ends the process if another rank has ended before it started MPI", async (mpi) => {
  const module = JSON.stringify(import.meta.resolve("../../src/backends/ranks/mpi.ts"));
  const script = `import { openMpi } from ${module};
    openMpi({ library: Deno.args[0], startSeconds: 2 });
    console.log("started");`;
  await mpi.folder.write("start.ts", new TextEncoder().encode(script));
  const { stdout, stderr } = await mpi.runBesideEnded(join(mpi.folder.path, "start.ts"));
  assertEquals(stdout.includes("started"), false);
  assertMatch(stderr, /^error: Cannot connect ranks by MPI: not all ranks have started within 2 seconds$/m);
});

mpiTest("train --ranks mpi refuses the library of another MPI than that of mpirun", async (mpi) => {
  await mpi.folder.write("set.npz", setFile());
  const outcome = await mpi.runWithOther("m.npz", "--data", "set.npz", "--epochs", "1");
  if (outcome === undefined) return; // there is no other
  assertEquals(outcome.code, 1);
  assertMatch(
    outcome.stderr,
    /^error: Cannot connect ranks by MPI: 2 processes were started, but not by the mpirun of /m,
  );
  assertEquals(mpi.folder.names(), ["set.npz"]);
});

mpiTest(
  "train tells if a resumed run has other bits, because ranks are used or no longer used",
  async (mpi) => {
    const { folder } = mpi, args = ["--data", "set.npz", "--epochs"];
    await folder.write("set.npz", setFile());
    await mpi.run(2, "m.npz", ...args, "1", "--checkpoint", "c.npz");
    const alone = await folder.run(
      "train",
      "--resume",
      "c.npz",
      ...args,
      "2",
      "--backend",
      "wasm",
      "--force",
    );
    assertStringIncludes(alone.stderr, "\nranks    c.npz was trained with --ranks, and goes on without it: ");
    await folder.run(
      "train",
      ...args,
      "1",
      "--backend",
      "wasm",
      "--checkpoint",
      "d.npz",
      "--output",
      "d-model.npz",
    );
    const { stderr } = await mpi.run(2, "n.npz", "--resume", "d.npz", ...args, "2");
    assertStringIncludes(stderr, "\nranks    d.npz was trained without --ranks, and goes on with it: ");
  },
);

taskTest("train --ranks mpi refuses another backend than cpu", async (folder) => {
  const { code, stderr } = await folder.run("train", "--ranks", "mpi", "--backend", "wasm");
  assertEquals(code, 2);
  assertMatch(stderr, /^error: --ranks mpi needs --backend cpu, found --backend wasm\n/);
});
