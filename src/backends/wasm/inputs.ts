/**
 * How the inputs of a data set lie in the kernels' memory: as they are, or, where most of them are zero, as entries of the
 * others.
 * @module
 */
import type { Dataset } from "../../data/dataset.ts";
import type { Arena } from "../../workers/arena.ts";
import type { Fields, PROGRAM } from "./records.ts";

/**
 * The share of non-zero inputs up to which skipping zeros is faster: measured on MNIST's first layer, an entry, with its
 * share of the gathering, costs about twice as much as an input of the dense products.
 */
const SPARSE_BELOW = 0.5;

/**
 * How much more room than they take entries get in a training set, whose inputs may be replaced: another deformation of the
 * same images has a few more or fewer. Memory that is never written to costs only addresses.
 */
const SPARE_ROOM = 1.25;

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
  /**
   * Copies others, of the same kind and number, to the same place; `false`, with nothing done, where they do not fit
   * there or their density asks for another layout, which follows from the inputs alone and not from what was there before.
   */
  replace(memory: WebAssembly.Memory, inputs: Dataset["inputs"]): boolean;
}

/** What inputs would take as entries. */
interface Extent {
  /** Where each row's entries begin, `[N + 1]`; the last is their number. */
  readonly starts: Uint32Array;
  /** Entries of the row that has most. */
  readonly longestRow: number;
  /** Whether they are so few that skipping zeros is faster. */
  readonly sparse: boolean;
}

/** How inputs are laid out. */
interface InputOptions {
  /** Inputs a row, `I`. */
  readonly inFeatures: number;
  /** The factor that a network sees each value times. */
  readonly scale: number;
  /** Rows that are gathered at a time. */
  readonly batch: number;
  /** Whether to train: then there are lists by feature too, and inputs can be replaced. */
  readonly train: boolean;
}

/** Finds a place for `inputs` `[N, I]`. */
export function placeInputs(arena: Arena, inputs: Dataset["inputs"], options: InputOptions): PlacedInputs {
  const extent = measure(inputs, options.inFeatures);
  if (extent.sparse) return placeEntries(arena, inputs, extent, options);
  const source = arena.reserve(inputs.byteLength + 16); // kernels read 16 bytes at a time
  const write = (memory: WebAssembly.Memory, from = inputs) => {
    if (from instanceof Uint8Array) new Uint8Array(memory.buffer, source, from.length).set(from);
    else new Float32Array(memory.buffer, source, from.length).set(from);
  };
  return {
    sparse: false,
    source,
    fields: {},
    write,
    replace(memory, others) {
      if (measure(others, options.inFeatures).sparse) return false;
      write(memory, others);
      return true;
    },
  };
}

function measure(inputs: Dataset["inputs"], inFeatures: number): Extent {
  const rows = inputs.length / inFeatures, quads = quadsOf(inputs, inFeatures);
  const starts = new Uint32Array(rows + 1);
  let entries = 0, longestRow = 0;
  for (let row = 0; row < rows; row++) {
    if (quads) {
      const end = (row + 1) * inFeatures / 4;
      for (let at = row * inFeatures / 4; at < end; at++) entries += nonZeroBytes(quads[at]);
    } else {
      const end = (row + 1) * inFeatures;
      for (let at = row * inFeatures; at < end; at++) if (inputs[at] !== 0) entries++;
    }
    longestRow = Math.max(longestRow, entries - starts[row]);
    starts[row + 1] = entries;
  }
  return { starts, longestRow, sparse: entries <= SPARSE_BELOW * inputs.length };
}

/** Bytes by fours, where rows of them can be read so: to count them takes a third of the time. */
function quadsOf(inputs: Dataset["inputs"], inFeatures: number): Uint32Array | undefined {
  if (!(inputs instanceof Uint8Array) || inFeatures % 4 !== 0 || inputs.byteOffset % 4 !== 0) {
    return undefined;
  }
  return new Uint32Array(inputs.buffer, inputs.byteOffset, inputs.length / 4);
}

/** How many of four bytes are not zero: each sets its highest bit, and these bits are added up. */
function nonZeroBytes(quad: number): number {
  const bits = ((quad & 0x7f7f7f7f) + 0x7f7f7f7f | quad) >>> 7 & 0x01010101;
  return Math.imul(bits, 0x01010101) >>> 24;
}

/** Entries take 4 bytes where inputs are bytes, feature * 256 + byte, else 8, {u32 feature * 64, f32 value}. */
function placeEntries(
  arena: Arena,
  inputs: Dataset["inputs"],
  extent: Extent,
  { inFeatures, scale, batch, train }: InputOptions,
): PlacedInputs {
  const bytes = inputs instanceof Uint8Array, words = bytes ? 1 : 2, { starts } = extent;
  const roomFor = (count: number, most: number) =>
    train ? Math.min(most, Math.ceil(count * SPARE_ROOM)) : count;
  const room = roomFor(starts[starts.length - 1], inputs.length);
  const rowRoom = roomFor(extent.longestRow, inFeatures);
  const source = arena.reserve(room * words * 4), startsAt = arena.reserve(starts.byteLength);
  const fields = {
    entryFeatures: inFeatures,
    entryBytes: bytes ? 1 : 0,
    entryScale: scale,
    entryStarts: startsAt,
    entrySource: source,
    entries: arena.reserve(batch * rowRoom * 8),
    entryStride: rowRoom,
    entryCounts: arena.reserve(batch * 4),
    ...(train && {
      listEnds: arena.reserve((inFeatures + 2) * 4),
      lists: arena.reserve(batch * rowRoom * 8),
    }),
  };
  const write = (memory: WebAssembly.Memory, from: Dataset["inputs"], { starts }: Extent) => {
    new Uint32Array(memory.buffer, startsAt, starts.length).set(starts);
    const integers = new Uint32Array(memory.buffer, source, room * words);
    const floats = new Float32Array(memory.buffer, source, room * words);
    for (let at = 0, feature = 0, entry = 0; at < from.length; at++) {
      const value = from[at];
      if (value !== 0) {
        integers[entry] = bytes ? feature * 256 + value : feature * 64;
        if (!bytes) floats[entry + 1] = value * scale;
        entry += words;
      }
      if (++feature === inFeatures) feature = 0;
    }
  };
  return {
    sparse: true,
    source: 0,
    fields,
    write: (memory) => write(memory, inputs, extent),
    replace(memory, others) {
      const wanted = measure(others, inFeatures), entries = wanted.starts[starts.length - 1];
      if (!wanted.sparse || entries > room || wanted.longestRow > rowRoom) return false;
      write(memory, others, wanted);
      return true;
    },
  };
}
