import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { resolveConfig } from "../src/training/config.ts";
import {
  candidatesOf,
  energyOf,
  guessesOf,
  guessOf,
  labelProbabilitiesOf,
  probabilitiesOf,
  UNSURE_BELOW,
  verdictOf,
} from "../src/guess.ts";
import { dense } from "../src/plan/layers.ts";
import { Mlp } from "../src/mlp.ts";

const CASES: [probabilities: number[], label: number, runnerUp: number | undefined][] = [
  [[0.7, 0.1, 0.2], 0, 2],
  [[0.1, 0.7, 0.2], 1, 2],
  [[0.2, 0.1, 0.7], 2, 0],
  [[0.25, 0.25, 0.25, 0.25], 0, 1],
  [[0, 0.5, 0.5], 1, 2],
  [[0.4, 0.6], 1, 0],
  [[1], 0, undefined],
];

for (const [probabilities, label, other] of CASES) {
  Deno.test(`guessOf() finds the guess and the runner-up of ${probabilities}`, () => {
    const { runnerUp, ...guess } = guessOf(probabilities);
    assertEquals(guess, {
      label,
      probability: probabilities[label],
      sure: probabilities[label] >= UNSURE_BELOW,
    });
    assertEquals(
      runnerUp,
      other === undefined ? undefined : { label: other, probability: probabilities[other] },
    );
  });
}

Deno.test("guessOf() is sure at UNSURE_BELOW and above", () => {
  assertEquals(guessOf([UNSURE_BELOW, 1 - UNSURE_BELOW]).sure, true);
  assertEquals(guessOf([UNSURE_BELOW - 1e-9, 1 - UNSURE_BELOW]).sure, false);
});

Deno.test("guessOf() refuses a row without probabilities", () => {
  assertThrows(() => guessOf([]), TypeError, "A guess needs probabilities, found none");
});

const NOT_A_ROW: Record<string, [values: number[], message: string]> = {
  "two rows": [
    [...[0.1, 0.8, 0.1], ...[0.05, 0.05, 0.9]],
    "A guess needs one row of probabilities, whose sum is 1, found 6 values whose sum is 2",
  ],
  "a part of a row": [
    [0.2, 0.3],
    "A guess needs one row of probabilities, whose sum is 1, found 2 values whose sum is 0.5",
  ],
  "logits": [[2.5, -1, 0.5], "A guess needs probabilities from 0 to 1, found 2.5 at [0]"],
  "NaN": [[0.5, NaN], "A guess needs probabilities from 0 to 1, found NaN at [1]"],
};

for (const [kind, [values, message]] of Object.entries(NOT_A_ROW)) {
  Deno.test(`guessOf() and candidatesOf() refuse ${kind}`, () => {
    assertThrows(() => guessOf(values), RangeError, message);
    assertThrows(() => candidatesOf(Float64Array.from(values)), RangeError, message);
  });
}

Deno.test("guessOf() accepts a float32 row, whose sum is rounded", () => {
  const row = new Float32Array(30_000).fill(1 / 30_000);
  row[7] *= 2;
  row[8] = 0;
  assertEquals(guessOf(row).label, 7);
});

Deno.test("candidatesOf() sorts the classes, and equally probable ones by label", () => {
  assertEquals(candidatesOf([0.2, 0.3, 0.3, 0.2]).map(({ label }) => label), [1, 2, 0, 3]);
});

/** Creates a network with one layer, as if trained with `loss`. */
function networkOf(
  activation: "softmax" | "linear" | "sigmoid",
  loss?: "cross-entropy" | "mean-squared-error",
): Mlp {
  const mlp = Mlp.create([dense(2, activation)], { inputShape: [3] });
  const dataset = { source: "none", rows: 0 };
  if (loss) mlp.training = { config: resolveConfig({ loss }), epochs: 1, dataset, backend: "reference" };
  return mlp;
}

Deno.test("probabilitiesOf() returns softmax outputs unchanged, and applies softmax to logits", () => {
  const outputs = Float32Array.of(0.25, 0.75);
  assertEquals(probabilitiesOf(networkOf("softmax"), outputs), outputs);
  const logits = Float32Array.of(0, Math.log(3), 1000, 0);
  const found = probabilitiesOf(networkOf("linear", "cross-entropy"), logits)!;
  [0.25, 0.75, 1, 0].forEach((wanted, i) => assertAlmostEquals(found[i], wanted, 1e-6));
});

Deno.test("probabilitiesOf() returns undefined for other outputs", () => {
  const outputs = Float32Array.of(0.5, 0.5);
  assertEquals(probabilitiesOf(networkOf("linear", "mean-squared-error"), outputs), undefined);
  assertEquals(probabilitiesOf(networkOf("sigmoid", "mean-squared-error"), outputs), undefined);
  assertEquals(probabilitiesOf(networkOf("linear"), outputs), undefined);
});

/** A network of these outputs that was trained with binary cross-entropy. */
function binaryMlp(outFeatures: number, activation: "sigmoid" | "linear"): Mlp {
  const mlp = Mlp.create([dense(outFeatures, activation)], { inputShape: [2] });
  const config = resolveConfig({ loss: "binary-cross-entropy" });
  mlp.training = { config, epochs: 1, dataset: { source: "", rows: 1 }, backend: "wasm" };
  return mlp;
}

Deno.test("probabilitiesOf() makes those of two classes of one output trained with binary cross-entropy", () => {
  const outputs = Float32Array.of(0.25, 1), logits = Float32Array.of(-Math.log(3), 100);
  assertEquals(probabilitiesOf(binaryMlp(1, "sigmoid"), outputs), Float32Array.of(0.75, 0.25, 0, 1));
  const found = probabilitiesOf(binaryMlp(1, "linear"), logits)!;
  [0.75, 0.25, 0, 1].forEach((wanted, i) => assertAlmostEquals(found[i], wanted, 1e-7));
  assertEquals(labelProbabilitiesOf(binaryMlp(1, "sigmoid"), outputs), undefined);
});

Deno.test("labelProbabilitiesOf() takes sigmoids as they are, and those of logits", () => {
  const outputs = Float32Array.of(0.25, 1, 0.5, 0), logits = Float32Array.of(-Math.log(3), 100, 0, -100);
  assertEquals(labelProbabilitiesOf(binaryMlp(2, "sigmoid"), outputs), outputs);
  const found = labelProbabilitiesOf(binaryMlp(2, "linear"), logits)!;
  outputs.forEach((wanted, i) => assertAlmostEquals(found[i], wanted, 1e-7));
  assertEquals(probabilitiesOf(binaryMlp(2, "sigmoid"), outputs), undefined);
});

Deno.test("labelProbabilitiesOf() has none for a network trained with another loss, or not at all", () => {
  const mlp = binaryMlp(2, "sigmoid"), outputs = Float32Array.of(0.25, 1);
  mlp.training = { ...mlp.training!, config: resolveConfig({ loss: "mean-squared-error" }) };
  assertEquals(labelProbabilitiesOf(mlp, outputs), undefined);
  mlp.training = undefined;
  assertEquals(labelProbabilitiesOf(mlp, outputs), undefined);
});

/** Thresholds of a network, and the energy of an input like those of its training. */
const THRESHOLDS = { probability: 0.5, energy: 3, together: 0.7 }, LIKE = 3, UNLIKE = 2.9;

for (
  const [probabilities, energy, sure, known] of [
    [[0.5, 0.3, 0.2], LIKE, true, true],
    [[0.49, 0.3, 0.21], LIKE, false, true],
    [[0.9, 0.05, 0.05], UNLIKE, false, true],
    [[0.4, 0.3, 0.3], LIKE, false, true],
    [[0.4, 0.29, 0.31], LIKE, false, true],
    [[0.35, 0.34, 0.31], UNLIKE, false, false],
    [[0.36, 0.33, 0.31], LIKE, false, false],
    [[0.69, 0.31], UNLIKE, false, false], // of two classes, the more probable one is compared
    [[0.9, 0.1], UNLIKE, false, true],
  ] as const
) {
  Deno.test(`guessOf() with thresholds decides ${probabilities} with an energy of ${energy}`, () => {
    const found = guessOf(probabilities, { thresholds: THRESHOLDS, energy });
    assertEquals([found.sure, found.known, found.label], [sure, known, 0]);
  });
}

Deno.test("guessOf() has no known without thresholds", () => {
  assertEquals("known" in guessOf([0.2, 0.8]), false);
});

Deno.test("verdictOf() says a guess in words", () => {
  const words = [{ sure: true }, { sure: false }, { sure: false, known: true }, {
    sure: false,
    known: false,
  }];
  const unlike = "not like anything I was trained on";
  assertEquals(words.map(verdictOf), ["sure", "not sure", "not sure", unlike]);
});

Deno.test("energyOf() is the logarithm of a sum of exponentials, also of large logits", () => {
  assertAlmostEquals(energyOf([0, Math.log(2), Math.log(5)]), Math.log(8), 1e-12);
  assertAlmostEquals(energyOf([1000, 1000]), 1000 + Math.log(2), 1e-9);
});

Deno.test("guessesOf() takes the energy from the logits of a softmax, and nothing from a network without thresholds", () => {
  const mlp = Mlp.create([dense(5, "relu"), dense(3, "softmax")], { inputShape: [2] });
  const inputs = Float32Array.of(1, -2, 0.5, 3), plain = guessesOf(mlp, inputs)!;
  assertEquals(plain, [0, 1].map((row) => guessOf(mlp.predict(inputs).subarray(3 * row, 3 * row + 3))));
  const logits = new Mlp({ ...mlp, layers: [mlp.layers[0], dense(3)] }).predict(inputs);
  mlp.thresholds = { ...THRESHOLDS, energy: energyOf(logits.subarray(3)) };
  const found = guessesOf(mlp, inputs)!;
  assertEquals(
    found.map(({ label, probability }) => [label, probability]),
    plain.map((it) => [it.label, it.probability]),
  );
  const isSure = (row: number) =>
    plain[row].probability >= 0.5 &&
    energyOf(logits.subarray(3 * row, 3 * row + 3)) >= mlp.thresholds!.energy;
  assertEquals(found.map(({ sure }) => sure), [isSure(0), isSure(1)]);
  assertEquals(guessesOf(Mlp.create([dense(2)], { inputShape: [2] }), inputs), undefined);
});
