/**
 * Every backend against the reference: each operation with each size, activation, loss and optimizer that a plan can
 * have, in pairs (see cases.ts), and predictors. How far a backend may be off is measured for each case (see float32.ts).
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
 * How many times as far from the reference as plain float32 a backend may be. Its sums have other orders, and its
 * exponentials, roots and quotients are off by some roundings where those of float32.ts are off by one: of 132 cases on
 * eleven backends (wasm in six forms, the emulated CUDA library in three, llvmpipe by Vulkan and OpenGL) the worst tensor
 * comes to 5.1 times, one of a hundred to more than 1.6 times, half of them to 0.6 times.
 */
const TIMES_FLOAT32 = 12;
/** Half a unit in the last place of float32: the share of a number by which one rounding moves it. */
const ROUNDING = 2 ** -24;
/** The same for a tensor that stays at exactly 0, such as the velocity of a gradient of differences that all cancel. */
const OF_NOTHING = 1e-8;

/**
 * How far a backend may be off: so many times as far as runs in plain float32 are, `spread`, so that the bound follows the
 * conditioning of each tensor of each case. Runs of few numbers may come out right by chance; so a rounding of the largest
 * number that comes up, `scale`, counts too.
 */
function allowed(spread: number, scale: number): number {
  return scale === 0 ? OF_NOTHING : TIMES_FLOAT32 * (spread + ROUNDING * scale);
}

/** How far the farthest of some arrays lies from `wanted`. */
function spreadOf(wanted: FloatArray, arrays: readonly FloatArray[]): number {
  return Math.max(...arrays.map((values) => distance(values, wanted)));
}

interface Expected {
  readonly given: ConformanceCase;
  readonly results: EpochResult[];
  readonly state: TrainState;
  /** How far each epoch's sum of losses and each tensor may be off. */
  readonly bounds: { readonly lossSums: number[]; readonly tensors: Readonly<Record<string, number>> };
}

const expected: Expected[] = [];

/** What the reference makes of a case; kept, because every backend is compared with it. */
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

backendTest("Trainer.runEpoch() does what the reference does", COMPARED, async (backend) => {
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
  /** The first inputs with the first parameters, with the second, and the second inputs with the second. */
  readonly outputs: readonly Output[];
}

interface Output {
  readonly wanted: Float32Array;
  /** How far the outputs may be off. */
  readonly bound: number;
}

let predictions: Prediction[] | undefined;

/** How many rows each prediction has; some are more than fit into a batch of 512. */
const PREDICTED_ROWS = [0, 1, 2, 3, 7, 511, 512, 513, 33, 1024, 1100];

/**
 * Networks of the diagonal of the table of the first cases, so that each size, activation and depth comes, and one of each
 * activation that the table has besides.
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

backendTest("Predictor.run() gives what the reference gives", COMPARED, async (backend) => {
  const faults: string[] = [];
  for (const { name, network, parameters, inputs, outputs } of predictions ??= makePredictions()) {
    await using predictor = await backend.createPredictor(network, parameters[0]);
    const found = [await predictor.run(inputs[0])];
    await predictor.load(parameters[1]);
    found.push(await predictor.run());
    const lent = inputs[1].slice();
    await predictor.place(lent);
    lent.fill(1); // what was placed is a copy
    found.push(await predictor.run());
    for (const [index, { wanted, bound }] of outputs.entries()) {
      const off = distance(found[index], wanted);
      if (!(off <= bound)) faults.push(`${name}, run ${index + 1}: off by ${off}, ${bound} is allowed`);
    }
  }
  assertEquals(faults, []);
});
