/** Checkpoints: what `train --checkpoint` writes, `train --resume` goes on from, bit for bit. */
import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { parseCheckpoint } from "../../src/checkpoint.ts";
import { Mlp } from "../../src/mlp.ts";
import { drawImages, type Folder, jsonOf, setFile, taskTest } from "./support.ts";

const RUNS: [name: string, args: string[]][] = [
  ["adam", []],
  [
    "momentum, a step schedule, warm-up and clipping",
    "--optimizer sgd --momentum 0.9 --nesterov --lr 0.05 --schedule step --decay-epochs 2 --warmup-steps 7 --clip-norm 1"
      .split(" "),
  ],
  ["adamw and a validation set", ["--optimizer", "adamw", "--validation-split", "0.25", "--patience", "9"]],
  ["the reference backend", ["--backend", "reference"]],
];

for (const [name, args] of RUNS) {
  taskTest(`train --resume ends with the bytes of an uninterrupted run, with ${name}`, async (folder) => {
    await folder.write("set.npz", setFile());
    await run(folder, "--epochs", "4", "-o", "whole.npz", ...args);
    await run(folder, "--epochs", "2", "-o", "half.npz", "--checkpoint", "c.npz", ...args);
    const backend = args[0] === "--backend" ? args : [];
    const { stderr } = await run(
      folder,
      "--resume",
      "c.npz",
      "--epochs",
      "4",
      "-o",
      "resumed.npz",
      ...backend,
    );
    assertStringIncludes(stderr, "; goes on at epoch 3\n");
    assertEquals(await folder.read("resumed.npz"), await folder.read("whole.npz"));
  });
}

taskTest("train --checkpoint writes a file that is a model too", async (folder) => {
  await folder.write("set.npz", setFile());
  await run(folder, "--epochs", "2", "-o", "m.npz", "--checkpoint", "c.npz");
  assertEquals(await Mlp.parse(await folder.read("c.npz")), await Mlp.parse(await folder.read("m.npz")));
});

const REFUSED: [args: string[], code: number, message: string][] = [
  [
    ["--resume", "c.npz", "--lr", "0.1"],
    1,
    'Cannot resume with "learningRate" 0.1: the checkpoint has 0.001',
  ],
  [["--resume", "c.npz", "--seed", "2"], 1, 'Cannot resume with "seed" 2: the checkpoint has 1'],
  [
    ["--resume", "c.npz", "--layers", "3:softmax"],
    2,
    "Cannot resume with --layers 3:softmax: the checkpoint has 128:relu,64:relu,3:softmax",
  ],
  [["--resume", "c.npz"], 1, "Cannot resume to epoch 2: the checkpoint has 2 epochs behind it"],
  [["--resume", "none.npz"], 1, 'Cannot resume from "none.npz": no such file or folder'],
  [["--resume", "m.npz"], 1, 'Cannot read "FOLDER/m.npz": it is a model, which cannot be resumed'],
  [["--resume", "set.npz"], 1, 'Cannot read "FOLDER/set.npz": it is no checkpoint'],
  [
    ["--resume", "c.npz", "--epochs", "4", "--data", "other.npz"],
    1,
    "Cannot resume on other.npz: it is not the set of 240 rows that training began on",
  ],
  [
    ["--checkpoint", "new.npz"],
    2,
    "--checkpoint and --output name the same file, each needs its own",
  ],
];

taskTest("train --resume and --checkpoint refuse what they cannot do", async (folder) => {
  await folder.write("set.npz", setFile());
  await folder.write("other.npz", setFile(drawImages({ wrong: 0.1 })));
  await run(folder, "--epochs", "2", "-o", "m.npz", "--checkpoint", "c.npz");
  for (const [args, code, message] of REFUSED) {
    const data = args.includes("--data") ? [] : ["--data", "set.npz"];
    const outcome = await folder.run("train", "-q", "-o", "new.npz", ...data, ...args);
    const [first] = outcome.stderr.split("\n");
    assertEquals([outcome.code, outcome.stdout, first.replace(folder.path, "FOLDER")], [
      code,
      "",
      `error: ${message}`,
    ]);
  }
  assertEquals(folder.names(), ["c.npz", "m.npz", "other.npz", "set.npz"]);
});

/** A run whose epochs take long enough to be interrupted in. */
const SLOW = [
  "--layers",
  "768:relu,768:relu,3:softmax",
  "--batch-size",
  "32",
  "--threads",
  "1",
  "--epochs",
  "4",
];

taskTest("train saves model and checkpoint on SIGINT, from which it goes on bit for bit", async (folder) => {
  await folder.write("set.npz", setFile(drawImages({ rows: 2000, shape: [64] })));
  await run(folder, ...SLOW, "-o", "whole.npz");

  const { code, stdout, stderr } = await interrupted(folder, '{"epoch":1', [
    ...[...SLOW, "-o", "cut.npz", "--checkpoint", "c.npz", "--json"],
  ]);
  assertEquals(code, 130);
  assertEquals(
    stderr.split("\n").slice(-2),
    ["Interrupted: finishing what was begun; press Ctrl-C again to leave at once", ""],
  );
  const result = jsonOf({ code, stdout, stderr }).at(-1)!;
  assertEquals([result.done, result.model], [true, "cut.npz"]);
  const { progress } = await parseCheckpoint(await folder.read("c.npz"));
  assertLess(progress.epoch, 5);
  const { parameters } = await Mlp.parse(await folder.read("cut.npz"));
  assertEquals(parameters, (await Mlp.parse(await folder.read("c.npz"))).parameters);

  await run(folder, "--resume", "c.npz", "--threads", "2", "-o", "resumed.npz");
  assertEquals(await folder.read("resumed.npz"), await folder.read("whole.npz"));
});

taskTest("train leaves the old model alone on SIGINT before the first step", async (folder) => {
  await folder.write("set.npz", setFile());
  await run(folder, "--epochs", "1", "-o", "m.npz");
  const before = await folder.read("m.npz");
  const pipe = join(folder.path, "pipe");
  await new Deno.Command("mkfifo", { args: [pipe] }).output();
  const process = folder.start("train", "--data", "pipe", "-o", "m.npz");
  const stderr = process.stderr.pipeThrough(new TextDecoderStream()).getReader();
  const stdout = new Response(process.stdout).text();
  {
    using writer = await Deno.open(pipe, { write: true }); // waits until the task reads
    process.kill("SIGINT");
    assertStringIncludes((await stderr.read()).value ?? "", "Interrupted");
    await writer.write(await folder.read("set.npz"));
  }
  let rest = "";
  for (let part = await stderr.read(); !part.done; part = await stderr.read()) rest += part.value;
  assertStringIncludes(rest, "Nothing is saved: no step was done\n");
  assertEquals([(await process.status).code, await stdout], [130, ""]);
  assertEquals(await folder.read("m.npz"), before);
});

async function run(folder: Folder, ...args: string[]) {
  const outcome = await folder.run("train", "--data", "set.npz", ...args);
  assertEquals(outcome.code, 0, outcome.stderr);
  return outcome;
}

/** Runs a task, and interrupts it once `text` has come on stdout. */
async function interrupted(folder: Folder, text: string, args: string[]) {
  const process = folder.start("train", "--data", "set.npz", ...args);
  const stderr = new Response(process.stderr).text();
  let stdout = "", sent = false;
  for await (const part of process.stdout.pipeThrough(new TextDecoderStream())) {
    stdout += part;
    if (sent || !stdout.includes(text)) continue;
    process.kill("SIGINT");
    sent = true;
  }
  assert(sent, `No ${text} in ${stdout}`);
  return { code: (await process.status).code, stdout, stderr: await stderr };
}
