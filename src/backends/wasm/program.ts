/**
 * Places programs in the kernels' memory: the records that tell the kernels which operations to run.
 * @module
 */
import type { Arena } from "../../workers/arena.ts";
import { panelsOf } from "./panels.ts";
import {
  bytesOf,
  type Fields,
  ITEM,
  LAYER,
  PROGRAM,
  QUEUES,
  ROW_OP,
  STEP_NUMBERS,
  writeRecord,
} from "./records.ts";

/** Most rows of a panel of weights in one item: 8 KB of gradient. Half of this number must be a multiple of 16. */
const ITEM_ROWS = 128;

/** Returns the bytes of the counters of `kernels/control.ts`. */
const controlBytes = (threads: number) => 192 + Object.keys(QUEUES).length * threads * 64;

/** The contents of a program, with all addresses. */
export interface ProgramSpec {
  /** Threads that share the work. */
  readonly threads: number;
  /** Rows of a full batch. */
  readonly batch: number;
  /** Most rows in a run. */
  readonly maxRows: number;
  /** Operations on rows, in order. */
  readonly rowOps: readonly Fields<typeof ROW_OP>[];
  /** The layers to update, first to last; none in a prediction. */
  readonly layers: readonly Fields<typeof LAYER>[];
  /** Other fields of the program. */
  readonly fields: Fields<typeof PROGRAM>;
}

/** A program for which memory is reserved. */
export interface PlacedProgram {
  /** The address of its record. */
  readonly address: number;
  /** The address of the rows of a run, `[maxRows]` u32. */
  readonly order: number;
  /** The address of the numbers of each step's updates, `[steps, STEP_NUMBERS]` f32. */
  readonly numbers: number;
  /** The address of the sum of the losses, one f64. */
  readonly lossSum: number;
  /** The addresses of the layer records. */
  readonly layers: readonly number[];
  /** Writes all records. */
  write(memory: WebAssembly.Memory): void;
}

/** Reserves memory for a program. */
export function placeProgram(arena: Arena, spec: ProgramSpec): PlacedProgram {
  const { threads, batch, maxRows } = spec;
  const items = spec.layers.flatMap(itemsOf);
  const scratchBytes = 64 + ITEM_ROWS * 64;
  const address = arena.reserve(bytesOf(PROGRAM));
  const control = arena.reserve(controlBytes(threads));
  const order = arena.reserve(maxRows * 4);
  const numbers = arena.reserve(Math.ceil(maxRows / batch) * STEP_NUMBERS * 4);
  const rowOps = arena.reserve(spec.rowOps.length * bytesOf(ROW_OP));
  const layers = arena.reserve(spec.layers.length * bytesOf(LAYER));
  const itemsAt = arena.reserve(items.length * bytesOf(ITEM));
  const squares = arena.reserve(items.length * 8);
  const scratch = arena.reserve(threads * scratchBytes);
  const losses = arena.reserve(batch * 8), correctRows = arena.reserve(batch * 4), lossSum = arena.reserve(8);
  return {
    address,
    order,
    numbers,
    lossSum,
    layers: spec.layers.map((_, index) => layers + index * bytesOf(LAYER)),
    write(memory) {
      const all = <R extends Parameters<typeof bytesOf>[0]>(
        at: number,
        record: R,
        list: readonly Fields<R>[],
      ) => list.forEach((values, index) => writeRecord(memory, at + index * bytesOf(record), record, values));
      all(rowOps, ROW_OP, spec.rowOps);
      all(layers, LAYER, spec.layers);
      all(itemsAt, ITEM, items);
      writeRecord(memory, address, PROGRAM, {
        ...{ threads, batch, stride: batch, chunk: chunkRows(batch, threads) },
        ...{
          order,
          numbers,
          rowOps,
          rowOpCount: spec.rowOps.length,
          layers,
          items: itemsAt,
          itemCount: items.length,
        },
        ...{ scratch, scratchBytes, squares, losses, correctRows, control, lossSum },
        ...spec.fields,
      });
    },
  };
}

/** Returns the number of rows in a chunk, the unit of work of a thread. */
function chunkRows(batch: number, threads: number): number {
  const share = Math.ceil(batch / (threads * 4));
  return Math.max(8, Math.ceil(share / 8) * 8);
}

/** Divides the weights of a layer into items: rows of one panel, or of two panels if the input is sparse. */
function itemsOf(layer: Fields<typeof LAYER>, index: number): Fields<typeof ITEM>[] {
  const { inner = 0, columns = 0 } = layer;
  const together = layer.x ? 1 : 2, rows = ITEM_ROWS / together, all = panelsOf(columns);
  const items: Fields<typeof ITEM>[] = [];
  for (let panel = 0; panel < all; panel += together) {
    const panels = Math.min(together, all - panel);
    for (let k0 = 0; k0 < inner; k0 += rows) {
      items.push({ layer: index, panel, panels, k0, k1: Math.min(inner, k0 + rows) });
    }
  }
  return items;
}
