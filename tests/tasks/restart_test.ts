/** `train --checkpoint FILE --resume FILE`: one command line that starts a run, and goes on with it after each interruption. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { formatNpz } from "../../src/formats/npz.ts";
import { Mlp } from "../../src/mlp.ts";
import { parseCheckpoint } from "../../src/training/checkpoint.ts";
import { type HereOptions, trainHere } from "../support/in_process.ts";
import { drawImages, type Folder, setFile, taskTest } from "./support.ts";

/** Settings of a run of milliseconds. */
const QUICK = { "--backend": "reference", "--layers": "3:relu,3:softmax" };

/** Writes a small set, and returns a function that trains on it; names of files are those of the folder. */
async function inSet(folder: Folder) {
  await folder.write("set.npz", setFile(drawImages({ rows: 40, testRows: 10 })));
  return (line: string, options?: HereOptions) => {
    const args = line.split(" ").map((word) => /\.npz|\.jsonl/.test(word) ? join(folder.path, word) : word);
    const missing = Object.entries({ ...QUICK, "--data": join(folder.path, "set.npz") });
    const more = missing.filter(([option]) => !args.includes(option)).flat();
    return trainHere(["--json", ...more, ...args], options);
  };
}

/** Interrupts a run when the row of an epoch is printed. */
const after = (epoch: number): HereOptions => ({
  onRow: (row, interrupt) => row.startsWith(`{"epoch":${epoch},`) && interrupt(),
});

/** Returns the number of epochs that are done in a checkpoint. */
async function doneIn(folder: Folder, name: string): Promise<number> {
  return (await parseCheckpoint(await folder.read(name))).progress.epoch - 1;
}

taskTest(
  "train with the same --checkpoint and --resume starts anew, goes on, and is done",
  async (folder) => {
    const train = await inSet(folder);
    await train("--epochs 6 -o whole.npz");
    const line = "--epochs 6 -o m.npz --checkpoint c.npz --resume c.npz --metrics m.jsonl";
    const first = await train(line, after(2));
    assertEquals(first.code, 143);
    assertStringIncludes(first.stderr, "c.npz does not exist yet: training starts anew\n");
    assertEquals(await doneIn(folder, "c.npz"), 2);
    const second = await train(line, after(4));
    assertStringIncludes(second.stderr, "; continues at epoch 3\n");
    const third = await train(line);
    assertEquals([third.code, third.stderr.includes("starts anew")], [0, false]);
    assertEquals(await folder.read("m.npz"), await folder.read("whole.npz"));
    const lines = new TextDecoder().decode(await folder.read("m.jsonl")).trim().split("\n");
    assertEquals(lines.flatMap((line) => JSON.parse(line).epoch ?? []), [1, 2, 3, 4, 5, 6]);
    const again = await train(line);
    assertEquals(again.code, 0);
    assertStringIncludes(again.stderr, "; all 6 epochs are done\n");
    assertEquals(await folder.read("m.npz"), await folder.read("whole.npz"));
  },
);

taskTest(
  "train starts anew if --checkpoint leads to the missing --resume by another path",
  async (folder) => {
    const train = await inSet(folder);
    await Deno.mkdir(join(folder.path, "runs"));
    await Deno.symlink("runs", join(folder.path, "link"));
    const line = "--epochs 1 -o m.npz --checkpoint link/new/c.npz --resume runs/new/c.npz";
    const { code, stderr } = await train(line);
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, "c.npz does not exist yet: training starts anew\n");
    assertEquals(await doneIn(folder, "runs/new/c.npz"), 1);
  },
);

taskTest("train refuses a missing --resume if --checkpoint names another file or none", async (folder) => {
  const train = await inSet(folder);
  for (const checkpoint of ["", " --checkpoint c.npz"]) {
    const { code, stderr } = await train(`-o m.npz --resume none.npz${checkpoint}`);
    assertEquals(code, 1);
    assertMatch(stderr, /^error: Cannot resume from ".*none\.npz": no such file or folder\n/);
    assertStringIncludes(
      stderr,
      "hint: name the same file with --checkpoint to start anew if it does not exist\n",
    );
  }
  assertEquals(folder.names(), ["set.npz"]);
});

taskTest(
  "train replaces the checkpoint from which it went on when it is interrupted, also with patience",
  async (folder) => {
    const train = await inSet(folder);
    const line =
      "--epochs 50 --validation-split 0.2 --patience 50 -o m.npz --checkpoint c.npz --resume c.npz";
    await train(`${line} --checkpoint-every 10`, after(2));
    assertEquals(await doneIn(folder, "c.npz"), 2);
    await train(`${line} --checkpoint-every 10`, after(5));
    assertEquals(await doneIn(folder, "c.npz"), 5);
    assertEquals(folder.names().filter((name) => name.startsWith("c.interrupted")), []);
  },
);

taskTest("train --init trains a model further, and a restart goes on from the checkpoint", async (folder) => {
  const train = await inSet(folder);
  await train("--epochs 2 --seed 5 -o start.npz");
  const line = "--epochs 4 --init start.npz";
  await train(`${line} -o whole.npz`);
  const restarted = `${line} -o m.npz --checkpoint c.npz --resume c.npz`;
  await train(restarted, after(2));
  const { code, stderr } = await train(restarted);
  assertEquals(code, 0, stderr);
  assertMatch(stderr, /c\.npz exists: training goes on from it, not from --init\n/);
  assertEquals(await folder.read("m.npz"), await folder.read("whole.npz"));
});

taskTest(
  "train --checkpoint-every writes each N-th epoch, the last one, and an interrupted one",
  async (folder) => {
    const train = await inSet(folder), files: (Uint8Array | undefined)[] = [];
    const onRow: HereOptions["onRow"] = (row) => {
      if (!row.startsWith('{"epoch"')) return;
      try {
        files.push(Deno.readFileSync(join(folder.path, "c.npz")));
      } catch {
        files.push(undefined);
      }
    };
    await train("--epochs 5 -o m.npz --checkpoint c.npz --checkpoint-every 2", { onRow });
    const done = files.map(async (bytes) => bytes && (await parseCheckpoint(bytes)).progress.epoch - 1);
    assertEquals(await Promise.all(done), [undefined, 2, 2, 4, 5]);
    await train("--epochs 50 -o m.npz --checkpoint d.npz --checkpoint-every 20", after(3));
    assertEquals(await doneIn(folder, "d.npz"), 3);
  },
);

taskTest("train --checkpoint-every writes the last good epoch if training diverges", async (folder) => {
  const train = await inSet(folder);
  const rows: number[] = [];
  const { code, stderr } = await train(
    "--epochs 100 --optimizer sgd --loss mean-squared-error --layers 3:linear --lr 2000 -o m.npz --checkpoint c.npz " +
      "--checkpoint-every 100",
    { onRow: (row) => void rows.push(JSON.parse(row).epoch) },
  );
  assertEquals(code, 1);
  assertStringIncludes(stderr, "error: Training stopped: ");
  assertEquals(await doneIn(folder, "c.npz"), rows.length);
  const { parameters } = await Mlp.parse(await folder.read("m.npz"));
  assertEquals(parameters, (await Mlp.parse(await folder.read("c.npz"))).parameters);
});

taskTest("train refuses --checkpoint-every without --checkpoint, and 0", async (folder) => {
  const train = await inSet(folder);
  const alone = await train("--checkpoint-every 2 -o m.npz");
  assertEquals([alone.code, alone.stderr.split("\n")[0]], [
    2,
    "error: --checkpoint-every needs --checkpoint",
  ]);
  assertEquals((await train("--checkpoint c.npz --checkpoint-every 0 -o m.npz")).code, 2);
});

taskTest("train --resume lists all options and data that differ from the checkpoint", async (folder) => {
  const train = await inSet(folder);
  await train("--epochs 2 -o m.npz --checkpoint c.npz");
  await folder.write("other.npz", setFile(drawImages({ rows: 40, testRows: 10, wrong: 0.5 })));
  const targets = { shape: [2, 1], values: Float32Array.of(1, 3) };
  await folder.write("regression.npz", formatNpz({ x_train: targets, y_train: targets }));
  const before = await Promise.all(folder.names().map((name) => folder.read(name)));
  const { code, stderr } = await train(
    "--resume c.npz --epochs 1 --lr 0.1 --seed 9 --nesterov -o new.npz --data other.npz",
  );
  assertEquals(code, 1);
  assertMatch(
    stderr.split("\n")[0],
    /^error: Cannot resume, 5 things differ: "seed" 9, the checkpoint has 1; "learningRate" 0\.1, the checkpoint has 0\.001; "nesterov" true, the checkpoint has false; "epochs" 1, 2 epochs of the checkpoint are done; .*other\.npz of 40 rows with CRC-32 [0-9a-f]{8}, the checkpoint has 40 rows with CRC-32 [0-9a-f]{8}$/,
  );
  const layers = await train("--resume c.npz --layers 3:softmax --seed 9 -o new.npz");
  assertEquals([layers.code, layers.stderr.split("\n")[0]], [
    2,
    'error: Cannot resume, 2 things differ: layers 3:softmax, the checkpoint has 3:relu,3:softmax; "seed" 9, the checkpoint has 1',
  ]);
  const shape = await train("--resume c.npz --seed 9 -o new.npz --data regression.npz");
  assertMatch(
    shape.stderr.split("\n")[0],
    /^error: Cannot resume, 2 things differ: "seed" 9, the checkpoint has 1; Cannot load ".*regression\.npz": "x_train" holds inputs of shape \[1\], the network needs \[5, 4\]$/,
  );
  assertEquals(await Promise.all(folder.names().map((name) => folder.read(name))), before);
});

taskTest("train changes no file if --resume names one that is cut, or of another kind", async (folder) => {
  const train = await inSet(folder);
  const line = "--epochs 2 -o m.npz --checkpoint c.npz --metrics m.jsonl";
  await train(line);
  await folder.write("cut.npz", (await folder.read("c.npz")).subarray(0, -1000));
  await folder.write("text.npz", new TextEncoder().encode("notes\n"));
  const before = folder.names(), bytes = await Promise.all(before.map((name) => folder.read(name)));
  for (
    const [resume, checkpoint] of [["cut", "c"], ["text", "c"], ["m", "c"], ["set", "c"], ["cut", "cut"]]
  ) {
    const { code, stdout, stderr } = await train(
      `--epochs 2 -o m.npz --metrics m.jsonl --resume ${resume}.npz --checkpoint ${checkpoint}.npz`,
    );
    assertEquals([code, stdout, stderr.match(/^error: /gm)?.length], [1, "", 1], stderr);
    assertStringIncludes(stderr, `${resume}.npz": `);
    assertEquals(folder.names(), before);
    assertEquals(await Promise.all(before.map((name) => folder.read(name))), bytes);
  }
});
