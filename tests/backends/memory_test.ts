/** Memory after trainers, predictors, evaluations and training runs that have come and gone. @module */
import { assertEquals, assertLess } from "@std/assert";
import type { Backend } from "../../src/backend.ts";
import { openWasm } from "../../src/backends/wasm/backend.ts";
import { buildPlan } from "../../src/build_plan.ts";
import { resolveConfig } from "../../src/config.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { evaluate } from "../../src/evaluate.ts";
import { createTrainingSession } from "../../src/gui/training.ts";
import { dense } from "../../src/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { train, type TrainOptions } from "../../src/train.ts";
import { backendTest, EACH, REFERENCE, WASM } from "../support/backends.ts";
import { drawParameters } from "../support/cases.ts";
import { isGranted } from "../support/permissions.ts";
import { inOrder, startState } from "../support/states.ts";

/** How often something is made and closed. */
const CYCLES = 20;

/** A set of 28×28 bytes, most of them not zero, that is quickly drawn. */
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

/**
 * Bytes that the process grows by while `work` comes `CYCLES` times, after some times in which engine and pools take what
 * they keep. The least of the last five counts: garbage that waits to be collected comes and goes.
 */
async function growthOf(work: () => Promise<void>, cycles = CYCLES): Promise<number> {
  const sizes: number[] = [];
  for (let cycle = 0; cycle < 3 + cycles; cycle++) {
    sizes.push(Deno.memoryUsage().rss);
    await work();
  }
  return Math.min(...sizes.slice(-5)) - sizes[3];
}

/** Makes and closes a trainer and a predictor, each with 16 MB of inputs, again and again. */
async function growthBy(backend: Backend, cycles: number): Promise<number> {
  const set = drawImages(20_000), order = inOrder(8), rates = Float64Array.of(0.01);
  return await growthOf(async () => {
    const trainer = await backend.createTrainer(PLAN, set, START);
    await trainer.runEpoch(order, rates);
    await trainer.close();
    const predictor = await backend.createPredictor(NETWORK, START.tensors);
    await predictor.place(set.inputs);
    await predictor.close();
  }, cycles);
}

backendTest(
  "Trainers and predictors that are closed hold nothing, 20 times",
  EACH.filter((row) => row !== REFERENCE),
  async (backend) => assertLess(await growthBy(backend, 20), 150e6), // more than 300 MB if they are kept
);

backendTest(
  "Trainers and predictors that are closed hold nothing, 60 times",
  [REFERENCE],
  // It has its copies in arrays of JavaScript: some 400 MB of garbage before it is collected, 1.9 GB if they are kept.
  async (backend) => assertLess(await growthBy(backend, 60), 800e6),
);

/** Counts the memories that `work` makes. */
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
  "Trainers one after the other take one memory, and its bits are those of a new one",
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

backendTest("Trainers at the same time take memories of their own", WASM, async (backend) => {
  const set = drawImages(64), order = inOrder(64), rates = new Float64Array(8).fill(0.01);
  const create = () => backend.createTrainer(PLAN, set, START);
  await (await create()).close();
  const [first, second] = await Promise.all([create(), create()]);
  const wanted = [await first.runEpoch(order, rates), await first.readState()];
  assertEquals([await second.runEpoch(order, rates), await second.readState()], wanted);
  await first.close();
  await first.close(); // twice is harmless: its memory is not handed out twice
  const [third, fourth] = await Promise.all([create(), create()]);
  await Promise.all([third.runEpoch(order, rates), fourth.runEpoch(order.slice(0, 8), rates.slice(0, 1))]);
  assertEquals(await third.readState(), await second.readState());
});

const canBeLong = isGranted({ name: "read" });

for (
  const [what, rows, options, limit] of [
    ["", 8000, {}, 150e6],
    // Images of each epoch lie in shared memory, which goes when garbage is collected.
    [" with augment", 5000, { augment: true, threads: 2 }, 150e6],
  ] as const satisfies [string, number, TrainOptions, number][]
) {
  Deno.test({
    name: `train()${what} leaves an open backend as it was, ${CYCLES} times (needs --allow-read)`,
    ignore: !canBeLong, // it takes seconds
    sanitizeOps: true,
    sanitizeResources: true,
    fn: async () => {
      await using backend = await openWasm({ threads: 2 });
      const set = drawImages(rows), mlp = Mlp.create(LAYERS, set);
      const settings = { ...options, epochs: 1, batchSize: 4000, test: set, backend };
      const growth = await growthOf(async () => void await Array.fromAsync(train(mlp, set, settings)));
      assertLess(growth, limit);
    },
  });
}

Deno.test(
  "evaluate() takes the same memory each time",
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

Deno.test("createTrainingSession() takes the same memories after each pause", {
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
