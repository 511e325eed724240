/** Interrupted runs that are resumed from a checkpoint's file give the same model, bit for bit. @module */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { Backend } from "../../src/backends/backend.ts";
import { openBackend } from "../../src/backends/open.ts";
import type { Checkpoint } from "../../src/training/checkpoint_parts.ts";
import { formatCheckpoint } from "../../src/training/checkpoint.ts";
import { drawDigits } from "../../src/data/digits/digits.ts";
import { takeRows } from "../../src/data/split.ts";
import { Mlp } from "../../src/mlp.ts";
import { endOfRun } from "../../src/training/resume.ts";
import { train, type TrainEvent, type TrainOptions } from "../../src/training/train.ts";
import { backendTest, EACH } from "../support/backends.ts";
import { checkpointOf, createMlp, PATIENT, run, SET, SETTINGS, throughFile } from "../support/resumed.ts";
import { inOrder } from "../support/states.ts";
import { abortAfter, watch } from "../support/watched.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };

/** Returns the fields of an event that are equal in a repeated run. */
const repeated = (
  { seconds: _, rowsPerSecond: __, checkpoint: ___, trainLoss: ____, ...rest }: TrainEvent,
) => rest;

function assertSameEvents(found: readonly TrainEvent[], wanted: readonly TrainEvent[]): void {
  assertEquals(found.map(repeated), wanted.map(repeated));
  // The sum over an interrupted epoch has one rounding more.
  found.forEach(({ trainLoss }, i) => assertAlmostEquals(trainLoss, wanted[i].trainLoss, 1e-12));
}

/** Interrupts a run after `steps` steps, resumes it from the checkpoint's file, and compares it with an uninterrupted run. */
async function checkResume(
  backend: Backend,
  steps: number,
  options: TrainOptions,
  set = SET,
): Promise<void> {
  const whole = createMlp(set), cut = createMlp(set), controller = new AbortController();
  const wanted = await run(whole, { ...options, backend }, set);
  const aborting = abortAfter(backend, controller, steps);
  const begun = await run(cut, { ...options, backend: aborting, signal: controller.signal }, set);
  assertEquals(begun.at(-1)!.step, steps);
  assertEquals(begun.at(-1)!.ended, "interrupted");

  const checkpoint = await throughFile(begun), resumed = new Mlp(checkpoint.mlp);
  const rest = await run(resumed, { resume: checkpoint, backend, validation: options.validation }, set);
  assertEquals(resumed.format(), whole.format());
  assertEquals(resumed.parameters, whole.parameters);
  // An interrupted epoch has an event in both runs; that of the second run is of the complete epoch.
  const before = begun.slice(0, wanted.length - rest.length).map((event) => ({ ...event, ended: undefined }));
  assertSameEvents(
    [...before, ...rest.map((event) => ({ ended: undefined, ...event }))],
    wanted.map((event) => ({ ended: undefined, ...event })),
  );
  const [last, wantedLast] = [rest.at(-1)!.checkpoint(), wanted.at(-1)!.checkpoint()];
  assertEquals(last.tensors, wantedLast.tensors);
  assertEquals(last.progress, wantedLast.progress);
  assertEquals(last.bestTensors, wantedLast.bestTensors);
}

backendTest("train() resumes after an epoch as if it had never stopped", EACH, async (backend) => {
  await checkResume(backend, 8, SETTINGS);
});

backendTest("train() resumes in the middle of an epoch as if it had never stopped", EACH, async (backend) => {
  await checkResume(backend, 7, SETTINGS);
  await checkResume(backend, 9, { ...SETTINGS, optimizer: "sgd", momentum: 0.9, nesterov: true });
});

/** Drawn digits of three classes, for augmentation. */
const DIGITS = takeRows(drawDigits({ count: 90, testCount: 0 }).train, inOrder(90));
const IMAGES = {
  ...DIGITS,
  labels: DIGITS.labels!.map((label) => label % 3),
  outFeatures: 3,
  classNames: undefined,
};

backendTest("train() resumes augmentation as if it had never stopped", EACH, async (backend) => {
  const options = { ...SETTINGS, epochs: 4, augment: true, threads: 2 };
  await checkResume(backend, 8, options, IMAGES);
  await checkResume(backend, 6, { ...options, validationSplit: 0.1 }, IMAGES);
});

for (const steps of [2, 6, 8]) {
  backendTest(`train() resumes early stopping after ${steps} steps`, EACH, async (backend) => {
    const mlp = createMlp(), events = await run(mlp, { ...PATIENT, backend });
    assertEquals(events.at(-1)!.ended, "patience");
    assert(events.length > 3 && events.length < 30, `${events.length} epochs`);
    await checkResume(backend, steps, PATIENT);
  });
}

backendTest("train() resumes a validation split on the same rows", EACH, async (backend) => {
  await checkResume(backend, 7, { ...SETTINGS, validationSplit: 0.2, patience: 9 });
});

backendTest("train() goes on from a finished run to more epochs", EACH, async (backend) => {
  const options = { ...SETTINGS, schedule: "constant" } as const;
  const whole = createMlp(), first = createMlp();
  await run(whole, { ...options, backend });
  const checkpoint = await throughFile(await run(first, { ...options, epochs: 2, backend }));
  const resumed = new Mlp(checkpoint.mlp);
  const events = await run(resumed, { resume: checkpoint, epochs: 6, backend });
  assertEquals(events.map(({ epoch }) => epoch), [3, 4, 5, 6]);
  assertEquals(resumed.format(), whole.format());
});

/** Completes a run, resumes its last checkpoint, and checks that there is no event and the network is the same. */
async function checkEnded(backend: Backend, options: TrainOptions, ended: TrainEvent["ended"], set = SET) {
  const whole = createMlp(set), events = await run(whole, { ...options, backend }, set);
  assertEquals(events.at(-1)!.ended, ended);
  const resume = await throughFile(events), resumed = new Mlp(resume.mlp);
  assertEquals(endOfRun(resume), ended);
  const watched = watch(backend);
  const rest = await run(resumed, { resume, backend: watched.backend, validation: options.validation }, set);
  assertEquals([rest, watched.made], [[], 0]);
  assertEquals(resumed.format(), whole.format());
  assertEquals(resumed.parameters, whole.parameters);
  assertEquals(resumed.training, whole.training);
}

backendTest("train() leaves the network of a run that has ended if it resumes it", EACH, async (backend) => {
  await checkEnded(backend, SETTINGS, "finished");
  await checkEnded(backend, { ...SETTINGS, validationSplit: 0.2 }, "finished");
});

backendTest(
  "train() restores the best epoch if it resumes a run that has ended",
  EACH,
  async (backend) => {
    await checkEnded(backend, PATIENT, "patience");
    await checkEnded(backend, { ...PATIENT, epochs: 3 }, "finished");
  },
);

Deno.test(
  "train() can resume with `epochs` lowered to the epochs that are done, as if the run had ended there",
  SANITIZED,
  async () => {
    const options = { ...SETTINGS, schedule: "constant", backend: "reference" } as const;
    const short = createMlp(), resumed = createMlp();
    await run(short, { ...options, epochs: 2 });
    const resume = (await run(createMlp(), options))[1].checkpoint();
    assertEquals([endOfRun(resume), endOfRun(resume, 2), endOfRun(resume, 3)], [
      undefined,
      "finished",
      undefined,
    ]);
    assertEquals(await run(resumed, { resume, epochs: 2, backend: "reference" }), []);
    assertEquals(resumed.format(), short.format());
  },
);

Deno.test(
  "train() records the backend that did the steps if it resumes a run that has ended",
  SANITIZED,
  async () => {
    const events = await run(createMlp(), { ...SETTINGS, backend: "reference" }), mlp = createMlp();
    assertEquals(await run(mlp, { resume: events.at(-1)!.checkpoint(), backend: "wasm", threads: 1 }), []);
    assertEquals(mlp.training?.backend, "reference");
  },
);

backendTest("train() that is stopped twice in one epoch resumes", EACH, async (backend) => {
  const whole = createMlp();
  await run(whole, { ...SETTINGS, backend });
  let mlp = createMlp(), checkpoint: Checkpoint | undefined;
  for (const steps of [1, 2, 3]) {
    const controller = new AbortController();
    const options = checkpoint ? { resume: checkpoint } : SETTINGS;
    const aborting = abortAfter(backend, controller, steps);
    checkpoint = await throughFile(
      await run(mlp, { ...options, backend: aborting, signal: controller.signal }),
    );
    mlp = new Mlp(checkpoint.mlp);
  }
  assertEquals(checkpoint?.progress.step, 6);
  await run(mlp, { resume: checkpoint, backend });
  assertEquals(mlp.format(), whole.format());
});

Deno.test("checkpoint() returns the state of its epoch, also after further epochs", SANITIZED, async () => {
  const files: Uint8Array[] = [], checkpoints: Checkpoint[] = [];
  for await (const event of train(createMlp(), SET, { ...SETTINGS, epochs: 3, backend: "reference" })) {
    checkpoints.push(event.checkpoint());
    files.push(formatCheckpoint(event.checkpoint()));
  }
  assertEquals(checkpoints.map(formatCheckpoint), files);
  assertEquals(checkpoints.map(({ progress }) => [progress.epoch, progress.step]), [[2, 4], [3, 8], [4, 12]]);
});

Deno.test("train() resumes a run of another backend", SANITIZED, async () => {
  await using backend = await openBackend("wasm", { threads: 1 });
  const resume = await checkpointOf(), mlp = new Mlp(resume.mlp);
  const events = await run(mlp, { resume, backend });
  assertEquals(events.map(({ ended }) => ended), ["finished"]);
  assertEquals(mlp.training?.backend, "wasm");
});
