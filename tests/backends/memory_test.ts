/** Tests that trainers, predictors, evaluations and training runs leave no memory behind. @module */
import { assertEquals, assertLess } from "@std/assert";
import type { Backend, Predictor, Trainer } from "../../src/backends/backend.ts";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { openWasm } from "../../src/backends/wasm/backend.ts";
import { buildPlan } from "../../src/plan/build.ts";
import { resolveConfig } from "../../src/training/config.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { evaluate } from "../../src/training/evaluate.ts";
import { createTrainingSession } from "../../src/gui/training/training.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { train, type TrainOptions } from "../../src/training/train.ts";
import { backendTest, EACH, REFERENCE, WASM } from "../support/backends.ts";
import { drawParameters } from "../support/cases.ts";
import { isGranted } from "../support/permissions.ts";
import { inOrder, startState } from "../support/states.ts";

/** The number of objects created and closed in each test. */
const CYCLES = 20;

/** Returns a data set of 28×28 bytes, most of them not zero, that takes little time to draw. */
function drawImages(rows: number): Dataset {
  const inputs = new Uint8Array(rows * 784);
  for (let at = 0; at < inputs.length; at++) if (at % 5 > 0) inputs[at] = 1 + (at * 2654435761 >>> 24) % 255;
  return {
    inputs,
    inputShape: [28, 28],
    inputScale: 1 / 255,
    labels: Uint32Array.from({ length: rows }, (_, row) => row % 10),
    outFeatures: 10,
    source: "quick images",
  };
}

const LAYERS = [dense(4, "relu"), dense(10, "softmax")];
const NETWORK = { inFeatures: 784, layers: LAYERS, inputScale: 1 / 255 };
const PLAN = buildPlan(LAYERS, resolveConfig({ batchSize: 8 }), {
  ...NETWORK,
  labels: true,
  outFeatures: 10,
});
const START = startState(PLAN, drawParameters(784, LAYERS, 1));

const canBeLong = isGranted({ name: "read" });

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/**
 * Returns the bytes by which the process grows while `work` runs `CYCLES` times. Before, it runs a few times, so that engine
 * and pools allocate the memory that they keep. Garbage is collected before each measurement, and the smallest of the last
 * five counts, because each worker collects its garbage at other times.
 */
async function growthOf(work: () => Promise<void>): Promise<number> {
  const sizes: number[] = [], before = 3;
  for (let cycle = 0; cycle < before + CYCLES; cycle++) {
    collectGarbage();
    sizes.push(Deno.memoryUsage().rss);
    await work();
  }
  return Math.min(...sizes.slice(-5)) - sizes[before];
}

/** Creates a trainer and a predictor, uses both, and closes them. */
async function useOnce(backend: Backend, set: Dataset): Promise<[trainer: Trainer, predictor: Predictor]> {
  const trainer = await backend.createTrainer(PLAN, set, START);
  await trainer.runEpoch(inOrder(8), Float64Array.of(0.01));
  await trainer.close();
  const predictor = await backend.createPredictor(NETWORK, START.tensors);
  await predictor.place(set.inputs);
  await predictor.close();
  return [trainer, predictor];
}

backendTest(
  `Trainer.close() and Predictor.close() free all memory, ${CYCLES} times`,
  canBeLong ? EACH.filter((row) => row !== REFERENCE) : [],
  async (backend) => {
    const set = drawImages(20_000); // 16 MB of inputs; 20 trainers and predictors that were not freed would take over 300 MB
    assertLess(await growthOf(async () => void await useOnce(backend, set)), 150e6);
  },
);

backendTest("Trainer.close() lets the trainer and its data set be collected", EACH, async (backend) => {
  // Most memory of the reference is garbage that is not yet collected, so that the size of the process shows nothing.
  const kept: (Trainer | Predictor)[] = [];
  const use = async () => {
    const set = drawImages(1000);
    kept.push(...await useOnce(backend, set));
    return new WeakRef(set.inputs);
  };
  const inputs = await use();
  for (let turn = 0; turn < 10 && inputs.deref() !== undefined; turn++) {
    await new Promise((resolve) => setTimeout(resolve)); // objects that were dereferenced are kept until the turn ends
    collectGarbage();
  }
  assertEquals(inputs.deref() === undefined, true);
  assertEquals(kept.length, 2); // the closed objects themselves are still referenced here
});

/** Counts the memories that `work` allocates. */
async function memoriesOf(work: () => Promise<void>): Promise<number> {
  const { Memory } = WebAssembly;
  let made = 0;
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      made++;
    }
  };
  try {
    await work();
    return made;
  } finally {
    WebAssembly.Memory = Memory;
  }
}

backendTest(
  "createTrainer() reuses the memory of a closed trainer, with the same bits as in a new one",
  WASM,
  async (backend) => {
    const set = drawImages(64), order = inOrder(64), rates = new Float64Array(8).fill(0.01);
    const results: unknown[] = [];
    const made = await memoriesOf(async () => {
      for (let cycle = 0; cycle < 5; cycle++) {
        const trainer = await backend.createTrainer(PLAN, set, START);
        results.push([await trainer.runEpoch(order, rates), await trainer.readState()]);
        await trainer.close();
      }
    });
    assertEquals(made, 1);
    assertEquals(results, Array(5).fill(results[0]));
  },
);

backendTest(
  "createTrainer() allocates separate memories for trainers that are open at the same time",
  WASM,
  async (backend) => {
    const set = drawImages(64), order = inOrder(64), rates = new Float64Array(8).fill(0.01);
    const create = () => backend.createTrainer(PLAN, set, START);
    await (await create()).close();
    const [first, second] = await Promise.all([create(), create()]);
    const wanted = [await first.runEpoch(order, rates), await first.readState()];
    assertEquals([await second.runEpoch(order, rates), await second.readState()], wanted);
    await first.close();
    await first.close(); // the second call must not release the memory again
    const [third, fourth] = await Promise.all([create(), create()]);
    await Promise.all([third.runEpoch(order, rates), fourth.runEpoch(order.slice(0, 8), rates.slice(0, 1))]);
    assertEquals(await third.readState(), await second.readState());
  },
);

for (
  const [suffix, options, limit] of [
    ["", {}, 150e6],
    // The images of each epoch are in shared memory, which is freed when garbage is collected.
    [" with augment", { augment: true, threads: 2 }, 250e6],
  ] as const satisfies [string, TrainOptions, number][]
) {
  Deno.test({
    name: `train()${suffix} leaves no memory in an open backend, ${CYCLES} times (needs --allow-read)`,
    ignore: !canBeLong, // it takes seconds
    sanitizeOps: true,
    sanitizeResources: true,
    fn: async () => {
      await using backend = await openWasm({ threads: 2 });
      const set = drawImages(8000), mlp = Mlp.create(LAYERS, set);
      const settings = { ...options, epochs: 1, batchSize: 4000, test: set, backend };
      const growth = await growthOf(async () => void await Array.fromAsync(train(mlp, set, settings)));
      assertLess(growth, limit);
    },
  });
}

Deno.test(
  "evaluate() uses the same memory each time",
  { sanitizeOps: true, sanitizeResources: true },
  async () => {
    const set = drawImages(100), mlp = Mlp.create(LAYERS, set);
    await using backend = await openWasm({ threads: 1 });
    const made = await memoriesOf(async () => {
      for (let cycle = 0; cycle < CYCLES; cycle++) await evaluate(mlp, set, { backend });
    });
    assertEquals(made, 1);
  },
);

Deno.test("createTrainingSession() uses the same memories after each pause", {
  sanitizeOps: true,
  sanitizeResources: true,
}, async () => {
  const set = drawImages(400), mlp = Mlp.create(LAYERS, set);
  await using backend = await openWasm({ threads: 1 });
  const config = { epochs: 1_000_000, batchSize: 4 }, save = () => Promise.resolve("");
  const session = createTrainingSession({ mlp, train: set, test: set, config, backend, save });
  const made = await memoriesOf(async () => {
    const running = session.run();
    for (let pause = 0; pause < CYCLES; pause++) {
      await session.pause();
      await session.resume();
    }
    await session.stop();
    await running;
  });
  assertEquals(made, 2); // the trainer's and the test set's
});
