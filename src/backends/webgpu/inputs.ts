/**
 * A data set on the device: the inputs as bytes, four a word and each row from a word of its own, or as floats; beside them
 * labels or target values. A set beyond the adapter's largest binding lies in several parts, each of whole rows.
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
}

/** A set's place. */
export interface PlacedInputs {
  /** Copies inputs in. */
  write(inputs: Dataset["inputs"]): void;
  /** Copies labels or targets in. */
  writeAnswers(values: Uint32Array | Float32Array): void;
  /** The gathers of a batch: one for each part. */
  launches(options: {
    readonly order?: GPUBuffer;
    readonly x: GPUBuffer;
    readonly target: GPUBuffer;
    readonly scale: number;
    readonly batchSize: number;
  }): Launch[];
}

/** Bytes that are handed to the driver at a time: it keeps a copy of them until they are on the device. */
const CHUNK_BYTES = 1 << 25;

/** Takes room for a set. */
export async function placeInputs(device: Device, what: Work, form: InputForm): Promise<PlacedInputs> {
  const { count, inFeatures, bytes, answers } = form;
  const words = bytes ? Math.ceil(inFeatures / 4) : inFeatures;
  const rowsOfPart = Math.max(1, Math.floor(device.largestBuffer / (4 * Math.max(words, answers))));
  const parts: { first: number; rows: number }[] = [];
  for (let first = 0; first < count; first += rowsOfPart) {
    parts.push({ first, rows: Math.min(rowsOfPart, count - first) });
  }
  const buffers = await device.allocate(
    what,
    parts.flatMap(({ rows }): BufferRequest[] => [
      { name: "the inputs", bytes: 4 * rows * words },
      { name: "labels or targets", bytes: 4 * rows * answers },
    ]),
  );
  return {
    write(inputs) {
      const chunkRows = Math.max(1, Math.floor(CHUNK_BYTES / (4 * words)));
      const inRows = inRowsOf(inputs, inFeatures, words, chunkRows);
      for (const [index, { first, rows }] of parts.entries()) {
        for (let done = 0; done < rows; done += chunkRows) {
          const from = first + done, end = Math.min(first + rows, from + chunkRows);
          device.gpu.queue.writeBuffer(buffers[2 * index], 4 * done * words, inRows(from, end));
          device.gpu.queue.submit([]); // so that the copy is let go
        }
      }
    },
    writeAnswers(values) {
      for (const [index, { first, rows }] of parts.entries()) {
        const part = values.subarray(first * answers, (first + rows) * answers);
        device.gpu.queue.writeBuffer(
          buffers[2 * index + 1],
          0,
          part as typeof part & ArrayBufferView<ArrayBuffer>,
        );
      }
    },
    launches({ order, x, target, scale, batchSize }) {
      const kernel = gatherKernel({ bytes, ordered: order !== undefined });
      return parts.map(({ first, rows }, index) => ({
        kernel,
        sizes: { whole: [first, rows, words, inFeatures, answers], real: scale },
        buffers: [buffers[2 * index], buffers[2 * index + 1], order ?? buffers[2 * index + 1], x, target],
        grid: gatherGrid(batchSize, Math.max(words, answers)),
      }));
    },
  };
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
