import { assertAlmostEquals, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { FormatError } from "../src/errors.ts";
import { dense, type LayerSpec } from "../src/plan/layers.ts";
import { Mlp } from "../src/mlp.ts";
import { isGranted } from "./support/permissions.ts";

const LAYERS = [dense(4, "relu"), dense(3, "softmax")];

Deno.test("Mlp.create() takes the input shape, scale and class names from a data set, or only a shape", () => {
  const set = { inputShape: [2, 5], inputScale: 1 / 255, classNames: ["a", "b", "c"], source: "unused" };
  const mlp = Mlp.create(LAYERS, set);
  const { inputShape, inputScale, classNames, layers, training } = mlp;
  assertEquals({ inputShape, inputScale, classNames, source: "unused" }, set);
  assertEquals([layers, training], [LAYERS, undefined]);
  assertEquals(Mlp.create(LAYERS, { inputShape: [10] }).inputScale, 1);
});

Deno.test("Mlp.create() draws He weights from seed 1 by default", () => {
  const create = (options?: Parameters<typeof Mlp.create>[2]) =>
    Mlp.create(LAYERS, { inputShape: [10] }, options);
  assertEquals(create().parameters, create({ init: "he", seed: 1 }).parameters);
  assertNotEquals(create().parameters, create({ seed: 2 }).parameters);
  assertNotEquals(create().parameters, create({ init: "glorot" }).parameters);
});

Deno.test("Mlp.create() refuses an empty list of layers and invalid input shapes", () => {
  assertThrows(
    () => Mlp.create([], { inputShape: [10] }),
    RangeError,
    "needs at least one layer, found none",
  );
  for (const inputShape of [[], [0], [2, -1], [1.5], [NaN]]) {
    const message = `An input shape needs whole numbers from 1, found [${inputShape.join(", ")}]`;
    assertThrows(() => Mlp.create(LAYERS, { inputShape }), RangeError, message);
  }
});

Deno.test("Mlp.predict() computes activation(x Wᵀ + b) layer by layer, on scaled inputs", () => {
  const mlp = new Mlp({
    inputShape: [2],
    inputScale: 0.5,
    layers: [dense(2, "relu"), dense(1, "sigmoid")],
    parameters: {
      "layer_1.weights": Float32Array.of(1, 2, 3, -4),
      "layer_1.bias": Float32Array.of(0.5, -1),
      "layer_2.weights": Float32Array.of(0.25, -2),
      "layer_2.bias": Float32Array.of(0.125),
    },
  });
  // Row [4, 2] is [2, 1]: relu(2 + 2 + 0.5, 6 - 4 - 1) = [4.5, 1]; row [0, 2] is [0, 1]: relu(2.5, -5) = [2.5, 0].
  const wanted = [0.25 * 4.5 - 2 + 0.125, 0.25 * 2.5 + 0.125].map((z) => 1 / (1 + Math.exp(-z)));
  for (const inputs of [Uint8Array.of(4, 2, 0, 2), Float32Array.of(4, 2, 0, 2)]) {
    const outputs = mlp.predict(inputs);
    assertEquals(outputs.length, 2);
    wanted.forEach((value, row) => assertAlmostEquals(outputs[row], value, 1e-7));
  }
  assertEquals(mlp.predict(new Uint8Array()).length, 0);
});

Deno.test("Mlp.predict() returns probabilities for a softmax output", () => {
  const outputs = Mlp.create(LAYERS, { inputShape: [10] }).predict(
    Float32Array.from({ length: 30 }, (_, i) => i - 15),
  );
  for (let row = 0; row < 3; row++) {
    const probabilities = outputs.subarray(3 * row, 3 * row + 3);
    assertAlmostEquals(probabilities.reduce((a, b) => a + b), 1, 1e-6);
  }
});

Deno.test("Mlp.predict() refuses inputs with an incomplete row", () => {
  const mlp = Mlp.create(LAYERS, { inputShape: [2, 5] });
  const message = "Cannot predict: 11 inputs are no whole number of rows of 10";
  assertThrows(() => mlp.predict(new Float32Array(11)), TypeError, message);
});

Deno.test("Mlp counts inputs, outputs and parameters", () => {
  const layers = [dense(128, "relu"), dense(64, "relu"), dense(10, "softmax")];
  const mlp = Mlp.create(layers, { inputShape: [28, 28] });
  assertEquals([mlp.inFeatures, mlp.outFeatures, mlp.parameterCount], [784, 10, 109386]);
  assertEquals(
    mlp.summary(),
    [
      "128:relu,64:relu,10:softmax on inputs [28, 28]",
      "layer_1: 784 → 128 relu, 100,480 parameters",
      "layer_2: 128 → 64 relu, 8,256 parameters",
      "layer_3: 64 → 10 softmax, 650 parameters",
      "109,386 parameters",
    ].join("\n"),
  );
});

Deno.test("Mlp.parse() reads the bytes of Mlp.format()", async () => {
  const all: LayerSpec[] = [dense(4, "tanh"), dense(2, "sigmoid"), dense(3)];
  const mlp = Mlp.create(all, { inputShape: [3], inputScale: 0.1, classNames: ["a", "b", "c"] });
  assertEquals(await Mlp.parse(mlp.format()), mlp);
  await assertRejects(
    () => Mlp.parse(new Uint8Array(9), { name: "x.npz" }),
    FormatError,
    `Cannot read "x.npz"`,
  );
});

Deno.test({
  name: "Mlp.load() reads the file of Mlp.save() (needs --allow-read --allow-write)",
  ignore: !isGranted({ name: "read" }, { name: "write" }),
  sanitizeOps: true,
  sanitizeResources: true,
  fn: async () => {
    const folder = await Deno.makeTempDir(), path = `${folder}/a/model.npz`;
    try {
      const mlp = Mlp.create(LAYERS, { inputShape: [3] });
      await mlp.save(path);
      assertEquals(await Mlp.load(path), mlp);
      await assertRejects(() => Mlp.load(`${folder}/none.npz`), Deno.errors.NotFound);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
