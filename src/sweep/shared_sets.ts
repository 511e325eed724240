/** Data sets in shared memory, which all workers of a sweep read without copies. @module */
import { DATASET } from "../argument_kinds.ts";
import { checkArgument } from "../arguments.ts";
import type { Dataset } from "../data/dataset.ts";
import type { SweepSets } from "./member.ts";

/**
 * Returns a data set with its arrays in shared memory: the set itself if they are there, else a copy. On a host without shared
 * memory the set is returned unchanged, and each worker gets a copy.
 */
export function sharedDataset(set: Dataset): Dataset {
  checkArgument("set", set, DATASET);
  const { inputs, labels, targets, weights } = set;
  return {
    ...set,
    inputs: shared(inputs),
    ...labels && { labels: shared(labels) },
    ...targets && { targets: shared(targets) },
    ...weights && { weights: shared(weights) },
  };
}

/** Returns sets with their arrays in shared memory. */
export function sharedSets({ train, validation, test }: SweepSets): SweepSets {
  return {
    train: sharedDataset(train),
    ...validation && { validation: sharedDataset(validation) },
    ...test && { test: sharedDataset(test) },
  };
}

function shared<T extends Uint8Array | Uint32Array | Float32Array>(values: T): T {
  if (typeof SharedArrayBuffer === "undefined" || values.buffer instanceof SharedArrayBuffer) return values;
  const constructor = values.constructor as new (buffer: SharedArrayBuffer) => T;
  const copy = new constructor(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}
