import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { BACKENDS } from "../../src/backends/open.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { jsonOf, linesOf, setFile, taskTest } from "./support.ts";

taskTest("info names the versions and every backend", async (folder) => {
  const { code, stdout, stderr } = await folder.run("info", "--threads", "3");
  assertEquals([code, stderr], [0, ""]);
  const [versions, ...backends] = linesOf(stdout);
  assertEquals(
    versions,
    `mlpcuda ${config.version}, Deno ${Deno.version.deno}, V8 ${Deno.version.v8}, ${Deno.build.target}`,
  );
  // Further details of a backend are on the following lines, without a name.
  assertEquals(backends.map((line) => line.split(" ")[0]).filter(Boolean), [...BACKENDS]);
  assertMatch(stdout, /\nwasm +CPU, 3 threads, WebAssembly/);
  if (/\nwebgpu +not available/.test(stdout)) return;
  assertMatch(
    stdout,
    /\nwebgpu +\S.*\n +adapter .+\n +a binding holds [\d,]+ MB, a buffer [\d,]+ MB, a workgroup .+\n +features /,
  );
});

taskTest("info --json prints one object", async (folder) => {
  const [info, ...more] = jsonOf(await folder.run("info", "--json"));
  assertEquals([more, Object.keys(info)], [[], ["mlpcuda", "deno", "v8", "target", "backends"]]);
  assertEquals((info.backends as { name: string }[]).map(({ name }) => name), [...BACKENDS]);
});

taskTest("info --model describes a network and how it was trained", async (folder) => {
  await folder.write("set.npz", setFile());
  const args = ["--data", "set.npz", "--epochs", "2", "--layers", "8:relu,3:softmax", "-o", "m.npz", "-q"];
  args.push("--backend", "wasm");
  assertEquals((await folder.run("train", ...args)).code, 0);
  const { stdout } = await folder.run("info", "--model", "m.npz");
  assertStringIncludes(
    stdout,
    [
      "",
      "8:relu,3:softmax on inputs [5, 4]",
      "layer_1: 20 → 8 relu, 168 parameters",
      "layer_2: 8 → 3 softmax, 27 parameters",
      "195 parameters",
      "inputs × 0.00392156862745098",
      "trained for 2 of 2 epochs on 240 rows of set.npz, by wasm",
      "epochs 2, batchSize 128, seed 1, ",
    ].join("\n"),
  );
  const [{ model }] = jsonOf(await folder.run("info", "--model", "m.npz", "--json")) as {
    model: Record<string, unknown>;
  }[];
  assertEquals([model.inputShape, model.parameterCount], [[5, 4], 195]);
  assertEquals(model.layers, [{ outFeatures: 8, activation: "relu" }, {
    outFeatures: 3,
    activation: "softmax",
  }]);
});

taskTest("info refuses a missing model", async (folder) => {
  const { code, stdout, stderr } = await folder.run("info", "--model", "none.npz");
  assertEquals([code, stdout], [1, ""]);
  assertMatch(stderr, /^error: Cannot load "none\.npz": no such file or folder\n {2}hint: .*\n$/);
});

taskTest("info --model names the thresholds of networks of two classes and of more", async (folder) => {
  for (
    const [classes, compared] of [[2, "the more probable class has"], [
      3,
      "the two most probable classes have",
    ]] as const
  ) {
    const thresholds = { probability: 0.5, energy: 1, together: 0.75 };
    const plain = Mlp.create([dense(classes, "softmax")], { inputShape: [4] });
    await folder.write("m.npz", new Mlp({ ...plain, thresholds }).format());
    const { stdout } = await folder.run("info", "--model", "m.npz");
    assertStringIncludes(stdout, `; unlike its training if not sure and ${compared} less than 75.00 %\n`);
  }
});
