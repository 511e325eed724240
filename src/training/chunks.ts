/** Training sets larger than memory, which are read in chunks. @module */
import type { Backend, EpochResult, Trainer, TrainState } from "../backends/backend.ts";
import { canonicalDataset, type DatasetLike } from "../data/canonical.ts";
import { countOf, type Dataset, inFeaturesOf, NO_CLASS } from "../data/dataset.ts";
import { takeRows } from "../data/split.ts";
import type { StepPlan } from "../plan/plan.ts";
import { permutation } from "../random.ts";
import { fingerprintOf } from "./checkpoint.ts";
import type { Fingerprint } from "./checkpoint_parts.ts";
import type { TrainConfig } from "./config.ts";

/** A training set that is read in chunks, because it is larger than memory. */
export interface ChunkedDataset {
  /** The number of rows of all chunks. */
  readonly rows: number;
  /**
   * Returns the chunks of an epoch, from 1, in the order of training. The order may differ between epochs, but the same epoch
   * must give the same chunks each time. All chunks have the same rows in all epochs.
   */
  chunks(epoch: number): AsyncIterable<DatasetLike> | Iterable<DatasetLike>;
}

/** The part of a trainer that the epochs of a run need. */
export type EpochTrainer = Pick<Trainer, "runEpoch" | "stepsDone" | "readState" | "close">;

/** Returns whether a training set is read in chunks. */
export function isChunked(set: DatasetLike | ChunkedDataset): set is ChunkedDataset {
  return typeof (set as Partial<ChunkedDataset> | null)?.chunks === "function";
}

/**
 * Checks a set of chunks, and reads its first chunk, which tells what all of them are.
 *
 * @throws {RangeError} if the number of rows is not a whole number from 1
 * @throws {TypeError} if there is no chunk
 */
export async function firstChunk(set: ChunkedDataset): Promise<Dataset> {
  const { rows } = set;
  if (!Number.isSafeInteger(rows) || rows < 1) {
    throw new RangeError(`Cannot train on chunks: "rows" is ${rows}, needs a whole number from 1`);
  }
  for await (const chunk of set.chunks(1)) return canonicalDataset(chunk);
  throw new TypeError("Cannot train on chunks: the first epoch has none");
}

/**
 * Returns the settings of a run on chunks. Targets are not standardized, because their mean is not known.
 *
 * @throws {RangeError} if a setting needs the complete set
 */
export function chunkedConfig(config: TrainConfig): TrainConfig {
  const needs: [name: keyof TrainConfig, value: unknown, isNeeded: boolean][] = [
    ["augment", true, config.augment],
    ["outliers", true, config.outliers],
    ["validationSplit", config.validationSplit, config.validationSplit > 0],
    ["inputScaling", config.inputScaling, config.inputScaling !== "none"],
    ["standardizeTargets", "always", config.standardizeTargets === "always"],
    ["classWeights", "balanced", config.classWeights === "balanced"],
  ];
  for (const [name, value, isNeeded] of needs) {
    if (isNeeded) throw new RangeError(`Option "${name}" ${value} needs the complete set, chunks were given`);
  }
  return { ...config, standardizeTargets: "never" };
}

/** Returns the given settings of a resumed run on chunks, as {@linkcode chunkedConfig} changed those of its checkpoint. */
export function ofChunkedRun(given: Partial<TrainConfig>): Partial<TrainConfig> {
  return given.standardizeTargets === "auto" ? { ...given, standardizeTargets: "never" } : given;
}

/** Returns the fingerprint of a set of chunks: the number of its rows, and the checksum of the first chunk. */
export function chunkedFingerprint({ rows }: ChunkedDataset, first: Dataset): Fingerprint {
  return { rows, crc32: fingerprintOf(first).crc32 };
}

/**
 * Creates a trainer that runs each epoch chunk by chunk. The rows of a chunk are in the order of the seed and the epoch. Rows
 * that do not fill a batch come first in the next chunk, so that only the last batch of an epoch can be smaller.
 *
 * @param options `prepare` checks a chunk, and gives it the targets and weights that the plan needs; `epoch` is the first epoch
 */
export function createChunkTrainer(
  backend: Backend,
  plan: StepPlan,
  { set, first, prepare, seed, epoch: from, start }: {
    readonly set: ChunkedDataset;
    readonly first: Dataset;
    readonly prepare: (chunk: Dataset) => Dataset;
    readonly seed: number;
    readonly epoch: number;
    readonly start: TrainState;
  },
): EpochTrainer {
  const { batchSize } = plan, { rows } = set;
  let state = start, epoch = from, before = 0, current: Trainer | undefined;
  const fail = (fault: string) => new RangeError(`Cannot train on the chunks of epoch ${epoch}: ${fault}`);
  const runChunk = async (chunk: Dataset, order: Uint32Array, rates: Float64Array, signal?: AbortSignal) => {
    current = await backend.createTrainer(plan, chunk, state);
    try {
      const result = await current.runEpoch(order, rates, { signal });
      state = await current.readState();
      before += result.steps;
      return result;
    } finally {
      await current.close();
      current = undefined;
    }
  };
  return {
    get stepsDone() {
      return before + (current?.stepsDone ?? 0);
    },
    async runEpoch(_, rates, { signal } = {}) {
      let skipped = Math.ceil(rows / batchSize) - rates.length; // steps of a resumed epoch that are done
      let seen = 0, carried: Dataset | undefined;
      let sums: EpochResult = { lossSum: 0, correct: 0, rows: 0, steps: 0, diverged: false };
      before = 0;
      for await (const given of set.chunks(epoch)) {
        const chunk = prepare(checkChunk(canonicalDataset(given), first)), count = countOf(chunk);
        seen += count;
        if (seen > rows) throw fail(`they have more than the ${rows} rows that "rows" tells`);
        const joined: Dataset = carried ? joinRows(carried, chunk) : chunk,
          kept = carried ? countOf(carried) : 0;
        const order = Uint32Array.from({ length: kept + count }, (_, i) => i);
        order.set(permutation(seed, epoch, count).map((row) => kept + row), kept);
        const used = seen === rows ? order.length : order.length - order.length % batchSize;
        carried = used < order.length ? takeRows(joined, order.subarray(used)) : undefined;
        const steps = Math.ceil(used / batchSize), left = Math.max(0, steps - skipped);
        skipped -= steps - left;
        if (left === 0) continue;
        const own = rates.subarray(sums.steps, sums.steps + left);
        const result = await runChunk(joined, order.subarray((steps - left) * batchSize, used), own, signal);
        sums = {
          lossSum: sums.lossSum + result.lossSum,
          correct: sums.correct + result.correct,
          rows: sums.rows + result.rows,
          steps: sums.steps + result.steps,
          diverged: result.diverged,
        };
        if (result.steps < left || result.diverged) return sums;
      }
      if (seen < rows) throw fail(`they have ${seen} rows, "rows" tells ${rows}`);
      epoch++;
      return sums;
    },
    readState: () => Promise.resolve(state),
    close: async () => await current?.close(),
  };
}

/** Checks that a chunk has rows of the same kind as the first one, each of which belongs to a class. */
function checkChunk(chunk: Dataset, first: Dataset): Dataset {
  const kindOf = ({ inputs, labels, weights, inputShape, inputScale, outFeatures }: Dataset) =>
    [
      `inputs [${inputShape.join(", ")}] of ${
        inputs instanceof Uint8Array ? "bytes" : "floats"
      } × ${inputScale}`,
      `${outFeatures} ${labels ? "classes" : "targets"}`,
      ...weights ? ["weights"] : [],
    ].join(", ");
  const [found, needed] = [kindOf(chunk), kindOf(first)];
  if (found !== needed) {
    throw new TypeError(`Cannot use ${chunk.source}: a chunk has ${found}, the first one has ${needed}`);
  }
  const row = chunk.labels?.indexOf(NO_CLASS) ?? -1;
  if (row < 0) return chunk;
  throw new RangeError(
    `Cannot use ${chunk.source}: row ${row} belongs to no class, a chunk needs one of each row`,
  );
}

/** Returns the rows of two sets of the same kind. */
function joinRows(one: Dataset, other: Dataset): Dataset {
  const count = countOf(one) + countOf(other), width = inFeaturesOf(one);
  const inputs = one.inputs instanceof Uint8Array
    ? new Uint8Array(count * width)
    : new Float32Array(count * width);
  inputs.set(one.inputs);
  inputs.set(other.inputs, one.inputs.length);
  const { labels, targets, distilled, weights } = one;
  return {
    ...other,
    inputs,
    ...labels && { labels: joinLabels(labels, other.labels!) },
    ...targets && { targets: joinFloats(targets, other.targets!) },
    ...distilled && other.distilled &&
      { distilled: { ...distilled, labels: joinLabels(distilled.labels, other.distilled.labels) } },
    ...weights && { weights: joinFloats(weights, other.weights!) },
  };
}

function joinLabels(one: Uint32Array, other: Uint32Array): Uint32Array {
  const joined = new Uint32Array(one.length + other.length);
  joined.set(one);
  joined.set(other, one.length);
  return joined;
}

function joinFloats(one: Float32Array, other: Float32Array): Float32Array {
  const joined = new Float32Array(one.length + other.length);
  joined.set(one);
  joined.set(other, one.length);
  return joined;
}
