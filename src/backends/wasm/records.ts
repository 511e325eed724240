/**
 * The records that the host writes into memory for the kernels to follow, and the numbers that mean something to both. This
 * is their only definition: `deno task build:wasm` makes the kernels' module `./generated` from it.
 * @module
 */

/** How a field is stored, in 4 bytes: an integer, an address or a float32. */
type Kind = "i32" | "usize" | "f32";

/** The fields of a record, in order. */
export type RecordType = Readonly<Record<string, Kind>>;

/** Kinds of row operations. */
export const ROW_OP_KINDS = {
  gatherBytes: 0,
  gatherFloats: 1,
  linear: 2,
  sparseLinear: 3,
  softmaxCrossEntropy: 4,
  meanSquaredError: 5,
  backwardInput: 6,
  output: 7,
  dropout: 8,
  binaryCrossEntropy: 9,
  huber: 10,
  weigh: 11,
} as const;

/** The queues of a run. */
export const QUEUES = {
  first: 0, // pairs of panels of a sparse first layer, by chunks of rows
  chunks: 1, // chunks of rows
  items: 2, // items, after chunks of rows to gather
  updates: 3, // items whose clipped gradient is to be applied
} as const;

/** Float32 numbers that a step has for its updates: one cache line. */
export const STEP_NUMBERS = 16;

/** Which values a dropout keeps: see kernels/dropout.ts. */
export const MASK = {
  seed: "i32", // of the run, its low 32 bits
  layer: "i32", // 0 for the inputs
  threshold: "i32", // dropoutThreshold() of its rate
  factor: "f32", // on values that are kept
} as const satisfies RecordType;

/** An operation on rows of the batch; which fields it uses depends on its kind. */
export const ROW_OP = {
  kind: "i32", // one of ROW_OP_KINDS
  activation: "i32", // its number in ACTIVATION_TABLE
  a: "usize", // left matrix [B, inner], or the network's output
  w: "usize", // panels of weights, or of transposed weights
  wStride: "i32", // rows allocated in each panel of w
  start: "usize", // 16 numbers a panel to start the sums from, or 0
  result: "usize", // [B, columns]
  inner: "i32",
  columns: "i32",
  y: "usize", // output of the layer before, for its activation's derivative
  z: "usize", // sums before the activation: kept forward, read on the way back; 0 if its derivative needs none
  source: "usize", // data set: bytes, floats, target values or row weights
  labels: "usize", // data set: labels [N] u32, or 0
  mask: "usize", // the dropout, on the way back that of the layer before; 0 for none
  scale: "f32", // factor on inputs, label smoothing, or Huber's δ
} as const satisfies RecordType;

/** The parameters of one layer with all that their gradient and update touch. */
export const LAYER = {
  x: "usize", // input [B, inner] in panels; 0 if the lists of the batch hold it
  dZ: "usize", // [B, columns] in panels
  inner: "i32",
  columns: "i32",
  wStride: "i32", // rows allocated in each panel of w and g
  w: "usize", // state k of weights and bias: see stateDistance
  bias: "usize", // one row a panel
  t: "usize", // transposed weights, or 0 if no gradient goes back through this layer
  tStride: "i32",
  g: "usize", // gradient, kept only if it is clipped; else 0
  biasG: "usize",
} as const satisfies RecordType;

/** Rows [k0, k1) of one panel of a layer's weights, or of two that follow one another. */
export const ITEM = {
  layer: "i32",
  panel: "i32",
  panels: "i32",
  k0: "i32",
  k1: "i32",
} as const satisfies RecordType;

/** A run: some steps over some rows, and their sums. */
export const PROGRAM = {
  // what to do
  threads: "i32",
  batch: "i32", // rows of a full batch
  stride: "i32", // rows allocated in each panel of an activation
  chunk: "i32", // rows that a thread takes at a time
  count: "i32", // rows in `order`
  steps: "i32",
  order: "usize", // [count] u32
  numbers: "usize", // [steps, STEP_NUMBERS] f32 for the updates
  rowOps: "usize",
  rowOpCount: "i32",
  layers: "usize",
  items: "usize",
  itemCount: "i32",
  // entries of sparse inputs, see kernels/sparse.ts; all 0 if inputs are dense
  entryFeatures: "i32",
  entryBytes: "i32", // 1 if the set's entries hold bytes
  entryScale: "f32",
  entryStarts: "usize", // of the data set: [N + 1] u32
  entrySource: "usize",
  entries: "usize", // of the batch: [B, entryStride]
  entryStride: "i32",
  entryCounts: "usize", // [B] u32
  listEnds: "usize", // [entryFeatures + 2] u32, or 0 if no lists are needed
  lists: "usize",
  entryMask: "usize", // the dropout of the inputs, or 0
  scratch: "usize", // [threads] of scratchBytes
  scratchBytes: "i32",
  // how to update
  update: "i32", // its number in UPDATES
  stateDistance: "i32", // state k of a parameter lies (k + 1) * stateDistance bytes after it
  clipNorm: "f32", // 0 if gradients are not clipped
  averageDistance: "i32", // bytes from a parameter to its average, 0 if none is kept
  averageDecay: "f32",
  averageRest: "f32", // 1 - averageDecay
  squares: "usize", // [itemCount] f64
  // the results
  losses: "usize", // [B] f64
  rights: "usize", // [B] i32
  control: "usize", // counters of kernels/control.ts
  stepsBefore: "i32", // steps of earlier runs
  step: "i32", // steps done
  rows: "i32", // rows that lossSum and correct are over
  correct: "i32",
  lossSum: "usize", // one f64
  stop: "i32", // set by the host: end after this step
  ended: "i32", // set by thread 0: this step was the last
  diverged: "i32",
} as const satisfies RecordType;

/** Values for some of a record's fields; those left out are 0. */
export type Fields<R extends RecordType> = { readonly [K in keyof R]?: number };

/** Bytes of a record. */
export function bytesOf(record: RecordType): number {
  return 4 * Object.keys(record).length;
}

/** Writes the given fields of a record at `address`; the others keep what is there. */
export function writeRecord<R extends RecordType>(
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
export function fieldAt<R extends RecordType>(address: number, record: R, name: keyof R): number {
  return address + 4 * Object.keys(record).indexOf(name as string);
}
