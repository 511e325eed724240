import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { TRAIN_OPTIONS } from "../../src/training/config.ts";
import { formatLayers } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { kebab } from "../../tasks/terminal/command.ts";
import { drawImages, drawRegression, jsonOf, linesOf, ROOT, setFile, taskTest } from "./support.ts";

taskTest("train prints epochs and result on stdout, and everything else on stderr", async (folder) => {
  await folder.write("set.npz", setFile());
  const { code, stdout, stderr } = await folder.run(
    "train",
    "--data",
    "set.npz",
    "--epochs",
    "3",
    "-o",
    "m.npz",
  );
  assertEquals(code, 0);
  const [heading, ...rows] = linesOf(stdout);
  assertMatch(heading, /^epoch +train loss +train acc +test loss +test acc +seconds +rows\/s$/);
  const result = rows.pop() ?? "";
  assertEquals(rows.length, 3);
  for (const [at, row] of rows.entries()) {
    assertMatch(
      row,
      new RegExp(
        String.raw`^ *${at + 1} +\d\.\d{4} +\d+\.\d\d % +\d\.\d{4} +\d+\.\d\d % +\d+\.\d\d +[\d,]+$`,
      ),
    );
  }
  assertMatch(
    result,
    /^test accuracy \d+\.\d\d % \[\d+\.\d\d, \d+\.\d\d\], test loss \d\.\d{4}, \d+\.\d+ s, saved m\.npz$/,
  );
  const lines = linesOf(stderr), at = lines.findIndex((line) => line.startsWith("backend "));
  const notes = lines.slice(at + 1);
  // A machine with a GPU passes over fewer backends.
  for (const [index, line] of lines.slice(0, at).entries()) {
    const name = ["cuda", "webgpu", "cpu"][index];
    assertMatch(line, new RegExp(`^passed over ${name}: Cannot open backend "${name}": `));
  }
  assertMatch(
    lines[at],
    [
      /^backend {2}cuda/,
      /^backend {2}webgpu/,
      /^backend {2}cpu on .+, \d+ threads?$/,
      /^backend {2}wasm on CPU, \d+ threads?/,
    ][at],
  );
  assertEquals(notes.slice(0, 3), [
    "data     set.npz: 240 rows to train, 60 to test; images [5, 4], 3 classes; pixels 0 to 255, dark background",
    "network  20 → 128 relu → 64 relu → 3 softmax, 11,139 parameters",
    "training adam, learning rate 0.001 constant, cross-entropy, batch 128, 3 epochs, seed 1",
  ]);
  assertEquals(notes.slice(3).map((line) => line.split(" ")[0]), ["loss", "confused", "next"]);
});

taskTest("train saves a model with a record of its training", async (folder) => {
  await folder.write("set.npz", setFile());
  const args = ["--layers", "16:tanh,3:softmax", "--epochs", "2", "--lr", "0.01", "-q", "--backend", "wasm"];
  assertEquals((await folder.run("train", "--data", "set.npz", "-o", "new/m.npz", ...args)).code, 0);
  const mlp = await Mlp.parse(await folder.read("new/m.npz"));
  assertEquals(formatLayers(mlp.layers), "16:tanh,3:softmax");
  assertEquals([mlp.inputShape, mlp.inputScale], [[5, 4], 1 / 255]);
  const { config, ...record } = mlp.training!;
  assertEquals([config.epochs, config.learningRate], [2, 0.01]);
  assertEquals(record, { epochs: 2, dataset: { source: "set.npz", rows: 240 }, backend: "wasm" });
});

taskTest("train --augment deforms images, and reports it", async (folder) => {
  await folder.write("digits.npz", setFile(drawImages({ shape: [8, 8] })));
  const { code, stderr } = await folder.run(
    "train",
    ...["--data", "digits.npz", "--augment", "--epochs", "2", "-o", "m.npz"],
  );
  assertEquals(code, 0);
  assertStringIncludes(stderr, "batch 128, 2 epochs, images deformed, seed 1");
  assertEquals((await Mlp.parse(await folder.read("m.npz"))).training?.config.augment, true);
  await folder.write("set.npz", setFile());
  const refused = await folder.run("train", "--data", "set.npz", "--augment", "-o", "n.npz");
  assertEquals(refused.code, 1);
  assertStringIncludes(
    refused.stderr,
    "error: Cannot augment set.npz: its inputs are bytes of shape [5, 4], augmentation needs images of bytes, [S, S]",
  );
});

taskTest("train --json prints an object for each epoch and a last one", async (folder) => {
  await folder.write("set.npz", setFile());
  const outcome = await folder.run(
    "train",
    "--data",
    "set.npz",
    "--epochs",
    "20",
    "-o",
    "m.npz",
    "--json",
    "--backend",
    "wasm",
  );
  const epochs = jsonOf(outcome), result = epochs.pop()!;
  assertEquals(epochs.map(({ epoch }) => epoch), Array.from({ length: 20 }, (_, at) => at + 1));
  for (const epoch of epochs) {
    const keys = ["epoch", "trainLoss", "trainAccuracy", "testLoss", "testAccuracy", "seconds"];
    assertEquals(Object.keys(epoch), keys);
    assert(Object.values(epoch).every(Number.isFinite), JSON.stringify(epoch));
  }
  const { device, seconds, ...rest } = result;
  const { testLoss, testAccuracy } = epochs[19];
  assertEquals(rest, { done: true, backend: "wasm", testAccuracy, testLoss, model: "m.npz" });
  assertMatch(String(device), /^CPU/);
  assertGreater(Number(seconds), epochs.reduce((sum, epoch) => sum + Number(epoch.seconds), 0));
  assertGreater(Number(testAccuracy), 0.9);
});

taskTest("train --quiet prints only the result", async (folder) => {
  await folder.write("set.npz", setFile());
  const { stdout, stderr } = await folder.run(
    "train",
    "--data",
    "set.npz",
    "--epochs",
    "2",
    "-o",
    "m.npz",
    "-q",
  );
  assertEquals([linesOf(stdout).length, stderr], [1, ""]);
  assertStringIncludes(stdout, "saved m.npz");
});

taskTest("train --help lists every setting of train()", async (folder) => {
  const { code, stdout, stderr } = await folder.run("train", "--help");
  assertEquals([code, stderr], [0, ""]);
  for (const name of Object.keys(TRAIN_OPTIONS)) {
    if (name !== "inputScaling") assertStringIncludes(stdout, `--${kebab(name)}`); // given by --input-scale
  }
});

taskTest(
  "train writes the same model for any number of threads, and another for another seed",
  async (folder) => {
    await folder.write("set.npz", setFile());
    const train = async (name: string, ...args: string[]) => {
      const all = ["--data", "set.npz", "--epochs", "3", "-q", "-o", name, ...args];
      assertEquals((await folder.run("train", ...all)).code, 0);
      return await folder.read(name);
    };
    const one = await train("1.npz", "--threads", "1");
    assertEquals(await train("2.npz", "--threads", "2"), one);
    assertEquals(await train("3.npz", "--threads", "3"), one);
    const parametersOf = async (bytes: Uint8Array) => (await Mlp.parse(bytes)).parameters;
    const other = await train("4.npz", "--seed", "2");
    assertNotEquals(await parametersOf(other), await parametersOf(one));
  },
);

taskTest("train fits target values with mean squared error", async (folder) => {
  await folder.write("set.npz", setFile(drawRegression()));
  const outcome = await folder.run(
    "train",
    "--data",
    "set.npz",
    "--epochs",
    "30",
    "-o",
    "m.npz",
    "--json",
    "--backend",
    "wasm",
  );
  const epochs = jsonOf(outcome), result = epochs.pop()!;
  const keys = ["epoch", "trainLoss", "testLoss", "testR2", "testMeanAbsoluteError", "seconds"];
  assertEquals(Object.keys(epochs[0]), keys);
  assertEquals("testAccuracy" in result, false);
  assertLess(Number(result.testLoss), 0.5 * Number(epochs[0].testLoss));
  assertStringIncludes(outcome.stderr, "2 columns, 1 target value; inputs not scaled\n");
  assertStringIncludes(outcome.stderr, "→ 1 linear");
  assertStringIncludes(outcome.stderr, "mean-squared-error");
});

taskTest(
  "train --patience stops early and saves the epoch with the lowest validation loss",
  async (folder) => {
    await folder.write("set.npz", setFile(drawImages({ wrong: 0.7 })));
    const args = ["--data", "set.npz", "--lr", "0.01", "--validation-split", "0.25", "--patience", "3"];
    const outcome = await folder.run("train", ...args, "-o", "m.npz", "--json", "--backend", "wasm");
    const epochs = jsonOf(outcome), result = epochs.pop()!;
    assertEquals(
      Object.keys(epochs[0]).filter((key) => key.startsWith("validation")),
      ["validationLoss", "validationAccuracy"],
    );
    const losses = epochs.map(({ validationLoss }) => Number(validationLoss));
    const best = losses.indexOf(Math.min(...losses));
    assertLess(epochs.length, 100);
    assertEquals(epochs.length, best + 1 + 3);
    assertEquals((await Mlp.parse(await folder.read("m.npz"))).training?.epochs, best + 1);
    // The result is that of the saved network, not of the last epoch.
    assertEquals(result.testLoss, epochs[best].testLoss);
    const { stdout } = await folder.run("train", ...args, "-o", "m.npz");
    assertMatch(linesOf(stdout)[0], / val loss +val acc /);
    assertMatch(
      linesOf(stdout).at(-1)!,
      new RegExp(`^stopped early in epoch ${epochs.length}, test accuracy`),
    );
  },
);

taskTest(
  "train accepts a batch larger than the set, and a class without rows",
  async (folder) => {
    const { x_train, y_train, x_test, y_test } = drawImages();
    const skip = (label: bigint) => label === 1n ? 3n : label;
    const without = BigInt64Array.from(y_train.values as BigInt64Array, skip);
    await folder.write(
      "set.npz",
      setFile({ x_train, x_test, y_test, y_train: { shape: [240], values: without } }),
    );
    const args = ["--data", "set.npz", "--batch-size", "1000", "--epochs", "2", "-o", "m.npz", "--json"];
    const { code, stderr } = await folder.run("train", ...args);
    assertEquals(code, 0);
    assertStringIncludes(stderr, "4 classes");
  },
);

taskTest("train runs without test rows", async (folder) => {
  await folder.write("set.npz", setFile(drawImages({ testRows: 0 })));
  const args = ["--data", "set.npz", "--epochs", "1", "-o", "m.npz"];
  const outcome = await folder.run("train", ...args, "--json");
  const [epoch, result] = jsonOf(outcome);
  assertEquals(["testLoss" in epoch, "testLoss" in result], [false, false]);
  const { stdout } = await folder.run("train", ...args);
  assertMatch(stdout, /^epoch +train loss +train acc +seconds +rows\/s\n.*\n\d\.\d+ s, saved m\.npz\n$/);
});

taskTest("train replaces a model, and any other file only with --force", async (folder) => {
  await folder.write("set.npz", setFile());
  await folder.write("notes.txt", new TextEncoder().encode("notes"));
  const args = ["--data", "set.npz", "--epochs", "1", "-q", "-o"];
  for (const path of [["notes.txt"], ["m.npz", "--checkpoint", "notes.txt"], ["set.npz"]]) {
    const { code, stdout, stderr } = await folder.run("train", ...args, ...path);
    assertEquals({ code, stdout, stderr }, {
      code: 1,
      stdout: "",
      stderr: `error: Cannot save to "${path.at(-1)}": the file there is not a model\n` +
        "  hint: name another, or use --force to write over it\n",
    });
  }
  assertEquals(folder.names(), ["notes.txt", "set.npz"]);
  assertEquals((await folder.run("train", ...args, "notes.txt", "--force")).code, 0);
  assertEquals((await folder.run("train", ...args, "notes.txt")).code, 0);
});

taskTest("train leaves no temporary file", async (folder) => {
  await folder.write("set.npz", setFile());
  await folder.run("train", "--data", "set.npz", "--epochs", "2", "-o", "m.npz", "--checkpoint", "c.npz");
  assertEquals(folder.names(), ["c.npz", "m.npz", "set.npz"]);
});

taskTest(
  "train saves to model/model.npz in the user's folder, and the other tasks read it",
  async (folder) => {
    await folder.write("set.npz", setFile());
    await Deno.mkdir(join(folder.path, "sub"));
    const sub = { INIT_CWD: join(folder.path, "sub") };
    const data = ["--data", "../set.npz"];
    const missing = await folder.runIn(sub, "eval", ...data);
    assertEquals(missing.code, 1);
    assertStringIncludes(missing.stderr, 'error: Cannot load "model/model.npz": no such file');
    const { code, stdout } = await folder.runIn(sub, "train", ...data, "--epochs", "1", "-q");
    assertEquals(code, 0);
    assertStringIncludes(stdout, "saved model/model.npz\n");
    assertEquals((await Mlp.parse(await folder.read("sub/model/model.npz"))).training?.epochs, 1);
    assertEquals(folder.names(), ["set.npz", "sub"]);
    assertEquals((await folder.runIn(sub, "eval", ...data)).code, 0);
    assertEquals((await folder.runIn(sub, "predict", "../set.npz", "--rows", "0")).code, 0);
  },
);

/** Copies a folder of the project. */
async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    await (isDirectory ? copy : Deno.copyFile)(join(from, name), join(to, name));
  }
}

taskTest(
  "train without options draws digits in a new clone without a network, and reports it",
  async ({ path }) => {
    for (const name of ["src", "tasks"]) await copy(join(ROOT, name), join(path, name));
    await Deno.copyFile(join(ROOT, "deno.json"), join(path, "deno.json"));
    const process = new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", "train", "--epochs", "1", "--json"],
      cwd: path,
      // No server listens there, so that requests fail.
      env: { HTTPS_PROXY: "http://127.0.0.1:9", INIT_CWD: path, NO_COLOR: "1" },
    });
    const { code, stdout, stderr } = await process.output();
    const notes = new TextDecoder().decode(stderr);
    assertEquals(code, 0, notes);
    assertStringIncludes(
      notes,
      "data     digits drawn by the program, because MNIST cannot be downloaded: 60,000 rows",
    );
    const [, result] = linesOf(new TextDecoder().decode(stdout)).map((line) => JSON.parse(line));
    assertEquals(result.model, "model/model.npz");
    assertEquals((await Mlp.load(join(path, "model/model.npz"))).training?.dataset.rows, 60_000);
  },
);
