/**
 * A data set on the device: the inputs as bytes, four a word and each row from a word of its own, or as floats; beside them
 * labels or target values, and row weights. A set beyond the adapter's largest binding lies in several parts, each of whole rows.
 * @module
 */
import type { Dataset } from "../../data/dataset.ts";
import type { BufferRequest, Device } from "./device.ts";
import type { Work } from "./errors.ts";
import { gatherKernel } from "./kernels.ts";
import { gatherGrid, type Launch } from "./program.ts";

/** What is to lie on the device. */
export interface InputForm {
  readonly count: number;
  readonly inFeatures: number;
  readonly bytes: boolean;
  /** Words of a row's labels or target values; 0 for none. */
  readonly answers: number;
  /** True if rows have weights. */
  readonly weighted: boolean;
}

/** A set's place. */
export interface PlacedInputs {
  /** Copies inputs in. */
  write(inputs: Dataset["inputs"]): void;
  /** Copies labels or targets in. */
  writeAnswers(values: Uint32Array | Float32Array): void;
  /** Copies row weights in. */
  writeWeights(values: Float32Array): void;
  /** Returns the gathers of a batch: for each part one of its inputs, and one of its weights if `weights` receives them. */
  launches(options: {
    readonly order?: GPUBuffer;
    readonly x: GPUBuffer;
    readonly target: GPUBuffer;
    readonly weights?: GPUBuffer;
    readonly scale: number;
    readonly batchSize: number;
  }): Launch[];
}

/** Bytes that are handed to the driver at a time: it keeps a copy of them until they are on the device. */
const CHUNK_BYTES = 1 << 25;

/** Takes room for a set. */
export async function placeInputs(device: Device, what: Work, form: InputForm): Promise<PlacedInputs> {
  const { count, inFeatures, bytes, answers, weighted } = form;
  const words = bytes ? Math.ceil(inFeatures / 4) : inFeatures;
  const rowsOfPart = Math.max(1, Math.floor(device.largestBuffer / (4 * Math.max(words, answers))));
  const parts: { first: number; rows: number }[] = [];
  for (let first = 0; first < count; first += rowsOfPart) {
    parts.push({ first, rows: Math.min(rowsOfPart, count - first) });
  }
  const requests = parts.flatMap(({ rows }): BufferRequest[] => [
    { name: "the inputs", bytes: 4 * rows * words },
    { name: "labels or targets", bytes: 4 * rows * answers },
    ...(weighted ? [{ name: "weights of rows", bytes: 4 * rows }] : []),
  ]);
  const buffers = (await device.allocate(what, requests)).values(), take = () => buffers.next().value!;
  const placed = parts.map((part) => ({
    ...part,
    inputs: take(),
    answers: take(),
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
          queue.submit([]); // so that the copy is let go
        }
      }
    },
    writeAnswers(values) {
      for (const { first, rows, answers: buffer } of placed) {
        queue.writeBuffer(buffer, 0, rowsOf(values, answers, first, rows));
      }
    },
    writeWeights(values) {
      for (const { first, rows, weights } of placed) {
        if (weights) queue.writeBuffer(weights, 0, rowsOf(values, 1, first, rows));
      }
    },
    launches({ order, x, target, weights: weightsOfBatch, scale, batchSize }) {
      const kernel = gatherKernel({ bytes, ordered: order !== undefined });
      return placed.flatMap(({ first, rows, inputs, answers: own, weights }) => {
        const launch = (words: number, answers: number, [from, to]: readonly [GPUBuffer, GPUBuffer]) => ({
          kernel,
          sizes: { whole: [first, rows, words, inFeatures, answers], reals: [scale] },
          buffers: [inputs, from, order ?? from, x, to],
          grid: gatherGrid(batchSize, Math.max(words, answers)),
        });
        // Weights are gathered as labels are, by the same kernel, with no words of inputs.
        const ofWeights = weights && weightsOfBatch ? [launch(0, 1, [weights, weightsOfBatch])] : [];
        return [launch(words, answers, [own, target]), ...ofWeights];
      });
    },
  };
}

/** Returns rows of `width` values each, as a view. */
function rowsOf<T extends Uint32Array | Float32Array>(values: T, width: number, first: number, rows: number) {
  return values.subarray(first * width, (first + rows) * width) as T & ArrayBufferView<ArrayBuffer>;
}

/** Rows of inputs as the device has them: as they are, or each filled up to a whole number of words. */
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
