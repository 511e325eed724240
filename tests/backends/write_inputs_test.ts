/** Tests the replacement of inputs between two epochs. @module */
import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { buildPlan } from "../../src/plan/build.ts";
import { resolveConfig } from "../../src/training/config.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { dense } from "../../src/plan/layers.ts";
import { permutation } from "../../src/random.ts";
import { backendTest, COMPARED, REFERENCE } from "../support/backends.ts";
import { drawParameters } from "../support/cases.ts";
import { drawSet } from "../support/sets.ts";
import { startState } from "../support/states.ts";

const ROWS = 70, FEATURES = 40;
const LAYERS = [dense(24, "relu"), dense(17, "tanh"), dense(5, "softmax")];

/** Shares of zeros before and after. Inputs with shares of 0.8 and 0.6 are stored as entries, with 0 and 0.3 as dense inputs. */
const DENSITIES: readonly [before: number, after: number][] = [
  [0.8, 0.8],
  [0.8, 0.6], // more entries than the reserved memory holds
  [0.6, 0.8],
  [0.56, 0.48], // the memory holds them, but too few are zero
  [0.8, 0],
  [0, 0.8],
  [0, 0.3],
];

function drawInputs(bytes: boolean, zeros: number, seed: number): Dataset {
  const set = drawSet({ rows: ROWS, inFeatures: FEATURES, outFeatures: 5, bytes, zeros, seed });
  set.inputs.fill(1, 0, FEATURES); // in each data set, one row has no zeros
  return { ...set, inputScale: 1 / 255 }; // so that sums are rounded and depend on their order
}

function planFor({ inputScale }: Dataset) {
  const config = resolveConfig({ batchSize: 16, learningRate: 0.01, loss: "mean-squared-error" });
  return buildPlan(LAYERS, config, { inFeatures: FEATURES, inputScale, labels: true, outFeatures: 5 });
}

const START = drawParameters(FEATURES, LAYERS, 1);
const RATES = new Float64Array(Math.ceil(ROWS / 16)).fill(0.01);
const [FIRST, SECOND] = [1, 2].map((epoch) => permutation(1, epoch, ROWS));

backendTest(
  "Trainer.writeInputs() has the same effect as a new trainer with these inputs and this state, bit for bit",
  [REFERENCE, ...COMPARED],
  async (backend) => {
    for (const bytes of [true, false]) {
      for (const [before, after] of DENSITIES) {
        const set = drawInputs(bytes, before, 1), { inputs } = drawInputs(bytes, after, 2);
        const plan = planFor(set);
        await using trainer = await backend.createTrainer(plan, set, startState(plan, START));
        await trainer.runEpoch(FIRST, RATES);
        const middle = await trainer.readState(), lent = inputs.slice();
        await trainer.writeInputs(lent);
        lent.fill(1); // the trainer has a copy
        assertEquals(trainer.stepsDone, RATES.length);
        assertEquals(await trainer.readState(), middle);
        const result = await trainer.runEpoch(SECOND, RATES), state = await trainer.readState();

        await using other = await backend.createTrainer(plan, { ...set, inputs }, middle);
        assertEquals(result, await other.runEpoch(SECOND, RATES), `bytes ${bytes}, ${before} to ${after}`);
        assertEquals(state, await other.readState());
        await using unchanged = await backend.createTrainer(plan, set, middle);
        assertNotEquals(result, await unchanged.runEpoch(SECOND, RATES));
      }
    }
  },
);

backendTest(
  "Trainer.writeInputs() refuses another kind or number of inputs, and keeps the previous ones",
  [REFERENCE, ...COMPARED],
  async (backend) => {
    const set = drawInputs(true, 0.8, 1), plan = planFor(set), start = startState(plan, START);
    await using trainer = await backend.createTrainer(plan, set, start);
    await using untouched = await backend.createTrainer(plan, set, start);
    const bad: readonly [Dataset["inputs"], string][] = [
      [Float32Array.from(set.inputs), "found 2800 floats, the trainer needs 2800 bytes"],
      [new Uint8Array(2760), "found 2760 bytes, the trainer needs 2800 bytes"],
      [new Uint8Array(2840), "found 2840 bytes, the trainer needs 2800 bytes"],
    ];
    for (const [inputs, message] of bad) {
      await assertRejects(
        () => trainer.writeInputs(inputs),
        TypeError,
        `Cannot replace the inputs: ${message}`,
      );
    }
    assertEquals(await trainer.runEpoch(FIRST, RATES), await untouched.runEpoch(FIRST, RATES));
    assertEquals(await trainer.readState(), await untouched.readState());
  },
);
