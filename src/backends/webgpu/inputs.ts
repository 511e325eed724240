/**
 * Places a data set on the device: the inputs, as bytes or floats, the labels or targets, and the row weights. Bytes are
 * packed four to a word, and each row begins with a new word. A data set larger than the adapter's largest binding is
 * divided into parts of complete rows.
 * @module
 */
import type { Dataset } from "../../data/dataset.ts";
import type { BufferRequest, Device } from "./device.ts";
import type { Action } from "./errors.ts";
import { gatherKernel } from "./kernels.ts";
import { gatherGrid, type Launch } from "./program.ts";

/** The form of a data set on the device. */
export interface InputForm {
  readonly count: number;
  readonly inFeatures: number;
  readonly bytes: boolean;
  /** Words of the label or the targets of a row; 0 in a prediction. */
  readonly targetWords: number;
  /** True if rows have weights. */
  readonly weighted: boolean;
}

/** A data set for which buffers are allocated. */
export interface PlacedInputs {
  /** Copies inputs in. */
  write(inputs: Dataset["inputs"]): void;
  /** Copies labels or targets in. */
  writeTargets(values: Uint32Array | Float32Array): void;
  /** Copies row weights in. */
  writeWeights(values: Float32Array): void;
  /** Returns the gathers of a batch: one for each part, and one for its row weights if `weights` is given. */
  launches(options: {
    readonly order?: GPUBuffer;
    readonly x: GPUBuffer;
    readonly target: GPUBuffer;
    readonly weights?: GPUBuffer;
    readonly scale: number;
    readonly batchSize: number;
  }): Launch[];
}

/** Bytes that are written at a time. The driver keeps a copy of them until they are on the device. */
const CHUNK_BYTES = 1 << 25;

/** Allocates buffers for a data set. */
export async function placeInputs(device: Device, action: Action, form: InputForm): Promise<PlacedInputs> {
  const { count, inFeatures, bytes, targetWords, weighted } = form;
  const words = bytes ? Math.ceil(inFeatures / 4) : inFeatures;
  const rowsOfPart = Math.max(1, Math.floor(device.largestBuffer / (4 * Math.max(words, targetWords))));
  const parts: { first: number; rows: number }[] = [];
  for (let first = 0; first < count; first += rowsOfPart) {
    parts.push({ first, rows: Math.min(rowsOfPart, count - first) });
  }
  const requests = parts.flatMap(({ rows }): BufferRequest[] => [
    { name: "the inputs", bytes: 4 * rows * words },
    { name: "labels or targets", bytes: 4 * rows * targetWords },
    ...(weighted ? [{ name: "weights of rows", bytes: 4 * rows }] : []),
  ]);
  const buffers = (await device.allocate(action, requests)).values(), take = () => buffers.next().value!;
  const placed = parts.map((part) => ({
    ...part,
    inputs: take(),
    targets: take(),
    ...weighted && { weights: take() },
  }));
  const { queue } = device.gpu;
  return {
    write(inputs) {
      const chunkRows = Math.max(1, Math.floor(CHUNK_BYTES / (4 * words)));
      const inRows = inRowsOf(inputs, inFeatures, words, chunkRows);
      for (const { first, rows, inputs: buffer } of placed) {
        for (let done = 0; done < rows; done += chunkRows) {
          const from = first + done, end = Math.min(first + rows, from + chunkRows);
          queue.writeBuffer(buffer, 4 * done * words, inRows(from, end));
          queue.submit([]); // so that the driver frees its copy
        }
      }
    },
    writeTargets(values) {
      for (const { first, rows, targets } of placed) {
        queue.writeBuffer(targets, 0, rowsOf(values, targetWords, first, rows));
      }
    },
    writeWeights(values) {
      for (const { first, rows, weights } of placed) {
        if (weights) queue.writeBuffer(weights, 0, rowsOf(values, 1, first, rows));
      }
    },
    launches({ order, x, target, weights: weightsOfBatch, scale, batchSize }) {
      const kernel = gatherKernel({ bytes, ordered: order !== undefined });
      return placed.flatMap(({ first, rows, inputs, targets, weights }) => {
        const launch = (words: number, targetWords: number, [from, to]: readonly [GPUBuffer, GPUBuffer]) => ({
          kernel,
          sizes: { whole: [first, rows, words, inFeatures, targetWords], reals: [scale] },
          buffers: [inputs, from, order ?? from, x, to],
          grid: gatherGrid(batchSize, Math.max(words, targetWords)),
        });
        // The kernel gathers row weights as it gathers labels, here with no words of inputs.
        const ofWeights = weights && weightsOfBatch ? [launch(0, 1, [weights, weightsOfBatch])] : [];
        return [launch(words, targetWords, [targets, target]), ...ofWeights];
      });
    },
  };
}

/** Returns rows of `width` values each, as a view. */
function rowsOf<T extends Uint32Array | Float32Array>(values: T, width: number, first: number, rows: number) {
  return values.subarray(first * width, (first + rows) * width) as T & ArrayBufferView<ArrayBuffer>;
}

/** Returns a function that returns rows of inputs as the device stores them, each padded to a whole number of words. */
function inRowsOf(inputs: Dataset["inputs"], inFeatures: number, words: number, most: number) {
  const width = inputs instanceof Uint8Array ? 4 * words : words;
  if (width === inFeatures) {
    return (from: number, end: number) =>
      inputs.subarray(from * width, end * width) as Dataset["inputs"] & ArrayBufferView<ArrayBuffer>;
  }
  const filled = new Uint8Array(most * width);
  return (from: number, end: number) => {
    for (let row = from; row < end; row++) {
      filled.set(inputs.subarray(row * inFeatures, (row + 1) * inFeatures), (row - from) * width);
    }
    return filled.subarray(0, (end - from) * width);
  };
}
