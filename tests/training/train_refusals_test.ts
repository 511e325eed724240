/** Arguments that train() refuses before it creates a trainer. @module */
import { assertEquals, assertRejects } from "@std/assert";
import { type BackendName, openBackend } from "../../src/backends/open.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { takeRows } from "../../src/data/split.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { train, type TrainOptions } from "../../src/training/train.ts";
import { drawBlobs, drawSet } from "../support/sets.ts";
import { inOrder } from "../support/states.ts";
import { watch } from "../support/watched.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };

const LABELS = drawBlobs({ rows: 30, inFeatures: 4, classes: 3 });
const TARGETS = drawSet({ rows: 30, inFeatures: 4, outFeatures: 2, targets: true });
const softmax = () => Mlp.create([dense(5, "relu"), dense(3, "softmax")], LABELS);
const withOutput = (output: "relu" | "sigmoid" | "tanh") => Mlp.create([dense(3, output)], LABELS);

interface Refusal {
  readonly name: string;
  readonly mlp?: Mlp;
  readonly set?: Dataset;
  readonly options?: TrainOptions & Record<string, unknown>;
  readonly kind: typeof TypeError | typeof RangeError;
  readonly message: string;
}

const BAD_LABEL = { ...LABELS, labels: LABELS.labels!.map((label, row) => row === 7 ? 3 : label) };

const REFUSALS: readonly Refusal[] = [
  ...(["relu", "sigmoid", "tanh"] as const).map((output) => ({
    name: `cross-entropy of a ${output} output`,
    mlp: withOutput(output),
    kind: RangeError,
    message:
      `Loss "cross-entropy" needs a softmax output, or a linear one that gives logits, found "${output}"; ` +
      `loss "mean-squared-error" takes any output`,
  })),
  {
    name: "cross-entropy of target values",
    mlp: Mlp.create([dense(2, "softmax")], TARGETS),
    set: TARGETS,
    kind: RangeError,
    message:
      `row 0 has target values with the sum 1.13281, loss "cross-entropy" needs class labels, or rows of probabilities`,
  },
  {
    name: "cross-entropy of target values with a sigmoid output",
    mlp: Mlp.create([dense(2, "sigmoid")], TARGETS),
    set: TARGETS,
    kind: RangeError,
    message: `found "sigmoid"; loss "mean-squared-error" or "huber" takes any output`,
  },
  {
    name: "target rows of another width",
    mlp: Mlp.create([dense(3)], TARGETS),
    set: TARGETS,
    options: { loss: "mean-squared-error" },
    kind: TypeError,
    message: "Cannot use a drawn set: its target rows have 2 values, the network needs 3",
  },
  {
    name: "inputs of another shape",
    set: drawBlobs({ rows: 30, inFeatures: 5, classes: 3 }),
    kind: TypeError,
    message: "Cannot use drawn blobs: its inputs have shape [5], the network needs [4]",
  },
  {
    name: "inputs of another scale",
    set: { ...LABELS, inputScale: 0.5 },
    kind: TypeError,
    message: "Cannot use drawn blobs: its inputs have scale 0.5, the network needs 1",
  },
  {
    name: "a label that is no class",
    set: BAD_LABEL,
    kind: RangeError,
    message: "Cannot use drawn blobs: row 7 has label 3, the network has classes 0 to 2",
  },
  {
    name: "a test set with a label that is no class",
    options: { test: { ...BAD_LABEL, source: "the test set" } },
    kind: RangeError,
    message: "Cannot use the test set: row 7 has label 3, the network has classes 0 to 2",
  },
  {
    name: "a validation set of another shape",
    options: {
      validation: { ...drawBlobs({ rows: 9, inFeatures: 5, classes: 3 }), source: "the validation set" },
    },
    kind: TypeError,
    message: "Cannot use the validation set: its inputs have shape [5], the network needs [4]",
  },
  {
    name: "a set without rows",
    set: takeRows(LABELS, inOrder(0)),
    kind: RangeError,
    message: "it holds no rows",
  },
  {
    name: "patience without validation",
    options: { patience: 2 },
    kind: RangeError,
    message: `Option "patience" needs a validation set or "validationSplit" above 0`,
  },
  {
    name: "a validation set and a validation split",
    options: { validation: LABELS, validationSplit: 0.1 },
    kind: RangeError,
    message: `Option "validationSplit" needs no validation set, one was given`,
  },
  {
    name: "a validation split of all rows",
    options: { validationSplit: 0.99 },
    kind: RangeError,
    message: "Cannot set 30 of 30 rows apart for validation: none is left",
  },
  {
    name: "nesterov without momentum",
    options: { optimizer: "sgd", nesterov: true },
    kind: RangeError,
    message: `Option "nesterov" needs "momentum" above 0, found 0`,
  },
  {
    name: "an unknown option",
    options: { learning_rate: 0.1 },
    kind: TypeError,
    message: `Unknown training option "learning_rate"`,
  },
  {
    name: "an option out of range",
    options: { batchSize: 0 },
    kind: RangeError,
    message: `Option "batchSize" needs a whole number from 1, found 0`,
  },
];

for (const { name, mlp = softmax(), set = LABELS, options = {}, kind, message } of REFUSALS) {
  Deno.test(`train() refuses ${name} before it creates a trainer`, SANITIZED, async () => {
    await using reference = await openBackend("reference");
    const watched = watch(reference), before = mlp.parameters;
    const run = train(mlp, set, { ...options, backend: watched.backend });
    await assertRejects(() => run.next(), kind, message);
    assertEquals([watched.made, watched.steps, mlp.training], [0, 0, undefined]);
    assertEquals(mlp.parameters, before);
  });
}

Deno.test("train() refuses an unknown backend", SANITIZED, async () => {
  const run = train(softmax(), LABELS, { backend: "opencl" as BackendName });
  await assertRejects(
    () => run.next(),
    TypeError,
    `Unknown backend "opencl", needs auto, cuda, webgpu, cpu, wasm`,
  );
});
