/** Tests that every fault of a checkpoint's file is found when it is read, and named. @module */
import { assertEquals, assertRejects } from "@std/assert";
import { formatCheckpoint, parseCheckpoint } from "../../src/training/checkpoint.ts";
import { FormatError } from "../../src/errors.ts";
import { stringArray } from "../../src/model_file.ts";
import { formatNpz, type NpzInput } from "../../src/formats/npz.ts";
import { Mlp } from "../../src/mlp.ts";
import { arraysOf, CHECKPOINT, CONFIG } from "../support/checkpoint.ts";

/** Returns the checkpoint's file with some arrays replaced, or removed by `undefined`. */
async function bytesWith(changes: Record<string, NpzInput | undefined>): Promise<Uint8Array> {
  const arrays = await arraysOf(formatCheckpoint(CHECKPOINT));
  for (const [name, array] of Object.entries(changes)) {
    if (array) arrays[name] = array;
    else delete arrays[name];
  }
  return formatNpz(arrays);
}

/** Returns the checkpoint's file with some of its JSON changed. */
function bytesWithRecord(changes: Record<string, unknown>): Promise<Uint8Array> {
  const { config, progress, backend, dataset } = CHECKPOINT;
  return bytesWith({
    checkpoint: stringArray(JSON.stringify({ config, progress, backend, dataset, ...changes })),
    digest: undefined,
  });
}

const bytesWithConfig = (changes: Record<string, unknown>) =>
  bytesWithRecord({ config: { ...CONFIG, ...changes } });
const bytesWithProgress = (changes: Record<string, unknown>) =>
  bytesWithRecord({ progress: { ...CHECKPOINT.progress, ...changes } });
const bytesWithSums = (changes: Record<string, unknown>) =>
  bytesWithProgress({ sums: { ...CHECKPOINT.progress.sums, ...changes } });

const floats = (...values: number[]): NpzInput => ({
  shape: [values.length],
  values: Float32Array.from(values),
});

const DAMAGED: Record<string, readonly [bytes: () => Promise<Uint8Array> | Uint8Array, message: string]> = {
  "a model": [() => new Mlp(CHECKPOINT.mlp).format(), "is a model, which cannot be resumed"],
  "another archive": [() => formatNpz({ x: floats(1) }), "is no checkpoint"],
  "a file without its JSON": [() => bytesWith({ checkpoint: undefined }), `has no "checkpoint"`],
  "no network": [() => bytesWith({ "layer_1.bias": undefined }), `has no array "layer_1.bias"`],

  "invalid JSON": [
    () => bytesWith({ checkpoint: stringArray("{") }),
    `has a "checkpoint" that is not JSON`,
  ],
  "JSON that is null": [
    () => bytesWith({ checkpoint: stringArray("null") }),
    `has a "checkpoint" that is null, needs an object`,
  ],
  "JSON that is nested deeply": [
    () => bytesWith({ checkpoint: stringArray("[".repeat(50_000) + "]".repeat(50_000)) }),
    `has a "checkpoint" that is ${"[".repeat(97)}..., needs an object`,
  ],
  "no settings": [() => bytesWithRecord({ config: 5 }), `whose config is 5, needs the settings of a run`],
  "settings out of range": [
    () => bytesWithConfig({ epochs: 0 }),
    `has settings in "checkpoint" that no run can have: Option "epochs" needs a whole number from 1, found 0`,
  ],
  "settings that exclude each other": [
    () => bytesWithConfig({ nesterov: true }),
    `"nesterov" needs "momentum"`,
  ],
  "settings of a newer program": [
    () => bytesWithConfig({ warp: 9 }),
    `has a "checkpoint" whose config has an unknown "warp"`,
  ],
  "a missing setting": [
    () => bytesWithConfig({ learningRate: undefined }),
    `has a "checkpoint" whose config has no "learningRate"`,
  ],
  "a setting of another type": [
    () => bytesWithConfig({ batchSize: "2" }),
    `Option "batchSize" needs a whole number`,
  ],
  "a loss that does not fit the network": [
    () => bytesWith({ "layer_1.act": stringArray("tanh") }),
    `has settings that do not fit its network: Loss "cross-entropy" needs a softmax output`,
  ],
  "no slices of a batch": [
    () => bytesWithRecord({ slices: 0 }),
    `whose slices is 0, needs a whole number from 1`,
  ],
  "no backend": [
    () => bytesWithRecord({ backend: undefined }),
    `whose backend is undefined, needs a backend's name`,
  ],

  "no progress": [
    () => bytesWithRecord({ progress: undefined }),
    `whose progress is undefined, needs the progress of the run`,
  ],
  "progress without sums": [
    () => bytesWithProgress({ sums: undefined }),
    `whose progress.sums.lossSum is undefined, needs a finite number`,
  ],
  "a step that is not a number": [
    () => bytesWithProgress({ step: "11" }),
    `whose progress.step is "11", needs a whole number from 0`,
  ],
  "a step that does not fit its epoch": [
    () => bytesWithProgress({ step: 10 }),
    `whose progress.step is 10, needs 11: 2 epochs of 5 steps, and 1`,
  ],
  "an epoch of 0": [
    () => bytesWithProgress({ epoch: 0 }),
    `progress.epoch is 0, needs a whole number from 1`,
  ],
  "an epoch after the last": [
    () => bytesWithProgress({ epoch: 8, step: 36 }),
    `progress.epoch is 8, needs at most 7: the run has 7 epochs`,
  ],
  "an epoch after the end": [
    () => bytesWithProgress({ epoch: 9, stepsDone: 0, step: 40 }),
    `progress.epoch is 9, needs at most 8: the run has 7 epochs`,
  ],
  "more steps than an epoch has": [
    () => bytesWithProgress({ stepsDone: 5, step: 15 }),
    `progress.stepsDone is 5, needs at most 4: an epoch has 5 steps`,
  ],
  "sums over another number of rows": [
    () => bytesWithSums({ rows: 3 }),
    `progress.sums.rows is 3, needs 2: 1 steps of 2 rows`,
  ],
  "more correct rows than rows": [
    () => bytesWithSums({ correct: 3 }),
    `sums.correct is 3, needs at most 2`,
  ],
  "a loss that is not finite": [
    () => bytesWithSums({ lossSum: NaN }),
    `sums.lossSum is null, needs a finite number`,
  ],
  "a loss before the first step": [
    () => bytesWithProgress({ stepsDone: 0, step: 10, sums: { lossSum: 1, correct: 0, rows: 0 } }),
    `sums.lossSum is 1, needs 0`,
  ],
  "a best epoch that is not done": [
    () => bytesWithProgress({ best: { epoch: 3, loss: 1 } }),
    `progress.best.epoch is 3, needs at most 2, the epochs that are done`,
  ],
  "a best epoch so old that patience would have ended the run": [
    () => bytesWithProgress({ epoch: 6, step: 26, best: { epoch: 1, loss: 1 } }),
    `progress.best.epoch is 1, needs at least 2 with patience 3`,
  ],
  "a best loss that is not finite": [
    () => bytesWithProgress({ best: { epoch: 2, loss: NaN } }),
    `progress.best.loss is null, needs a finite number`,
  ],
  "no fingerprint": [
    () => bytesWithRecord({ dataset: undefined }),
    `dataset.rows is undefined, needs a whole number`,
  ],
  "a checksum of more than 32 bits": [
    () => bytesWithRecord({ dataset: { rows: 10, crc32: 2 ** 32 } }),
    `dataset.crc32 is 4294967296, needs at most 4294967295`,
  ],
  "a validation set without rows": [
    () => bytesWithRecord({ dataset: { ...CHECKPOINT.dataset, validation: { crc32: 1 } } }),
    `dataset.validation.rows is undefined, needs a whole number from 1`,
  ],
  "an impossible checksum of a validation set": [
    () => bytesWithRecord({ dataset: { ...CHECKPOINT.dataset, validation: { rows: 1, crc32: 2 ** 32 } } }),
    `dataset.validation.crc32 is 4294967296, needs at most 4294967295`,
  ],

  "a missing state": [
    () => bytesWith({ "state.layer_1.bias.v": undefined }),
    `has no "state.layer_1.bias.v" of shape [2]`,
  ],
  "a state of another name": [
    () => bytesWith({ "state.layer_1.bias.v": undefined, "state.layer_1.bias.w": floats(1, 2) }),
    `has "state.layer_1.bias.w", needs "state.layer_1.bias.v" of shape [2]`,
  ],
  "a missing parameter of the best epoch": [
    () => bytesWith({ "best.layer_1.bias": undefined }),
    `has no "best.layer_1.bias" of shape [2]`,
  ],
  "parameters of a best epoch without a best epoch": [
    () => bytesWithProgress({ best: undefined }),
    `has "best.layer_1.weights", needs only the arrays of this network and these settings`,
  ],
  "the state of another optimizer": [
    () => bytesWithConfig({ optimizer: "sgd" }),
    `has "state.layer_1.weights.m", needs only the arrays`,
  ],
  "an unknown array": [
    () => bytesWith({ 'di"gest': floats(1) }),
    String.raw`has "di\"gest"`,
  ],
  "state of integers": [
    () => bytesWith({ "state.layer_1.bias": { shape: [2], values: new Int32Array(2) } }),
    `has "state.layer_1.bias" of dtype <i4, needs float32 or float64`,
  ],
  "state of another length": [
    () => bytesWith({ "state.layer_1.weights.m": floats(1, 2, 3, 4, 5) }),
    `has "state.layer_1.weights.m" of shape [5], needs [6]`,
  ],
  "state of another shape": [
    () => bytesWith({ "state.layer_1.weights.m": { shape: [2, 3], values: new Float32Array(6) } }),
    `has "state.layer_1.weights.m" of shape [2, 3], needs [6]`,
  ],
  "state that is not finite": [
    () => bytesWith({ "state.layer_1.bias.m": floats(0, -Infinity) }),
    `has -Infinity in "state.layer_1.bias.m" at index 1, needs finite numbers`,
  ],
  "a best epoch that is not finite": [
    () => bytesWith({ "best.layer_1.bias": floats(NaN, 0) }),
    `has NaN in "best.layer_1.bias" at index 0, needs finite numbers`,
  ],
  "a network that is not the one of the state": [
    () => bytesWith({ "layer_1.bias": floats(0, 0.5) }),
    `has 0.5 in "layer_1.bias" at index 1, needs 0 as in "state.layer_1.bias"`,
  ],
  "a changed number": [
    () => bytesWith({ "state.layer_1.bias.v": floats(2, 3) }),
    `is damaged: its digest is "`,
  ],
  "a changed setting": [
    async () => {
      const { digest } = await arraysOf(formatCheckpoint(CHECKPOINT)), config = { ...CONFIG, beta1: 0.8 };
      const changed = await arraysOf(await bytesWithRecord({ config }));
      return formatNpz({ ...changed, digest });
    },
    `is damaged: its digest is "`,
  ],
  "a digest that is a number": [
    () => bytesWith({ digest: floats(1) }),
    `has "digest" of shape [1], needs one string`,
  ],
};

for (const [fault, [bytes, message]] of Object.entries(DAMAGED)) {
  Deno.test(`parseCheckpoint() refuses ${fault}`, async () => {
    const damaged = await bytes();
    const error = await assertRejects(
      () => parseCheckpoint(damaged, { name: "c.npz" }),
      FormatError,
      message,
    );
    assertEquals(error.file, "c.npz");
    assertEquals(error.message.startsWith(`Cannot read "c.npz": `), true, error.message);
  });
}
