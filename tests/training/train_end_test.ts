/** The end of runs: by patience, by divergence, by a signal, or by the caller; and the closing of their resources. @module */
import { assert, assertEquals, assertLess, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { openBackend } from "../../src/backends/open.ts";
import { openReference } from "../../src/backends/reference/backend.ts";
import { openWasm } from "../../src/backends/wasm/backend.ts";
import type { Tensors } from "../../src/backends/backend.ts";
import { buildPlan } from "../../src/plan/build.ts";
import { formatCheckpoint, parseCheckpoint } from "../../src/training/checkpoint.ts";
import { resolveConfig } from "../../src/training/config.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { DivergedError } from "../../src/errors.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { permutation } from "../../src/random.ts";
import { train, type TrainEvent } from "../../src/training/train.ts";
import { backendTest, EACH } from "../support/backends.ts";
import { BLOBS, createMlp, eventsOf, TEST } from "../support/blobs.ts";
import { drawSet } from "../support/sets.ts";
import { startState } from "../support/states.ts";
import { abortAfter, watch } from "../support/watched.ts";
import { workersLeftBy } from "../support/workers.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };

/** A validation set with wrong labels, whose loss rises from the first epoch on. */
const CONTRARY = { ...TEST, labels: TEST.labels!.map((label) => (label + 1) % 3) };

Deno.test("train() stops with patience and restores the best epoch", SANITIZED, async () => {
  const options = { learningRate: 0.05, batchSize: 10, validation: CONTRARY, patience: 3 };
  const mlp = createMlp(), first: Tensors[] = [];
  const events: TrainEvent[] = [];
  for await (const event of train(mlp, BLOBS, { ...options, epochs: 50, backend: "reference" })) {
    events.push(event);
    first.push(mlp.parameters);
  }
  const losses = events.map((event) => event.validation!.loss);
  const best = losses.indexOf(Math.min(...losses)) + 1;
  assertEquals(events.map(({ ended }) => ended), [...new Array(best + 2).fill(undefined), "patience"]);
  assertEquals(mlp.parameters, first[best - 1]);
  assertEquals(mlp.training?.epochs, best);
  const last = events.at(-1)!.checkpoint();
  assertNotEquals(mlp.parameters["layer_1.bias"], last.tensors["layer_1.bias"]);
  assertEquals(mlp.parameters, last.bestTensors);
});

for (const open of [openReference, () => openWasm({ threads: 1, shared: false })]) {
  const name = open === openReference ? "reference" : "wasm, no shared memory";
  Deno.test(`train() lets other events happen between short epochs (${name})`, async () => {
    await using backend = await open();
    const options = { epochs: name === "reference" ? 4000 : 20_000, batchSize: 10, backend };
    let others = 0;
    const timer = setInterval(() => others++, 0);
    for await (const _ of train(createMlp(), BLOBS, options));
    clearInterval(timer);
    assert(others >= 3, `other events happened ${others} times`);
  });
}

Deno.test("train() continues a run until patience ends it, and not afterwards", SANITIZED, async () => {
  const options = { learningRate: 0.05, batchSize: 10, validation: CONTRARY, backend: "reference" } as const;
  const whole = createMlp(), events = await eventsOf(whole, BLOBS, { ...options, patience: 3, epochs: 50 });
  const { epoch } = events.at(-1)!,
    mlp = createMlp(),
    more = createMlp(),
    resume = events.at(-1)!.checkpoint();
  assertEquals(await eventsOf(mlp, BLOBS, { ...options, resume }), []);
  assertEquals(mlp.format(), whole.format());
  assertEquals(await eventsOf(more, BLOBS, { ...options, resume, epochs: 60 }), []);
  assertEquals([more.parameters, more.training?.config.epochs], [whole.parameters, 60]);
  const goingOn = await eventsOf(mlp, BLOBS, { ...options, resume: events.at(-2)!.checkpoint() });
  assertEquals(goingOn.map(({ epoch, ended }) => [epoch, ended]), [[epoch, "patience"]]);
});

Deno.test(
  "train() never counts an epoch with a validation loss of NaN as the best",
  SANITIZED,
  async () => {
    // The logits of such a distant row overflow.
    const inputs = TEST.inputs.slice();
    inputs.fill(3e38, 0, 6);
    const options = { validation: { ...TEST, inputs }, patience: 2, epochs: 4, batchSize: 25 };
    const mlp = createMlp(), events = await eventsOf(mlp, BLOBS, options);
    assertEquals(events.map(({ validation }) => validation!.loss), [NaN, NaN, NaN, NaN]);
    const last = events.at(-1)!.checkpoint(), { best, ...progress } = last.progress;
    assertEquals([best, last.bestTensors], [undefined, undefined]);
    assertEquals((await parseCheckpoint(formatCheckpoint(last))).progress, progress);
    assertEquals(mlp.training?.epochs, 4);
  },
);

Deno.test(
  "train() ends with the best epoch also if all epochs are done before patience ends the run",
  SANITIZED,
  async () => {
    const mlp = createMlp(), once = createMlp();
    const options = { learningRate: 0.05, batchSize: 10, validation: CONTRARY, patience: 9 };
    const events = await eventsOf(mlp, BLOBS, { ...options, epochs: 3 });
    assertEquals(events.map(({ ended }) => ended), [undefined, undefined, "finished"]);
    assertLess(events[0].validation!.loss, events[2].validation!.loss);
    await eventsOf(once, BLOBS, { ...options, epochs: 1 });
    assertEquals(mlp.parameters, once.parameters);
    assertEquals(mlp.training?.epochs, 1);
  },
);

Deno.test("train() keeps the last epoch's parameters without patience", SANITIZED, async () => {
  const mlp = createMlp();
  const events = await eventsOf(mlp, BLOBS, { epochs: 3, learningRate: 0.05, validation: CONTRARY });
  assertEquals(mlp.parameters["layer_1.bias"], events[2].checkpoint().tensors["layer_1.bias"]);
});

backendTest(
  "train() reports the step at which the loss was not finite, and keeps the epoch before",
  EACH,
  async (backend) => {
    const mlp = createMlp();
    await Array.fromAsync(train(mlp, BLOBS, { backend, epochs: 1, batchSize: 8 }));
    const { parameters, training } = mlp;
    for (const zeros of [false, true]) { // rows with zeros are stored in another way
      const inputs = BLOBS.inputs.slice();
      if (zeros) inputs.forEach((_, i) => i % 3 === 0 || (inputs[i] = 0));
      inputs[41 * 6] = NaN;
      const error = await assertRejects(
        () => Array.fromAsync(train(mlp, { ...BLOBS, inputs }, { backend, epochs: 3, batchSize: 8 })),
        DivergedError,
        "Training stopped: the loss is not a finite number at epoch 1, step ",
      );
      const step = 1 + Math.floor(permutation(1, 1, 100).indexOf(41) / 8);
      assertEquals([error.epoch, error.step], [1, step]);
      assert(mlp.parameters === parameters && mlp.training === training);
    }
  },
);

backendTest(
  "train() stops if the learning rate is far too large, and keeps the epoch before",
  EACH,
  async (backend) => {
    const set = drawSet({ rows: 64, inFeatures: 4, outFeatures: 2, targets: true });
    const mlp = Mlp.create([dense(8, "relu"), dense(2)], set);
    const seen = [mlp.parameters];
    const options = {
      backend,
      optimizer: "sgd",
      loss: "mean-squared-error",
      learningRate: 1e3,
      batchSize: 16,
    } as const;
    const run = async () => {
      for await (const _ of train(mlp, set, { ...options, epochs: 100 })) seen.push(mlp.parameters);
    };
    const error = await assertRejects(run, DivergedError, "a smaller learning rate may help");
    assertEquals(error.epoch, seen.length);
    assert(error.step >= 1 && error.step <= 4);
    assert(mlp.parameters === seen.at(-1));
    for (const values of Object.values(mlp.parameters)) assert(values.every(Number.isFinite));
  },
);

backendTest("train() stops if a parameter is not finite although the loss is", EACH, async (backend) => {
  const set: Dataset = {
    ...{ inputs: Float32Array.of(1e3), inputShape: [1], inputScale: 1, source: "one row" },
    ...{ targets: Float32Array.of(1e3), outFeatures: 1 },
  };
  const mlp = Mlp.create([dense(1)], set, { init: "zeros" }), { parameters } = mlp;
  const options = {
    backend,
    optimizer: "sgd",
    loss: "mean-squared-error",
    learningRate: 1e308,
    epochs: 1,
    standardizeTargets: "never",
  } as const;
  const error = await assertRejects(() => Array.fromAsync(train(mlp, set, options)), DivergedError);
  assertMatch(error.message, /: a parameter is not a finite number at epoch 1, step 1;/);
  assert(mlp.parameters === parameters);
});

backendTest("train() ends at a signal with the parameters of the steps done", EACH, async (backend) => {
  const controller = new AbortController(),
    { signal } = controller,
    mlp = createMlp(),
    start = mlp.parameters;
  const stopping = abortAfter(backend, controller, 6);
  const options = { backend: stopping, signal, epochs: 9, batchSize: 25, test: TEST, validation: TEST };
  const events = await Array.fromAsync(train(mlp, BLOBS, options));
  assertEquals(events.map(({ ended, step }) => [ended, step]), [[undefined, 4], ["interrupted", 6]]);
  assertEquals([events[1].test, events[1].validation], [undefined, undefined]);
  assertEquals(mlp.training?.epochs, 2);

  const plan = buildPlan(mlp.layers, resolveConfig({ batchSize: 25 }), {
    ...{ inFeatures: 6, inputScale: 1, labels: true, outFeatures: 3 },
  });
  await using trainer = await backend.createTrainer(plan, BLOBS, startState(plan, start));
  await trainer.runEpoch(permutation(1, 1, 100), new Float64Array(4).fill(0.001));
  const { lossSum, correct } = await trainer.runEpoch(
    permutation(1, 2, 100).slice(0, 50),
    new Float64Array(2).fill(0.001),
  );
  const { tensors } = await trainer.readState();
  assertEquals(mlp.parameters["layer_1.weights"], tensors["layer_1.weights"]);
  assertEquals(mlp.parameters["layer_2.bias"], tensors["layer_2.bias"]);
  assertEquals([events[1].trainLoss, events[1].trainAccuracy], [lossSum / 50, correct / 50]);
});

backendTest(
  "train() yields nothing if the signal is aborted before the first step",
  EACH,
  async (backend) => {
    const mlp = createMlp(), { parameters } = mlp;
    assertEquals(await Array.fromAsync(train(mlp, BLOBS, { backend, signal: AbortSignal.abort() })), []);
    assert(mlp.parameters === parameters && mlp.training === undefined);
  },
);

backendTest(
  "train() yields no more events if the caller aborts between two epochs",
  EACH,
  async (backend) => {
    const controller = new AbortController(), mlp = createMlp(), events: TrainEvent[] = [];
    for await (const event of train(mlp, BLOBS, { backend, signal: controller.signal, epochs: 5 })) {
      events.push(event);
      if (event.epoch === 2) controller.abort();
    }
    assertEquals(events.map(({ epoch, ended }) => [epoch, ended]), [[1, undefined], [2, undefined]]);
    assertEquals(mlp.training?.epochs, 2);
    assertEquals(mlp.parameters["layer_1.bias"], events[1].checkpoint().tensors["layer_1.bias"]);
  },
);

Deno.test(
  "train() closes everything that it opened, and leaves a given backend open",
  SANITIZED,
  async () => {
    const options = { test: TEST, validation: TEST, epochs: 3 };
    for (const end of ["return", "throw", "finished"] as const) {
      const watched = watch(await openBackend("reference"));
      const run = train(createMlp(), BLOBS, { ...options, backend: watched.backend });
      await run.next();
      assertEquals([watched.open, watched.made], [3, 3]);
      if (end === "return") await run.return();
      else if (end === "throw") {
        await assertRejects(
          () => run.throw(new TypeError("stop")),
          TypeError,
          "stop",
        );
      } else await Array.fromAsync(run);
      assertEquals([watched.open, watched.closed], [0, 0], end);
      assertEquals((await run.next()).done, true);
      await watched.backend.close();
    }
  },
);

Deno.test("train() closes the backend that it opened, however the run ends", SANITIZED, async () => {
  const options = { backend: "wasm", threads: 2, epochs: 2, test: TEST } as const;
  const endings: Record<string, () => Promise<unknown>> = {
    "the last epoch": () => Array.fromAsync(train(createMlp(), BLOBS, options)),
    "the caller stops": async () => {
      const run = train(createMlp(), BLOBS, options);
      await run.next();
      await run.return();
    },
    "it diverges": () => {
      const inputs = BLOBS.inputs.map(() => NaN);
      return assertRejects(() => train(createMlp(), { ...BLOBS, inputs }, options).next(), DivergedError);
    },
  };
  for (const [name, run] of Object.entries(endings)) {
    const left = await workersLeftBy(async () => void await run());
    assertEquals(left, { started: 2, running: 0 }, name);
  }
});

Deno.test("train() closes everything that it opened if a set cannot be placed", SANITIZED, async () => {
  const watched = watch(await openBackend("reference"));
  let predictors = 0;
  const failing = Object.create(watched.backend, {
    createPredictor: {
      value: (...args: Parameters<typeof watched.backend.createPredictor>) => {
        if (++predictors === 2) throw new TypeError("no room");
        return watched.backend.createPredictor(...args);
      },
    },
  });
  const run = train(createMlp(), BLOBS, { backend: failing, test: TEST, validation: TEST });
  await assertRejects(() => run.next(), TypeError, "no room");
  assertEquals([watched.open, watched.made], [0, 2]);
});
