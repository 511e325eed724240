/** Runs of `train()` on small sets of well separated classes. @module */
import type { Dataset } from "../../src/data/dataset.ts";
import { takeRows } from "../../src/data/split.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { train, type TrainEvent, type TrainOptions } from "../../src/training/train.ts";
import { drawBlobs } from "./sets.ts";
import { inOrder } from "./states.ts";

const ALL = drawBlobs({ rows: 150, inFeatures: 6, classes: 3 });

/** A training set of 100 rows in three classes, and a test set of 50 rows. */
export const BLOBS = takeRows(ALL, inOrder(100)), TEST = takeRows(ALL, inOrder(150).slice(100));

/** Creates a network for these sets. */
export const createMlp = () => Mlp.create([dense(8, "relu"), dense(3, "softmax")], BLOBS);

/** Returns all events of a run on the reference. */
export function eventsOf(mlp: Mlp, dataset: Dataset, options: TrainOptions): Promise<TrainEvent[]> {
  return Array.fromAsync(train(mlp, dataset, { backend: "reference", ...options }));
}
