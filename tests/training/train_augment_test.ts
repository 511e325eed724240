/** Training on images that are deformed in a new way in each epoch. @module */
import { assertAlmostEquals, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import type { Backend } from "../../src/backends/backend.ts";
import { createAugmenter } from "../../src/augment/augmenter.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { drawDigits } from "../../src/data/digits/digits.ts";
import { evaluate } from "../../src/training/evaluate.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { train, type TrainOptions } from "../../src/training/train.ts";
import { backendTest, EACH } from "../support/backends.ts";
import { drawBlobs } from "../support/sets.ts";
import { workersLeftBy } from "../support/workers.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };
const DIGITS = drawDigits({ count: 100, testCount: 30 });
const SETTINGS = { augment: true, epochs: 3, batchSize: 40, threads: 2 } as const satisfies TrainOptions;

const createMlp = () => Mlp.create([dense(8, "relu"), dense(10, "softmax")], DIGITS.train);

async function run(
  options: TrainOptions,
): Promise<{ mlp: Mlp; events: Awaited<ReturnType<typeof collect>> }> {
  const mlp = createMlp();
  return { mlp, events: await collect(mlp, DIGITS.train, options) };
}

function collect(mlp: Mlp, set: Dataset, options: TrainOptions) {
  return Array.fromAsync(train(mlp, set, options));
}

/** Returns a backend that records the inputs of its trainers, in order. */
function watchInputs(backend: Backend): { watched: Backend; given: Dataset["inputs"][] } {
  const given: Dataset["inputs"][] = [];
  const watched: Backend = {
    ...backend,
    async createTrainer(plan, dataset, state) {
      given.push(dataset.inputs.slice());
      const trainer = await backend.createTrainer(plan, dataset, state);
      const { writeInputs } = trainer;
      trainer.writeInputs = (inputs) => {
        given.push(inputs.slice());
        return writeInputs(inputs);
      };
      return trainer;
    },
  };
  return { watched, given };
}

backendTest("train() gives each epoch its own images", EACH, async (backend) => {
  const { watched, given } = watchInputs(backend);
  await run({ ...SETTINGS, seed: 5, backend: watched });
  const augmenter = await createAugmenter(DIGITS.train, { seed: 5, threads: 1 });
  for (const epoch of [1, 2, 3]) assertEquals(given[epoch - 1], (await augmenter.inputsOf(epoch)).slice());
  augmenter.close();
  assertEquals(given.length, 3);
});

backendTest("train() with augment evaluates on images as they are", EACH, async (backend) => {
  const { mlp, events } = await run({ ...SETTINGS, backend, validation: DIGITS.test, test: DIGITS.test });
  const { loss } = await evaluate(mlp, DIGITS.test!, { backend });
  assertEquals([events.at(-1)!.validation?.loss, events.at(-1)!.test?.loss], [loss, loss]);
});

Deno.test(
  "train() with augment makes the same model for any number of threads, and records the option",
  SANITIZED,
  async () => {
    const [one, two, plain] = [
      await run({ ...SETTINGS, threads: 1, backend: "wasm" }),
      await run({ ...SETTINGS, threads: 2, backend: "wasm" }),
      await run({ ...SETTINGS, augment: false, backend: "wasm" }),
    ];
    assertEquals(one.mlp.format(), two.mlp.format());
    assertNotEquals(one.mlp.parameters, plain.mlp.parameters);
    assertEquals([one.mlp.training?.config.augment, plain.mlp.training?.config.augment], [true, false]);
  },
);

/** Returns the same images as pixels from 0 to 1, on their dark background or on a light one. */
function floatsOf(set: Dataset, background: "dark" | "light"): Dataset {
  const inputs = Float32Array.from(
    set.inputs,
    (value) => (background === "light" ? 255 - value : value) / 255,
  );
  return { ...set, inputs, inputScale: 1, image: { white: 1, background, placement: "center" } };
}

backendTest(
  "train() with augment learns the same from floats 0 to 1 as from bytes, in the floats' units",
  EACH,
  async (backend) => {
    const bytes = await run({ ...SETTINGS, backend });
    const floats = floatsOf(DIGITS.train, "dark");
    const mlp = Mlp.create([dense(8, "relu"), dense(10, "softmax")], floats);
    const events = await collect(mlp, floats, { ...SETTINGS, backend, test: floatsOf(DIGITS.test!, "dark") });
    assertEquals(mlp.parameters, bytes.mlp.parameters);
    assertEquals(mlp.inputScale, 1);
    const { loss } = await evaluate(bytes.mlp, DIGITS.test!, { backend });
    assertAlmostEquals(events.at(-1)!.test!.loss, loss, 1e-4); // the floats are rounded to float32
  },
);

backendTest("train() resumes augmentation of light floats bit for bit", EACH, async (backend) => {
  const set = floatsOf(DIGITS.train, "light"), options = { ...SETTINGS, backend };
  const create = () => Mlp.create([dense(8, "relu"), dense(10, "softmax")], set);
  const whole = create(), first = create(), second = create();
  await collect(whole, set, options);
  let checkpoint;
  for await (const event of train(first, set, options)) {
    if (event.epoch === 2) {
      checkpoint = event.checkpoint();
      break;
    }
  }
  await collect(second, set, { ...options, resume: checkpoint });
  assertEquals(second.parameters, whole.parameters);
  assertNotEquals(second.parameters, first.parameters);
});

Deno.test("train() with augment leaves no worker behind, however it ends", SANITIZED, async () => {
  const endings: ((mlp: Mlp) => Promise<unknown>)[] = [
    (mlp) => collect(mlp, DIGITS.train, { ...SETTINGS, backend: "reference" }),
    (mlp) => collect(mlp, DIGITS.train, { ...SETTINGS, backend: "reference", signal: AbortSignal.abort() }),
    async (mlp) => {
      for await (const _ of train(mlp, DIGITS.train, { ...SETTINGS, backend: "reference" })) break;
    },
    (mlp) =>
      assertRejects(() =>
        collect(mlp, DIGITS.train, {
          ...SETTINGS,
          optimizer: "sgd",
          learningRate: 1e300,
          backend: "reference",
        })
      ),
  ];
  for (const ending of endings) {
    const { started, running } = await workersLeftBy(async () => void await ending(createMlp()));
    assertEquals([started, running], [2, 0]);
  }
});

Deno.test("train() refuses to augment inputs that are not images, before any step", SANITIZED, async () => {
  const set = drawBlobs({ rows: 10, inFeatures: 4, classes: 3 });
  const mlp = Mlp.create([dense(3, "softmax")], set), { parameters } = mlp;
  await assertRejects(
    () => collect(mlp, set, { augment: true, backend: "reference" }),
    TypeError,
    "Cannot augment drawn blobs: its inputs are floats of shape [4], augmentation needs images of bytes, [S, S]",
  );
  assertEquals(mlp.parameters, parameters);
});
