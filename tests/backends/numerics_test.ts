/** Tests losses and activations with very small and very large numbers. @module */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { ACTIVATIONS, needsZ } from "../../src/plan/activations.ts";
import type { Backend, FloatArray } from "../../src/backends/backend.ts";
import { activate } from "../../src/backends/reference/activations.ts";
import { openReference } from "../../src/backends/reference/backend.ts";
import { buildPlan } from "../../src/plan/build.ts";
import { resolveConfig, type TrainConfig } from "../../src/training/config.ts";
import { dense } from "../../src/plan/layers.ts";
import { backendTest, COMPARED, EACH, REFERENCE } from "../support/backends.ts";
import { runPlan } from "../support/states.ts";

/** The logits of one row of three classes, its label, the label smoothing, and the loss. */
const LOGITS: readonly [logits: number[], label: number, smoothing: number, loss: number][] = [
  [[1e4, -1e4, 0], 0, 0, 0],
  [[1e4, -1e4, 0], 1, 0, 2e4],
  [[1e4, -1e4, 0], 2, 0, 1e4],
  [[1e4, 1e4, 1e4], 2, 0, Math.log(3)],
  [[-1e4, -1e4, -1e4], 0, 0, Math.log(3)],
  [[0, 1e-4, 0], 1, 0, Math.log(2 + Math.exp(1e-4)) - 1e-4],
  // The targets of the other classes are 0.1; their logits are 2e4 and 1e4 below the label's.
  [[1e4, -1e4, 0], 0, 0.3, 0.1 * 2e4 + 0.1 * 1e4],
];

backendTest(
  "softmaxCrossEntropy() is exact for logits of any size",
  [REFERENCE, ...COMPARED],
  async (backend) => {
    for (const [logits, label, labelSmoothing, loss] of LOGITS) {
      const config = resolveConfig({ optimizer: "sgd", batchSize: 1, labelSmoothing });
      const layers = [dense(3, "softmax")];
      const plan = buildPlan(layers, config, { inFeatures: 1, inputScale: 1, labels: true, outFeatures: 3 });
      // The input is 0, so that the logits are the bias, and the gradient is the negative change of the bias.
      const dataset = {
        ...{ inputs: new Float32Array(1), inputShape: [1], inputScale: 1, source: "one row" },
        ...{ labels: Uint32Array.of(label), outFeatures: 3 },
      };
      const parameters = {
        "layer_1.weights": new Float64Array(3),
        "layer_1.bias": Float64Array.from(logits),
      };
      const run = { plan, dataset, parameters, epochs: [Uint32Array.of(0)], learningRate: 1 };
      const { results: [{ lossSum, diverged }], state } = await runPlan(backend, run);
      const message = `logits ${logits}, label ${label}, smoothing ${labelSmoothing}`;
      assertEquals(diverged, false, message);
      assertAlmostEquals(lossSum, loss, 1e-7 * Math.max(1, loss), message);
      const largest = Math.max(...logits), exps = logits.map((z) => Math.exp(z - largest));
      const sum = exps.reduce((a, b) => a + b);
      for (const [c, e] of exps.entries()) {
        const target = (c === label ? 1 - labelSmoothing : 0) + labelSmoothing / 3;
        const gradient = logits[c] - state.tensors["layer_1.bias"][c];
        // Around 1e4 the distance of float32 numbers is 1e-3.
        assertAlmostEquals(gradient, e / sum - target, Math.abs(logits[c]) > 1 ? 1e-3 : 2e-7, message);
      }
    }
  },
);

backendTest(
  "softmaxCrossEntropy() of probabilities is that of labels if they are 0 and 1, and between them else",
  [REFERENCE, ...COMPARED],
  async (backend) => {
    for (const [logits, label, labelSmoothing, loss] of LOGITS) {
      const targets = logits.map((_, c) => c === label ? 1 : 0), message = `logits ${logits}, label ${label}`;
      const hard = await stepOn(backend, logits, { targets, labelSmoothing });
      assertAlmostEquals(hard.lossSum, loss, 1e-7 * Math.max(1, loss), message);
      assertEquals(hard.correct, logits.indexOf(Math.max(...logits)) === label ? 1 : 0, message);
      const other = (label + 1) % 3,
        mixed = logits.map((_, c) => c === label ? 0.75 : c === other ? 0.25 : 0);
      const { lossSum, gradients } = await stepOn(backend, logits, { targets: mixed, labelSmoothing });
      const largest = Math.max(...logits), exps = logits.map((z) => Math.exp(z - largest));
      const sum = exps.reduce((a, b) => a + b);
      const smooth = mixed.map((t) => (1 - labelSmoothing) * t + labelSmoothing / 3);
      const wanted = smooth.reduce((all, t, c) => all + t * (largest + Math.log(sum) - logits[c]), 0);
      assertAlmostEquals(lossSum, wanted, 2e-7 * Math.max(1, wanted), message);
      for (const [c, e] of exps.entries()) {
        assertAlmostEquals(gradients[c], e / sum - smooth[c], 2e-7, message);
      }
    }
  },
);

backendTest(
  "softmaxCrossEntropy() counts a row if its largest logit is at the largest probability, the first of equals",
  [REFERENCE, ...COMPARED],
  async (backend) => {
    const rows: [logits: number[], targets: number[], correct: number][] = [
      [[1, 2, 0], [0.25, 0.5, 0.25], 1],
      [[1, 2, 0], [0.5, 0.25, 0.25], 0],
      [[1, 1, 0], [0.5, 0.5, 0], 1],
      [[0, 1, 1], [0, 0.5, 0.5], 1],
      [[0, 1, 2], [0, 0.5, 0.5], 0],
      [[-0, 0, -1], [0.5, 0.25, 0.25], 1], // -0 and 0 are equal
    ];
    for (const width of [16, 17, 40, 70]) { // in several lanes, vectors and panels
      for (const at of [0, 1, 9, width - 2]) {
        const logits = Array.from({ length: width }, (_, c) => c === at || c === width - 1 ? 3 : c % 3 - 1);
        const targets = (top: number) =>
          Array.from({ length: width }, (_, c) => c === top ? 0.5 : 0.5 / (width - 1));
        rows.push([logits, targets(at), 1], [logits, targets(width - 1), 0]);
      }
    }
    for (const [logits, targets, wanted] of rows) {
      const { correct } = await stepOn(backend, logits, { targets });
      assertEquals(correct, wanted, `logits ${logits}, targets ${targets}`);
    }
  },
);

/** Pairs of logits and targets, on both sides of the logit from which on `1 + e^-|z|` is 1 in float32. */
const BINARY_LOGITS = [0, 1e-4, 0.5, 5, 16, 17, 30, 80, 100, 1e4].flatMap((z) => [z, -z]).flatMap((z) =>
  [0, 0.25, 1].map((target) => [z, target] as const)
);

/** Distances of outputs from targets: less than δ, equal to it, and much more. */
const DISTANCES = [0, 1e-4, 0.5, 1, 1.0001, 30, 1e4].flatMap((d) => [d, -d]);

/** Runs one step on a row with targets, with `sums` as the sums before the last activation. */
async function stepOn(
  backend: Backend,
  sums: readonly number[],
  { targets, ...given }: Partial<TrainConfig> & { readonly targets: readonly number[] },
): Promise<{ lossSum: number; correct: number; gradients: FloatArray }> {
  const outFeatures = sums.length;
  // The first velocity of a bias is its gradient.
  const config = resolveConfig({ optimizer: "sgd", momentum: 0.5, batchSize: 1, ...given });
  const input = { inFeatures: 1, inputScale: 1, labels: false, outFeatures };
  const { results: [{ lossSum, correct, diverged }], state } = await runPlan(backend, {
    plan: buildPlan([dense(outFeatures)], config, input),
    dataset: {
      ...{ inputs: new Float32Array(1), inputShape: [1], inputScale: 1, source: "one row", outFeatures },
      targets: Float32Array.from(targets),
    },
    parameters: {
      "layer_1.weights": new Float64Array(outFeatures),
      "layer_1.bias": Float64Array.from(sums),
    },
    ...{ epochs: [Uint32Array.of(0)], learningRate: 0 },
  });
  assertEquals(diverged, false);
  return { lossSum, correct, gradients: state.tensors["layer_1.bias.velocity"] };
}

backendTest(
  "binaryCrossEntropy() is exact for logits of any size",
  [REFERENCE, ...COMPARED],
  async (backend) => {
    for (const [z, target] of BINARY_LOGITS) {
      const { lossSum, gradients } = await stepOn(backend, [z], {
        ...{ loss: "binary-cross-entropy", targets: [target] },
      });
      const small = Math.exp(-Math.abs(z)); // σ(|z|) = 1 / (1 + small), and σ(-|z|) = small / (1 + small)
      const loss = Math.max(z, 0) - z * target + Math.log1p(small);
      const [one, other] = z > 0
        ? [1 / (1 + small), small / (1 + small)]
        : [small / (1 + small), 1 / (1 + small)];
      const gradient = target === 1 ? -other : one - target, name = `logit ${z}, target ${target}`;
      assertAlmostEquals(lossSum, loss, 2e-7 * Math.max(1, loss), name);
      assertAlmostEquals(gradients[0], gradient, 2e-7, name);
    }
    // One row with all of them; the loss is the mean over the outputs.
    const all = await stepOn(backend, BINARY_LOGITS.map(([z]) => z), {
      ...{ loss: "binary-cross-entropy", targets: BINARY_LOGITS.map(([, target]) => target) },
    });
    const losses = BINARY_LOGITS.map(([z, t]) => Math.max(z, 0) - z * t + Math.log1p(Math.exp(-Math.abs(z))));
    const mean = losses.reduce((sum, loss) => sum + loss) / losses.length;
    assertAlmostEquals(all.lossSum, mean, 1e-6 * mean);
  },
);

backendTest(
  "binaryCrossEntropy() counts a row if each output lies on the side of 1/2 of its target",
  [REFERENCE, ...COMPARED],
  async (backend) => {
    const above = Math.fround(0.5 + 2 ** -24); // the next number of float32
    const rows: [logits: number[], targets: number[], correct: number][] = [
      [[1, -1, 0], [1, 0, 0.5], 1], // a logit of 0 and a target of 1/2 are on the lower side
      [[1e-30], [0.5], 0],
      [[-1e-30], [0.5], 1],
      [[0], [above], 0],
      [[1e-30], [above], 1],
      [[5, 5, -5], [0.75, 0.25, 0.25], 0],
    ];
    for (const wrong of [0, 15, 16, 31, 32, 39]) {
      const logits = Array.from({ length: 40 }, (_, o) => o % 3 === 0 ? 2 : -2);
      rows.push([logits, logits.map((z) => z > 0 ? 1 : 0), 1]);
      rows.push([logits, logits.map((z, o) => (z > 0) === (o !== wrong) ? 1 : 0), 0]);
    }
    for (const [logits, targets, wanted] of rows) {
      const { correct } = await stepOn(backend, logits, { loss: "binary-cross-entropy", targets });
      assertEquals(correct, wanted, `logits ${logits}, targets ${targets}`);
    }
  },
);

backendTest("huber() is exact for distances of any size", [REFERENCE, ...COMPARED], async (backend) => {
  for (const huberDelta of [1e-3, 1, 100]) {
    for (const d of DISTANCES) {
      const { lossSum, gradients } = await stepOn(backend, [d], { loss: "huber", huberDelta, targets: [0] });
      const distance = Math.abs(Math.fround(d)), name = `distance ${d}, delta ${huberDelta}`;
      const loss = distance <= huberDelta ? distance ** 2 / 2 : huberDelta * (distance - huberDelta / 2);
      assertAlmostEquals(lossSum, loss, 4e-7 * loss + 1e-37, name);
      const gradient = Math.sign(d) * Math.min(distance, huberDelta);
      assertAlmostEquals(gradients[0], gradient, 2e-7 * Math.abs(gradient), name);
    }
  }
});

/** Sums before activations: zero, tiny, on both sides of the limits between a kernel's formulas, and large. */
const SUMS = [
  0,
  1e-6,
  1e-3,
  0.1,
  0.29999,
  0.3,
  0.30001,
  0.5,
  1,
  2.5,
  5,
  9,
  12,
  13.3,
  20,
  40,
  80,
  87,
  88,
  100,
  1e4,
]
  .flatMap((z) => [z, -z]).map(Math.fround);

/**
 * The errors allowed: relative to the value, a few roundings of float32; and absolute, the size below which float32 has no
 * normal numbers. The absolute error of a product with a sum is multiplied by the sum.
 */
const SHARE = 5e-7, TINY = 1e-37;

for (const activation of ACTIVATIONS) {
  if (activation === "softmax") continue; // works on rows, see the test below
  backendTest(`Predictor.run() agrees with float64 for ${activation} of all sums`, EACH, async (backend) => {
    const network = { inFeatures: 1, layers: [dense(1, activation)], inputScale: 1 };
    const parameters = { "layer_1.weights": Float32Array.of(1), "layer_1.bias": Float32Array.of(0) };
    await using predictor = await backend.createPredictor(network, parameters);
    const outputs = await predictor.run(Float32Array.from(SUMS));
    for (const [i, z] of SUMS.entries()) {
      const row = Float64Array.of(z);
      activate(row, activation); // activations_test.ts compares it with numbers of 120 digits
      const off = Math.abs(outputs[i] - row[0]);
      assert(
        off <= SHARE * Math.abs(row[0]) + TINY * Math.max(1, Math.abs(z)),
        `${activation}(${z}) is ${outputs[i]}, needs ${row[0]}`,
      );
    }
  });
}

for (const activation of ACTIVATIONS) {
  if (activation === "softmax") continue;
  backendTest(
    `Trainer.runEpoch() computes the derivative of ${activation} at all sums`,
    COMPARED,
    async (backend) => {
      // A unit for each sum. Each target is smaller than the output by half the number of units, so that the gradient of every
      // output is 1. The first velocity of a bias is its gradient, and thus the derivative.
      const outFeatures = SUMS.length, distance = outFeatures / 2;
      const outputs = Float64Array.from(SUMS);
      activate(outputs, activation);
      const config = resolveConfig({
        loss: "mean-squared-error",
        optimizer: "sgd",
        momentum: 0.5,
        batchSize: 1,
      });
      const run = {
        plan: buildPlan([dense(outFeatures, activation)], config, {
          ...{ inFeatures: 1, inputScale: 1, labels: false, outFeatures },
        }),
        dataset: {
          ...{ inputs: Float32Array.of(1), inputShape: [1], inputScale: 1, source: "one row", outFeatures },
          targets: Float32Array.from(outputs, (y) => Math.fround(y) - distance),
        },
        parameters: {
          "layer_1.weights": Float64Array.from(SUMS),
          "layer_1.bias": new Float64Array(outFeatures),
        },
        ...{ epochs: [Uint32Array.of(0)], learningRate: 0 },
      };
      const [found, wanted] = await Promise.all(
        [backend, openReference()].map(async (each) =>
          (await runPlan(each, run)).state.tensors["layer_1.bias.velocity"]
        ),
      );
      for (const [i, z] of SUMS.entries()) {
        // The distance from the target has the error of the output; a derivative from y has the error of y near 1.
        const share = 2e-6 + 2 * SHARE * Math.abs(outputs[i]) / distance;
        const rounding = needsZ(activation) ? TINY * Math.max(1, Math.abs(z)) : 2 ** -22;
        const off = Math.abs(found[i] - wanted[i]);
        assert(
          off <= share * Math.abs(wanted[i]) + rounding,
          `the derivative of ${activation} at ${z} is ${found[i]}, needs ${wanted[i]}`,
        );
      }
    },
  );
}

backendTest("Predictor.run() agrees with float64 for softmax of all sums", EACH, async (backend) => {
  const network = { inFeatures: 1, layers: [dense(3, "softmax")], inputScale: 1 };
  const parameters = { "layer_1.weights": Float32Array.of(1, 0, -1), "layer_1.bias": new Float32Array(3) };
  await using predictor = await backend.createPredictor(network, parameters);
  const outputs = await predictor.run(Float32Array.from(SUMS));
  for (const [i, z] of SUMS.entries()) {
    const exps = [z, 0, -z].map((logit) => Math.exp(logit - Math.abs(z)));
    const sum = exps.reduce((a, b) => a + b);
    for (const [c, e] of exps.entries()) {
      const found = outputs[3 * i + c], wanted = e / sum;
      // e^z is within 2 units in the last place of its float32 argument, which is rounded too: |z| roundings.
      const share = SHARE + 6e-8 * Math.abs(z);
      assert(Math.abs(found - wanted) <= share * wanted + TINY, `softmax of ${z}, class ${c}, is ${found}`);
    }
  }
});

backendTest("Predictor.run() keeps every NaN", EACH, async (backend) => {
  for (const activation of ACTIVATIONS) {
    const network = { inFeatures: 2, layers: [dense(4, activation), dense(2)], inputScale: 1 };
    const parameters = {
      ...{ "layer_1.weights": new Float32Array(8).fill(0.5), "layer_1.bias": new Float32Array(4) },
      ...{ "layer_2.weights": new Float32Array(8).fill(0.5), "layer_2.bias": new Float32Array(2) },
    };
    await using predictor = await backend.createPredictor(network, parameters);
    const outputs = await predictor.run(Float32Array.of(1, 1, 1, NaN, NaN, 0, 2, 2));
    const rows = [0, 1, 2, 3].map((row) => [...outputs.subarray(2 * row, 2 * row + 2)].map(Number.isNaN));
    assertEquals(rows, [[false, false], [true, true], [true, true], [false, false]], activation);
  }
});
