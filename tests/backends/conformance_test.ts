/**
 * Compares every backend with the reference: trainers, over all pairs of sizes, activations, losses and optimizers (see
 * cases.ts), and predictors. The error that a backend may have is measured for each case (see float32.ts).
 * @module
 */
import { assertEquals } from "@std/assert";
import type { EpochResult, FloatArray, Tensors, TrainState } from "../../src/backends/backend.ts";
import { ACTIVATIONS } from "../../src/plan/activations.ts";
import type { NetworkSpec } from "../../src/plan/plan.ts";
import { openReference } from "../../src/backends/reference/backend.ts";
import { predict } from "../../src/backends/reference/forward.ts";
import { buildForwardPlan } from "../../src/plan/build.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { formatLayers } from "../../src/plan/layers.ts";
import { backendTest, COMPARED } from "../support/backends.ts";
import {
  CASES,
  type ConformanceCase,
  conformanceCase,
  drawParameters,
  FIRST_CASES,
} from "../support/cases.ts";
import { FIRST } from "../support/levels.ts";
import { predictFloat32, SUM_ORDERS, trainFloat32 } from "../support/float32.ts";
import { drawSet } from "../support/sets.ts";
import { distance, largest, runPlan } from "../support/states.ts";

/**
 * The largest ratio of a backend's error to that of plain float32. A backend adds in another order, and the errors of its
 * exponentials, roots and quotients are a few roundings, while those of float32.ts are one. In 132 cases on eleven backends
 * (wasm in six forms, the emulated CUDA library in three, llvmpipe with Vulkan and OpenGL), the largest ratio of a tensor
 * was 5.1; one percent of the ratios were above 1.6, and half of them above 0.6.
 */
const TIMES_FLOAT32 = 12;
/** The relative error of one rounding: half a unit in the last place of float32. */
const ROUNDING = 2 ** -24;
/** The error allowed for a tensor that is exactly 0, such as a velocity of gradients that all cancel. */
const OF_NOTHING = 1e-8;

/**
 * Returns the error that a backend may have: a multiple of `spread`, the error of runs in plain float32, so that the bound
 * follows the conditioning of each tensor of each case. Runs of few numbers may be exact by chance; therefore a rounding of
 * `scale`, the largest number in the run, is allowed too.
 */
function allowed(spread: number, scale: number): number {
  return scale === 0 ? OF_NOTHING : TIMES_FLOAT32 * (spread + ROUNDING * scale);
}

/** Returns the largest error of some arrays. */
function spreadOf(wanted: FloatArray, arrays: readonly FloatArray[]): number {
  return Math.max(...arrays.map((values) => distance(values, wanted)));
}

interface Expected {
  readonly given: ConformanceCase;
  readonly results: EpochResult[];
  readonly state: TrainState;
  /** The errors allowed in each epoch's sum of losses and in each tensor. */
  readonly bounds: { readonly lossSums: number[]; readonly tensors: Readonly<Record<string, number>> };
}

const expected: Expected[] = [];

/** Returns the reference's results of a case, which are kept because every backend is compared with them. */
async function expectedOf(number: number): Promise<Expected> {
  if (expected[number] === undefined) {
    const given = conformanceCase(number), float32 = SUM_ORDERS.map((order) => trainFloat32(given, order));
    const { results, state } = await runPlan(openReference(), given);
    const lossSums = results.map(({ lossSum, rows }, epoch) => {
      const spread = Math.max(...float32.map(({ lossSums }) => Math.abs(lossSums[epoch] - lossSum)));
      return allowed(spread, Math.abs(lossSum) + rows);
    });
    const tensors = Object.entries(state.tensors).map(([name, wanted]) => {
      const start = given.parameters[name] ?? new Float64Array(wanted.length);
      const scale = Math.max(largest(wanted), largest(start)) + distance(wanted, start);
      return [name, allowed(spreadOf(wanted, float32.map(({ tensors }) => tensors[name])), scale)];
    });
    expected[number] = { given, results, state, bounds: { lossSums, tensors: Object.fromEntries(tensors) } };
  }
  return expected[number];
}

type Found = Pick<Expected, "results" | "state">;

function faultsOf({ results, state, bounds }: Expected, found: Found): string[] {
  const faults: string[] = [];
  for (const [epoch, wanted] of results.entries()) {
    const { lossSum, ...counts } = found.results[epoch];
    const { lossSum: wantedLoss, ...wantedCounts } = wanted;
    if (!(Math.abs(lossSum - wantedLoss) <= bounds.lossSums[epoch])) {
      faults.push(`lossSum ${lossSum}, needs ${wantedLoss}, ${bounds.lossSums[epoch]} is allowed`);
    }
    for (const [name, count] of Object.entries(wantedCounts)) {
      const other = counts[name as keyof typeof counts];
      if (other !== count) faults.push(`${name} ${other}, needs ${count}`);
    }
  }
  if (found.state.step !== state.step) faults.push(`step ${found.state.step}, needs ${state.step}`);
  for (const [name, wanted] of Object.entries(state.tensors)) {
    const off = distance(found.state.tensors[name] ?? [], wanted);
    if (!(off <= bounds.tensors[name])) {
      faults.push(`"${name}" is off by ${off}, ${bounds.tensors[name]} is allowed`);
    }
  }
  return faults;
}

backendTest("Trainer.runEpoch() computes what the reference computes", COMPARED, async (backend) => {
  const faults: string[] = [];
  for (let number = 0; number < CASES; number++) {
    const wanted = await expectedOf(number);
    const found = await runPlan(backend, wanted.given);
    assertEquals(Object.keys(found.state.tensors).sort(), Object.keys(wanted.state.tensors).sort());
    faults.push(...faultsOf(wanted, found).map((fault) => `${wanted.given.name}: ${fault}`));
  }
  assertEquals(faults, []);
});

interface Prediction {
  readonly name: string;
  readonly network: NetworkSpec;
  readonly parameters: readonly [Tensors, Tensors];
  readonly inputs: readonly [Dataset["inputs"], Dataset["inputs"]];
  /** The outputs for the first inputs with the first and the second parameters, and for the second inputs with the second. */
  readonly outputs: readonly Output[];
}

interface Output {
  readonly wanted: Float32Array;
  /** The error allowed in the outputs. */
  readonly bound: number;
}

let predictions: Prediction[] | undefined;

/** The rows of each prediction; some have more than a batch of 512. */
const PREDICTED_ROWS = [0, 1, 2, 3, 7, 511, 512, 513, 33, 1024, 1100];

/**
 * Returns predictions by the networks on the diagonal of the table of the first cases, which have every size, activation and
 * depth, and by one network for each later activation.
 */
function makePredictions(): Prediction[] {
  const diagonal = PREDICTED_ROWS.map((rows, number) => ({ rows, given: conformanceCase(12 * number) }));
  const cases = Array.from(
    { length: CASES - FIRST_CASES },
    (_, number) => conformanceCase(FIRST_CASES + number),
  );
  const added = ACTIVATIONS.slice(FIRST.activations.length).map((name) => {
    const given = cases.find(({ layers }) => layers.length > 2 && layers.at(-1)!.activation === name)!;
    return { rows: 100, given };
  });
  return [...diagonal, ...added].map(
    ({ rows, given: { plan: { inFeatures, outFeatures }, layers } }, number) => {
      const form = { inFeatures, outFeatures, bytes: number % 2 === 0, zeros: number % 3 === 0 ? 0.8 : 0 };
      const set = drawSet({ rows, ...form }),
        other = drawSet({ rows: Math.ceil(rows / 3), ...form, seed: 2 });
      const network = { inFeatures, layers, inputScale: set.inputScale }, forward = buildForwardPlan(network);
      const first = drawParameters(inFeatures, layers, 1), second = drawParameters(inFeatures, layers, 2);
      const output = (parameters: Tensors, inputs: Dataset["inputs"]): Output => {
        const wanted = predict(forward, parameters, inputs);
        const float32 = SUM_ORDERS.map((order) => predictFloat32(forward, parameters, inputs, order));
        return { wanted, bound: allowed(spreadOf(wanted, float32), largest(wanted)) };
      };
      return {
        name: `${formatLayers(layers)} on ${rows} rows of ${inFeatures}`,
        network,
        parameters: [first, second],
        inputs: [set.inputs, other.inputs],
        outputs: [output(first, set.inputs), output(second, set.inputs), output(second, other.inputs)],
      };
    },
  );
}

backendTest("Predictor.run() computes what the reference computes", COMPARED, async (backend) => {
  const faults: string[] = [];
  for (const { name, network, parameters, inputs, outputs } of predictions ??= makePredictions()) {
    await using predictor = await backend.createPredictor(network, parameters[0]);
    const found = [await predictor.run(inputs[0])];
    await predictor.load(parameters[1]);
    found.push(await predictor.run());
    const lent = inputs[1].slice();
    await predictor.place(lent);
    lent.fill(1); // the placed inputs are a copy
    found.push(await predictor.run());
    for (const [index, { wanted, bound }] of outputs.entries()) {
      const off = distance(found[index], wanted);
      if (!(off <= bound)) faults.push(`${name}, run ${index + 1}: off by ${off}, ${bound} is allowed`);
    }
  }
  assertEquals(faults, []);
});
