/** Tests closing, overlapping calls and rejections of backends, trainers and predictors, on every backend. @module */
import { assertEquals, assertLess, assertRejects } from "@std/assert";
import type { Backend } from "../../src/backends/backend.ts";
import { BackendError } from "../../src/errors.ts";
import { backendTest, EACH } from "../support/backends.ts";
import {
  createLongRun,
  createTrainer,
  NETWORK,
  PARAMETERS,
  PLAN,
  RATES,
  SET,
  START,
} from "../support/runs.ts";
import { inOrder } from "../support/states.ts";

/** Asserts that a call of a closed object is refused. */
async function assertClosed(backend: Backend, kind: string, call: () => Promise<unknown>): Promise<void> {
  const message = `Cannot use this ${kind} of backend "${backend.name}": it is closed`;
  const error = await assertRejects(call, BackendError, message);
  assertEquals([error.code, error.backend], ["closed", backend.name]);
}

backendTest("Trainer.close() can be called twice, and later calls are refused", EACH, async (backend) => {
  const trainer = await createTrainer(backend);
  await trainer.close();
  await trainer.close();
  await assertClosed(backend, "trainer", async () => await trainer.runEpoch(inOrder(10), RATES));
  await assertClosed(backend, "trainer", async () => await trainer.readState());
  await assertClosed(backend, "trainer", async () => await trainer.writeState(START));
  await assertClosed(backend, "trainer", async () => await trainer.writeInputs(SET.inputs));
  await using other = await createTrainer(backend);
  assertEquals((await other.runEpoch(inOrder(10), RATES)).steps, 3);
});

backendTest("Predictor.close() can be called twice, and later calls are refused", EACH, async (backend) => {
  const predictor = await backend.createPredictor(NETWORK, PARAMETERS);
  await predictor.run(SET.inputs);
  await predictor.close();
  await predictor.close();
  await assertClosed(backend, "predictor", async () => await predictor.run());
  await assertClosed(backend, "predictor", async () => await predictor.run(SET.inputs));
  await assertClosed(backend, "predictor", async () => await predictor.place(SET.inputs));
  await assertClosed(backend, "predictor", async () => await predictor.load(PARAMETERS));
});

backendTest(
  "Backend.close() can be called twice, and closes its trainers and predictors",
  EACH,
  async (backend) => {
    const trainer = await createTrainer(backend),
      predictor = await backend.createPredictor(NETWORK, PARAMETERS);
    await backend.close();
    await backend.close();
    await assertClosed(backend, "backend", async () => await createTrainer(backend));
    await assertClosed(backend, "backend", async () => await backend.createPredictor(NETWORK, PARAMETERS));
    await assertClosed(backend, "trainer", async () => await trainer.runEpoch(inOrder(10), RATES));
    await assertClosed(backend, "predictor", async () => await predictor.run(SET.inputs));
    await trainer.close();
    await predictor.close();
  },
);

backendTest("Backend.close() ends a running epoch with an error", EACH, async (backend) => {
  const { trainer, order, rates } = await createLongRun(backend);
  const running = assertRejects(() => trainer.runEpoch(order, rates), BackendError, backend.name);
  await backend.close();
  assertEquals((await running).code, "closed");
});

backendTest("Backend methods reject instead of throwing", EACH, async (backend) => {
  // `assertRejects` fails if its function throws before it returns a promise.
  const trainer = await createTrainer(backend),
    predictor = await backend.createPredictor(NETWORK, PARAMETERS);
  await assertRejects(() => backend.createTrainer(PLAN, SET, { step: 0, tensors: {} }), TypeError);
  await assertRejects(() => trainer.writeState({ step: 0, tensors: {} }), TypeError);
  await assertRejects(() => trainer.writeInputs(new Float32Array(4)), TypeError);
  await assertRejects(() => trainer.runEpoch(Uint32Array.of(10), RATES.subarray(0, 1)), RangeError);
  await assertRejects(() => predictor.run(new Float32Array(5)), TypeError);
  await assertRejects(() => predictor.place(new Float32Array(5)), TypeError);
  await trainer.close();
  await predictor.close();
  await assertRejects(() => trainer.runEpoch(inOrder(10), RATES), BackendError);
  await assertRejects(() => trainer.readState(), BackendError);
  await assertRejects(() => trainer.writeState(START), BackendError);
  await assertRejects(() => trainer.writeInputs(SET.inputs), BackendError);
  await assertRejects(() => predictor.load(PARAMETERS), BackendError);
  await assertRejects(() => predictor.run(), BackendError);
  await backend.close();
  await assertRejects(() => createTrainer(backend), BackendError);
  await assertRejects(() => backend.createPredictor(NETWORK, PARAMETERS), BackendError);
});

backendTest("Trainer refuses calls that overlap", EACH, async (backend) => {
  const { trainer, order, rates, start, dataset } = await createLongRun(backend);
  const controller = new AbortController();
  const running = trainer.runEpoch(order, rates, { signal: controller.signal });
  const message = `Cannot use this trainer of backend "${backend.name}": an earlier call has not finished`;
  for (
    const call of [
      async () => await trainer.runEpoch(order, rates),
      async () => await trainer.readState(),
      async () => await trainer.writeState(start),
      async () => await trainer.writeInputs(dataset.inputs),
    ]
  ) {
    const error = await assertRejects(call, BackendError, message);
    assertEquals(error.code, "busy");
  }
  controller.abort();
  const { steps } = await running;
  assertEquals((await trainer.readState()).step, steps);
});

backendTest("Predictor refuses calls that overlap", EACH, async (backend) => {
  await using predictor = await backend.createPredictor(NETWORK, PARAMETERS);
  const running = predictor.run(SET.inputs);
  const message = `Cannot use this predictor of backend "${backend.name}": an earlier call has not finished`;
  for (
    const call of [
      () => predictor.run(),
      () => predictor.place(SET.inputs),
      () => predictor.load(PARAMETERS),
    ]
  ) {
    const error = await assertRejects(call, BackendError, message);
    assertEquals(error.code, "busy");
  }
  assertEquals((await running).length, 30);
});

backendTest("Trainer.close() ends a running epoch with an error", EACH, async (backend) => {
  const { trainer, order, rates } = await createLongRun(backend);
  const running = assertClosed(backend, "trainer", () => trainer.runEpoch(order, rates));
  await trainer.close();
  await running;
  assertLess(trainer.stepsDone, order.length);
  await using other = await createTrainer(backend);
  assertEquals((await other.runEpoch(inOrder(10), RATES)).steps, 3);
});

backendTest("Predictor.close() ends a running call with an error", EACH, async (backend) => {
  const predictor = await backend.createPredictor(NETWORK, PARAMETERS);
  const running = assertClosed(backend, "predictor", () => predictor.run(SET.inputs));
  await predictor.close();
  await running;
});

backendTest(
  "Backend.close() rejects trainers and predictors that are being created, and frees their resources",
  EACH,
  async (backend) => {
    const creating = [
      assertClosed(backend, "backend", () => createTrainer(backend)),
      assertClosed(backend, "backend", () => backend.createPredictor(NETWORK, PARAMETERS)),
    ];
    await backend.close();
    await Promise.all(creating);
  },
);

backendTest(
  "Backend.createTrainer() can create several trainers at once, each with its own state",
  EACH,
  async (backend) => {
    const [first, second] = await Promise.all([createTrainer(backend), createTrainer(backend)]);
    await first.runEpoch(inOrder(10), RATES);
    assertEquals((await second.readState()).step, 0);
    await first.close();
    assertEquals((await second.runEpoch(inOrder(10), RATES)).steps, 3);
    await second.close();
  },
);
