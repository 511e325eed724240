/** Compares losses, row weights, updates and averages with the reference. @module */
import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { openReference } from "../../../src/backends/reference/backend.ts";
import { openWasm } from "../../../src/backends/wasm/backend.ts";
import { type Dataset, NO_CLASS } from "../../../src/data/dataset.ts";
import { BackendError } from "../../../src/errors.ts";
import { buildPlan } from "../../../src/plan/build.ts";
import { dense, type LayerSpec } from "../../../src/plan/layers.ts";
import { resolveConfig, type TrainConfig } from "../../../src/training/config.ts";
import { drawParameters } from "../../support/cases.ts";
import { drawSet } from "../../support/sets.ts";
import { distance, inOrder, largest, runPlan } from "../../support/states.ts";

/** Sizes with a smaller last batch, and with outputs that fill one panel and a part of a second. */
const ROWS = 43, BATCH = 20, INPUTS = 30, OUTPUTS = 21;

/** The settings of a case. */
interface Case {
  readonly hidden?: LayerSpec;
  readonly output: LayerSpec["activation"];
  readonly config: Partial<TrainConfig>;
  /** True if the set has targets from 0 to 1; if not, it has labels, and some rows belong to no class. */
  readonly targets?: boolean;
  readonly weighted?: boolean;
}

const BINARY = { loss: "binary-cross-entropy", optimizer: "sgd" } as const;
const HUBER = { loss: "huber", optimizer: "sgd" } as const;
const SQUARES = { loss: "mean-squared-error", optimizer: "sgd" } as const;
const CASES: Readonly<Record<string, Case>> = {
  "binary cross-entropy after sigmoid": { output: "sigmoid", config: BINARY, targets: true },
  "binary cross-entropy, weighted": { output: "linear", config: BINARY, targets: true, weighted: true },
  "huber, mostly squares": { output: "tanh", config: { ...HUBER, huberDelta: 0.7 }, targets: true },
  "huber, mostly lines": { output: "linear", config: { ...HUBER, huberDelta: 0.1 }, targets: true },
  "huber, weighted, back through gelu": { output: "gelu", config: HUBER, targets: true, weighted: true },
  "cross-entropy with rows of no class": { output: "softmax", config: { optimizer: "sgd" } },
  "cross-entropy with rows of no class, smoothed and weighted": {
    output: "softmax",
    config: { optimizer: "sgd", labelSmoothing: 0.1 },
    weighted: true,
  },
  "mean squared error with rows of no class": { output: "softmax", config: SQUARES, weighted: true },
  "mean squared error of targets, weighted": {
    output: "elu",
    config: SQUARES,
    targets: true,
    weighted: true,
  },
  "rmsprop": { output: "softmax", config: { optimizer: "rmsprop", epsilon: 0.01, weightDecay: 0.1 } },
  "rmsprop, clipped": { output: "softmax", config: { optimizer: "rmsprop", epsilon: 0.01, clipNorm: 0.1 } },
  "lion": { output: "softmax", config: { optimizer: "lion", weightDecay: 0.1 } },
  "an average of sgd": { output: "softmax", config: { optimizer: "sgd", average: 0.9 } },
  "an average of adam": {
    output: "softmax",
    config: { optimizer: "adam", epsilon: 0.01, average: 0.5, clipNorm: 0.1 },
  },
  "dropout after elu": {
    hidden: dense(37, "elu", { dropout: 0.4 }),
    output: "softmax",
    config: { optimizer: "sgd", inputDropout: 0.1 },
  },
  "dropout after softmax": {
    hidden: dense(37, "softmax", { dropout: 0.4 }),
    output: "softmax",
    config: { optimizer: "sgd" },
  },
};

/** Draws the data set of a case. */
function setOf({ targets = false, weighted = false }: Case): Dataset {
  const set = drawSet({ rows: ROWS, inFeatures: INPUTS, outFeatures: OUTPUTS, targets, zeros: 0.3 });
  const weights = Float32Array.from({ length: ROWS }, (_, row) => [1, 0, 2.5][row % 3]);
  return {
    ...set,
    ...set.targets && { targets: set.targets.map((value) => (value + 1) / 2) },
    ...set.labels && { labels: set.labels.map((label, row) => row % 5 === 4 ? NO_CLASS : label) },
    ...weighted && { weights },
  };
}

function runOf(given: Case) {
  const layers = [given.hidden ?? dense(37, "tanh"), dense(OUTPUTS, given.output)], dataset = setOf(given);
  const { inputScale, labels, weights } = dataset;
  const plan = buildPlan(layers, resolveConfig({ batchSize: BATCH, ...given.config }), {
    ...{ inFeatures: INPUTS, inputScale, outFeatures: OUTPUTS },
    labels: labels !== undefined,
    weighted: weights !== undefined,
  });
  const parameters = drawParameters(INPUTS, layers, 1);
  return { plan, dataset, parameters, epochs: [inOrder(ROWS), inOrder(ROWS)], learningRate: 0.01 };
}

for (const [name, given] of Object.entries(CASES)) {
  Deno.test(`Trainer.runEpoch() computes on wasm what the reference computes: ${name}`, async () => {
    const run = runOf(given), wanted = await runPlan(openReference(), run);
    for (const build of ["relaxed", "plain"] as const) {
      for (const threads of [1, 3]) {
        await using backend = await openWasm({ threads, build });
        const { results, state } = await runPlan(backend, run), form = `${build} build, ${threads} threads`;
        for (const [epoch, { lossSum, ...counts }] of wanted.results.entries()) {
          const { lossSum: found, ...others } = results[epoch];
          assertAlmostEquals(found, lossSum, 1e-6 * lossSum, form);
          assertEquals(others, counts, form);
        }
        assertEquals(Object.keys(state.tensors), Object.keys(wanted.state.tensors));
        for (const [tensor, values] of Object.entries(wanted.state.tensors)) {
          const off = distance(state.tensors[tensor], values);
          assert(off <= 1e-6 * Math.max(1, largest(values)), `${form}: ${tensor} is off by ${off}`);
        }
      }
    }
  });
}

Deno.test("Trainer.runEpoch() computes the binary cross-entropy of logits of any size on wasm", async () => {
  const logits = [100, 100, -100, -100, 20, 20, 1e-3, 0.3, 1e4, -1e4];
  const targets = [1, 0, 1, 0, 1, 0, 0, 0.25, 1, 0];
  const outFeatures = logits.length, config = resolveConfig({ ...BINARY, batchSize: 1, momentum: 0.5 });
  const run = {
    plan: buildPlan([dense(outFeatures, "linear")], config, {
      ...{ inFeatures: 1, inputScale: 1, labels: false, outFeatures },
    }),
    dataset: {
      ...{ inputs: Float32Array.of(0), inputShape: [1], inputScale: 1, source: "one row", outFeatures },
      targets: Float32Array.from(targets),
    },
    parameters: {
      "layer_1.weights": new Float64Array(outFeatures),
      "layer_1.bias": Float64Array.from(logits),
    },
    ...{ epochs: [Uint32Array.of(0)], learningRate: 1 },
  };
  const wanted = logits.map((z, o) => [
    Math.max(z, 0) - z * targets[o] + Math.log1p(Math.exp(-Math.abs(z))),
    z > 0 ? 1 - targets[o] - 1 / (1 + Math.exp(z)) : 1 / (1 + Math.exp(-z)) - targets[o],
  ]);
  for (const build of ["relaxed", "plain"] as const) {
    await using backend = await openWasm({ threads: 1, build });
    const { results: [{ lossSum, correct }], state } = await runPlan(backend, run);
    const loss = wanted.reduce((sum, [each]) => sum + each, 0) / outFeatures;
    assertAlmostEquals(lossSum, loss, 1e-6 * loss);
    assertEquals(correct, 0);
    // The first velocity of a bias is its gradient.
    for (const [o, found] of state.tensors["layer_1.bias.velocity"].entries()) {
      const gradient = wanted[o][1] / outFeatures;
      assertAlmostEquals(found, gradient, 1e-6 * Math.abs(gradient) + 1e-37, `logit ${logits[o]}`);
    }
  }
});

Deno.test("createTrainer() refuses averages with different decays on wasm", async () => {
  const run = runOf(CASES["an average of sgd"]);
  const ops = run.plan.ops.map((op) =>
    op.op === "average" && op.parameter === "layer_2.bias" ? { ...op, decay: 0.8 } : op
  );
  await using backend = await openWasm({ threads: 1 });
  await assertRejects(
    () => runPlan(backend, { ...run, plan: { ...run.plan, ops } }),
    BackendError,
    `Backend "wasm" needs averages with the same decay for every parameter, found 0.9, 0.9, 0.9, 0.8`,
  );
});
