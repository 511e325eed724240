/** Checkpoints of runs with dropout, averaged weights, standardized targets and row weights. @module */
import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import type { Backend } from "../../src/backends/backend.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { FormatError } from "../../src/errors.ts";
import { formatNpz, type NpzInput } from "../../src/formats/npz.ts";
import { stringArray } from "../../src/model_file.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import type { InputScaling } from "../../src/training/input_scaling.ts";
import type { Checkpoint } from "../../src/training/checkpoint_parts.ts";
import { formatCheckpoint, parseCheckpoint } from "../../src/training/checkpoint.ts";
import { train, type TrainOptions } from "../../src/training/train.ts";
import { backendTest, EACH } from "../support/backends.ts";
import { BLOBS, createMlp, eventsOf, TEST } from "../support/blobs.ts";
import { arraysOf } from "../support/checkpoint.ts";
import { drawSet } from "../support/sets.ts";
import { abortAfter } from "../support/watched.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };

/** A run whose checkpoint has more than parameters and moments; 4 steps an epoch, the last of a few rows. */
interface Case {
  readonly set: Dataset;
  readonly create: () => Mlp;
  readonly options: TrainOptions;
}

const DROPPED = () => Mlp.create([dense(8, "relu", { dropout: 0.3 }), dense(3, "softmax")], BLOBS);
const WEIGHTED = { ...BLOBS, weights: Float32Array.from({ length: 100 }, (_, row) => row % 3) };
const REGRESSION = drawSet({ rows: 90, inFeatures: 4, outFeatures: 2, targets: true });
const FAR = { ...REGRESSION, targets: REGRESSION.targets!.map((target, i) => 1000 * (i % 2) + 50 * target) };

const WIDE = { ...FAR, inputs: FAR.inputs.map((value, i) => (value + 5) * 10 ** (i % 4)) };
const BYTES = drawSet({ rows: 90, inFeatures: 4, outFeatures: 3, bytes: true });

const CASES: Readonly<Record<string, Case>> = {
  "dropout": { set: BLOBS, create: DROPPED, options: { inputDropout: 0.2 } },
  "averaged weights": {
    set: BLOBS,
    create: createMlp,
    options: { average: 0.9, optimizer: "sgd", momentum: 0.9 },
  },
  "row and class weights": {
    set: WEIGHTED,
    create: createMlp,
    options: { classWeights: "balanced", validationSplit: 0.1 },
  },
  "dropout, averages, patience and a validation set": {
    set: BLOBS,
    create: DROPPED,
    options: { inputDropout: 0.1, average: 0.95, patience: 2, validation: TEST, epochs: 6 },
  },
  "standardized targets, averages and dropout": {
    set: FAR,
    create: () => Mlp.create([dense(6, "tanh", { dropout: 0.25 }), dense(2)], FAR),
    options: { loss: "huber", average: 0.9 },
  },
  "scaled inputs and targets, averages, patience and a validation split": {
    set: WIDE,
    create: () => Mlp.create([dense(6, "tanh"), dense(2)], WIDE),
    options: {
      loss: "mean-squared-error",
      inputScaling: "standardize",
      average: 0.9,
      patience: 3,
      validationSplit: 0.1,
      batchSize: 21,
    },
  },
  "bytes scaled to 0 to 1, and dropout": {
    set: BYTES,
    create: () => Mlp.create([dense(6, "relu"), dense(3, "softmax")], BYTES),
    options: { inputScaling: "minmax", inputDropout: 0.2 },
  },
};

/** Interrupts a run after some steps, resumes it from the checkpoint's file, and compares it with an uninterrupted run. */
async function checkResume(backend: Backend, { set, create, options }: Case, steps: number): Promise<void> {
  const settings: TrainOptions = { epochs: 4, batchSize: 25, learningRate: 0.02, seed: 3, ...options };
  const whole = create(), wanted = await Array.fromAsync(train(whole, set, { ...settings, backend }));
  const controller = new AbortController(), { signal } = controller, cut = create();
  const aborting = abortAfter(backend, controller, steps);
  const begun = await Array.fromAsync(train(cut, set, { ...settings, backend: aborting, signal }));
  assertEquals(begun.at(-1)!.step, steps);
  const checkpoint = await parseCheckpoint(formatCheckpoint(begun.at(-1)!.checkpoint()));
  const resumed = new Mlp(checkpoint.mlp), { validation } = options;
  const rest = await Array.fromAsync(train(resumed, set, { resume: checkpoint, backend, validation }));
  assertEquals(resumed.format(), whole.format());
  assertEquals(rest.at(-1)!.validation, wanted.at(-1)!.validation);
  assertEquals(rest.at(-1)!.trainAccuracy, wanted.at(-1)!.trainAccuracy);
  const [last, wantedLast] = [rest.at(-1)!.checkpoint(), wanted.at(-1)!.checkpoint()];
  assertEquals(last.tensors, wantedLast.tensors);
  assertEquals(last.bestTensors, wantedLast.bestTensors);
  assertEquals(last.mlp.parameters, wantedLast.mlp.parameters);

  // Resuming a run that has ended restores its network without a step.
  const end = await parseCheckpoint(formatCheckpoint(wantedLast)), again = new Mlp(end.mlp);
  assertEquals(await Array.fromAsync(train(again, set, { resume: end, backend, validation })), []);
  assertEquals(again.format(), whole.format());
}

for (const [name, run] of Object.entries(CASES)) {
  backendTest(`train() resumes ${name} after an epoch as if it had never stopped`, EACH, async (backend) => {
    await checkResume(backend, run, 8);
  });

  backendTest(
    `train() resumes ${name} in the middle of an epoch as if it had never stopped`,
    EACH,
    async (backend) => {
      await checkResume(backend, run, 6);
    },
  );
}

Deno.test("train() drops other values after a resumed step than before it", SANITIZED, async () => {
  // A resumed run continues the count of steps; a new run from the same weights drops the values of step 1.
  const options = { epochs: 2, batchSize: 25, inputDropout: 0.5, optimizer: "sgd", momentum: 0 } as const,
    mlp = createMlp();
  const [first, second] = await eventsOf(mlp, BLOBS, options);
  const again = new Mlp({ ...first.checkpoint().mlp }),
    anew = await eventsOf(again, BLOBS, { ...options, epochs: 1 });
  assertNotEquals(anew[0].trainLoss, second.trainLoss);
});

Deno.test(
  "train() refuses to resume with other row weights, another average or another dropout",
  SANITIZED,
  async () => {
    const mlp = DROPPED(), [event] = await eventsOf(mlp, WEIGHTED, { epochs: 1, average: 0.9 });
    const resume = event.checkpoint();
    const refuse = (network: Mlp, set: Dataset, options: TrainOptions, message: string) =>
      assertRejects(() => eventsOf(network, set, { resume, epochs: 2, ...options }), Error, message);
    await refuse(DROPPED(), BLOBS, {}, "it is not the set of 100 rows that training started with");
    await refuse(
      DROPPED(),
      WEIGHTED,
      { average: 0.8 },
      `Cannot resume with "average" 0.8: the checkpoint has 0.9`,
    );
    await refuse(
      createMlp(),
      WEIGHTED,
      {},
      "Cannot resume a network of layers 8:relu,3:softmax: the checkpoint has 8:relu:dropout=0.3",
    );
  },
);

Deno.test("train() refuses to resume with inputs that are scaled differently", SANITIZED, async () => {
  const create = () => Mlp.create([dense(2)], WIDE), loss = "mean-squared-error";
  const [event] = await eventsOf(create(), WIDE, { epochs: 1, loss, inputScaling: "standardize" });
  const resume = event.checkpoint();
  const refuse = (set: Dataset, options: TrainOptions, message: string) =>
    assertRejects(() => eventsOf(create(), set, { resume, epochs: 2, ...options }), RangeError, message);
  await refuse(
    WIDE,
    { inputScaling: "none" },
    `Cannot resume with "inputScaling" none: the checkpoint has standardize`,
  );
  const columns = [{ name: "a" }, { name: "b" }, { name: "c", categories: ["yes", "no"] }];
  const message = "Cannot resume on a drawn set: its inputs are scaled differently than in the checkpoint";
  await refuse({ ...WIDE, columns }, {}, message);
  assertEquals((await eventsOf(create(), WIDE, { resume, epochs: 2 })).length, 1);
});

/** Returns the checkpoint of a run with averages and standardized targets, and the arrays of its file. */
async function averaged(
  more: TrainOptions = {},
): Promise<{ checkpoint: Checkpoint; arrays: Record<string, NpzInput> }> {
  const mlp = Mlp.create([dense(2)], FAR),
    options = { epochs: 1, average: 0.9, loss: "mean-squared-error", ...more } as const;
  const [event] = await eventsOf(mlp, FAR, options), checkpoint = event.checkpoint();
  return { checkpoint, arrays: await arraysOf(formatCheckpoint(checkpoint)) };
}

Deno.test(
  "formatCheckpoint() writes the weights and their averages, and the network of the averages",
  SANITIZED,
  async () => {
    const { checkpoint, arrays } = await averaged();
    const state = Object.keys(arrays).filter((name) => name.startsWith("state.layer_1.bias"));
    assertEquals(state.map((name) => name.slice(6)), [
      "layer_1.bias",
      "layer_1.bias.m",
      "layer_1.bias.v",
      "layer_1.bias.average",
    ]);
    const { inputShape, inputScale, layers, training } = checkpoint.mlp;
    const { parameters } = await Mlp.parse(formatNpz(arrays));
    assertEquals(await parseCheckpoint(formatNpz(arrays)), {
      ...checkpoint,
      progress: { epoch: 2, stepsDone: 0, sums: { lossSum: 0, correct: 0, rows: 0 }, step: 1 },
      mlp: { inputShape, inputScale, layers, training, parameters },
    });
    // After 1 step, the average equals the weight; in the units of the targets it is another number.
    const { mean, deviation } = checkpoint.mlp.training!.targetScaling!,
      [bias] = checkpoint.tensors["layer_1.bias"];
    assert(Math.abs(checkpoint.mlp.parameters["layer_1.bias"][0] - (bias * deviation[0] + mean[0])) < 1e-9);
  },
);

const DAMAGES: Readonly<
  Record<string, [change: (arrays: Record<string, NpzInput>) => void, message: string]>
> = {
  "without an average": [
    (arrays) => delete arrays["state.layer_1.bias.average"],
    `has no "state.layer_1.bias.average" of shape [2]`,
  ],
  "with an average of another length": [
    (arrays) => arrays["state.layer_1.bias.average"] = { shape: [1], values: Float32Array.of(0) },
    `has "state.layer_1.bias.average" of shape [1], needs [2]`,
  ],
  "with an average that is not finite": [
    (arrays) => arrays["state.layer_1.bias.average"] = { shape: [2], values: Float64Array.of(0, Infinity) },
    `has Infinity in "state.layer_1.bias.average" at index 1, needs finite numbers`,
  ],
  "with a changed average": [
    (arrays) => (arrays["state.layer_1.bias.average"].values as Float64Array)[1] += 0.5,
    `as in "state.layer_1.bias.average"`,
  ],
  "with a changed weight": [
    (arrays) => (arrays["state.layer_1.bias"].values as Float64Array)[1] += 0.5,
    "is damaged: its digest is",
  ],
  "with the network of other target values": [
    (arrays) => {
      const config = JSON.parse((arrays.config.values as string[])[0]);
      config.training.targetScaling.mean[0] += 1;
      arrays.config = stringArray(JSON.stringify(config));
    },
    `in "layer_1.bias" at index 0, needs`,
  ],
  "with a scaling of one output": [
    (arrays) => {
      const config = JSON.parse((arrays.config.values as string[])[0]);
      config.training.targetScaling = { mean: [0], deviation: [1] };
      arrays.config = stringArray(JSON.stringify(config));
    },
    "has a target scaling of 1 outputs for 2 outputs",
  ],
};

const SCALED_DAMAGES: Readonly<
  Record<string, [change: (training: { inputScaling?: InputScaling }) => void, message: string]>
> = {
  "with the network of other inputs": [
    ({ inputScaling }) => (inputScaling!.shift as number[])[2] += 1,
    `in "layer_1.bias" at index 0, needs`,
  ],
  "with another scale": [
    ({ inputScaling }) => (inputScaling!.scale as number[])[1] *= 2,
    `in "layer_1.weights" at index 1, needs`,
  ],
  "without the scaling of its inputs": [
    (training) => delete training.inputScaling,
    `in "layer_1.weights" at index 0, needs`,
  ],
  "with a scaling of one input": [
    (training) => training.inputScaling = { shift: [0], scale: [1] },
    "has an input scaling of 1 inputs for 4 inputs",
  ],
};

for (const [name, [change, message]] of Object.entries(SCALED_DAMAGES)) {
  Deno.test(`parseCheckpoint() refuses a file ${name}`, SANITIZED, async () => {
    const { arrays } = await averaged({ inputScaling: "standardize" });
    const config = JSON.parse((arrays.config.values as string[])[0]);
    change(config.training);
    arrays.config = stringArray(JSON.stringify(config));
    await assertRejects(() => parseCheckpoint(formatNpz(arrays), { name: "c.npz" }), FormatError, message);
  });
}

for (const [name, [change, message]] of Object.entries(DAMAGES)) {
  Deno.test(`parseCheckpoint() refuses a file ${name}`, SANITIZED, async () => {
    const { arrays } = await averaged();
    change(arrays);
    await assertRejects(() => parseCheckpoint(formatNpz(arrays), { name: "c.npz" }), FormatError, message);
  });
}

Deno.test("parseCheckpoint() refuses averages that the settings do not name", SANITIZED, async () => {
  const { arrays } = await averaged(), record = JSON.parse((arrays.checkpoint.values as string[])[0]);
  const checkpoint = stringArray(
    JSON.stringify({ ...record, config: { ...record.config, average: undefined } }),
  );
  await assertRejects(
    () => parseCheckpoint(formatNpz({ ...arrays, checkpoint })),
    FormatError,
    `has "state.layer_1.weights.average", needs only the arrays of this network and these settings`,
  );
});

Deno.test(
  "formatCheckpoint() writes newer options only if their values are not those of older files",
  SANITIZED,
  async () => {
    const later = [
      "inputDropout",
      "average",
      "huberDelta",
      "classWeights",
      "noClassWeight",
      "inputScaling",
      "standardizeTargets",
    ];
    const named = async (options: TrainOptions) => {
      const [event] = await eventsOf(createMlp(), BLOBS, { epochs: 1, ...options });
      const checkpoint = event.checkpoint(),
        { checkpoint: record } = await arraysOf(formatCheckpoint(checkpoint));
      const { config } = JSON.parse((record.values as string[])[0]);
      assertEquals((await parseCheckpoint(formatCheckpoint(checkpoint))).config, checkpoint.config);
      return Object.keys(config).filter((name) => later.includes(name));
    };
    assertEquals(await named({ standardizeTargets: "never" }), []);
    assertEquals(await named({ average: 0.5, classWeights: "1,2,3" }), [
      "average",
      "classWeights",
      "standardizeTargets",
    ]);
  },
);
