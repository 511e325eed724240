/**
 * Every backend against the reference: each operation with each size, activation, loss and optimizer that a plan can
 * have, in pairs (see cases.ts), and predictors.
 * @module
 */
import { assertEquals } from "@std/assert";
import type { EpochResult, TrainState } from "../../src/backend.ts";
import { openReference, predict } from "../../src/backends/reference/backend.ts";
import { formatLayers } from "../../src/layers.ts";
import { backendTest, COMPARED } from "../support/backends.ts";
import { CASES, type ConformanceCase, conformanceCase, drawParameters } from "../support/cases.ts";
import { drawSet } from "../support/sets.ts";
import { distance, largest, runPlan } from "../support/states.ts";

/**
 * How far a tensor may lie from the reference's: this share of its largest change since the start (sums of up to 784
 * float32 products, through up to three layers and eight steps), and one rounding of its largest number a step.
 */
const SHARE_OF_CHANGE = 1e-4;
const ROUNDING = 2 ** -24;
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
  const given = conformanceCase(number);
  return expected[number] ??= { given, ...await runPlan(openReference(), given) };
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
      state.step * ROUNDING * Math.max(largest(start), largest(wanted));
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

/** Outputs are float32 numbers of up to three layers; the largest of a row sets the scale. */
const OUTPUT_TOLERANCE = 1e-5;

backendTest("Predictor.run() gives what the reference gives", COMPARED, async (backend) => {
  const faults: string[] = [];
  for (const [number, rows] of [0, 1, 2, 3, 7, 511, 512, 513, 33, 1024, 1100].entries()) {
    // Cases 0, 12, 24 … are the diagonal of the table: each of its values comes once or more.
    const { plan, layers } = conformanceCase(12 * number % 121);
    const bytes = number % 2 === 0, zeros = number % 3 === 0 ? 0.8 : 0;
    const { inFeatures, outFeatures } = plan;
    const { inputs, inputScale } = drawSet({ rows, inFeatures, outFeatures, bytes, zeros });
    const network = { inFeatures, layers, inputScale };
    const [first, second] = [1, 2].map((seed) => drawParameters(inFeatures, layers, seed));

    await using predictor = await backend.createPredictor(network, first);
    const compare = (what: string, outputs: Float32Array, wanted: Float32Array) => {
      const off = distance(outputs, wanted), allowed = OUTPUT_TOLERANCE * largest(wanted);
      if (off <= allowed && outputs.length === rows * outFeatures) return;
      faults.push(`${formatLayers(layers)} on ${rows} rows of ${inFeatures}, ${what}: off by ${off}`);
    };
    compare("run(inputs)", await predictor.run(inputs), predict(network, first, inputs));
    await predictor.load(second);
    compare("load() and run()", await predictor.run(), predict(network, second, inputs));
    const other = inputs.slice(0, Math.ceil(rows / 2) * inFeatures), held = other.slice();
    await predictor.place(other);
    other.fill(1); // what was placed is a copy
    const outputs = await predictor.run();
    const wanted = predict(network, second, held);
    if (!(distance(outputs, wanted) <= OUTPUT_TOLERANCE * largest(wanted))) {
      faults.push(`${formatLayers(layers)} on ${rows} rows of ${inFeatures}: place() and run() differ`);
    }
  }
  assertEquals(faults, []);
});
