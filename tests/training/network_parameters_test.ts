import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { Tensors } from "../../src/backends/backend.ts";
import { buildPlan } from "../../src/plan/build.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { resolveConfig } from "../../src/training/config.ts";
import { networkParameters } from "../../src/training/network_parameters.ts";
import { train } from "../../src/training/train.ts";
import { BLOBS, createMlp } from "../support/blobs.ts";
import { startState } from "../support/states.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };
const DECAY = 0.9;

Deno.test(
  "train() averages the weights of all steps, each weighted by decay to the power of its age",
  SANITIZED,
  async () => {
    // With one step an epoch, the checkpoint of each event has the weights of a step, and the network has their average.
    const mlp = createMlp(), steps: Tensors[] = [], averages: Tensors[] = [];
    const options = {
      backend: "reference",
      batchSize: 100,
      epochs: 6,
      learningRate: 0.05,
      average: DECAY,
    } as const;
    for await (const event of train(mlp, BLOBS, options)) {
      steps.push(event.checkpoint().tensors);
      averages.push(mlp.parameters);
    }
    for (const [last, average] of averages.entries()) {
      // Σ decayᵃ wₜ₋ₐ / Σ decayᵃ over the ages a of the steps so far
      const shares = steps.slice(0, last + 1).map((_, step) => DECAY ** (last - step));
      const all = shares.reduce((a, b) => a + b);
      for (const [name, values] of Object.entries(average)) {
        for (const [i, value] of values.entries()) {
          const wanted = shares.reduce((sum, share, step) => sum + share * steps[step][name][i], 0) / all;
          assertAlmostEquals(value, wanted, 1e-14, `${name}[${i}] after step ${last + 1}`);
        }
      }
    }
  },
);

Deno.test("train() does the same steps if their weights are averaged", SANITIZED, async () => {
  const [plain, averaged] = [createMlp(), createMlp()];
  const options = { backend: "reference", batchSize: 32, epochs: 2 } as const;
  await Array.fromAsync(train(plain, BLOBS, options));
  const events = await Array.fromAsync(train(averaged, BLOBS, { ...options, average: DECAY }));
  const { tensors } = events[1].checkpoint();
  for (const [name, values] of Object.entries(plain.parameters)) assertEquals(tensors[name], values);
});

Deno.test("train() evaluates the averaged weights", SANITIZED, async () => {
  const mlp = createMlp(), options = { backend: "reference", epochs: 2, average: 0.99 } as const;
  for await (const { test } of train(mlp, BLOBS, { ...options, test: BLOBS })) {
    const outputs = mlp.predict(BLOBS.inputs);
    const losses = [...BLOBS.labels!].map((label, row) => -Math.log(outputs[3 * row + label]));
    assertAlmostEquals(test!.loss, losses.reduce((a, b) => a + b) / losses.length, 1e-6);
  }
});

Deno.test("networkParameters() returns the parameters of the state before the first step", () => {
  const mlp = Mlp.create([dense(1)], { inputShape: [2] }),
    config = resolveConfig({ average: DECAY, loss: "huber" });
  const input = { inFeatures: 2, inputScale: 1, labels: false, outFeatures: 1 };
  const plan = buildPlan(mlp.layers, config, input), state = startState(plan, mlp.parameters);
  assertEquals(networkParameters(plan, mlp.layers, state, {}), mlp.parameters);
  const [weight] = mlp.parameters["layer_1.weights"], scaling = { mean: [10], deviation: [2] };
  const scaled = networkParameters(plan, mlp.layers, state, { targetScaling: scaling });
  assertEquals(scaled["layer_1.bias"], Float32Array.of(10));
  assertEquals(scaled["layer_1.weights"][0], 2 * weight);
});
