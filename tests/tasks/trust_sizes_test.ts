/** The option `--trust-sizes`. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { formatNpy } from "../../src/formats/npy.ts";
import { deflatedZip } from "../support/deflated.ts";
import { taskTest } from "./support.ts";

const FAULT = "are read (16 MiB and 100 times its size) unless option trustSizes is set";
const HINT = "hint: if you trust the origin of the file, add --trust-sizes";

taskTest("train, info and eval read a file that expands far only with --trust-sizes", async (folder) => {
  const [rows, inputs] = [200, 12_000];
  const labels = Uint8Array.from({ length: rows }, (_, row) => row % 2);
  const bytes = await deflatedZip([
    {
      name: "x_train.npy",
      content: formatNpy({ shape: [rows, inputs], values: new Float64Array(rows * inputs) }),
    },
    { name: "y_train.npy", content: formatNpy({ shape: [rows], values: labels }) },
  ]);
  await folder.write("far.npz", bytes);
  const run = ["--layers", "2:softmax", "--epochs", "1", "--backend", "wasm", "-o", "m.npz"];
  for (
    const refused of [
      await folder.run("train", "--data", "far.npz", ...run),
      await folder.run("info", "--model", "far.npz"),
    ]
  ) {
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.stderr, FAULT);
    assertStringIncludes(refused.stderr, HINT);
  }
  const trained = await folder.run("train", "--data", "far.npz", ...run, "--trust-sizes");
  assertEquals(trained.code, 0, trained.stderr);
  assertStringIncludes(
    trained.stdout + trained.stderr,
    "eval --model m.npz --data far.npz --trust-sizes --set train",
  );
  const evaluated = await folder.run(
    ...["eval", "--model", "m.npz", "--data", "far.npz", "--set", "train", "--trust-sizes"] as const,
    ...["--backend", "wasm"],
  );
  assertEquals(evaluated.code, 0, evaluated.stderr);
  const other = await folder.run("info", "--model", "far.npz", "--trust-sizes");
  assertStringIncludes(other.stderr, "is no model");
});
