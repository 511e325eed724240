/** Tests that steps do not leak memory. A driver may keep code that it compiles for the values of uniforms. @module */
import { assertLess } from "@std/assert";
import { buildPlan } from "../../../src/plan/build.ts";
import { resolveConfig, type TrainConfig } from "../../../src/training/config.ts";
import { dense, type LayerSpec } from "../../../src/plan/layers.ts";
import { backendTest, WEBGPU } from "../../support/backends.ts";
import { drawParameters } from "../../support/cases.ts";
import { drawSet } from "../../support/sets.ts";
import { inOrder, startState } from "../../support/states.ts";

const RUNS: readonly (Partial<TrainConfig> & { readonly layers: readonly LayerSpec[] })[] = [
  { layers: [dense(24, "relu"), dense(5, "softmax")] },
  {
    layers: [dense(9, "tanh"), dense(7, "sigmoid"), dense(5, "softmax")],
    optimizer: "sgd",
    momentum: 0.9,
    clipNorm: 1,
  },
  { layers: [dense(70, "softmax"), dense(3)], optimizer: "sgd", loss: "mean-squared-error" },
  {
    layers: [dense(24, "silu"), dense(5, "silu")],
    optimizer: "sgd",
    momentum: 0.9,
    nesterov: true,
    loss: "mean-squared-error",
  },
];

/** The steps of each run, and the bytes by which memory may grow. A copy of a kernel for each step takes 300,000 bytes. */
const STEPS = 400, MOST_BYTES = 40e6;

backendTest("Trainer.runEpoch() does not leak memory", WEBGPU, async (backend) => {
  for (const { layers, ...given } of RUNS) {
    const config = resolveConfig({ batchSize: 10, ...given }), { outFeatures } = layers.at(-1)!;
    const dataset = drawSet({ rows: 10 * STEPS, inFeatures: 30, outFeatures, bytes: true });
    const { inputScale } = dataset, form = { inFeatures: 30, inputScale, labels: true, outFeatures };
    const plan = buildPlan(layers, config, form);
    const state = startState(plan, drawParameters(30, layers, 1));
    await using trainer = await backend.createTrainer(plan, dataset, state);
    const rates = new Float64Array(STEPS).fill(0.001);
    await trainer.runEpoch(inOrder(10), rates.subarray(0, 1)); // compiles the kernels
    const before = Deno.memoryUsage().rss;
    await trainer.runEpoch(inOrder(10 * STEPS), rates);
    assertLess(
      Deno.memoryUsage().rss - before,
      MOST_BYTES,
      layers.map(({ activation }) => activation).join(),
    );
  }
});
