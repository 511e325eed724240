/** Tests the use of trainers and predictors, with valid and invalid arguments, on every backend. @module */
import { assert, assertEquals, assertGreater, assertLess, assertNotEquals, assertRejects } from "@std/assert";
import type { Tensors } from "../../src/backends/backend.ts";
import { openWasm } from "../../src/backends/wasm/backend.ts";
import { permutation } from "../../src/random.ts";
import { backendTest, EACH } from "../support/backends.ts";
import { drawParameters } from "../support/cases.ts";
import {
  createLongRun,
  createTrainer,
  LAYERS,
  NETWORK,
  PARAMETERS,
  PLAN,
  RATES,
  SET,
  START,
} from "../support/runs.ts";
import { inOrder } from "../support/states.ts";

backendTest("Trainer.runEpoch() copies order and learning rates", EACH, async (backend) => {
  const { trainer, order, rates, plan, dataset, start } = await createLongRun(backend);
  const few = [order.slice(0, 300), rates.slice(0, 300)] as const;
  const running = trainer.runEpoch(...few);
  few[0].fill(0xffff_ffff);
  few[1].fill(NaN);
  await using other = await backend.createTrainer(plan, dataset, start);
  assertEquals(await running, await other.runEpoch(order.slice(0, 300), rates.slice(0, 300)));
});

backendTest("Predictor.load() copies parameters", EACH, async (backend) => {
  const lent = structuredClone(PARAMETERS);
  await using predictor = await backend.createPredictor(NETWORK, lent);
  for (const values of Object.values(lent)) values.fill(NaN);
  await using wanted = await backend.createPredictor(NETWORK, PARAMETERS);
  assertEquals(await predictor.run(SET.inputs), await wanted.run(SET.inputs));
});

backendTest(
  "Trainer.runEpoch() stops after a step when its signal is aborted, with the state of the steps done",
  EACH,
  async (backend) => {
    const { plan, dataset, start, trainer, order, rates } = await createLongRun(backend);
    const controller = new AbortController();
    const running = trainer.runEpoch(order, rates, { signal: controller.signal });
    controller.abort();
    const result = await running;
    assertGreater(result.steps, 0);
    assertLess(result.steps, order.length);
    assertEquals([result.rows, trainer.stepsDone, result.diverged], [result.steps, result.steps, false]);
    const state = await trainer.readState();
    assertEquals(state.step, result.steps);

    await using other = await backend.createTrainer(plan, dataset, start);
    const wanted = await other.runEpoch(order.subarray(0, result.steps), rates.subarray(0, result.steps));
    assertEquals([result.lossSum, result.correct], [wanted.lossSum, wanted.correct]);
    assertEquals(state, await other.readState());
    // The signal of an epoch has no effect on later epochs.
    assertEquals((await trainer.runEpoch(order.subarray(0, 3), rates.subarray(0, 3))).steps, 3);
  },
);

backendTest(
  "Trainer.runEpoch() does nothing if the signal is already aborted, or no rows are given",
  EACH,
  async (backend) => {
    await using trainer = await createTrainer(backend);
    const nothing = { lossSum: 0, correct: 0, rows: 0, steps: 0, diverged: false };
    assertEquals(await trainer.runEpoch(inOrder(10), RATES, { signal: AbortSignal.abort() }), nothing);
    assertEquals(await trainer.runEpoch(new Uint32Array(), new Float64Array()), nothing);
    const { step, tensors } = await trainer.readState();
    assertEquals([step, Float64Array.from(tensors["layer_1.weights"])], [0, PARAMETERS["layer_1.weights"]]);
  },
);

backendTest(
  "Trainer.runEpoch() stops after the step whose loss is not a finite number",
  EACH,
  async (backend) => {
    const inputs = SET.inputs.slice();
    inputs[5 * 4] = NaN;
    await using trainer = await backend.createTrainer(PLAN, { ...SET, inputs }, START);
    const { steps, rows, diverged } = await trainer.runEpoch(inOrder(10), RATES);
    assertEquals([steps, rows, diverged], [2, 8, true]);
    await trainer.writeState(START);
    const again = await trainer.runEpoch(inOrder(4), RATES.subarray(0, 1));
    assertEquals([again.steps, again.diverged, Number.isFinite(again.lossSum)], [1, false, true]);
    assert((await trainer.readState()).tensors["layer_1.weights"].every(Number.isFinite));
  },
);

backendTest(
  "Trainer.runEpoch() refuses rows beyond the data set and a wrong number of learning rates",
  EACH,
  async (backend) => {
    await using trainer = await createTrainer(backend);
    const row = () => trainer.runEpoch(Uint32Array.of(0, 10), RATES.subarray(0, 1));
    await assertRejects(row, RangeError, "Cannot train on row 10: the data set has 10 rows");
    for (const count of [0, 2, 4]) {
      const message = `An epoch of 3 steps needs as many learning rates, found ${count}`;
      await assertRejects(() => trainer.runEpoch(inOrder(10), new Float64Array(count)), RangeError, message);
    }
    // Trainers have memory for as many rows as the data set has.
    const order = new Uint32Array(1000);
    await assertRejects(() => trainer.runEpoch(order, new Float64Array(250)), RangeError, "10 rows");
    assertEquals((await trainer.readState()).step, 0);
  },
);

backendTest(
  "Trainer.writeState() restores a state of readState(), bit for bit",
  EACH,
  async (backend) => {
    await using trainer = await createTrainer(backend);
    await trainer.runEpoch(inOrder(10), RATES);
    const middle = await trainer.readState(), kept = structuredClone(middle);
    await trainer.runEpoch(permutation(1, 1, 10), RATES);
    const end = await trainer.readState();
    assertNotEquals(end.tensors, middle.tensors);
    assertEquals(middle, kept, "a state that was read does not change");
    await trainer.writeState(middle);
    assertEquals(await trainer.readState(), middle);
    await trainer.runEpoch(permutation(1, 1, 10), RATES);
    assertEquals(await trainer.readState(), end);
  },
);

/** Incomplete states. */
const BAD_STATES: readonly [name: string, tensors: Tensors, message: string][] = [
  [
    "a parameter is missing",
    Object.fromEntries(Object.entries(START.tensors).filter(([name]) => name !== "layer_2.bias")),
    `Cannot load the state: "layer_2.bias" is missing`,
  ],
  [
    "optimizer state is missing",
    Object.fromEntries(Object.entries(START.tensors).filter(([name]) => name !== "layer_2.weights.v")),
    `Cannot load the state: "layer_2.weights.v" is missing`,
  ],
  [
    "a tensor has another size",
    { ...START.tensors, "layer_1.weights": new Float32Array(19) },
    `Cannot load the state: "layer_1.weights" has 19 numbers, the plan needs 20`,
  ],
];

for (const [fault, tensors, message] of BAD_STATES) {
  backendTest(
    `Trainer.writeState() and createTrainer() refuse a state in which ${fault}`,
    EACH,
    async (backend) => {
      const state = { step: 0, tensors };
      await assertRejects(async () => await backend.createTrainer(PLAN, SET, state), TypeError, message);
      await using trainer = await createTrainer(backend);
      await trainer.runEpoch(inOrder(10), RATES);
      const before = await trainer.readState();
      await assertRejects(async () => await trainer.writeState(state), TypeError, message);
      assertEquals(await trainer.readState(), before, "a refused state changes nothing");
    },
  );
}

backendTest(
  "Predictor.load() refuses incomplete parameters, and keeps the previous ones",
  EACH,
  async (backend) => {
    await using predictor = await backend.createPredictor(NETWORK, PARAMETERS);
    const outputs = await predictor.run(SET.inputs);
    const { "layer_2.bias": _, ...lacking } = PARAMETERS;
    const other = drawParameters(4, LAYERS, 2);
    for (const bad of [lacking, { ...other, "layer_2.bias": new Float32Array(4) }]) {
      await assertRejects(async () => await predictor.load(bad), TypeError, "layer_2.bias");
      assertEquals(await predictor.run(), outputs);
    }
  },
);

backendTest("Backend.createPredictor() refuses incomplete parameters", EACH, async (backend) => {
  const { "layer_1.weights": _, ...lacking } = PARAMETERS;
  await assertRejects(
    async () => {
      await using predictor = await backend.createPredictor(NETWORK, lacking);
      await predictor.run(SET.inputs);
    },
    TypeError,
    `"layer_1.weights" is missing`,
  );
});

backendTest(
  "Predictor.run() refuses inputs that are not whole rows, and returns no outputs for no rows",
  EACH,
  async (backend) => {
    await using predictor = await backend.createPredictor(NETWORK, PARAMETERS);
    const message = "Cannot predict: 5 inputs are no whole number of rows of 4";
    await assertRejects(async () => await predictor.run(new Float32Array(5)), TypeError, message);
    await assertRejects(async () => await predictor.place(new Float32Array(5)), TypeError, message);
    assertEquals((await predictor.run(new Float32Array())).length, 0);
  },
);

backendTest("Trainer and Predictor copy their arguments", EACH, async (backend) => {
  const lent = SET.inputs.slice();
  await using trainer = await backend.createTrainer(PLAN, { ...SET, inputs: lent }, START);
  await using wanted = await createTrainer(backend);
  lent.fill(0);
  assertEquals(await trainer.runEpoch(inOrder(10), RATES), await wanted.runEpoch(inOrder(10), RATES));
  const inputs = SET.inputs.slice(), parameters = structuredClone(PARAMETERS);
  await using predictor = await backend.createPredictor(NETWORK, parameters);
  await predictor.place(inputs);
  const before = await predictor.run();
  inputs.fill(0);
  assertEquals(await predictor.run(), before);
  const outputs = before.slice();
  before.fill(0);
  assertEquals(await predictor.run(), outputs, "outputs belong to the caller");
});

Deno.test("openWasm() refuses an invalid number of threads", async () => {
  for (const threads of [0, -1, 1.5, NaN, 257]) {
    const message = `Backend "wasm" needs a whole number of threads from 1 to 256, found ${threads}`;
    await assertRejects(() => openWasm({ threads }), RangeError, message);
  }
});
