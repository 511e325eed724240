/**
 * Compares the gradients of the reference with central differences of its loss.
 * @module
 */
import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { ACTIVATIONS } from "../../../src/plan/activations.ts";
import { allocateBuffers, runOps } from "../../../src/backends/reference/step.ts";
import { type Dataset, NO_CLASS } from "../../../src/data/dataset.ts";
import { buildPlan } from "../../../src/plan/build.ts";
import { resolveConfig, type TrainConfig } from "../../../src/training/config.ts";
import { dense, formatLayers, type LayerSpec } from "../../../src/plan/layers.ts";
import { type LossDefinition, LOSSES, type LossName } from "../../../src/plan/losses.ts";
import { createRandom } from "../../../src/random.ts";
import { drawSet } from "../../support/sets.ts";
import { distance, inOrder, largest } from "../../support/states.ts";

const IN_FEATURES = 4, OUT_FEATURES = 3, ROWS = 5;

/** Half the distance of a central difference. Its two errors, STEP² and 2⁻⁵² / STEP, are both near 1e-10. */
const STEP = 1e-5;
/** The error allowed, relative to a tensor's largest gradient. */
const TOLERANCE = 1e-6;

interface Setup {
  readonly layers: readonly LayerSpec[];
  readonly config: Partial<TrainConfig>;
  /** True if the data set has targets, false if it has labels. */
  readonly targets?: boolean;
  /** True if rows have weights. */
  readonly weighted?: boolean;
  /** True if two of the rows belong to no class. */
  readonly noClass?: boolean;
}

/** Row weights: 0, fractions, and more than 1. */
const ROW_WEIGHTS = Float32Array.of(0.25, 1, 0, 3, 1.5);

/** Draws the rows of a setup. */
function drawRows({ targets = false, weighted = false, noClass = false, config }: Partial<Setup>): Dataset {
  const isSoft = targets && (config?.loss ?? "cross-entropy") === "cross-entropy";
  const form = { rows: ROWS, inFeatures: IN_FEATURES, outFeatures: OUT_FEATURES, zeros: 0.2 };
  const dataset = drawSet({ ...form, targets: isSoft ? "probabilities" : targets }), { labels } = dataset;
  return {
    ...dataset,
    ...noClass && { labels: labels!.map((label, row) => row % 3 === 0 ? NO_CLASS : label) },
    ...weighted && { weights: ROW_WEIGHTS },
  };
}

/** Returns a plan with its buffers. The learning rate is 0, so that updates change nothing. */
function prepare(setup: Setup, dataset = drawRows(setup)) {
  const { layers, config, targets = false } = setup, { weights } = dataset;
  // The batch is larger than the data set; gradients are over the rows of the data set.
  const plan = buildPlan(layers, resolveConfig({ optimizer: "sgd", batchSize: ROWS + 2, ...config }), {
    inFeatures: IN_FEATURES,
    inputScale: 0.75,
    labels: !targets,
    weighted: weights !== undefined,
    outFeatures: OUT_FEATURES,
  });
  const buffers = allocateBuffers(plan, plan.batchSize), random = createRandom(3);
  const parameters = plan.buffers.filter(({ role }) => role === "parameter").map(({ name }) => name);
  for (const name of parameters) buffers[name].values.forEach((_, i, all) => all[i] = random.normal());
  const run = (rows: Uint32Array) => runOps(plan.ops, buffers, { dataset, rows, learningRate: 0, step: 1 });
  /** Computes all gradients, and returns the mean loss. */
  const step = () => run(inOrder(ROWS)).lossSum / ROWS;
  /** Returns the loss whose gradient the plan computes. With row weights, it computes the loss of each row separately. */
  const lossOf = () =>
    weights
      ? weights.reduce((sum, weight, row) => sum + weight * run(Uint32Array.of(row)).lossSum, 0) / ROWS
      : step();
  return { plan, buffers, parameters, step, lossOf };
}

/** Returns the name of a parameter's gradient in the plan. */
function gradientOf(parameter: string): string {
  return parameter.replace("weights", "dWeights").replace("bias", "dBias");
}

function checkGradients(setup: Setup): void {
  const { buffers, parameters, step, lossOf } = prepare(setup);
  step();
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
    assertGreater(largest(wanted), 1e-4, `${name}: a gradient near 0 would check nothing`);
    assertLess(distance(gradient, wanted) / largest(wanted), TOLERANCE, name);
  }
}

for (const hidden of ACTIVATIONS) {
  Deno.test(`runOps() computes the gradients of a hidden layer with ${hidden}`, () => {
    const layers = [dense(6, hidden), dense(OUT_FEATURES, "softmax")];
    checkGradients({ layers, config: {} });
    checkGradients({ layers: [dense(5, "tanh"), ...layers], config: {} });
    checkGradients({ layers: [layers[0], dense(5, "sigmoid"), layers[1]], config: {} });
  });
}

const TYPED_LOSSES = Object.entries(LOSSES) as [LossName, LossDefinition][];

for (const [loss, { outputs, labels, targets }] of TYPED_LOSSES) {
  for (const output of outputs) {
    Deno.test(`runOps() computes the gradients of ${loss} after ${output}, with row weights and without`, () => {
      const configs = [{ loss }, ...loss === "cross-entropy" ? [{ loss, labelSmoothing: 0.3 }] : []];
      for (const hidden of [[], [dense(6, "tanh")], [dense(6, "relu"), dense(5, "sigmoid")]]) {
        const layers = [...hidden, dense(OUT_FEATURES, output)];
        for (const config of configs) {
          for (const weighted of [false, true]) {
            if (targets) checkGradients({ layers, config, weighted, targets });
            if (!labels) continue;
            for (const noClass of [false, true]) checkGradients({ layers, config, weighted, noClass });
          }
        }
      }
    });
  }
}

Deno.test("runOps() computes the gradients of huber with small and large deltas", () => {
  for (const huberDelta of [1e-3, 0.3, 1, 1e3]) {
    const config = { loss: "huber", huberDelta } as const;
    checkGradients({ layers: [dense(6, "tanh"), dense(OUT_FEATURES)], config, targets: true });
  }
});

for (const hidden of ACTIVATIONS) {
  Deno.test(`runOps() computes the gradients of dropout after hidden layers with ${hidden}`, () => {
    for (const inputDropout of [0, 0.3]) {
      for (const dropout of [0.1, 0.5]) {
        const config = { inputDropout, seed: 5 }, output = dense(OUT_FEATURES, "softmax");
        const dropped = dense(9, hidden, { dropout });
        checkGradients({ layers: [dropped, output], config });
        checkGradients({ layers: [dropped, dense(8, hidden, { dropout: 0.25 }), output], config });
        checkGradients({ layers: [dense(8, "tanh"), dropped, output], config });
      }
    }
  });
}

Deno.test("runOps() multiplies the gradient of each row by its weight, also with dropout", () => {
  const setup: Setup = {
    layers: [dense(9, "tanh", { dropout: 0.5 }), dense(OUT_FEATURES, "softmax")],
    config: { inputDropout: 0.25, labelSmoothing: 0.1 },
    noClass: true,
  };
  const gradientsWith = (weights?: Float32Array) => {
    const { buffers, parameters, step } = prepare(setup, { ...drawRows(setup), ...weights && { weights } });
    return {
      loss: step(),
      all: Float64Array.from(parameters.flatMap((name) => [...buffers[gradientOf(name)].values])),
    };
  };
  const alone = Array.from(ROW_WEIGHTS, (_, row) => {
    const weights = new Float32Array(ROWS);
    weights[row] = 1;
    return gradientsWith(weights);
  });
  const sumOf = (weights: Float32Array) =>
    alone[0].all.map((_, at) => weights.reduce((sum, weight, row) => sum + weight * alone[row].all[at], 0));
  const plain = gradientsWith(), weighted = gradientsWith(ROW_WEIGHTS);
  assertLess(distance(plain.all, sumOf(new Float32Array(ROWS).fill(1))), 1e-15);
  assertLess(distance(weighted.all, sumOf(ROW_WEIGHTS)), 1e-15);
  assertGreater(distance(plain.all, weighted.all), 0.01);
  assertEquals(weighted.loss, plain.loss, "the loss is not weighted");
});

Deno.test("runOps() updates by the gradient of the plan, with clipping and without", () => {
  const layers = [dense(6, "tanh"), dense(OUT_FEATURES, "softmax")];
  const free = prepare({ layers, config: {} });
  free.step();
  const names = free.parameters.map(gradientOf);
  const norm = Math.hypot(...names.flatMap((name) => [...free.buffers[name].values]));
  for (const share of [0.25, 4]) {
    const clipped = prepare({ layers, config: { clipNorm: share * norm } });
    clipped.step();
    for (const name of names) {
      const wanted = free.buffers[name].values.map((g) => g * Math.min(1, share / (1 + 1e-6 / norm)));
      assertLess(distance(clipped.buffers[name].values, wanted), 1e-12, `${formatLayers(layers)} ${name}`);
    }
  }
});

Deno.test("runOps() counts the rows whose largest output, the first of equals, is that of the label", () => {
  for (const loss of ["cross-entropy", "mean-squared-error"] as const) {
    for (const noClass of [false, true]) {
      const setup: Setup = { layers: [dense(OUT_FEATURES, "softmax")], config: { loss }, noClass };
      const { buffers, plan } = prepare(setup), dataset = drawRows(setup);
      for (const name of ["layer_1.weights", "layer_1.bias"]) buffers[name].values.fill(0);
      const { correct, lossSum } = runOps(plan.ops, buffers, {
        ...{ dataset, rows: inOrder(ROWS), learningRate: 0, step: 1 },
      });
      assertEquals(correct, dataset.labels!.filter((label) => label === 0).length);
      // Each output is 1/3, the target of a row that belongs to no class.
      const classed = dataset.labels!.filter((label) => label !== NO_CLASS).length;
      const wanted = loss === "cross-entropy" ? ROWS * Math.log(OUT_FEATURES) : classed * (4 + 1 + 1) / 27;
      assertLess(Math.abs(lossSum - wanted), 1e-12);
    }
  }
});

Deno.test("runOps() counts the rows whose largest logit is at the largest probability, the first of equals", () => {
  const setup: Setup = { layers: [dense(OUT_FEATURES, "softmax")], config: {}, targets: true };
  const rows: [logits: number[], probabilities: number[], correct: number][] = [
    [[1, 2, 0], [0.25, 0.5, 0.25], 1],
    [[1, 2, 0], [0.5, 0.25, 0.25], 0],
    [[1, 1, 0], [0.5, 0.5, 0], 1], // equal ones: the first of both
    [[0, 1, 1], [0, 0.5, 0.5], 1],
    [[0, 1, 2], [0, 0.5, 0.5], 0],
    [[0, 1, 2], [1 / 3, 1 / 3, 1 / 3], 0],
  ];
  for (const [logits, probabilities, wanted] of rows) {
    const dataset = { ...drawRows(setup), targets: Float32Array.from(probabilities) };
    const { buffers, plan } = prepare(setup);
    buffers["layer_1.weights"].values.fill(0);
    buffers["layer_1.bias"].values.set(logits);
    const { correct } = runOps(plan.ops, buffers, {
      ...{ dataset, rows: Uint32Array.of(0), learningRate: 0, step: 1 },
    });
    assertEquals(correct, wanted, `logits ${logits}, probabilities ${probabilities}`);
  }
});

Deno.test("runOps() counts the rows of binary cross-entropy with each output on the same side of 1/2 as its target", () => {
  const setup: Setup = {
    layers: [dense(OUT_FEATURES, "sigmoid")],
    config: { loss: "binary-cross-entropy" },
    targets: true,
  };
  const { buffers, plan } = prepare(setup);
  buffers["layer_1.weights"].values.fill(0);
  buffers["layer_1.bias"].values.set([1, -1, 0]); // a logit of 0 counts as a prediction of 0
  const rows = [[1, 0, 0], [0.75, 0.25, 0.5], [0.5, 0, 0], [1, 0, 0.75], [1, 1, 0]];
  const dataset = { ...drawRows(setup), targets: Float32Array.from(rows.flat()) };
  const at = { dataset, rows: inOrder(ROWS), learningRate: 0, step: 1 };
  assertEquals(runOps(plan.ops, buffers, at).correct, 2);
});
