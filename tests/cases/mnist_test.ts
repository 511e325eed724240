/** Digits in the files of MNIST are learned as bytes, which are multiplied by 1/255: their interpretation changes no bit. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { openWasm } from "../../src/backends/wasm/backend.ts";
import { parseNpz } from "../../src/formats/npz.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { train } from "../../src/training/train.ts";
import { mnistPath, mnistTest } from "../support/mnist.ts";
import { isGranted } from "../support/permissions.ts";
import { type Folder, inFolder, jsonOf } from "../tasks/support.ts";
import { digitsNpz } from "./digits.ts";
import { assertSameTensors } from "./same.ts";
import { madeTest } from "./support.ts";

const THREAD = ["--backend", "wasm", "--threads", "1"];

/** Trains on the training set of an `.npz` for an epoch, with the task and with the arrays alone. Compares the networks. */
async function assertPlain(folder: Folder, path: string): Promise<void> {
  const outcome = await folder.run("train", "--data", path, "-o", "m.npz", "--epochs", "1", "-q", ...THREAD);
  assertEquals(outcome.code, 0, outcome.stderr);
  const found = await Mlp.parse(await folder.read("m.npz"));

  const file = path.startsWith("/") ? path : `${folder.path}/${path}`;
  const npz = await parseNpz(await Deno.readFile(file)),
    input = { inputShape: [28, 28], inputScale: 1 / 255 };
  const [x, y] = [await npz.read("x_train"), await npz.read("y_train")];
  const plain = Mlp.create([dense(128, "relu"), dense(64, "relu"), dense(10, "softmax")], input);
  const set = {
    ...input,
    inputs: x.values as Uint8Array<ArrayBuffer>,
    labels: Uint32Array.from(y.values as ArrayLike<number>),
    outFeatures: 10,
    source: "the arrays",
  };
  await using backend = await openWasm({ threads: 1 });
  for await (const _ of train(plain, set, { backend, epochs: 1 }));
  assertSameTensors(found.parameters, plain.parameters);
}

madeTest(
  "train changes no bit of digits in an npz",
  () => ({ "digits.npz": digitsNpz() }),
  ({ folder }) => assertPlain(folder, "digits.npz"),
);

const missing = isGranted({ name: "write" }, { name: "run" }) && Deno.build.os !== "windows"
  ? undefined
  : "--allow-write --allow-run";

mnistTest(
  "train changes no bit of MNIST",
  () => inFolder((folder) => assertPlain(folder, mnistPath!)),
  missing,
);

mnistTest("train reaches the accuracy of three epochs on MNIST", () =>
  inFolder(async (folder) => {
    const outcome = await folder.run(
      "train",
      "--data",
      mnistPath!,
      "-o",
      "m.npz",
      "--epochs",
      "3",
      "--json",
      ...THREAD,
    );
    assertEquals(outcome.code, 0, outcome.stderr);
    // The accuracy of version 0.1.0 with relaxed SIMD; another rounding of products may change some guesses of 10,000.
    assertAlmostEquals(jsonOf(outcome).at(-1)!.testAccuracy as number, 0.9723, 0.003);
  }), missing);
