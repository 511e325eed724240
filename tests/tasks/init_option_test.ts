/** Tests of `train --init MODEL`, and of the choice between a model and a distribution. */
import {
  assertAlmostEquals,
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { dense, formatLayers } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { initOf, likeInputs } from "../../tasks/shared/init_option.ts";
import { UsageError } from "../../tasks/terminal/errors.ts";
import { drawImages, type Folder, setFile, taskTest } from "./support.ts";

Deno.test("initOf() separates a model from a distribution", () => {
  assertEquals(initOf({ epochs: 3 }, {}), { config: { epochs: 3 } });
  assertEquals(initOf({ epochs: 3, init: "glorot" }, {}), { config: { epochs: 3, init: "glorot" } });
  assertEquals(initOf({ epochs: 3, init: "m.npz" }, {}), { config: { epochs: 3 }, model: "m.npz" });
  assertEquals(initOf({ init: "./he" }, {}), { config: {}, model: "./he" });
  assertEquals(initOf({ init: "zeros" }, { resume: "c.npz" }), { config: { init: "zeros" } });
  const found = () => initOf({ init: "m.npz" }, { resume: "c.npz" });
  const error = assertThrows(found, UsageError, `--init "m.npz" and --resume exclude each other`);
  assertEquals(error.hint, "a resumed run starts with the network of its checkpoint");
});

Deno.test("likeInputs() gives the inputs of a network, and not its classes", () => {
  const image = { white: 1, placement: "center" } as const;
  const mlp = Mlp.create([dense(2)], {
    inputShape: [28, 28],
    classNames: ["a", "b"],
    labelColumns: ["y"],
    image,
  });
  const like = { inputShape: [28, 28], inputScale: 1, image, labelColumns: ["y"] };
  assertEquals(likeInputs({ mlp, name: "m.npz" }), { like });
  assertEquals(likeInputs(undefined), {});
});

/** Trains with these arguments, and returns the output. */
async function run(folder: Folder, ...args: string[]) {
  const outcome = await folder.run("train", "--backend", "wasm", "--threads", "1", ...args);
  assertEquals(outcome.code, 0, outcome.stderr);
  return outcome;
}

/** Writes a set of three classes and one with the same images, but other labels in five classes. */
async function writeSets(folder: Folder): Promise<void> {
  const set = drawImages({ shape: [5, 4] });
  await folder.write("three.npz", setFile(set));
  const { x_train, y_train } = set, values = Array.from(y_train.values as ArrayLike<number>, Number);
  const labels = Uint8Array.from(values, (label, row) => row % 5 === 0 ? 3 + row % 2 : label);
  const five = { x_train, y_train: { shape: [labels.length], values: labels } };
  await folder.write("five.npz", setFile(five));
}

taskTest(
  "train --init trains a saved model further, with a new last layer for other classes",
  async (folder) => {
    await writeSets(folder);
    await run(folder, "--data", "three.npz", "--epochs", "3", "-o", "three-model.npz", "--seed", "7");
    const before = await Mlp.parse(await folder.read("three-model.npz"));

    const same = ["--init", "three-model.npz", "--data", "three.npz", "--epochs", "1"];
    const { stderr } = await run(folder, ...same, "--learning-rate", "1e-9", "-o", "same.npz");
    assertMatch(stderr, /\ninit {5}three-model.npz: all 3 layers are kept\n/);
    const after = await Mlp.parse(await folder.read("same.npz")), row = new Float32Array(20).fill(100);
    after.predict(row).forEach((value, i) => assertAlmostEquals(value, before.predict(row)[i], 1e-5));
    assertEquals([after.training?.epochs, after.training?.config.seed], [1, 1]);

    const other = ["--init", "three-model.npz", "--data", "five.npz", "--epochs", "2"];
    const { stderr: lines } = await run(folder, ...other, "-o", "five-model.npz", "--checkpoint", "c.npz");
    assertMatch(
      lines,
      /\ninit {5}three-model.npz: 2 of 3 layers are kept; the last is new: 5 classes in place of 3\n/,
    );
    assertEquals(
      formatLayers((await Mlp.parse(await folder.read("five-model.npz"))).layers),
      "128:relu,64:relu,5:softmax",
    );
    // A run that started with a model is resumed like any other.
    await run(folder, "--resume", "c.npz", "--data", "five.npz", "--epochs", "4", "-o", "resumed.npz");
    await run(folder, ...other.slice(0, -1), "4", "-o", "whole.npz");
    assertEquals(await folder.read("resumed.npz"), await folder.read("whole.npz"));
  },
);

taskTest("train --init tells that thresholds are not kept without --outliers", async (folder) => {
  await folder.write("set.npz", setFile(drawImages({ shape: [8, 8] })));
  const spec = { inputShape: [8, 8], inputScale: 1 / 255 }, layers = [dense(4, "relu"), dense(3, "softmax")];
  const thresholds = { probability: 0.5, energy: 1, together: 0.75 };
  await folder.write("m.npz", new Mlp({ ...Mlp.create(layers, spec), thresholds }).format());
  const args = ["--init", "m.npz", "--data", "set.npz", "--epochs", "1", "-o"];
  const plain = await run(folder, ...args, "plain.npz"),
    kept = await run(folder, ...args, "k.npz", "--outliers");
  const lost = "; its thresholds for what is no class are not kept (--outliers fits new ones)\n";
  assertStringIncludes(plain.stderr, lost);
  assertEquals(kept.stderr.includes(lost), false);
  const thresholdsIn = async (name: string) => (await Mlp.parse(await folder.read(name))).thresholds;
  assertEquals(await thresholdsIn("plain.npz"), undefined);
  assertEquals((await thresholdsIn("k.npz"))!.probability, 0.5);
});

taskTest("train --init refuses what does not fit, with the reason", async (folder) => {
  await writeSets(folder);
  await folder.write(
    "m.npz",
    Mlp.create([dense(3, "softmax")], { inputShape: [5, 4], inputScale: 1 / 255 }).format(),
  );
  const refuse = async (code: number, message: string, ...args: string[]) => {
    const outcome = await folder.run("train", "-o", "new.npz", ...args);
    assertEquals([outcome.code, outcome.stdout], [code, ""]);
    assertStringIncludes(outcome.stderr, message);
  };
  await refuse(
    1,
    `hint: run \`deno task train\` to make a model, or use --init glorot\n`,
    "--init",
    "glorott",
  );
  const three = ["--data", "three.npz", "--init", "m.npz"], five = ["--data", "five.npz", "--init", "m.npz"];
  await refuse(
    1,
    "its only layer would be new, 5 classes in place of 3\n  hint: the network is that of --init m.npz",
    ...five,
  );
  await refuse(
    1,
    "Layers 9:relu,3:softmax do not continue the network",
    ...three,
    "--layers",
    "9:relu,3:softmax",
  );
  await refuse(2, `--init "m.npz" and --resume exclude each other`, ...three, "--resume", "c.npz");
  assertEquals(folder.names(), ["five.npz", "m.npz", "three.npz"]);
});

taskTest(
  "train --init reads a CSV with the columns, the categories and the label column of the model",
  async (folder) => {
    const rows = (colors: readonly string[]) =>
      Array.from(
        { length: 40 },
        (_, i) => `${Math.sin(i)},${i % 3 ? "yes" : "no"},${colors[i % colors.length]}`,
      );
    const csv = (header: string, colors: readonly string[]) =>
      new TextEncoder().encode(`${header}\n${rows(colors).join("\n")}\n`);
    await folder.write("a.csv", csv("a,bought,color", ["red", "green", "blue"]));
    await folder.write("b.csv", csv("a,bought,color", ["red", "green"]));
    await folder.write("c.csv", csv("a,sold,color", ["red", "green"]));
    await run(folder, "--data", "a.csv", "--label", "bought", "--epochs", "1", "-o", "a.npz");
    const init = ["--init", "a.npz", "--epochs", "1"];
    const { stderr } = await run(folder, ...init, "--data", "b.csv", "-o", "b.npz");
    assertStringIncludes(stderr, "2 columns as 4 inputs, 2 classes");
    assertMatch(stderr, /\ninit {5}a.npz: all 3 layers are kept\n/);
    await run(folder, ...init, "--data", "c.csv", "--label", "sold", "-o", "c.npz");
    const outcome = await folder.run("train", ...init, "--data", "c.csv", "-o", "d.npz");
    assertEquals(outcome.code, 1);
    assertStringIncludes(
      outcome.stderr,
      '"table" has no labels or targets\n  hint: name the column of the labels, such as by --label species\n',
    );
  },
);
