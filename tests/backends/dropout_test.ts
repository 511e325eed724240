/** Tests dropout on every backend: the values that it drops in each step, and that predictions have none. @module */
import { assertEquals } from "@std/assert";
import type { Backend, FloatArray } from "../../src/backends/backend.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { buildPlan } from "../../src/plan/build.ts";
import { dense } from "../../src/plan/layers.ts";
import { dropoutKey, dropoutThreshold, isKept, permutation } from "../../src/random.ts";
import { resolveConfig } from "../../src/training/config.ts";
import { backendTest, COMPARED, EACH, REFERENCE } from "../support/backends.ts";
import { drawParameters } from "../support/cases.ts";
import { drawSet } from "../support/sets.ts";
import { inOrder, startState } from "../support/states.ts";

const IN_FEATURES = 130, HIDDEN = 70, BATCH = 6;
const RATES = { inputs: 0.3, hidden: 0.6 };

/** The size of the batch, the row whose gradient is checked, the steps done before, and the seed. */
const PLACES: readonly (readonly [rows: number, row: number, stepsDone: number, seed: number])[] = [
  [BATCH, 0, 0, 1],
  [BATCH, BATCH - 1, 1, 1],
  [3, 2, 999, 7],
  [BATCH, 4, 2 ** 24, 0], // the step is not a float32 number
  [BATCH, 1, 2 ** 31, 4294967295],
];

/** Returns 1 for each of `count` columns that a dropout keeps, and 0 for the others. */
function maskOf(rate: number, count: number, key: number): number[] {
  return Array.from({ length: count }, (_, column) => isKept(key, column, dropoutThreshold(rate)) ? 1 : 0);
}

/**
 * Returns 1 or 0 for each gradient of both layers' weights in one step that is nonzero or zero. Every output of the hidden
 * layer is 1; the weights of all rows except `row` are 0.
 */
async function gradientsOf(
  backend: Backend,
  inputs: Dataset["inputs"],
  [rows, row, stepsDone, seed]: typeof PLACES[number],
  rates: { readonly inputs: number; readonly hidden: number } = RATES,
) {
  const layers = [dense(HIDDEN, "linear", { dropout: rates.hidden }), dense(1)];
  const config = resolveConfig({
    ...{ loss: "mean-squared-error", optimizer: "sgd", momentum: 0.5 },
    ...{ batchSize: BATCH, inputDropout: rates.inputs, seed },
  });
  const plan = buildPlan(layers, config, {
    ...{ inFeatures: IN_FEATURES, inputScale: 1, labels: false, weighted: true, outFeatures: 1 },
  });
  const dataset: Dataset = {
    ...{ inputs, inputShape: [IN_FEATURES], inputScale: 1, outFeatures: 1, source: "ones" },
    targets: new Float32Array(BATCH).fill(-1),
    weights: new Float32Array(BATCH).map((_, at) => at === row ? 1 : 0),
  };
  const { tensors } = startState(plan, {
    "layer_1.weights": new Float64Array(HIDDEN * IN_FEATURES),
    "layer_1.bias": new Float64Array(HIDDEN).fill(1),
    "layer_2.weights": new Float64Array(HIDDEN).fill(1),
    "layer_2.bias": new Float64Array(1),
  });
  await using trainer = await backend.createTrainer(plan, dataset, { step: stepsDone, tensors });
  await trainer.runEpoch(inOrder(rows), Float64Array.of(0));
  const { tensors: found } = await trainer.readState();
  const shown = (values: FloatArray) => Array.from(values, (value) => value === 0 ? 0 : 1);
  return {
    hidden: shown(found["layer_2.weights.velocity"]),
    both: shown(found["layer_1.weights.velocity"]),
  };
}

backendTest(
  "Trainer.runEpoch() drops the values that isKept() drops",
  [REFERENCE, ...COMPARED],
  async (backend) => {
    const count = BATCH * IN_FEATURES;
    const floats = new Float32Array(count).fill(1), bytes = new Uint8Array(count).fill(1);
    const sparse = [floats, bytes].map((values) => values.map((one, at) => at % 5 === 0 ? one : 0));
    for (const inputs of [floats, bytes, ...sparse]) {
      for (const place of PLACES) {
        const [, row, stepsDone, seed] = place;
        const { hidden, both } = await gradientsOf(backend, inputs, place);
        const keyOf = (layer: number) => dropoutKey({ seed, layer }, stepsDone + 1, row);
        const keptInputs = maskOf(RATES.inputs, IN_FEATURES, keyOf(0));
        const keptHidden = maskOf(RATES.hidden, HIDDEN, keyOf(1));
        assertEquals(hidden.join(""), keptHidden.join(""), `row ${row} after ${stepsDone} steps`);
        assertEquals(
          both.join(""),
          keptHidden.flatMap((kept) =>
            keptInputs.map((each, column) => kept * each * inputs[row * IN_FEATURES + column])
          ).join(""),
          `row ${row} after ${stepsDone} steps`,
        );
      }
    }
  },
);

backendTest(
  "Predictor.run() gives the same bits for layers with dropout as without",
  EACH,
  async (backend) => {
    const { inputs } = drawSet({ rows: 9, inFeatures: 20, outFeatures: 3 });
    const outputs = [0, 0.9].map(async (dropout) => {
      const layers = [dense(33, "gelu", { dropout }), dense(17, "elu", { dropout }), dense(3, "softmax")];
      const network = { inFeatures: 20, layers, inputScale: 1 };
      await using predictor = await backend.createPredictor(network, drawParameters(20, layers, 1));
      return await predictor.run(inputs);
    });
    assertEquals(await outputs[1], await outputs[0]);
  },
);

backendTest(
  "Trainer.runEpoch() continues from a state with dropout and averages, bit for bit as without the interruption",
  EACH,
  async (backend) => {
    const layers = [
      dense(33, "relu", { dropout: 0.5 }),
      dense(17, "gelu", { dropout: 0.2 }),
      dense(3, "softmax"),
    ];
    const drawn = drawSet({ rows: 50, inFeatures: 40, outFeatures: 3, bytes: true, zeros: 0.8 });
    const dataset = { ...drawn, weights: Float32Array.from({ length: 50 }, (_, row) => row / 25) };
    const plan = buildPlan(
      layers,
      resolveConfig({ batchSize: 16, inputDropout: 0.2, average: 0.9, seed: 3 }),
      {
        ...{ inFeatures: 40, inputScale: drawn.inputScale, labels: true, weighted: true, outFeatures: 3 },
      },
    );
    const rates = new Float64Array(4).fill(0.01),
      [first, second] = [1, 2].map((epoch) => permutation(3, epoch, 50));
    await using trainer = await backend.createTrainer(
      plan,
      dataset,
      startState(plan, drawParameters(40, layers, 1)),
    );
    await trainer.runEpoch(first, rates);
    const middle = await trainer.readState();
    await using other = await backend.createTrainer(plan, dataset, middle);
    assertEquals(await other.runEpoch(second, rates), await trainer.runEpoch(second, rates));
    assertEquals(await other.readState(), await trainer.readState());
  },
);

/** Returns the largest threshold at which a dropout keeps a value: with the next one it drops it. */
function lastThresholdOf(key: number, column: number): number {
  let threshold = 0;
  for (let bit = 2 ** 31; bit >= 1; bit /= 2) if (isKept(key, column, threshold + bit)) threshold += bit;
  return threshold;
}

backendTest(
  "Trainer.runEpoch() drops a value from exactly that rate on which isKept() drops it",
  [REFERENCE, ...COMPARED],
  async (backend) => {
    const [row, seed] = [2, 11], inputs = new Float32Array(BATCH * IN_FEATURES).fill(1);
    for (const column of [0, 1, 31, HIDDEN - 1]) {
      const last = [0, 1].map((layer) => lastThresholdOf(dropoutKey({ seed, layer }, 1, row), column));
      for (const more of [0, 1]) {
        const [atInputs, atHidden] = last.map((threshold) => (threshold + more) / 2 ** 32);
        const kept = more === 0 ? 1 : 0;
        const { hidden } = await gradientsOf(backend, inputs, [BATCH, row, 0, seed], {
          ...{ inputs: 0, hidden: atHidden },
        });
        assertEquals(hidden[column], kept, `hidden column ${column} at rate ${atHidden}`);
        const { both } = await gradientsOf(backend, inputs, [BATCH, row, 0, seed], {
          ...{ inputs: atInputs, hidden: 0 },
        });
        assertEquals(both[column], kept, `input column ${column} at rate ${atInputs}`);
      }
    }
  },
);
