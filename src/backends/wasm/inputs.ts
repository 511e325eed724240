/**
 * Places the inputs of a data set in the kernels' memory. Dense inputs are stored unchanged; if most inputs are zero, only
 * the others are stored, as entries.
 * @module
 */
import type { Dataset } from "../../data/dataset.ts";
import type { Arena } from "../../workers/arena.ts";
import type { Fields, PROGRAM } from "./records.ts";

/**
 * The share of nonzero inputs up to which skipping zeros is faster. Measured on MNIST's first layer, an entry takes about
 * twice the time of an input in the dense products, its share of the gathering included.
 */
const SPARSE_BELOW = 0.5;

/**
 * The factor by which the memory reserved for the entries of a training set is larger than they need, because its inputs
 * may be replaced: another deformation of the same images has a few more or fewer entries. Memory that is never written to
 * takes address space only.
 */
const SPARE_ROOM = 1.25;

/** Inputs for which memory is reserved. */
export interface PlacedInputs {
  /** True if zeros are skipped. */
  readonly sparse: boolean;
  /** The address of dense inputs; 0 if zeros are skipped. */
  readonly source: number;
  /** The fields of a program that describe the entries; none if the inputs are dense. */
  readonly fields: Fields<typeof PROGRAM>;
  /** Copies the inputs into the memory. */
  write(memory: WebAssembly.Memory): void;
  /**
   * Copies other inputs, of the same kind and number, to the same address. Returns `false`, without copying, if they do
   * not fit there or their density needs the other layout. The layout does not depend on earlier inputs.
   */
  replace(memory: WebAssembly.Memory, inputs: Dataset["inputs"]): boolean;
}

/** The number and distribution of nonzero inputs. */
interface Extent {
  /** The index of each row's first entry, `[N + 1]`; the last number is the count of all entries. */
  readonly starts: Uint32Array;
  /** The largest number of entries in a row. */
  readonly longestRow: number;
  /** True if so few inputs are nonzero that skipping zeros is faster. */
  readonly sparse: boolean;
}

/** Options of the layout of inputs. */
interface InputOptions {
  /** Inputs in each row, `I`. */
  readonly inFeatures: number;
  /** The factor by which each value is multiplied. */
  readonly scale: number;
  /** Rows in each batch. */
  readonly batch: number;
  /** True for training, which also needs lists by feature and memory for replaced inputs. */
  readonly train: boolean;
}

/** Reserves memory for `inputs` `[N, I]`. */
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

/** Returns bytes as groups of four if each row is whole groups; counting them so takes a third of the time. */
function quadsOf(inputs: Dataset["inputs"], inFeatures: number): Uint32Array | undefined {
  if (!(inputs instanceof Uint8Array) || inFeatures % 4 !== 0 || inputs.byteOffset % 4 !== 0) {
    return undefined;
  }
  return new Uint32Array(inputs.buffer, inputs.byteOffset, inputs.length / 4);
}

/** Returns how many of four bytes are not zero. Each nonzero byte sets its highest bit, and these bits are added up. */
function nonZeroBytes(quad: number): number {
  const bits = ((quad & 0x7f7f7f7f) + 0x7f7f7f7f | quad) >>> 7 & 0x01010101;
  return Math.imul(bits, 0x01010101) >>> 24;
}

/**
 * Reserves memory for inputs as entries. An entry of a byte takes 4 bytes, feature * 256 + byte; an entry of a float takes
 * 8, {u32 feature * 64, f32 value}.
 */
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
      const needed = measure(others, inFeatures), entries = needed.starts[starts.length - 1];
      if (!needed.sparse || entries > room || needed.longestRow > rowRoom) return false;
      write(memory, others, needed);
      return true;
    },
  };
}
