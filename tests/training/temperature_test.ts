/** Temperatures: their fit, their use by a network, and calibration at the end of a training. */
import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type Dataset, NO_CLASS } from "../../src/data/dataset.ts";
import { guessesOf } from "../../src/guess.ts";
import { indexOfLargest } from "../../src/index_of_largest.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { createRandom } from "../../src/random.ts";
import { evaluate } from "../../src/training/evaluate.ts";
import { fitTemperature, withTemperature } from "../../src/training/temperature.ts";

const BACKEND = { backend: "reference" } as const;

/** Returns a network of one layer whose logits are its inputs times a factor. */
function identity(width: number, activation: "softmax" | "sigmoid", factor = 1): Mlp {
  const weights = Float32Array.from(
    { length: width * width },
    (_, i) => i % (width + 1) === 0 ? factor : 0,
  );
  const parameters = { "layer_1.weights": weights, "layer_1.bias": new Float32Array(width) };
  return new Mlp({ inputShape: [width], inputScale: 1, layers: [dense(width, activation)], parameters });
}

/** Returns rows with the same inputs. */
function repeated(inputs: readonly number[], answers: Pick<Dataset, "labels" | "targets">): Dataset {
  const width = inputs.length, rows = answers.labels?.length ?? answers.targets!.length / width;
  return {
    inputs: Float32Array.from({ length: rows * width }, (_, i) => inputs[i % width]),
    inputShape: [width],
    inputScale: 1,
    outFeatures: width,
    source: "rows",
    ...answers,
  };
}

/** Returns rows with random logits as inputs, and labels drawn with their probabilities. */
function drawn(rows: number, seed: number): Dataset {
  const random = createRandom(seed, 7),
    inputs = Float32Array.from({ length: 3 * rows }, () => 2 * random.normal());
  const labels = Uint32Array.from({ length: rows }, (_, row) => {
    const chances = [0, 1, 2].map((o) => Math.exp(inputs[3 * row + o]));
    let left = random.next() * (chances[0] + chances[1] + chances[2]), label = 0;
    while (label < 2 && left >= chances[label]) left -= chances[label++];
    return label;
  });
  return { inputs, inputShape: [3], inputScale: 1, outFeatures: 3, labels, source: "drawn rows" };
}

Deno.test("fitTemperature() is exact for classes whose best probabilities are known", async () => {
  // Logits 2 and 0 for rows of which 3 of 4 have class 0: 1 / (1 + e^(-2 / T)) = 3 / 4, so that T = 2 / log 3.
  const set = repeated([2, 0], { labels: Uint32Array.of(0, 0, 1, 0) });
  assertAlmostEquals(await fitTemperature(identity(2, "softmax"), set, BACKEND), 2 / Math.log(3), 1e-12);
  assertAlmostEquals(
    await fitTemperature(identity(2, "softmax", 8), set, BACKEND),
    16 / Math.log(3),
    1e-10,
  );
  const unclassed = repeated([2, 0], { labels: Uint32Array.of(0, NO_CLASS, 0, 1, NO_CLASS, 0) });
  assertAlmostEquals(
    await fitTemperature(identity(2, "softmax"), unclassed, BACKEND),
    2 / Math.log(3),
    1e-12,
  );
});

Deno.test("fitTemperature() is exact for two classes of one output, and for several labels", async () => {
  const pair = { ...repeated([2], { labels: Uint32Array.of(1, 1, 0, 1) }), outFeatures: 2 };
  assertAlmostEquals(await fitTemperature(identity(1, "sigmoid"), pair, BACKEND), 2 / Math.log(3), 1e-12);
  const several = repeated([2, -2], { targets: Float32Array.of(1, 0, 1, 1, 0, 0, 1, 0) });
  const options = { ...BACKEND, loss: "binary-cross-entropy" } as const;
  assertAlmostEquals(
    await fitTemperature(identity(2, "sigmoid"), several, options),
    2 / Math.log(3),
    1e-12,
  );
});

Deno.test("fitTemperature() finds the factor of a network that is too sure, and ECE falls on other rows", async () => {
  const mlp = identity(3, "softmax", 2.5), held = drawn(6000, 1), test = drawn(3000, 2);
  const temperature = await fitTemperature(mlp, held, BACKEND);
  assertAlmostEquals(temperature, 2.5, 0.1);
  const calibrated = withTemperature(mlp, temperature);
  const [before, after] = [await evaluate(mlp, test, BACKEND), await evaluate(calibrated, test, BACKEND)];
  assert(before.calibrationError! > 0.1, `${before.calibrationError}`);
  assert(after.calibrationError! < 0.03, `${after.calibrationError}`);
  assert(after.loss < before.loss);
  assertEquals(after.confusion, before.confusion);
  const [p, q] = [mlp.predict(test.inputs), calibrated.predict(test.inputs)];
  for (let at = 0; at < p.length; at += 3) {
    assertEquals(indexOfLargest(q.subarray(at, at + 3)), indexOfLargest(p.subarray(at, at + 3)));
  }
  assertAlmostEquals(await fitTemperature(calibrated, held, BACKEND), 1, 1e-6);
  assertEquals((await Mlp.parse(calibrated.format())).predict(test.inputs), q);
  assertEquals(
    guessesOf(calibrated, test.inputs.subarray(0, 3))![0].probability,
    Math.max(...q.subarray(0, 3)),
  );
});

Deno.test("fitTemperature() is 1 if every row is predicted correctly, and at most 100", async () => {
  const fit = (labels: number[]) =>
    fitTemperature(identity(2, "softmax"), repeated([2, 0], { labels: Uint32Array.from(labels) }), BACKEND);
  assertEquals(await fit([0, 0, 0]), 1);
  assertAlmostEquals(await fit([1, 1, 0]), 100, 1e-6);
});

Deno.test("fitTemperature() and withTemperature() refuse outputs without logits", async () => {
  const targets = repeated([2, 0], { targets: Float32Array.of(1, 2) });
  const values = Mlp.create([dense(2)], targets);
  await assertRejects(
    () => fitTemperature(values, targets, BACKEND),
    TypeError,
    'Cannot fit a temperature: loss "mean-squared-error" is not computed from logits',
  );
  assertThrows(
    () => withTemperature(values, 2),
    TypeError,
    'needs outputs computed from logits, found "linear"',
  );
  assertThrows(() => withTemperature(identity(2, "softmax"), 0), RangeError);
  const far = repeated([1e30, 0], { labels: Uint32Array.of(0, 1) });
  await assertRejects(
    () => fitTemperature(identity(2, "softmax", 1e30), far, BACKEND),
    RangeError,
    "the logits of row 0 are not finite",
  );
});
