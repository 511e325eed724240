/** Tests that `train --resume` continues from the files of `train --checkpoint`, bit for bit. @module */
import { assert, assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { formatNpz } from "../../src/formats/npz.ts";
import { parseCheckpoint } from "../../src/training/checkpoint.ts";
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
  taskTest(`train --resume gives the bytes of an uninterrupted run, with ${name}`, async (folder) => {
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
    assertStringIncludes(stderr, "; continues at epoch 3\n");
    assertEquals(await folder.read("resumed.npz"), await folder.read("whole.npz"));
  });
}

/** Complete runs whose model is lost after the last checkpoint. */
const ENDED: [name: string, args: string[], status: string, result: RegExp][] = [
  ["after all its epochs", ["--epochs", "4"], "all 4 epochs are done", /^test accuracy .*, saved m\.npz$/],
  [
    "after its only epoch",
    ["--epochs", "1", "--lr", "0.01"],
    "its epoch is done",
    /^test accuracy .*, saved m\.npz$/,
  ],
  [
    "after patience ended it",
    "--epochs 50 --validation-split 0.25 --patience 2 --lr 0.05".split(" "),
    "stopped early in epoch ",
    /^stopped early in epoch \d+, test accuracy .*, saved m\.npz$/,
  ],
  [
    "after all its epochs, with patience left",
    "--epochs 3 --validation-split 0.25 --patience 9 --lr 0.05 --backend reference --layers 8:relu,3:softmax"
      .split(" "),
    "all 3 epochs are done",
    /^test accuracy .*, saved m\.npz$/,
  ],
];

for (const [name, args, status, result] of ENDED) {
  taskTest(
    `train --resume saves the model of a run that was killed before it saved: ${name}`,
    async (folder) => {
      await folder.write("set.npz", setFile(drawImages({ wrong: 0.3 })));
      const same = [...args, "-o", "m.npz", "--checkpoint", "c.npz"];
      const whole = await run(folder, ...same, "--json");
      const model = await folder.read("m.npz"), checkpoint = await folder.read("c.npz");
      const resume = async (...more: string[]) => {
        await Deno.remove(join(folder.path, "m.npz"));
        const outcome = await run(folder, ...same, "--resume", "c.npz", ...more);
        assertEquals(await folder.read("m.npz"), model);
        assertEquals(await folder.read("c.npz"), checkpoint);
        return outcome;
      };
      const { stdout, stderr } = await resume();
      assertMatch(stdout.trimEnd(), result);
      assertStringIncludes(stderr, `; ${status}`);
      const json = jsonOf(await resume("--json"));
      assertEquals(json.map(withoutTime), [withoutTime(jsonOf(whole).at(-1)!)]);
    },
  );
}

/** Removes the time from a result. */
const withoutTime = ({ seconds: _, ...rest }: Record<string, unknown>) => rest;

taskTest("train --checkpoint writes a file that is also a model", async (folder) => {
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
  [
    ["--resume", "c.npz", "--epochs", "1"],
    1,
    "Cannot resume to epoch 1: 2 epochs of the checkpoint are done",
  ],
  [
    ["--resume", "cut.npz"],
    1,
    'Cannot read "FOLDER/cut.npz": it is cut short after 3,000 bytes: the zip directory at its end is missing',
  ],
  [["--resume", "none.npz"], 1, 'Cannot resume from "none.npz": no such file or folder'],
  [["--resume", "m.npz"], 1, 'Cannot read "FOLDER/m.npz": it is a model, which cannot be resumed'],
  [["--resume", "set.npz"], 1, 'Cannot read "FOLDER/set.npz": it is no checkpoint'],
  [
    ["--resume", "c.npz", "--epochs", "4", "--data", "other.npz"],
    1,
    "Cannot resume on other.npz: it is not the set of 240 rows that training started with",
  ],
  [
    ["--resume", "c.npz", "--epochs", "4", "--data", "regression.npz"],
    1,
    'Cannot load "FOLDER/regression.npz": "x_train" holds inputs of shape [1], the network needs [5, 4]',
  ],
  [
    ["--checkpoint", "new.npz"],
    2,
    "--checkpoint and --output name the same file, each needs its own",
  ],
];

taskTest("train --resume and --checkpoint refuse files and options that do not fit", async (folder) => {
  await folder.write("set.npz", setFile());
  await folder.write("other.npz", setFile(drawImages({ wrong: 0.1 })));
  const targets = { shape: [2, 1], values: Float32Array.of(1, 3) };
  await folder.write("regression.npz", formatNpz({ x_train: targets, y_train: targets }));
  await run(folder, "--epochs", "2", "-o", "m.npz", "--checkpoint", "c.npz");
  await folder.write("cut.npz", (await folder.read("c.npz")).subarray(0, 3000));
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
  assertEquals(folder.names(), ["c.npz", "cut.npz", "m.npz", "other.npz", "regression.npz", "set.npz"]);
});

/** The options of a run whose epochs are long enough to interrupt. */
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

taskTest("train saves model and checkpoint on SIGINT, and resumes from it bit for bit", async (folder) => {
  await folder.write("set.npz", setFile(drawImages({ rows: 2000, shape: [64] })));
  await run(folder, ...SLOW, "-o", "whole.npz");

  const { code, stdout, stderr } = await interrupted(folder, '{"epoch":1', [
    ...[...SLOW, "-o", "cut.npz", "--checkpoint", "c.npz", "--json"],
  ]);
  assertEquals(code, 130);
  const ending = "Interrupted: finishing the current work; press Ctrl-C again to end at once";
  assertEquals(stderr.split("\n").filter((line) => line === ending).length, 1);
  const next =
    "--resume c.npz --checkpoint c.npz --data set.npz --layers 768:relu,768:relu,3:softmax -o cut.npz";
  assertEquals(stderr.split("\n").slice(-2), [`next     deno task train ${next}`, ""]);
  const result = jsonOf({ code, stdout, stderr }).at(-1)!;
  assertEquals([result.done, result.model], [true, "cut.npz"]);
  const { progress } = await parseCheckpoint(await folder.read("c.npz"));
  assertLess(progress.epoch, 5);
  const { parameters } = await Mlp.parse(await folder.read("cut.npz"));
  assertEquals(parameters, (await Mlp.parse(await folder.read("c.npz"))).parameters);

  await run(folder, "--resume", "c.npz", "--threads", "2", "-o", "resumed.npz");
  assertEquals(await folder.read("resumed.npz"), await folder.read("whole.npz"));
});

taskTest("train --resume uses the kept file if the other is damaged, and reports it", async (folder) => {
  await folder.write("set.npz", setFile());
  await run(folder, "--epochs", "4", "-o", "whole.npz");
  await run(folder, "--epochs", "2", "-o", "m.npz", "--checkpoint", "c.npz");
  const resume = ["--resume", "c.npz", "-o", "m.npz", "--checkpoint", "c.npz"];
  await run(folder, ...resume, "--epochs", "3");
  const kept = await folder.read("c.previous.npz");
  const damaged = await folder.read("c.npz");
  damaged.fill(0, damaged.length / 2, damaged.length / 2 + 100);
  await folder.write("c.npz", damaged);
  // The same if the run writes to the damaged file: the kept file must not be replaced by it.
  const { stderr } = await run(folder, ...resume, "--epochs", "4");
  const [first] = stderr.split("\n");
  assertStringIncludes(first, `warning: Cannot read "${folder.path}/c.npz": `);
  assert(first.endsWith('; going on from "c.previous.npz" instead'), first);
  assertStringIncludes(stderr, "; continues at epoch 3\n");
  assertEquals(await folder.read("c.previous.npz"), kept);
  assertEquals(await folder.read("m.npz"), await folder.read("whole.npz"));
  assertEquals((await parseCheckpoint(await folder.read("c.npz"))).progress.epoch, 5);
});

taskTest("train --resume refuses a damaged file if there is no whole kept file", async (folder) => {
  await folder.write("set.npz", setFile());
  await run(folder, "--epochs", "2", "-o", "m.npz", "--checkpoint", "c.npz");
  const damaged = (await folder.read("c.npz")).subarray(0, -100);
  await folder.write("c.npz", damaged);
  const resume = ["train", "--data", "set.npz", "--resume", "c.npz", "-o", "m.npz"] as const;
  const { code, stderr } = await folder.run(...resume);
  assertEquals(code, 1);
  assertStringIncludes(stderr, `error: Cannot read "${folder.path}/c.npz": `);
  await folder.write("c.previous.npz", damaged);
  assertEquals((await folder.run(...resume)).stderr, stderr);
});

async function run(folder: Folder, ...args: string[]) {
  const outcome = await folder.run("train", "--data", "set.npz", ...args);
  assertEquals(outcome.code, 0, outcome.stderr);
  return outcome;
}

/** Runs a task, and interrupts it when `text` has appeared on stdout. */
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
