/**
 * Ten training steps compared with PyTorch: losses, optimizers, activations, weight decay, clipping, label smoothing, dropout,
 * averages, row weights and rows that belong to no class. fixtures/make_pytorch.py wrote PyTorch's numbers.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { Backend, TrainState } from "../../src/backends/backend.ts";
import { openBackend } from "../../src/backends/open.ts";
import { ACTIVATIONS } from "../../src/plan/activations.ts";
import { buildPlan } from "../../src/plan/build.ts";
import { resolveConfig } from "../../src/training/config.ts";
import { parseLayers } from "../../src/plan/layers.ts";
import { LOSSES } from "../../src/plan/losses.ts";
import { isUpdate, OPTIMIZERS, settingsOf, statesOf } from "../../src/plan/optimizers.ts";
import { FULL_SIZE_CASE, SMALL_CASES } from "../fixtures/pytorch/cases.ts";
import { startOf } from "../fixtures/pytorch_start.ts";
import { type PytorchCase, SAMPLE_STRIDE, type SmallCase } from "../fixtures/pytorch_steps.ts";
import { backendTest, COMPARED, REFERENCE } from "../support/backends.ts";
import { inOrder, startState } from "../support/states.ts";

/** Runs a case step by step. */
async function runCase(
  backend: Backend,
  given: PytorchCase,
): Promise<{ losses: number[]; correct: number; state: TrainState }> {
  const { layers, dataset, parameters } = startOf(given);
  const config = resolveConfig(given.config);
  const plan = buildPlan(layers, config, {
    inFeatures: given.inFeatures,
    inputScale: dataset.inputScale,
    labels: dataset.labels !== undefined,
    weighted: dataset.weights !== undefined,
    outFeatures: dataset.outFeatures,
  });
  await using trainer = await backend.createTrainer(plan, dataset, startState(plan, parameters));
  const losses: number[] = [], rate = Float64Array.of(config.learningRate);
  let correct = 0;
  for (let first = 0; first < given.rows; first += config.batchSize) {
    const rows = inOrder(given.rows).subarray(first, first + config.batchSize);
    const result = await trainer.runEpoch(rows, rate);
    losses.push(result.lossSum / result.rows);
    correct += result.correct;
  }
  return { losses, correct, state: await trainer.readState() };
}

function assertNear(
  found: ArrayLike<number>,
  wanted: readonly number[],
  tolerance: number,
  name: string,
): void {
  assertEquals(found.length, wanted.length, name);
  for (const [i, value] of wanted.entries()) {
    assert(Math.abs(found[i] - value) <= tolerance, `${name}[${i}] is ${found[i]}, PyTorch has ${value}`);
  }
}

for (const given of SMALL_CASES) {
  Deno.test(`buildPlan() trains like PyTorch: ${given.name}`, async () => {
    await using backend = await openBackend("reference");
    const { losses, correct, state } = await runCase(backend, given);
    assertNear(losses, given.losses, 1e-12, "loss");
    assertEquals(correct, given.correct);
    const { average } = resolveConfig(given.config), share = 1 - average ** state.step;
    for (const [name, values] of Object.entries(given.parameters)) {
      const found = state.tensors[name], isAverage = name.endsWith(".average");
      assertNear(isAverage ? found.map((sum) => sum / share) : found, values, 1e-12, name);
    }
    const averages = Object.keys(state.tensors).filter((name) => name.endsWith(".average"));
    assertEquals(averages.filter((name) => !Object.hasOwn(given.parameters, name)), []);
  });
}

Deno.test("SMALL_CASES have every activation, hidden and at the output, every loss, every optimizer and every option", () => {
  const layers = SMALL_CASES.map((given) => parseLayers(given.layers).map(({ activation }) => activation));
  const configs = SMALL_CASES.map(({ config }) => resolveConfig(config));
  const missing = {
    inside: ACTIVATIONS.filter((name) => !layers.some((each) => each.slice(0, -1).includes(name))),
    atTheEnd: ACTIVATIONS.filter((name) => !layers.some((each) => each.at(-1) === name)),
    losses: Object.keys(LOSSES).filter((name) => !configs.some(({ loss }) => loss === name)),
    optimizers: Object.keys(OPTIMIZERS).filter((name) =>
      !configs.some(({ optimizer }) => optimizer === name)
    ),
  };
  assertEquals(missing, { inside: [], atTheEnd: [], losses: [], optimizers: [] });
  const parts: Record<string, (given: SmallCase) => boolean> = {
    "dropout of inputs": ({ config }) => (config.inputDropout ?? 0) > 0,
    "dropout of layers": ({ layers }) => parseLayers(layers).some(({ dropout = 0 }) => dropout > 0),
    "averages": ({ config }) => (config.average ?? 0) > 0,
    "row weights": ({ classWeights }) => classWeights !== undefined,
    "rows of no class": ({ noClassEvery }) => noClassEvery !== undefined,
  };
  for (const [part, has] of Object.entries(parts)) assert(SMALL_CASES.some(has), part);
});

/**
 * The tolerance of losses, sampled parameters and means over a tensor, compared with PyTorch in float64. In float32, each of
 * the ten steps rounds a parameter of up to 0.25 by up to 1.5e-8, and the relative rounding error of a gradient changes an
 * Adam update of up to 0.001 by the same relative error. The error of wasm is 3e-8.
 */
const TOLERANCE = { float64: 1e-13, float32: 1e-6 };

async function checkFullSize(backend: Backend): Promise<void> {
  const tolerance = backend.name === "reference" ? TOLERANCE.float64 : TOLERANCE.float32;
  const { losses, correct, state } = await runCase(backend, FULL_SIZE_CASE);
  assertNear(losses, FULL_SIZE_CASE.losses, tolerance, "loss");
  assertEquals(correct, FULL_SIZE_CASE.correct);
  for (const [name, { sum, sumOfSquares, samples }] of Object.entries(FULL_SIZE_CASE.parameters)) {
    const values = state.tensors[name], count = values.length;
    const found = samples.map((_, i) => values[i * SAMPLE_STRIDE % count]);
    assertNear(found, samples, tolerance, name);
    let ownSum = 0, ownSquares = 0;
    for (const value of values) {
      ownSum += value;
      ownSquares += value * value;
    }
    assertNear(
      [ownSum / count, ownSquares / count],
      [sum / count, sumOfSquares / count],
      tolerance,
      `means of ${name}`,
    );
  }
}

backendTest(
  "Trainer.runEpoch() does ten Adam steps of 784-128-64-10 like PyTorch",
  [REFERENCE, ...COMPARED],
  (backend) => checkFullSize(backend),
);

Deno.test("OPTIMIZERS keep only the state that the update needs", () => {
  const op = (given: Parameters<typeof resolveConfig>[0]) => {
    const config = resolveConfig(given);
    return OPTIMIZERS[config.optimizer].update("p", "g", config);
  };
  const sgd = { op: "sgd", parameter: "p", gradient: "g", nesterov: false, weightDecay: 0 } as const;
  assertEquals(op({ optimizer: "sgd" }), { ...sgd, momentum: 0 });
  assertEquals(op({ optimizer: "sgd", momentum: 0.5 }), { ...sgd, momentum: 0.5, velocity: "p.velocity" });
  const adam = { op: "adam", parameter: "p", gradient: "g", m: "p.m", v: "p.v" } as const;
  const numbers = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
  assertEquals(op({}), { ...adam, ...numbers, weightDecay: 0, decoupled: false });
  assertEquals(op({ optimizer: "adamw" }), { ...adam, ...numbers, weightDecay: 0.01, decoupled: true });
  assertEquals(op({ optimizer: "rmsprop" }), {
    ...{ op: "rmsprop", parameter: "p", gradient: "g", v: "p.v" },
    ...{ decay: 0.99, epsilon: 1e-8, weightDecay: 0 },
  });
  assertEquals(op({ optimizer: "lion", weightDecay: 1 }), {
    ...{ op: "lion", parameter: "p", gradient: "g", m: "p.m" },
    ...{ beta1: 0.9, beta2: 0.99, weightDecay: 1 },
  });
  assertEquals(statesOf(op({ optimizer: "sgd" })), []);
  assertEquals(statesOf(op({ optimizer: "sgd", momentum: 0.5 })), ["p.velocity"]);
  assertEquals(statesOf(op({})), ["p.m", "p.v"]);
  assertEquals(statesOf(op({ optimizer: "rmsprop" })), ["p.v"]);
  assertEquals(statesOf(op({ optimizer: "lion" })), ["p.m"]);
});

Deno.test("settingsOf() returns the numbers of an update in the order of its table, true as 1", () => {
  const { update } = OPTIMIZERS.adamw, settings = resolveConfig({ optimizer: "adamw", beta1: 0.5 });
  assertEquals(settingsOf(update("p", "g", settings)), [0.5, 0.999, 1e-8, 0.01, 1]);
  assertEquals(isUpdate(update("p", "g", settings)), true);
  assertEquals(isUpdate({ op: "gather", x: "x", scale: 1 }), false);
});
