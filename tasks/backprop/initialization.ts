/** The effect of the initial weights' variance, for docs/backprop.md. @module */
import { allocateBuffers, runOps } from "../../src/backends/reference/step.ts";
import { initialParameters } from "../../src/init.ts";
import { buildForwardPlan } from "../../src/plan/build.ts";
import { dense } from "../../src/plan/layers.ts";
import { createRandom } from "../../src/random.ts";

/** The width of the layers, their number, and the rows of the batch. */
export const WIDTH = 128, DEPTH = 20, ROWS = 64;

/** Returns the mean square of the outputs of each of 20 ReLU layers, whose weights have the variance `factor / I`. */
export function meanSquares(factor: number): number[] {
  const layers = Array.from({ length: DEPTH }, () => dense(WIDTH, "relu"));
  const plan = buildForwardPlan({ inFeatures: WIDTH, inputScale: 1, layers }), random = createRandom(1);
  const inputs = Float32Array.from({ length: ROWS * WIDTH }, () => random.normal());
  const buffers = allocateBuffers(plan, ROWS);
  const he = initialParameters(WIDTH, layers, { init: "he", seed: 1 }); // variance 2 / I
  for (const [name, values] of Object.entries(he)) {
    buffers[name].values.set(Float64Array.from(values, (value) => value * Math.sqrt(factor / 2)));
  }
  const rows = Uint32Array.from({ length: ROWS }, (_, row) => row);
  runOps(plan.ops, buffers, { dataset: { inputs }, rows, learningRate: 0, step: 1 });
  return layers.map((_, index) => {
    const { values } = buffers[`layer_${index + 1}.y`];
    return values.reduce((sum, y) => sum + y * y, 0) / values.length;
  });
}
