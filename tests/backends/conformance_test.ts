/**
 * Every backend against the reference: each operation with each size, activation, loss and optimizer that a plan can
 * have, in pairs (see cases.ts), and predictors.
 * @module
 */
import { assertEquals } from "@std/assert";
import type { EpochResult, Tensors, TrainState } from "../../src/backends/backend.ts";
import type { NetworkSpec } from "../../src/plan/plan.ts";
import { openReference } from "../../src/backends/reference/backend.ts";
import { predict } from "../../src/backends/reference/forward.ts";
import { buildForwardPlan } from "../../src/plan/build.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { formatLayers } from "../../src/plan/layers.ts";
import { backendTest, COMPARED } from "../support/backends.ts";
import { CASES, type ConformanceCase, conformanceCase, drawParameters } from "../support/cases.ts";
import { drawSet } from "../support/sets.ts";
import { distance, largest, runPlan } from "../support/states.ts";

/**
 * How far a tensor may lie from the reference's: this share of its largest change since the start, for float32 sums of up
 * to 784 products through up to three layers and thirteen steps (wasm comes to 0.8e-5, llvmpipe to 0.9e-5); two roundings of its largest
 * number a step, because AdamW rounds twice; and a little where a gradient is nothing but rounding.
 */
const SHARE_OF_CHANGE = 2e-5;
const ROUNDING = 2 ** -23;
const FLOOR = 1e-8;
/** How far a sum of losses may lie from the reference's, as a share of it, and for each row as it is. */
const SHARE_OF_LOSS = 1e-5, LOSS_OF_ROW = 1e-6;

interface Expected {
  readonly given: ConformanceCase;
  readonly results: EpochResult[];
  readonly state: TrainState;
}

const expected: Expected[] = [];

/** What the reference makes of a case; kept, because every backend is compared with it. */
async function expectedOf(number: number): Promise<Expected> {
  if (expected[number] === undefined) {
    const given = conformanceCase(number);
    expected[number] = { given, ...await runPlan(openReference(), given) };
  }
  return expected[number];
}

function faultsOf({ given, results, state }: Expected, found: Omit<Expected, "given">): string[] {
  const faults: string[] = [];
  for (const [epoch, wanted] of results.entries()) {
    const { lossSum, ...counts } = found.results[epoch];
    const { lossSum: wantedLoss, ...wantedCounts } = wanted;
    if (!(Math.abs(lossSum - wantedLoss) <= SHARE_OF_LOSS * wantedLoss + LOSS_OF_ROW * wanted.rows)) {
      faults.push(`lossSum ${lossSum}, needs ${wantedLoss}`);
    }
    for (const [name, count] of Object.entries(wantedCounts)) {
      const other = counts[name as keyof typeof counts];
      if (other !== count) faults.push(`${name} ${other}, needs ${count}`);
    }
  }
  if (found.state.step !== state.step) faults.push(`step ${found.state.step}, needs ${state.step}`);
  for (const [name, wanted] of Object.entries(state.tensors)) {
    const start = given.parameters[name] ?? new Float64Array(wanted.length);
    const allowed = SHARE_OF_CHANGE * distance(wanted, start) +
      state.step * ROUNDING * Math.max(largest(start), largest(wanted)) + FLOOR;
    const off = distance(found.state.tensors[name] ?? [], wanted);
    if (!(off <= allowed)) faults.push(`"${name}" is off by ${off}, ${allowed} is allowed`);
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

/** Outputs are float32 numbers of up to three layers; the largest of them sets the scale. */
const OUTPUT_TOLERANCE = 1e-5;

interface Prediction {
  readonly name: string;
  readonly network: NetworkSpec;
  readonly parameters: readonly [Tensors, Tensors];
  readonly inputs: readonly [Dataset["inputs"], Dataset["inputs"]];
  /** The first inputs with the first parameters, with the second, and the second inputs with the second. */
  readonly outputs: readonly Float32Array[];
}

let predictions: Prediction[] | undefined;

/** Networks of the diagonal of the table of cases, so that each size, activation and depth comes; and rows beyond 512. */
function makePredictions(): Prediction[] {
  return [0, 1, 2, 3, 7, 511, 512, 513, 33, 1024, 1100].map((rows, number) => {
    const { plan: { inFeatures, outFeatures }, layers } = conformanceCase(12 * number);
    const form = { inFeatures, outFeatures, bytes: number % 2 === 0, zeros: number % 3 === 0 ? 0.8 : 0 };
    const set = drawSet({ rows, ...form }), other = drawSet({ rows: Math.ceil(rows / 3), ...form, seed: 2 });
    const network = { inFeatures, layers, inputScale: set.inputScale };
    const first = drawParameters(inFeatures, layers, 1), second = drawParameters(inFeatures, layers, 2);
    return {
      name: `${formatLayers(layers)} on ${rows} rows of ${inFeatures}`,
      network,
      parameters: [first, second],
      inputs: [set.inputs, other.inputs],
      outputs: [
        predict(buildForwardPlan(network), first, set.inputs),
        predict(buildForwardPlan(network), second, set.inputs),
        predict(buildForwardPlan(network), second, other.inputs),
      ],
    };
  });
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
    for (const [index, wanted] of outputs.entries()) {
      const off = distance(found[index], wanted);
      if (!(off <= OUTPUT_TOLERANCE * largest(wanted))) {
        faults.push(`${name}, run ${index + 1}: off by ${off}`);
      }
    }
  }
  assertEquals(faults, []);
});
