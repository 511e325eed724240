/**
 * The records that the kernels read, field by field in the order of `kernels/records.ts`. Every field has 4 bytes: a
 * float32 where it is marked so, else an integer, addresses too.
 * @module
 */

/** How a field is stored. */
type Kind = "i32" | "f32";

/** An operation on rows of the batch. */
export const ROW_OP = {
  kind: "i32",
  activation: "i32",
  a: "i32",
  w: "i32",
  wStride: "i32",
  start: "i32",
  z: "i32",
  inner: "i32",
  columns: "i32",
  y: "i32",
  source: "i32",
  labels: "i32",
  scale: "f32",
} as const;

/** The parameters of one layer with all that their gradient and update touch. */
export const LAYER = {
  x: "i32",
  dZ: "i32",
  inner: "i32",
  columns: "i32",
  wStride: "i32",
  w: "i32",
  m: "i32",
  v: "i32",
  bias: "i32",
  biasM: "i32",
  biasV: "i32",
  t: "i32",
  tStride: "i32",
  g: "i32",
  biasG: "i32",
} as const;

/** Some rows of one or two panels of a layer's weights. */
export const ITEM = { layer: "i32", panel: "i32", panels: "i32", k0: "i32", k1: "i32" } as const;

/** A run: some steps over some rows, and what they add up to. */
export const PROGRAM = {
  threads: "i32",
  batch: "i32",
  stride: "i32",
  chunk: "i32",
  count: "i32",
  steps: "i32",
  order: "i32",
  rates: "i32",
  rowOps: "i32",
  rowOpCount: "i32",
  layers: "i32",
  items: "i32",
  itemCount: "i32",
  firstItems: "i32",
  entryFeatures: "i32",
  entryBytes: "i32",
  entryScale: "f32",
  entryStarts: "i32",
  entrySource: "i32",
  entries: "i32",
  entryStride: "i32",
  entryCounts: "i32",
  listEnds: "i32",
  lists: "i32",
  scratch: "i32",
  scratchBytes: "i32",
  optimizer: "i32",
  beta1: "f32",
  rest1: "f32",
  beta2: "f32",
  rest2: "f32",
  nesterov: "i32",
  decay: "f32",
  shrink: "f32",
  clipNorm: "f32",
  squares: "i32",
  losses: "i32",
  rights: "i32",
  control: "i32",
  step: "i32",
  rows: "i32",
  correct: "i32",
  lossSum: "i32",
  stop: "i32",
  ended: "i32",
  diverged: "i32",
} as const;

/** Values for some of a record's fields; those left out are 0. */
export type Fields<R extends Record<string, Kind>> = { readonly [K in keyof R]?: number };

/** Bytes of a record. */
export function bytesOf(record: Record<string, Kind>): number {
  return 4 * Object.keys(record).length;
}

/** Writes the given fields of a record at `address`; the others keep what is there. */
export function writeRecord<R extends Record<string, Kind>>(
  memory: WebAssembly.Memory,
  address: number,
  record: R,
  values: Fields<R>,
): void {
  const view = new DataView(memory.buffer, address, bytesOf(record));
  for (const [index, [name, kind]] of Object.entries(record).entries()) {
    const value = values[name];
    if (value === undefined) continue;
    if (kind === "f32") view.setFloat32(4 * index, value, true);
    else view.setInt32(4 * index, value, true);
  }
}

/** The address of a field in the record at `address`. */
export function fieldAt<R extends Record<string, Kind>>(address: number, record: R, name: keyof R): number {
  return address + 4 * Object.keys(record).indexOf(name as string);
}
