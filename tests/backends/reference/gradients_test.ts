/**
 * The gradients of the reference, which every other backend is compared with, against central differences of its loss.
 * @module
 */
import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { ACTIVATIONS } from "../../../src/plan/activations.ts";
import { allocateBuffers, runOps } from "../../../src/backends/reference/step.ts";
import { buildPlan } from "../../../src/plan/build.ts";
import { resolveConfig, type TrainConfig } from "../../../src/training/config.ts";
import { dense, formatLayers, type LayerSpec } from "../../../src/plan/layers.ts";
import { type LossDefinition, LOSSES, type LossName } from "../../../src/plan/losses.ts";
import { createRandom } from "../../../src/random.ts";
import { drawSet } from "../../support/sets.ts";
import { distance, inOrder, largest } from "../../support/states.ts";

const IN_FEATURES = 4, OUT_FEATURES = 3, ROWS = 5;

/** Half the distance of a central difference: its square, and 2⁻⁵² over it, are the two errors, both near 1e-10. */
const STEP = 1e-5;
/** As a share of a tensor's largest gradient. */
const TOLERANCE = 1e-6;

interface Setup {
  readonly layers: readonly LayerSpec[];
  readonly config: Partial<TrainConfig>;
  /** Whether the data set has target values; else labels. */
  readonly targets?: boolean;
}

/** A plan with its buffers; its learning rate is 0, so that its updates change nothing. */
function prepare({ layers, config, targets = false }: Setup) {
  const dataset = drawSet({
    rows: ROWS,
    inFeatures: IN_FEATURES,
    outFeatures: OUT_FEATURES,
    targets,
    zeros: 0.2,
  });
  // The batch is larger than the set: gradients are over the rows that there are.
  const plan = buildPlan(layers, resolveConfig({ optimizer: "sgd", batchSize: ROWS + 2, ...config }), {
    inFeatures: IN_FEATURES,
    inputScale: 0.75,
    labels: !targets,
    outFeatures: OUT_FEATURES,
  });
  const buffers = allocateBuffers(plan, plan.batchSize), random = createRandom(3);
  const parameters = plan.buffers.filter(({ role }) => role === "parameter").map(({ name }) => name);
  for (const name of parameters) buffers[name].values.forEach((_, i, all) => all[i] = random.normal());
  const lossOf = () =>
    runOps(plan.ops, buffers, { dataset, rows: inOrder(ROWS), learningRate: 0, step: 1 }).lossSum / ROWS;
  return { plan, buffers, parameters, lossOf };
}

/** The name of a parameter's gradient in the plan. */
function gradientOf(parameter: string): string {
  return parameter.replace("weights", "dWeights").replace("bias", "dBias");
}

function checkGradients(setup: Setup): void {
  const { buffers, parameters, lossOf } = prepare(setup);
  lossOf();
  const found = new Map(parameters.map((name) => [name, buffers[gradientOf(name)].values.slice()]));
  for (const [name, gradient] of found) {
    const { values } = buffers[name];
    const wanted = values.map((value, i) => {
      const losses = [value + STEP, value - STEP].map((moved) => {
        values[i] = moved;
        return lossOf();
      });
      values[i] = value;
      return (losses[0] - losses[1]) / (2 * STEP);
    });
    assertGreater(largest(wanted), 1e-4, `${name}: a gradient of nearly nothing would check nothing`);
    assertLess(distance(gradient, wanted) / largest(wanted), TOLERANCE, name);
  }
}

for (const hidden of ACTIVATIONS) {
  Deno.test(`runOps() has the gradients of a hidden layer with ${hidden}`, () => {
    const layers = [dense(6, hidden), dense(OUT_FEATURES, "softmax")];
    checkGradients({ layers, config: {} });
    checkGradients({ layers: [dense(5, "tanh"), ...layers], config: {} });
    checkGradients({ layers: [layers[0], dense(5, "sigmoid"), layers[1]], config: {} });
  });
}

for (const [loss, { outputs, targets }] of Object.entries(LOSSES) as [LossName, LossDefinition][]) {
  for (const output of outputs) {
    Deno.test(`runOps() has the gradients of ${loss} after ${output}`, () => {
      for (const hidden of [[], [dense(6, "tanh")], [dense(6, "relu"), dense(5, "sigmoid")]]) {
        const layers = [...hidden, dense(OUT_FEATURES, output)];
        checkGradients({ layers, config: { loss } });
        if (targets) checkGradients({ layers, config: { loss }, targets });
        if (loss === "cross-entropy") checkGradients({ layers, config: { loss, labelSmoothing: 0.3 } });
      }
    });
  }
}

Deno.test("runOps() gives the update the gradient of the plan, clipped and not", () => {
  const layers = [dense(6, "tanh"), dense(OUT_FEATURES, "softmax")];
  const free = prepare({ layers, config: {} });
  free.lossOf();
  const names = free.parameters.map(gradientOf);
  const norm = Math.hypot(...names.flatMap((name) => [...free.buffers[name].values]));
  for (const share of [0.25, 4]) {
    const clipped = prepare({ layers, config: { clipNorm: share * norm } });
    clipped.lossOf();
    for (const name of names) {
      const wanted = free.buffers[name].values.map((g) => g * Math.min(1, share / (1 + 1e-6 / norm)));
      assertLess(distance(clipped.buffers[name].values, wanted), 1e-12, `${formatLayers(layers)} ${name}`);
    }
  }
});

Deno.test("runOps() counts the rows whose largest output is their label's, the first of equals", () => {
  const { buffers, lossOf, plan } = prepare({ layers: [dense(OUT_FEATURES, "softmax")], config: {} });
  for (const name of ["layer_1.weights", "layer_1.bias"]) buffers[name].values.fill(0);
  const dataset = drawSet({ rows: ROWS, inFeatures: IN_FEATURES, outFeatures: OUT_FEATURES, zeros: 0.2 });
  const { correct } = runOps(plan.ops, buffers, { dataset, rows: inOrder(ROWS), learningRate: 0, step: 1 });
  assertEquals(correct, dataset.labels!.filter((label) => label === 0).length);
  assertLess(Math.abs(lossOf() - Math.log(OUT_FEATURES)), 1e-12);
});
