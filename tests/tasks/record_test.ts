/** Models with an incomplete training record: other programs write them, and prediction needs no record. @module */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { modelArrays, stringArray } from "../../src/model_file.ts";
import { formatNpz } from "../../src/formats/npz.ts";
import { dense } from "../../src/plan/layers.ts";
import { resolveConfig } from "../../src/training/config.ts";
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

taskTest("info shows the settings that were changed during the training", async (folder) => {
  const change = { step: 1200, setting: "learningRate", before: 0.001, value: 0.01 };
  const record = { config: resolveConfig(), epochs: 2, backend: "wasm", dataset: { source: "s", rows: 5 } };
  await folder.write("m.npz", modelFile({ ...record, steered: [change] }));
  const { code, stdout } = await folder.run("info", "--model", "m.npz");
  assertEquals(code, 0);
  assertStringIncludes(
    stdout,
    "\nchanged during the training: learningRate from 0.001 to 0.01 after step 1,200; " +
      "these settings alone do not give this network\n",
  );
  for (
    const wrong of [{ ...change, step: -1 }, { ...change, setting: "constructor" }, {
      ...change,
      value: "fast",
    }, 5]
  ) {
    await folder.write("m.npz", modelFile({ ...record, steered: [wrong] }));
    const refused = await folder.run("info", "--model", "m.npz");
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.stderr, `it has a "config" whose training.steered is [`);
  }
});
