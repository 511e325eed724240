/** Runs that are resumed: their sets, settings and checkpoints. @module */
import type { Checkpoint } from "../../src/training/checkpoint_parts.ts";
import { formatCheckpoint, parseCheckpoint } from "../../src/training/checkpoint.ts";
import { takeRows } from "../../src/data/split.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { train, type TrainEvent, type TrainOptions } from "../../src/training/train.ts";
import { drawBlobs } from "./sets.ts";
import { inOrder } from "./states.ts";

export const ALL = drawBlobs({ rows: 130, inFeatures: 6, classes: 3, zeros: 0.6 });
export const SET = takeRows(ALL, inOrder(90)), VALIDATION = takeRows(ALL, inOrder(130).slice(90));
export const createMlp = (set = SET) => Mlp.create([dense(8, "relu"), dense(3, "softmax")], set);

/** Settings that depend on every part of a checkpoint; 4 steps an epoch, the last of 15 rows. */
export const SETTINGS = {
  ...{ epochs: 6, batchSize: 25, learningRate: 0.02, schedule: "cosine", warmupSteps: 10 },
  ...{ optimizer: "adamw", clipNorm: 0.5, labelSmoothing: 0.1, seed: 3 },
} as const satisfies TrainOptions;

export async function run(mlp: Mlp, options: TrainOptions, set = SET): Promise<TrainEvent[]> {
  return await Array.fromAsync(train(mlp, set, options));
}

/** Returns the last event's checkpoint after writing and reading its file. */
export function throughFile(events: readonly TrainEvent[]): Promise<Checkpoint> {
  return parseCheckpoint(formatCheckpoint(events.at(-1)!.checkpoint()));
}

/** A validation set whose loss rises from an early epoch on, so that patience ends the run. */
export const CONTRARY = { ...VALIDATION, labels: VALIDATION.labels!.map((label) => (label + 1) % 3) };
export const PATIENT = { ...SETTINGS, epochs: 30, patience: 3, learningRate: 0.05, validation: CONTRARY };

/** Returns a checkpoint after epoch 2 of 3. */
export async function checkpointOf(): Promise<Checkpoint> {
  const events = await run(createMlp(), { ...SETTINGS, epochs: 3, backend: "reference" });
  return events[1].checkpoint();
}
