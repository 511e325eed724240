/** A checkpoint that has every field, and the arrays of its file. @module */
import type { Checkpoint } from "../../src/training/checkpoint_parts.ts";
import { resolveConfig } from "../../src/training/config.ts";
import { type NpzInput, parseNpz } from "../../src/formats/npz.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";

/** The network has one layer. */
const MLP = Mlp.create([dense(2, "softmax")], { inputShape: [3] });
/** The settings of the run. */
export const CONFIG = resolveConfig({
  ...{ epochs: 7, learningRate: 0.1 + 0.2, patience: 3, validationSplit: 0.1, batchSize: 2 },
});
/** The optimizer state that Adam keeps in addition to the parameters. */
export const MOMENTS = Object.fromEntries(
  [[".m", 1e-30] as const, [".v", 2] as const].flatMap(([suffix, value]) =>
    Object.entries(MLP.parameters).map(([name, { length }]) => [
      name + suffix,
      new Float32Array(length).fill(value),
    ])
  ),
);
/**
 * Stopped in the third of seven epochs of 5 steps. One of ten rows is in the validation set, and the last step has
 * one row.
 */
export const CHECKPOINT: Checkpoint = {
  mlp: {
    ...{
      inputShape: [3],
      inputScale: 1,
      layers: MLP.layers,
      parameters: MLP.parameters,
    },
    training: { config: CONFIG, epochs: 2, dataset: { source: "a set", rows: 9 }, backend: "wasm" },
  },
  config: CONFIG,
  progress: {
    epoch: 3,
    stepsDone: 1,
    sums: { lossSum: 0.1, correct: 1, rows: 2 },
    step: 11,
    best: { epoch: 2, loss: 1 / 3 },
  },
  tensors: { ...MLP.parameters, ...MOMENTS },
  bestTensors: MLP.parameters,
  backend: "wasm",
  dataset: { rows: 10, crc32: 4294967295 },
};

/** Reads all arrays of a file. */
export async function arraysOf(bytes: Uint8Array): Promise<Record<string, NpzInput>> {
  const npz = await parseNpz(bytes), arrays: Record<string, NpzInput> = {};
  for (const name of npz.names) arrays[name] = await npz.read(name);
  return arrays;
}
