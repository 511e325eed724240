import { assertEquals, assertStringIncludes } from "@std/assert";
import { formatNpy, type NpyValues } from "../../src/formats/npy.ts";
import { formatNpz } from "../../src/formats/npz.ts";
import type { MlpParts } from "../../src/mlp_parts.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { barsMlp } from "./bars.ts";
import { type Folder, jsonOf, linesOf, taskTest } from "./support.ts";

/** Returns a network with two inputs that takes the class "big" if their sum, after scaling, is above 1. */
function sumMlp(parts: Partial<MlpParts> = {}): Uint8Array {
  const mlp = new Mlp({
    inputShape: [2],
    inputScale: 1,
    layers: [dense(2, "softmax")],
    parameters: {
      "layer_1.weights": Float32Array.of(0, 0, 4, 4),
      "layer_1.bias": Float32Array.of(4, 0),
    },
    classNames: ["small", "big"],
    ...parts,
  });
  return mlp.format();
}

const npy = (values: NpyValues, ...shape: number[]) => formatNpy({ values, shape });
const guesses = async (folder: Folder, ...args: string[]) => {
  const outcome = await folder.run("predict", "-m", "m.npz", "--json", ...args);
  return { names: jsonOf(outcome).map(({ className }) => className), stderr: outcome.stderr };
};

taskTest("predict uses the network's scale for rows of every type and value", async (folder) => {
  await folder.write("m.npz", sumMlp());
  await folder.write("half.npy", npy(Float64Array.of(0.5, 0.25), 2));
  await folder.write("large.npy", npy(Float64Array.of(300, 0), 2));
  await folder.write("bytes.npy", npy(Uint8Array.of(0, 1, 200, 3), 2, 2));
  const { names, stderr } = await guesses(folder, "half.npy", "large.npy", "bytes.npy");
  assertEquals(names, ["small", "big", "small", "big"]);
  assertEquals(linesOf(stderr).length, 1, stderr);
});

taskTest(
  "predict says once that rows seem to have another scale than the pixels of the network",
  async (folder) => {
    await folder.write("m.npz", sumMlp({ inputScale: 1 / 255 }));
    await folder.write("a.npy", npy(Float32Array.of(0.25, 0.5, 0.75, 1), 2, 2));
    const asPixels = await guesses(folder, "a.npy", "a.npy");
    assertEquals(asPixels.names, ["small", "small", "small", "small"]);
    const note = "a.npy has values from 0 to 1, the network takes pixels from 0 to 255; " +
      "for pixels / 255, add --input-scale none";
    assertEquals(linesOf(asPixels.stderr).slice(1), [note]);
    const declared = await guesses(folder, "a.npy", "--input-scale", "none");
    assertEquals([declared.names, linesOf(declared.stderr).length], [["small", "big"], 1]);

    await folder.write("m.npz", sumMlp({ image: { white: 1, placement: "resize" } }));
    await folder.write("b.npy", npy(Uint8Array.of(0, 60, 200, 200), 2, 2));
    const large = await guesses(folder, "b.npy");
    assertEquals(large.names, ["big", "big"]);
    assertStringIncludes(large.stderr, "add --input-scale pixels\n");
    assertEquals((await guesses(folder, "b.npy", "--input-scale", "1/255")).names, ["small", "big"]);
  },
);

taskTest(
  "predict prints the accuracy for rows with labels, which a set may have as names",
  async (folder) => {
    await folder.write("m.npz", sumMlp());
    const rows = { shape: [3, 2], values: Float32Array.of(0, 0, 2, 2, 0, 3) };
    const labels = { shape: [3], values: ["small", "big", "small"] };
    await folder.write("s.npz", formatNpz({ x_train: rows, y_train: labels, x_val: rows, y_val: labels }));
    const { stdout, stderr } = await folder.run("predict", "-m", "m.npz", "s.npz", "--set", "validation");
    assertEquals(linesOf(stdout).map((line) => line.split(/ +/).slice(0, 3)), [
      ["image", "label", "guess"],
      ["s.npz[0]", "small", "small"],
      ["s.npz[1]", "big", "big"],
      ["s.npz[2]", "small", "big"],
    ]);
    assertStringIncludes(stderr, "accuracy 66.67 % [20.77, 93.85] (2 of 3 correct)\n");
    await folder.write("other.npz", formatNpz({ X: rows, y: { ...labels, values: ["a", "b", "c"] } }));
    const other = await folder.run("predict", "-m", "m.npz", "other.npz", "--json");
    assertEquals(jsonOf(other).map(({ trueLabel }) => trueLabel), [undefined, undefined, undefined]);
    assertStringIncludes(other.stderr, 'Cannot use the labels of "other.npz": ');
  },
);

taskTest(
  "predict --csv writes a file with a line for each row, and keeps a file that exists",
  async (folder) => {
    await folder.write("m.npz", sumMlp());
    await folder.write("rows.npy", npy(Float32Array.of(0, 0, 2, 2), 2, 2));
    const args = ["-m", "m.npz", "rows.npy", "--csv", "out.csv"];
    const { code, stdout, stderr } = await folder.run("predict", ...args, "--probabilities");
    assertEquals([code, stdout, linesOf(stderr)[1]], [0, "", "saved    out.csv, 2 rows"]);
    const text = async (name: string) => linesOf(new TextDecoder().decode(await folder.read(name)));
    assertEquals((await text("out.csv")).map((line) => line.split(",").slice(0, 2)), [
      ["name", "class"],
      ["rows.npy[0]", "small"],
      ["rows.npy[1]", "big"],
    ]);
    const refused = await folder.run("predict", ...args, "--id", "ImageId");
    assertEquals([refused.code, refused.stdout], [1, ""]);
    assertStringIncludes(
      refused.stderr,
      'Cannot save to "out.csv": it exists already\n  hint: name another, or use --force to replace it',
    );
    assertEquals((await folder.run("predict", ...args, "--id", "ImageId", "--force")).code, 0);
    assertEquals(await text("out.csv"), ["ImageId,Label", "1,small", "2,big"]);
    const [named] = args.splice(2, 1, "out.csv");
    const same = await folder.run("predict", ...args, "--force");
    assertStringIncludes(same.stderr, 'Cannot save to "out.csv": it is a file to predict', named);
    assertEquals(folder.names(), ["m.npz", "out.csv", "rows.npy"]);
  },
);

taskTest(
  "predict --csv leaves no file if a row cannot be predicted, and - writes to stdout",
  async (folder) => {
    await folder.write("m.npz", sumMlp());
    await folder.write("rows.npy", npy(Float32Array.of(2, 2), 1, 2));
    await folder.write("bad.npy", npy(Float32Array.of(NaN, 2), 1, 2));
    const failed = await folder.run("predict", "-m", "m.npz", "rows.npy", "bad.npy", "--csv", "out.csv");
    assertEquals([failed.code, folder.names()], [1, ["bad.npy", "m.npz", "rows.npy"]]);
    assertStringIncludes(failed.stderr, 'Cannot use "bad.npy": "array" has NaN at [0, 0]');
    const printed = await folder.run("predict", "-m", "m.npz", "rows.npy", "--csv", "-", "--id", "Id,Class");
    assertEquals(printed.stdout, "Id,Class\n1,big\n");
  },
);

taskTest("predict predicts more rows than a batch has, in order", async (folder) => {
  await folder.write("m.npz", sumMlp());
  const count = 9000, values = Float32Array.from({ length: 2 * count }, (_, i) => (i >> 1) % 3 === 0 ? 2 : 0);
  await folder.write("rows.npy", npy(values, count, 2));
  const args = ["-m", "m.npz", "rows.npy", "--csv", "out.csv", "--id", "Id"];
  assertEquals((await folder.run("predict", ...args)).code, 0);
  const lines = linesOf(new TextDecoder().decode(await folder.read("out.csv")));
  assertEquals(lines.length, count + 1);
  assertEquals(lines.slice(1).every((line, i) => line === `${i + 1},${i % 3 === 0 ? "big" : "small"}`), true);
  const { stdout } = await folder.run("predict", "-m", "m.npz", "rows.npy", "--rows", "8999");
  assertEquals(linesOf(stdout).length, 2);
  const table = linesOf((await folder.run("predict", "-m", "m.npz", "rows.npy")).stdout);
  assertEquals([table.length, table.filter((line) => line.startsWith("image")).length], [count + 1, 1]);
});

taskTest(
  "predict says that rows have another background, and --no-raw brings them to that of the network",
  async (folder) => {
    const bars = barsMlp(), weights = bars.parameters["layer_1.weights"].map((weight) => -weight);
    const light = { white: 255, background: "light", placement: "center" } as const;
    const parameters = { ...bars.parameters, "layer_1.weights": weights };
    await folder.write("m.npz", new Mlp({ ...bars, parameters, image: light }).format());
    const upright = Uint8Array.from({ length: 784 }, (_, at) => at % 28 > 12 && at % 28 < 16 ? 250 : 0);
    const x = { shape: [2, 28, 28], values: Uint8Array.of(...upright, ...upright) };
    await folder.write("set.npz", formatNpz({ x, y: { shape: [2], values: Uint8Array.of(0, 1) } }));
    await folder.write("rows.npy", npy(x.values, 2, 784));
    const names = Array.from(upright, (_, i) => `pixel${i}`);
    await folder.write("row.csv", new TextEncoder().encode(`${names}\n${upright}\n`));

    const found = (name: string) =>
      `${name} has images with a dark background, the network was trained on images with a light one; `;
    assertStringIncludes(
      (await guesses(folder, "set.npz")).stderr,
      `${found("set.npz")}add --no-raw to convert them\n`,
    );
    assertStringIncludes((await guesses(folder, "rows.npy")).stderr, `${found("rows.npy")}add --no-raw`);
    assertStringIncludes(
      (await guesses(folder, "row.csv")).stderr,
      `${found("row.csv")}such rows are probably`,
    );

    for (const name of ["set.npz", "rows.npy"]) {
      const outcome = await folder.run("predict", "-m", "m.npz", "--json", "--no-raw", name);
      const predictions = jsonOf(outcome).map(({ className, trueLabel }) => [className, trueLabel]);
      const labels = name === "set.npz" ? [0, 1] : [undefined, undefined];
      assertEquals(predictions, labels.map((label) => ["upright", label]));
      assertEquals(outcome.stderr.includes("background"), false, outcome.stderr);
      assertEquals(jsonOf(outcome).map(({ file }) => file), [`${name}[0]`, `${name}[1]`]);
    }
    const last = await folder.run("predict", "-m", "m.npz", "--json", "--no-raw", "set.npz", "--rows", "1");
    assertEquals(jsonOf(last).map(({ file, trueLabel }) => [file, trueLabel]), [["set.npz[1]", 1]]);
  },
);

const REFUSED: [args: string[], message: string][] = [
  [["--id", "Id"], "--id needs --csv"],
  [["--probabilities"], "--probabilities needs --csv"],
  [["--csv", "o.csv", "--json"], "--csv and --json exclude each other"],
  [["--csv", "o.csv", "--show"], "--csv and --show exclude each other"],
  [["--csv", "o.csv", "--id", "a,b,c"], '--id needs a name or two, such as ImageId,Label, found "a,b,c"'],
  [["--csv", "o.csv", "--id", "a", "--probabilities"], "--id and --probabilities exclude each other"],
  [["--input-scale", "standardize"], "--input-scale standardize is for training"],
  [["--input-scale", "0"], "--input-scale needs auto, pixels, none"],
];

taskTest("predict refuses options that do not fit each other", async (folder) => {
  for (const [args, message] of REFUSED) {
    const { code, stderr } = await folder.run("predict", "-m", "m.npz", "rows.npy", ...args);
    assertEquals(code, 2, stderr);
    assertStringIncludes(stderr, `error: ${message}`);
  }
});
