/** Models with an incomplete training record: other programs write them, and prediction needs no record. @module */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { modelArrays, stringArray } from "../../src/model_file.ts";
import { formatNpz } from "../../src/formats/npz.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { setFile, taskTest } from "./support.ts";

const MLP = Mlp.create([dense(3, "softmax")], { inputShape: [5, 4], inputScale: 1 / 255 });

const COMMANDS = [
  ["info", "--model", "m.npz"],
  ["info", "--model", "m.npz", "--json"],
  ["eval", "--model", "m.npz", "--data", "set.npz"],
  ["predict", "--model", "m.npz", "set.npz"],
] as const;

/** Returns a model's file with this training record. */
function modelFile(training: unknown): Uint8Array {
  const arrays = modelArrays(MLP), [text] = arrays.config.values as string[];
  return formatNpz({ ...arrays, config: stringArray(JSON.stringify({ ...JSON.parse(text), training })) });
}

taskTest("info, eval and predict accept a model with an incomplete training record", async (folder) => {
  await folder.write("set.npz", setFile());
  for (
    const record of [{ config: {} }, { config: {}, epochs: 2, backend: "wasm" }, { config: {}, dataset: {} }]
  ) {
    await folder.write("m.npz", modelFile(record));
    for (const args of COMMANDS) {
      const [task, ...rest] = args, { code, stderr } = await folder.run(task, ...rest);
      assertEquals([code, stderr.includes("Cannot")], [0, false], `${args.join(" ")}: ${stderr}`);
    }
  }
});

taskTest("info refuses a model whose training record has a field of the wrong type", async (folder) => {
  await folder.write("m.npz", modelFile({ config: {}, dataset: { source: 5 } }));
  const { code, stderr } = await folder.run("info", "--model", "m.npz");
  assertEquals(code, 1);
  assertStringIncludes(stderr, `it has a "config" whose training.dataset.source is 5, needs a text`);
});
