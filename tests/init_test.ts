import { assert, assertAlmostEquals, assertEquals, assertGreater, assertNotEquals } from "@std/assert";
import { initialParameters, type InitName } from "../src/init.ts";
import { dense } from "../src/plan/layers.ts";

const LAYERS = [dense(100, "relu"), dense(50, "relu"), dense(10, "softmax")];
const draw = (init: InitName, seed = 1, layers = LAYERS) => initialParameters(400, layers, { init, seed });

/** The variance of each distribution for `I` inputs and `O` outputs, and the largest absolute value. */
const DRAWS: readonly {
  init: InitName;
  variance: (i: number, o: number) => number;
  bound: (i: number, o: number) => number;
}[] = [
  { init: "he", variance: (i) => 2 / i, bound: () => Infinity },
  { init: "glorot", variance: (i, o) => 2 / (i + o), bound: (i, o) => Math.sqrt(6 / (i + o)) },
  { init: "uniform", variance: (i) => 1 / (3 * i), bound: (i) => 1 / Math.sqrt(i) },
];

for (const { init, variance, bound } of DRAWS) {
  Deno.test(`initialParameters() draws ${init} weights around 0 with their variance, and biases of 0`, () => {
    const parameters = draw(init);
    for (const [name, inFeatures, outFeatures] of [["layer_1", 400, 100], ["layer_2", 100, 50]] as const) {
      const weights = parameters[`${name}.weights`], count = weights.length;
      assertEquals(count, inFeatures * outFeatures);
      const mean = weights.reduce((a, b) => a + b) / count;
      const found = weights.reduce((sum, weight) => sum + weight ** 2, 0) / count;
      const wanted = variance(inFeatures, outFeatures);
      // Six standard errors. The square of a normal variable has the standard deviation √2 times its mean, the
      // others' is less.
      assertAlmostEquals(mean, 0, 6 * Math.sqrt(wanted / count));
      assertAlmostEquals(found / wanted, 1, 6 * Math.sqrt(2 / count));
      const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
      assert(largest <= bound(inFeatures, outFeatures) * (1 + 1e-6));
      assertGreater(largest, 0.99 * Math.min(bound(inFeatures, outFeatures), 3 * Math.sqrt(wanted)));
      assertEquals(parameters[`${name}.bias`], new Float32Array(outFeatures));
    }
  });
}

Deno.test("initialParameters() can be all zeros", () => {
  assertEquals(draw("zeros")["layer_2.weights"], new Float32Array(5000));
});

Deno.test("initialParameters() depends only on the seed, and gives each layer different numbers", () => {
  assertEquals(draw("he", 7), draw("he", 7));
  assertNotEquals(draw("he", 7)["layer_1.weights"], draw("he", 8)["layer_1.weights"]);
  const { "layer_1.weights": first, "layer_2.weights": second } = draw("uniform", 1, [
    dense(400),
    dense(400),
  ]);
  assertNotEquals(first, second);
});

Deno.test("initialParameters() draws a layer independently of the widths of later layers", () => {
  const wide = draw("he", 1, [LAYERS[0], dense(80), dense(10)]);
  assertEquals(wide["layer_1.weights"], draw("he")["layer_1.weights"]);
  // The first rows of a wider layer are the rows of a narrower one.
  assertEquals(wide["layer_2.weights"].slice(0, 5000), draw("he")["layer_2.weights"]);
});
