/**
 * How the inputs of a data set lie in the kernels' memory: as they are, or, where most of them are zero, as entries of the
 * others.
 * @module
 */
import type { Dataset } from "../../data/dataset.ts";
import type { Arena } from "./arena.ts";
import type { Fields, PROGRAM } from "./records.ts";

/**
 * The share of non-zero inputs up to which skipping zeros is faster: measured on MNIST's first layer, an entry, with its
 * share of the gathering, costs about twice as much as an input of the dense products.
 */
const SPARSE_BELOW = 0.5;

/** Inputs that have their place, and how to put them there. */
export interface PlacedInputs {
  /** Whether zeros are skipped. */
  readonly sparse: boolean;
  /** Where the inputs are, as they are; 0 where zeros are skipped. */
  readonly source: number;
  /** The fields of a program that tell the kernels where the entries are; none where inputs are dense. */
  readonly fields: Fields<typeof PROGRAM>;
  /** Copies the inputs to their place. */
  write(memory: WebAssembly.Memory): void;
}

/** Finds a place for `inputs` `[N, inFeatures]`, whose values a network sees times `scale`, `batch` rows at a time. */
export function placeInputs(
  arena: Arena,
  inputs: Dataset["inputs"],
  options: {
    readonly inFeatures: number;
    readonly scale: number;
    readonly batch: number;
    readonly lists: boolean;
  },
): PlacedInputs {
  const { inFeatures } = options;
  const rows = inputs.length / inFeatures;
  const starts = new Uint32Array(rows + 1);
  let entries = 0, longestRow = 0;
  for (let row = 0, at = 0; row < rows; row++) {
    for (const end = at + inFeatures; at < end; at++) if (inputs[at] !== 0) entries++;
    longestRow = Math.max(longestRow, entries - starts[row]);
    starts[row + 1] = entries;
  }
  if (entries <= SPARSE_BELOW * inputs.length) {
    return placeEntries(arena, inputs, starts, { ...options, longestRow });
  }
  const source = arena.reserve(inputs.byteLength + 16); // kernels read 16 bytes at a time
  return {
    sparse: false,
    source,
    fields: {},
    write: (memory) => {
      if (inputs instanceof Uint8Array) new Uint8Array(memory.buffer, source, inputs.length).set(inputs);
      else new Float32Array(memory.buffer, source, inputs.length).set(inputs);
    },
  };
}

/** Entries take 4 bytes where inputs are bytes, feature * 256 + byte, else 8, {u32 feature * 64, f32 value}. */
function placeEntries(
  arena: Arena,
  inputs: Dataset["inputs"],
  starts: Uint32Array,
  { inFeatures, scale, batch, lists, longestRow }: {
    readonly inFeatures: number;
    readonly scale: number;
    readonly batch: number;
    readonly lists: boolean;
    readonly longestRow: number;
  },
): PlacedInputs {
  const bytes = inputs instanceof Uint8Array, count = starts[starts.length - 1];
  const words = bytes ? 1 : 2;
  const source = arena.reserve(count * words * 4), startsAt = arena.reserve(starts.byteLength);
  const fields = {
    entryFeatures: inFeatures,
    entryBytes: bytes ? 1 : 0,
    entryScale: scale,
    entryStarts: startsAt,
    entrySource: source,
    entries: arena.reserve(batch * longestRow * 8),
    entryStride: longestRow,
    entryCounts: arena.reserve(batch * 4),
    ...(lists && {
      listEnds: arena.reserve((inFeatures + 2) * 4),
      lists: arena.reserve(batch * longestRow * 8),
    }),
  };
  const write = (memory: WebAssembly.Memory) => {
    new Uint32Array(memory.buffer, startsAt, starts.length).set(starts);
    const integers = new Uint32Array(memory.buffer, source, count * words);
    const floats = new Float32Array(memory.buffer, source, count * words);
    for (let at = 0, feature = 0, entry = 0; at < inputs.length; at++) {
      const value = inputs[at];
      if (value !== 0) {
        integers[entry] = bytes ? feature * 256 + value : feature * 64;
        if (!bytes) floats[entry + 1] = value * scale;
        entry += words;
      }
      if (++feature === inFeatures) feature = 0;
    }
  };
  return { sparse: true, source: 0, fields, write };
}
