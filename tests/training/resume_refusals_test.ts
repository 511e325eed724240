/** The checks of a resumed run: whether it is the one of its checkpoint. */
import { assertEquals, assertRejects } from "@std/assert";
import { openBackend } from "../../src/backends/open.ts";
import type { Checkpoint } from "../../src/training/checkpoint_parts.ts";
import { takeRows } from "../../src/data/split.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { train, type TrainOptions } from "../../src/training/train.ts";
import {
  ALL,
  checkpointOf,
  CONTRARY,
  createMlp,
  PATIENT,
  run,
  SET,
  SETTINGS,
  throughFile,
  VALIDATION,
} from "../support/resumed.ts";
import { inOrder } from "../support/states.ts";
import { abortAfter } from "../support/watched.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };

Deno.test("train() refuses to resume with another setting", SANITIZED, async () => {
  const resume = await checkpointOf();
  for (
    const [name, value, had] of [["batchSize", 26, 25], ["learningRate", 0.1, 0.02], ["seed", 4, 3]] as const
  ) {
    const next = () => train(createMlp(), SET, { resume, [name]: value, backend: "reference" }).next();
    await assertRejects(next, RangeError, `Cannot resume with "${name}" ${value}: the checkpoint has ${had}`);
  }
});

Deno.test(
  "train() treats an undefined option as not given, also with a checkpoint",
  SANITIZED,
  async () => {
    const resume = await checkpointOf(), mlp = new Mlp(resume.mlp);
    await run(mlp, { resume, batchSize: undefined, seed: undefined, backend: "reference" });
    assertEquals(mlp.training?.config.batchSize, 25);
  },
);

Deno.test("train() refuses to resume on another set", SANITIZED, async () => {
  const resume = await checkpointOf();
  const others = [
    takeRows(ALL, inOrder(89)),
    { ...SET, inputs: SET.inputs.map((x, i) => i === 500 ? x + 1 : x) },
    { ...SET, labels: SET.labels!.map((label, row) => row === 89 ? (label + 1) % 3 : label) },
  ];
  for (const other of others) {
    const next = () => train(createMlp(), other, { resume, backend: "reference" }).next();
    await assertRejects(next, RangeError, "it is not the set of 90 rows that training started with");
  }
});

Deno.test("train() refuses to resume to fewer epochs than are done", SANITIZED, async () => {
  const resume = await checkpointOf();
  const next = (epochs: number) => train(createMlp(), SET, { resume, epochs, backend: "reference" }).next();
  await assertRejects(
    () => next(1),
    RangeError,
    "Cannot resume to epoch 1: 2 epochs of the checkpoint are done",
  );

  const controller = new AbortController(), { signal } = controller;
  await using backend = await openBackend("reference");
  const aborting = abortAfter(backend, controller, 9);
  const cut = (await run(createMlp(), { ...SETTINGS, backend: aborting, signal })).at(-1)!.checkpoint();
  await assertRejects(
    () => train(createMlp(), SET, { resume: cut, epochs: 2, backend }).next(),
    RangeError,
    "Cannot resume to epoch 2: 2 epochs and 1 steps of the checkpoint are done",
  );
});

Deno.test("train() refuses to resume without the parameters of the best epoch", SANITIZED, async () => {
  const events = await run(createMlp(), { ...PATIENT, epochs: 2, backend: "reference" });
  const resume = events[1].checkpoint(), { "layer_1.bias": _, ...rest } = resume.bestTensors!;
  const options = { validation: CONTRARY, epochs: 3, backend: "reference" } as const;
  const next = (bestTensors: Checkpoint["bestTensors"]) => () =>
    train(createMlp(), SET, { ...options, resume: { ...resume, bestTensors } }).next();
  await assertRejects(next(undefined), TypeError, "Cannot resume: the checkpoint has no bestTensors");
  await assertRejects(next(rest), TypeError, `"layer_1.bias" is missing`);
});

Deno.test("train() refuses to resume a network of other layers", SANITIZED, async () => {
  const resume = await checkpointOf();
  for (
    const layers of [[dense(9, "relu"), dense(3, "softmax")], [
      dense(8, "relu"),
      dense(8),
      dense(3, "softmax"),
    ]]
  ) {
    const other = Mlp.create(layers, SET), { parameters } = other;
    await assertRejects(() => train(other, SET, { resume, backend: "reference" }).next(), TypeError);
    assertEquals(other.parameters, parameters, "a refused resume leaves the network as it was");
  }
});

Deno.test("train() refuses to resume with other activations", SANITIZED, async () => {
  const resume = await checkpointOf();
  const other = Mlp.create([dense(8, "tanh"), dense(3, "softmax")], SET);
  await assertRejects(() => train(other, SET, { resume, backend: "reference" }).next(), TypeError);
});

Deno.test("train() lists all differences of a resumed run from its checkpoint", SANITIZED, async () => {
  const resume = await checkpointOf(), other = takeRows(ALL, inOrder(89));
  const next = (mlp: Mlp, set: typeof SET, options: TrainOptions) => () =>
    train(mlp, set, { resume, backend: "reference", ...options }).next();
  await assertRejects(
    next(createMlp(), other, { seed: 4, epochs: 1, optimizer: "lion" }),
    RangeError,
    `Cannot resume, 4 things differ: "seed" 4, the checkpoint has 3; "optimizer" lion, the checkpoint has adamw; ` +
      `"epochs" 1, 2 epochs of the checkpoint are done; ${other.source} of 89 rows with CRC-32 `,
  );
  const wide = Mlp.create([dense(3, "softmax")], { inputShape: [3], inputScale: 2 });
  const narrow = { ...SET, inputs: SET.inputs.subarray(0, 270), inputShape: [3], inputScale: 2 };
  await assertRejects(
    next(wide, narrow, {}),
    TypeError,
    `Cannot resume, 4 things differ: layers 3:softmax, the checkpoint has 8:relu,3:softmax; ` +
      `inputs of shape [3] in ${SET.source}, the checkpoint has [6]; inputs of scale 2 in ${SET.source}, the checkpoint has 1; `,
  );
});

Deno.test("train() refuses to resume patience with another validation set or none", SANITIZED, async () => {
  const events = await run(createMlp(), { ...PATIENT, epochs: 2, backend: "reference" });
  const resume = await throughFile(events), { validation } = resume.dataset;
  assertEquals(validation?.rows, 40);
  const next = (given: TrainOptions["validation"]) => () =>
    train(createMlp(), SET, { resume, epochs: 3, validation: given, backend: "reference" }).next();
  await assertRejects(
    next(VALIDATION),
    RangeError,
    `Cannot resume with the validation set ${VALIDATION.source}: it is not the one of 40 rows of the checkpoint`,
  );
  await assertRejects(
    next(undefined),
    RangeError,
    "Cannot resume without a validation set: the checkpoint has one of 40 rows",
  );
  assertEquals((await next(CONTRARY)()).value?.epoch, 3);
  // The checkpoints of version 0.1 do not have it.
  const { validation: _, ...dataset } = resume.dataset, older = { ...resume, dataset };
  const options = { resume: older, epochs: 3, validation: VALIDATION, backend: "reference" } as const;
  assertEquals((await train(createMlp(), SET, options).next()).value?.epoch, 3);
});
