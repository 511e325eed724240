/** Tests `deno task train --outliers` as a process. @module */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Mlp } from "../../src/mlp.ts";
import { drawImages, setFile, taskTest } from "./support.ts";

taskTest("train --outliers adds drawings, saves thresholds, and reports both", async (folder) => {
  await folder.write("images.npz", setFile(drawImages({ shape: [8, 8] })));
  await folder.write("set.csv", new TextEncoder().encode("a,b,label\n1,2,x\n3,4,y\n5,1,x\n2,2,y\n"));
  const args = ["--outliers", "--epochs", "2", "-o", "m.npz"];
  const { code, stderr } = await folder.run("train", "--data", "images.npz", ...args);
  assertEquals(code, 0);
  assertStringIncludes(
    stderr,
    "outliers 108 drawings of no class are added; thresholds are fitted to 20 rows not trained on, which is few " +
      "(--validation-split holds out more)",
  );
  assertStringIncludes(stderr, "batch 128, 2 epochs, outliers, seed 1");
  const mlp = await Mlp.parse(await folder.read("m.npz"));
  assertEquals([mlp.training?.config.outliers, mlp.training?.dataset.rows], [true, 220]);
  assertMatch(
    (await folder.run("info", "--model", "m.npz")).stdout,
    /sure from 50\.00 % with an energy of at least/,
  );
  const refused = await folder.run("train", "--data", "set.csv", "--force", ...args);
  assertEquals([refused.code, refused.stderr.includes("drawings of no class")], [1, false]);
  assertStringIncludes(
    refused.stderr,
    "error: Cannot draw outliers for set.csv: its inputs of shape [2] are not known to be images\n" +
      "  hint: tables are trained without --outliers",
  );
  await folder.write("values.csv", new TextEncoder().encode("a,b,y\n1,2,0.5\n3,4,1.5\n5,1,0.25\n2,2,7.5\n"));
  assertStringIncludes(
    (await folder.run("train", "--data", "values.csv", "--force", ...args)).stderr,
    "error: Cannot draw outliers for values.csv: it has target values, needs one class a row\n",
  );
  const dim = Float32Array.from({ length: 40 * 64 }, (_, i) => i % 17),
    y = Uint8Array.from({ length: 40 }, (_, i) => i % 2);
  await folder.write(
    "dim.npz",
    setFile({ x: { shape: [40, 8, 8], values: dim }, y: { shape: [40], values: y } }),
  );
  assertStringIncludes(
    (await folder.run("train", "--data", "dim.npz", "--force", ...args)).stderr,
    "hint: if they are pixels, tell their scale, such as --input-scale 1/16 for pixels from 0 to 16",
  );
  const told = await folder.run("train", "--data", "dim.npz", "--force", ...args, "--input-scale", "1/16");
  assertEquals(told.code, 0, told.stderr);
});
