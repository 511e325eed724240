/**
 * How the inputs of a data set lie in the kernels' memory: as they are, or, where most of them are zero, as entries
 * {u32 feature * 64, f32 value} of the others.
 * @module
 */
import type { Dataset } from "../../data/dataset.ts";
import type { Arena } from "./arena.ts";

/**
 * The share of non-zero inputs up to which skipping zeros is faster. TODO-MEASURE
 */
const SPARSE_BELOW = 0.5;

/** Inputs that have their place, and how to put them there. */
export interface PlacedInputs {
  /** Whether zeros are skipped. */
  readonly sparse: boolean;
  /** The inputs as they are, or the entries. */
  readonly source: number;
  /** Where the entries of each row begin, `[N + 1]` u32, in entries; 0 where the inputs are dense. */
  readonly starts: number;
  /** The largest number of entries of a row. */
  readonly longestRow: number;
  /** Copies the inputs to their place. */
  write(memory: WebAssembly.Memory): void;
}

/** Finds a place for `inputs` `[N, inFeatures]`, whose values a network sees times `scale`. */
export function placeInputs(
  arena: Arena,
  inputs: Dataset["inputs"],
  options: { readonly inFeatures: number; readonly scale: number },
): PlacedInputs {
  const { inFeatures, scale } = options;
  const rows = inputs.length / inFeatures;
  const starts = new Uint32Array(rows + 1);
  let entries = 0, longestRow = 0;
  for (let row = 0, at = 0; row < rows; row++) {
    for (const end = at + inFeatures; at < end; at++) if (inputs[at] !== 0) entries++;
    longestRow = Math.max(longestRow, entries - starts[row]);
    starts[row + 1] = entries;
  }
  if (entries > SPARSE_BELOW * inputs.length) {
    const source = arena.reserve(inputs.byteLength + 16); // kernels read 16 bytes at a time
    return {
      sparse: false,
      source,
      starts: 0,
      longestRow,
      write: (memory) => {
        if (inputs instanceof Uint8Array) new Uint8Array(memory.buffer, source, inputs.length).set(inputs);
        else new Float32Array(memory.buffer, source, inputs.length).set(inputs);
      },
    };
  }
  const source = arena.reserve(entries * 8), startsAt = arena.reserve(starts.byteLength);
  return {
    sparse: true,
    source,
    starts: startsAt,
    longestRow,
    write: (memory) => {
      new Uint32Array(memory.buffer, startsAt, starts.length).set(starts);
      const offsets = new Uint32Array(memory.buffer, source, entries * 2);
      const values = new Float32Array(memory.buffer, source, entries * 2);
      for (let row = 0, at = 0, entry = 0; row < rows; row++) {
        for (let feature = 0; feature < inFeatures; feature++, at++) {
          const value = inputs[at];
          if (value === 0) continue;
          offsets[entry] = feature * 64;
          values[entry + 1] = value * scale;
          entry += 2;
        }
      }
    },
  };
}
