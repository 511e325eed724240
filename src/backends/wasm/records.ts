/**
 * Defines the records by which the host controls the kernels, and the numbers that both use. This is their only definition:
 * `deno task build:wasm` generates the kernels' module `./generated` from it.
 * @module
 */

/** The type of a field of 4 bytes: an integer, an address or a float32. */
type Kind = "i32" | "usize" | "f32";

/** The fields of a record, in order. */
export type RecordType = Readonly<Record<string, Kind>>;

/** The numbers of the kinds of row operations. */
export const ROW_OP_KINDS = {
  gatherBytes: 0,
  gatherFloats: 1,
  linear: 2,
  sparseLinear: 3,
  loss: 4,
  weigh: 5,
  backwardInput: 6,
  output: 7,
  dropout: 8,
} as const;

/** The numbers of the queues of a run. */
export const QUEUES = {
  first: 0, // pairs of panels of a sparse first layer, by chunks of rows
  chunks: 1, // chunks of rows
  items: 2, // chunks of rows to gather, then items
  updates: 3, // items with clipped gradients
} as const;

/** Float32 numbers for the updates of one step: one cache line. */
export const STEP_NUMBERS = 16;

/** The mask of a dropout, see kernels/dropout.ts. */
export const MASK = {
  seed: "i32", // the low 32 bits of the run's seed
  layer: "i32", // 0 for the inputs
  threshold: "i32", // dropoutThreshold() of the rate
  factor: "f32", // multiplies the values that are kept
} as const satisfies RecordType;

/** An operation on rows of the batch. Each kind uses some of the fields. */
export const ROW_OP = {
  kind: "i32", // one of ROW_OP_KINDS
  activation: "i32", // its number in ACTIVATION_TABLE
  loss: "i32", // its number in LOSS_OPS
  a: "usize", // left matrix [B, inner], or the network's output
  w: "usize", // panels of weights, or of transposed weights
  wStride: "i32", // rows allocated in each panel of w
  start: "usize", // 16 numbers a panel to start the sums from, or 0
  result: "usize", // [B, columns]
  inner: "i32",
  columns: "i32",
  y: "usize", // output of the previous layer, for the derivative of its activation
  z: "usize", // sums before the activation, written forward and read backward; 0 if the derivative does not need them
  source: "usize", // data set: bytes, floats, targets or row weights
  labels: "usize", // data set: labels [N] u32, or 0
  mask: "usize", // the mask of the dropout, or 0; backward, that of the previous layer's outputs
  scale: "f32", // factor of inputs, or the setting of a loss
} as const satisfies RecordType;

/** The parameters of one layer, and the buffers of their gradients and updates. */
export const LAYER = {
  x: "usize", // input [B, inner] in panels; 0 if it is sparse
  dZ: "usize", // [B, columns] in panels
  inner: "i32",
  columns: "i32",
  wStride: "i32", // rows allocated in each panel of w and g
  w: "usize", // the states follow, see stateDistance
  bias: "usize", // one row in each panel
  t: "usize", // transposed weights, or 0 if the gradient of the layer's input is not computed
  tStride: "i32",
  g: "usize", // gradient, or 0 if gradients are not clipped
  biasG: "usize",
} as const satisfies RecordType;

/** Rows [k0, k1) of one panel of a layer's weights, or of two adjacent panels. */
export const ITEM = {
  layer: "i32",
  panel: "i32",
  panels: "i32",
  k0: "i32",
  k1: "i32",
} as const satisfies RecordType;

/** A run: steps over rows of the data set, and their results. */
export const PROGRAM = {
  // the steps
  threads: "i32",
  batch: "i32", // rows of a full batch
  stride: "i32", // rows allocated in each panel of an activation
  chunk: "i32", // rows in a chunk, the unit of work of a thread
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
  entryBytes: "i32", // 1 if the data set's entries hold bytes
  entryScale: "f32",
  entryStarts: "usize", // of the data set: [N + 1] u32
  entrySource: "usize",
  entries: "usize", // of the batch: [B, entryStride]
  entryStride: "i32",
  entryCounts: "usize", // [B] u32
  listEnds: "usize", // [entryFeatures + 2] u32, or 0 if no lists are needed
  lists: "usize",
  entryMask: "usize", // the mask of the dropout of the inputs, or 0
  scratch: "usize", // [threads] of scratchBytes
  scratchBytes: "i32",
  // the updates
  update: "i32", // its number in UPDATES
  stateDistance: "i32", // state k of a parameter is (k + 1) * stateDistance bytes after it
  clipNorm: "f32", // 0 if gradients are not clipped
  averageDistance: "i32", // bytes from a parameter to its average; 0 without averages
  averageDecay: "f32",
  oneMinusAverageDecay: "f32",
  squares: "usize", // [itemCount] f64
  // the results
  losses: "usize", // [B] f64
  correctRows: "usize", // [B] i32: 1 for a correct row, else 0
  control: "usize", // counters of kernels/control.ts
  stepsBefore: "i32", // steps of earlier runs
  step: "i32", // steps done
  rows: "i32", // rows in lossSum and correct
  correct: "i32",
  lossSum: "usize", // one f64
  stop: "i32", // set by the host to end the run after this step
  ended: "i32", // set by thread 0 after the last step
  diverged: "i32",
} as const satisfies RecordType;

/** Values of some of a record's fields. */
export type Fields<R extends RecordType> = { readonly [K in keyof R]?: number };

/** Returns the bytes of a record. */
export function bytesOf(record: RecordType): number {
  return 4 * Object.keys(record).length;
}

/** Writes the given fields of a record at `address`. The other fields keep their values, 0 in new memory. */
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

/** Returns the address of a field of the record at `address`. */
export function fieldAt<R extends RecordType>(address: number, record: R, name: keyof R): number {
  return address + 4 * Object.keys(record).indexOf(name as string);
}
