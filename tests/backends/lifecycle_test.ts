/** Tests the lifecycle of lifecycle.ts with fake work, which fails or waits as each test needs. @module */
import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import type { EpochResult } from "../../src/backends/backend.ts";
import { createBackend } from "../../src/backends/lifecycle.ts";
import type { PredictorWork, TrainerWork } from "../../src/backends/work.ts";
import { BackendError } from "../../src/errors.ts";
import { NETWORK, PARAMETERS, PLAN, RATES, SET, START } from "../support/runs.ts";
import { inOrder } from "../support/states.ts";

const DONE: EpochResult = { lossSum: 1, correct: 2, rows: 10, steps: 3, diverged: false };
const LATER = "Backend failed, in an earlier call; create a new trainer or predictor";

const failed = (code = "kernel") => new BackendError("Backend failed", { backend: "fake", code });

/** Creates a backend that records the calls of its work, parts of which can be replaced. */
function createFake(
  { trainer, predictor, ...backend }: {
    readonly trainer?: Partial<TrainerWork>;
    readonly predictor?: Partial<PredictorWork>;
    readonly createTrainer?: () => Promise<TrainerWork>;
    readonly halt?: () => void;
  } = {},
) {
  const calls: string[] = [];
  const tell = (call: string) => () => void calls.push(call);
  const trainerWork: TrainerWork = {
    stepsDone: 1,
    runEpoch: () => Promise.resolve(DONE),
    readTensors: () => START.tensors,
    writeTensors: tell("write"),
    writeInputs: tell("inputs"),
    close: tell("close trainer"),
    ...trainer,
  };
  const predictorWork: PredictorWork = {
    load: tell("load"),
    place: tell("place"),
    run: () => Promise.resolve(new Float32Array(30)),
    close: tell("close predictor"),
    ...predictor,
  };
  const fake = createBackend({
    name: "fake",
    fields: (checkOpen) => ({ device: "none", checkOpen, calls }),
    createTrainer: () => trainerWork,
    createPredictor: () => predictorWork,
    close: tell("close backend"),
    ...backend,
  });
  return { fake, calls, trainerWork };
}

const assertCode = async (call: () => Promise<unknown>, code: string, message = "") =>
  assertEquals((await assertRejects(call, BackendError, message)).code, code);

Deno.test("createBackend() closes its trainers and predictors, then itself, once", async () => {
  const { fake, calls } = createFake();
  await fake.createTrainer(PLAN, SET, START);
  await fake.createPredictor(NETWORK, PARAMETERS);
  assertEquals(calls, ["write", "load"]);
  const closing = fake.close();
  assertStrictEquals(fake.close(), closing);
  await closing;
  await fake[Symbol.asyncDispose]();
  assertEquals(calls.slice(2), ["close trainer", "close predictor", "close backend"]);
});

Deno.test("createBackend() releases a trainer after it is closed", async () => {
  const { fake, calls } = createFake();
  const trainer = await fake.createTrainer(PLAN, SET, START);
  await trainer.close();
  await trainer.close();
  await fake.close();
  assertEquals(calls, ["write", "close trainer", "close backend"]);
});

Deno.test("Trainer.close() stops an epoch, waits for it, then frees the resources", async () => {
  const running = Promise.withResolvers<EpochResult>();
  let aborted = false;
  const { fake, calls } = createFake({
    trainer: {
      runEpoch({ signal }) {
        signal.addEventListener("abort", () => aborted = true);
        return running.promise;
      },
    },
  });
  const trainer = await fake.createTrainer(PLAN, SET, START);
  const epoch = assertCode(() => trainer.runEpoch(inOrder(10), RATES), "closed");
  assertEquals([trainer.stepsDone, aborted], [1, false]);
  const closing = trainer.close();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals([aborted, calls], [true, ["write"]]);
  running.resolve(DONE);
  await Promise.all([closing, epoch]);
  assertEquals(calls, ["write", "close trainer"]);
});

Deno.test("close() waits for the work of closing, and a backend for that of its trainers and predictors", async () => {
  const freeing = Promise.withResolvers<void>(), { promise } = freeing;
  const { fake, calls } = createFake({
    trainer: { close: () => promise },
    predictor: { close: () => promise },
  });
  const trainer = await fake.createTrainer(PLAN, SET, START);
  await fake.createPredictor(NETWORK, PARAMETERS);
  let closed = false;
  trainer.close().then(() => closed = true);
  const closing = fake.close();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals([closed, calls], [false, ["write", "load"]]);
  freeing.resolve();
  await closing;
  assertEquals([closed, calls], [true, ["write", "load", "close backend"]]);
});

Deno.test("Trainer refuses every call after a failed one, and can be closed", async () => {
  const calls = {
    runEpoch: { runEpoch: () => Promise.reject(failed()) },
    readState: { readTensors: () => Promise.reject(failed()) },
    writeInputs: { writeInputs: () => Promise.reject(failed()) },
  };
  for (const [name, trainerWork] of Object.entries(calls)) {
    const { fake, calls } = createFake({ trainer: trainerWork });
    const trainer = await fake.createTrainer(PLAN, SET, START);
    const all: Record<string, () => Promise<unknown>> = {
      runEpoch: () => trainer.runEpoch(inOrder(10), RATES),
      readState: () => trainer.readState(),
      writeState: () => trainer.writeState(START),
      writeInputs: () => trainer.writeInputs(SET.inputs),
    };
    await assertRejects(() => trainer.writeInputs(new Float32Array(4)), TypeError); // an invalid argument is not a failure
    await assertCode(all[name], "kernel", "Backend failed");
    for (const call of Object.values(all)) await assertCode(call, "kernel", LATER);
    await trainer.close();
    assertEquals(calls, ["write", "close trainer"]);
  }
});

Deno.test("Predictor.run() fails after a failure, until inputs are placed", async () => {
  let broken = true;
  const attempt = () => broken ? Promise.reject(failed()) : Promise.resolve(new Float32Array(30));
  for (const predictor of [{ run: attempt }, { place: async () => void await attempt() }]) {
    broken = true;
    const { fake } = createFake({ predictor });
    await using made = await fake.createPredictor(NETWORK, PARAMETERS);
    await assertCode(() => made.run(SET.inputs), "kernel", "Backend failed");
    broken = false;
    await assertRejects(() => made.place(new Float32Array(5)), TypeError);
    await assertCode(() => made.run(), "kernel", LATER);
    assertEquals((await made.run(SET.inputs)).length, 30);
    assertEquals((await made.run()).length, 30);
  }
});

Deno.test("createTrainer() frees a trainer whose state cannot be written", async () => {
  const { fake, calls } = createFake({ trainer: { writeTensors: () => Promise.reject(failed()) } });
  await assertCode(() => fake.createTrainer(PLAN, SET, START), "kernel");
  assertEquals(calls, ["close trainer"]);
  await fake.close();
  assertEquals(calls, ["close trainer", "close backend"]);
});

Deno.test("Backend.close() halts, then frees a trainer that was being created", async () => {
  const creating = Promise.withResolvers<TrainerWork>(), halted: string[] = [];
  const { fake, calls, trainerWork } = createFake({
    createTrainer: () => creating.promise,
    halt: () => halted.push("halt"),
  });
  const made = assertCode(() => fake.createTrainer(PLAN, SET, START), "closed");
  const closing = fake.close();
  assertEquals([halted, calls], [["halt"], []]);
  await assertCode(() => fake.createPredictor(NETWORK, PARAMETERS), "closed");
  creating.resolve(trainerWork);
  await Promise.all([made, closing]);
  assertEquals(calls, ["write", "close trainer", "close backend"]);
});

Deno.test("Backend.close() closes the backend even if closing a trainer fails", async () => {
  const close = () => {
    throw failed("stuck");
  };
  const { fake, calls } = createFake({ trainer: { close } });
  await fake.createTrainer(PLAN, SET, START);
  await fake.createPredictor(NETWORK, PARAMETERS);
  await assertCode(() => fake.close(), "stuck");
  assertEquals(calls.slice(2), ["close predictor", "close backend"]);
});
