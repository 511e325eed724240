import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { drawImages, type Folder, jsonOf, linesOf, setFile, taskTest } from "./support.ts";

/** Writes a network for the images of {@linkcode drawImages}. */
async function writeModel(folder: Folder, name = "m.npz"): Promise<Mlp> {
  const layers = [dense(8, "relu"), dense(3, "softmax")];
  const mlp = Mlp.create(layers, { inputShape: [5, 4], inputScale: 1 / 255 });
  await folder.write(name, mlp.format());
  return mlp;
}

taskTest("export writes each format, and prints its size and the largest difference", async (folder) => {
  await writeModel(folder);
  for (const format of ["safetensors", "onnx", "js", "npz"]) {
    const { code, stdout, stderr } = await folder.run("export", "m.npz", "-o", `out.${format}`);
    assertEquals(code, 0, stderr);
    const bytes = (await folder.read(`out.${format}`)).length.toLocaleString("en-US");
    const [first, ...more] = linesOf(stdout);
    assertMatch(
      first,
      new RegExp(`^out\\.${format}: ${bytes} bytes; largest difference of 1,000 rows (0|\\d\\.\\de-\\d+)$`),
    );
    assertEquals(more, format === "js" ? ["out.d.ts: its types"] : []);
    assertEquals(linesOf(stderr), [
      "network  8:relu,3:softmax on inputs [5, 4]",
      "rows     1,000 made rows (--data compares on a data set)",
    ]);
  }
  assertEquals(folder.names(), ["m.npz", "out.d.ts", "out.js", "out.npz", "out.onnx", "out.safetensors"]);
});

taskTest(
  "export keeps thresholds in the formats that have a place for them, and warns in others",
  async (folder) => {
    const thresholds = { probability: 0.5, energy: 1, together: 0.75 };
    await folder.write("m.npz", new Mlp({ ...await writeModel(folder), thresholds }).format());
    for (const format of ["safetensors", "npz", "onnx", "js"]) {
      const { stderr } = await folder.run("export", "m.npz", "-o", `out.${format}`);
      const isKept = ["safetensors", "npz"].includes(format);
      assertEquals(stderr.includes(`warning: a .${format} has no place for the thresholds`), !isKept);
      if (!isKept) continue;
      assertMatch(
        (await folder.run("info", "--model", `out.${format}`)).stdout,
        /sure from 50\.00 % with an energy of at least 1\.000;/,
      );
    }
  },
);

taskTest("export --json prints what was written, and compares on the rows of --data", async (folder) => {
  await writeModel(folder);
  await folder.write("set.npz", setFile(drawImages()));
  const run = async (...args: string[]) =>
    jsonOf(await folder.run("export", "--model", "m.npz", "--json", ...args));
  const { length } = await folder.run("export", "m.npz", "-o", "a.onnx").then(() => folder.read("a.onnx"));
  const [onnx] = await run("-o", "b.onnx", "--data", "set.npz", "--precision", "float32");
  assert(Number(onnx.largestDifference) < 1e-4 && Number(onnx.bytes) < length);
  assertEquals({ ...onnx, bytes: 0, largestDifference: 0 }, {
    path: "b.onnx",
    format: "onnx",
    precision: "float32",
    bytes: 0,
    rows: 60,
    largestDifference: 0,
  });
  const [module] = await run("-o", "b.mjs", "--data", "set.npz", "--set", "train");
  assertEquals([module.format, module.types, module.rows], ["js", "b.d.mts", 240]);
});

taskTest("export uses the default model, and the format of --format", async (folder) => {
  await Deno.mkdir(join(folder.path, "model"));
  await writeModel(folder, "model/model.npz");
  const { code, stderr } = await folder.run("export", "-o", "weights", "--format", "safetensors");
  assertEquals(code, 0, stderr);
  assertEquals((await folder.read("weights"))[8], "{".charCodeAt(0)); // the header's first byte
});

taskTest("export replaces a file with --force only, and never the model itself", async (folder) => {
  await writeModel(folder);
  await folder.write("a.onnx", new Uint8Array(3));
  await folder.write("b.d.ts", new Uint8Array(3));
  await Deno.mkdir(join(folder.path, "folder.npz"));
  const refused = async (message: string, ...args: string[]) => {
    const { code, stdout, stderr } = await folder.run("export", "m.npz", ...args);
    assertEquals([code, stdout], [1, ""]);
    assertStringIncludes(stderr, message);
  };
  await refused(`Cannot export to "a.onnx": it exists already\n  hint: use --force`, "-o", "a.onnx");
  await refused(`Cannot export to "b.d.ts": it exists already`, "-o", "b.js");
  await refused(`Cannot export to "m.npz": it is the model that is exported`, "-o", "m.npz", "--force");
  await refused(`Cannot export to "folder.npz": it is a folder`, "-o", "folder.npz");
  assertEquals(folder.names(), ["a.onnx", "b.d.ts", "folder.npz", "m.npz"]);
  assertEquals((await folder.read("a.onnx")).length, 3);
  const { code, stderr } = await folder.run("export", "m.npz", "-o", "a.onnx", "--force");
  assertEquals(code, 0, stderr);
  assert((await folder.read("a.onnx")).length > 3);
});

/** Wrong command lines, with a part of the message and its hint. */
const WRONG: readonly [args: string[], message: string, hint: string][] = [
  [["m.npz"], "A file to write is needed, found none", "name one, such as -o network.onnx"],
  [["m.npz", "-o", "a.onx"], `it has the unknown extension ".onx"`, `did you mean "a.onnx"?`],
  [["m.npz", "-o", "a.pt"], `needs .safetensors, .onnx, .js, .npz`, "use .safetensors, which PyTorch"],
  [["m.npz", "-o", "a"], "it has no extension", "choose the format by --format"],
  [["m.npz", "-o", "a.js", "--precision", "float32"], "--precision needs the format onnx", "--help"],
  [["m.npz", "n.npz", "-o", "a.js"], "One MODEL is exported at a time, found 2", "--help"],
  [["m.npz", "-m", "n.npz", "-o", "a.js"], "MODEL and --model exclude each other", "--help"],
];

taskTest("export refuses wrong command lines", async (folder) => {
  await writeModel(folder);
  for (const [args, message, hint] of WRONG) {
    const { code, stderr } = await folder.run("export", ...args);
    assertEquals(code, 2, stderr);
    assertStringIncludes(stderr, message);
    assertStringIncludes(stderr, hint);
  }
  assertEquals(folder.names(), ["m.npz"]);
});

taskTest("export leaves nothing behind if the predictions differ", async (folder) => {
  const mlp = await writeModel(folder), weights = Float32Array.from(mlp.parameters["layer_1.weights"]);
  weights.fill(1e30); // sums that float32 cannot hold
  const parameters = {
    ...mlp.parameters,
    "layer_1.weights": weights,
    "layer_2.weights": new Float32Array(24).fill(1e30),
  };
  await folder.write("m.npz", new Mlp({ ...mlp, parameters }).format());
  const { code, stdout, stderr } = await folder.run(
    "export",
    "m.npz",
    "-o",
    "a.onnx",
    "--precision",
    "float32",
  );
  assertEquals([code, stdout], [1, ""], stderr);
  assertMatch(
    stderr,
    /Cannot export to "a\.onnx": its predictions differ by up to .+, at most 1e-4 is allowed\n {2}hint: use --precision float64/,
  );
  assertEquals(folder.names(), ["m.npz"]);
});
