/** Predictions: rows with the network's outputs, batch by batch. @module */
import type { Predictor } from "../../src/backends/backend.ts";
import type { InputRow } from "../../src/data/meaning/row_inputs.ts";
import { type Evidence, guessOf, labelProbabilitiesOf, readOutputs, verdictOf } from "../../src/guess.ts";
import type { Mlp } from "../../src/mlp.ts";
import { TaskError } from "../terminal/errors.ts";
import { unlessAborted } from "../terminal/interrupt.ts";

/** A row and the network's outputs for it. */
export interface Prediction {
  readonly row: InputRow;
  /** The network's outputs `[O]`. */
  readonly outputs: Float32Array;
  /** The probabilities of classes, `[C]`; absent if the network has no classes. */
  readonly probabilities?: Float32Array;
  /** The evidence of the guess; absent if the network has no thresholds. */
  readonly evidence?: Evidence;
  /** The probabilities of several labels, `[O]`; absent if the network has no labels. */
  readonly labels?: Float32Array;
}

/** The maximum number of rows of a batch, and of bytes of their inputs as float32. */
const BATCH_ROWS = 4096, BATCH_BYTES = 16 * 1024 * 1024;

/**
 * Yields the predictions for rows, batch by batch. Only the rows of one batch are in memory at a time.
 *
 * @param chunks the rows, in chunks of any number
 */
export async function* predictions(
  chunks: AsyncIterable<readonly InputRow[]>,
  { mlp, predictor, signal }: {
    readonly mlp: Mlp;
    readonly predictor: Predictor;
    readonly signal: AbortSignal;
  },
): AsyncGenerator<Prediction[]> {
  const size = Math.min(BATCH_ROWS, Math.max(1, Math.floor(BATCH_BYTES / (4 * mlp.inFeatures))));
  for await (const rows of batchesOf(chunks, size, signal)) {
    const outputs = await predictor.run(inputsOf(rows, mlp.inFeatures));
    const { probabilities, evidence } = readOutputs(mlp, outputs) ?? {};
    const labels = labelProbabilitiesOf(mlp, outputs);
    yield rows.map((row, i) => {
      const part = (values: Float32Array) => {
        const width = values.length / rows.length;
        return values.subarray(i * width, (i + 1) * width);
      };
      return {
        row,
        outputs: part(outputs),
        ...probabilities && { probabilities: part(probabilities) },
        ...evidence && { evidence: evidence[i] },
        ...labels && { labels: part(labels) },
      };
    });
  }
}

/** Joins and splits chunks into batches of `size` rows, the last of which may be smaller. */
export async function* batchesOf<R>(
  chunks: AsyncIterable<readonly R[]>,
  size: number,
  signal: AbortSignal,
): AsyncGenerator<R[]> {
  let batch: R[] = [];
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    while (true) {
      const { done, value } = await unlessAborted(signal, iterator.next());
      if (done) break;
      for (const row of value) {
        batch.push(row);
        if (batch.length < size) continue;
        yield batch;
        batch = [];
      }
    }
    if (batch.length > 0) yield batch;
  } finally {
    // A read of an idle pipe never ends, and its iterator cannot return before it does.
    if (!signal.aborted) await iterator.return?.();
  }
}

/** Returns the inputs of all rows, `[N, I]`: bytes if all of them are bytes, else float32. */
function inputsOf(rows: readonly InputRow[], inFeatures: number): Uint8Array | Float32Array {
  const areBytes = rows.every(({ inputs }) => inputs instanceof Uint8Array);
  const all = new (areBytes ? Uint8Array : Float32Array)(rows.length * inFeatures);
  for (const [i, { inputs }] of rows.entries()) all.set(inputs, i * inFeatures);
  return all;
}

/** Returns whether a label of this probability is predicted. */
export function isPredicted(probability: number): boolean {
  return probability > 0.5;
}

/** Returns a prediction as the object of a line of JSON. */
export function predictionJson(
  { row, outputs, probabilities, evidence, labels }: Prediction,
  { classNames }: Mlp,
) {
  const { name: file, blank, label, parts, picture } = row;
  const several = { ...picture !== undefined && { picture }, ...parts !== undefined && { digits: parts } };
  const known = { ...several, ...label !== undefined && { trueLabel: label } };
  if (blank) return { file, ...known, blank };
  if (labels) {
    const predicted = [...labels.keys()].filter((o) => isPredicted(labels[o]));
    const names = classNames && { labelNames: predicted.map((o) => classNames[o]) };
    return { file, ...several, labels: predicted, ...names, probabilities: [...labels] };
  }
  if (!probabilities) return { file, ...known, outputs: [...outputs] };
  const found = guessOf(probabilities, evidence), { label: guess, ...fields } = found;
  const name = classNames && { className: classNames[guess] };
  const rest = { ...fields, ...evidence && { verdict: verdictOf(found) } };
  return { file, ...known, guess, ...name, ...rest, probabilities: [...probabilities] };
}

/** The numbers of rows that a run has predicted. */
export interface Tally {
  /** All rows. */
  rows: number;
  /** Files that were left out. */
  faults: number;
  /** Pictures without ink. */
  blank: number;
  /** Rows with a known label and a predicted class. */
  labeled: number;
  /** Those of them whose class was predicted correctly. */
  correct: number;
}

/**
 * Yields the same predictions, and counts them.
 *
 * @throws {TaskError} if there are none, because all files were left out
 */
export async function* counted(
  batches: AsyncIterable<Prediction[]>,
  tally: Tally,
): AsyncGenerator<Prediction[]> {
  for await (const batch of batches) {
    yield batch;
    tally.rows += batch.length;
    for (const { row: { blank, label }, probabilities } of batch) {
      if (blank) tally.blank++;
      else if (label !== undefined && probabilities) {
        tally.labeled++;
        if (guessOf(probabilities).label === label) tally.correct++;
      }
    }
  }
  if (tally.rows === 0) throw new TaskError("Cannot predict: no input could be read");
}
