// What the host writes into memory for the kernels to follow: one Program, its row operations and its layers. Every field
// has 4 bytes; `records.ts` of the host lists the same fields in the same order, and a test compares the two.

/** An operation on rows of the batch; which fields it uses depends on its kind. */
@unmanaged
export class RowOp {
  kind: i32;
  activation: i32;
  a: usize; // left matrix [B, inner], or the network's output
  w: usize; // panels of weights, or of transposed weights
  wStride: i32; // rows allocated in each panel of w
  start: usize; // 16 numbers a panel to start the sums from, or 0
  z: usize; // result [B, columns]
  inner: i32;
  columns: i32;
  y: usize; // output of the layer before, for its activation's derivative
  source: usize; // data set: bytes, floats or target values
  labels: usize; // data set: labels [N] u32, or 0
  scale: f32; // factor on inputs, or label smoothing
}

/** The parameters of one layer with all that their gradient and update touch. */
@unmanaged
export class Layer {
  x: usize; // input [B, inner] in panels; 0 where the lists of the batch hold it
  dZ: usize; // [B, columns] in panels
  inner: i32;
  columns: i32;
  wStride: i32; // rows allocated in each panel of w, m, v and g
  w: usize;
  m: usize; // Adam's m, or velocity, or 0
  v: usize;
  bias: usize; // one row a panel, as are the next two
  biasM: usize;
  biasV: usize;
  t: usize; // transposed weights, or 0 where no gradient goes back through this layer
  tStride: i32;
  g: usize; // gradient, kept only where it is clipped; else 0
  biasG: usize;
}

/** Rows [k0, k1) of one panel of a layer's weights, or of two that follow one another. */
@unmanaged
export class Item {
  layer: i32;
  panel: i32;
  panels: i32;
  k0: i32;
  k1: i32;
}

/** A run: some steps over some rows, and what they add up to. */
@unmanaged
export class Program {
  // what to do
  threads: i32;
  batch: i32; // rows of a full batch
  stride: i32; // rows allocated in each panel of an activation
  chunk: i32; // rows that a thread takes at a time
  count: i32; // rows in `order`
  steps: i32;
  order: usize; // [count] u32
  rates: usize; // [steps] of 4 f32, see updates.ts
  rowOps: usize;
  rowOpCount: i32;
  layers: usize;
  items: usize;
  itemCount: i32;
  firstItems: i32; // of these, the first ones belong to the first layer
  // entries of sparse inputs, see sparse.ts; all 0 where inputs are dense
  entryFeatures: i32;
  entryBytes: i32; // 1 where the set's entries hold bytes
  entryScale: f32;
  entryStarts: usize; // of the data set: [N + 1] u32
  entrySource: usize;
  entries: usize; // of the batch: [B, entryStride]
  entryStride: i32;
  entryCounts: usize; // [B] u32
  listEnds: usize; // [entryFeatures + 2] u32, or 0 where no lists are needed
  lists: usize;
  scratch: usize; // [threads] of scratchBytes
  scratchBytes: i32;
  // how to update
  optimizer: i32; // 0 sgd, 1 adam
  beta1: f32; // or momentum
  rest1: f32; // 1 - beta1, rounded once
  beta2: f32;
  rest2: f32;
  nesterov: i32;
  decay: f32;
  shrink: f32;
  clipNorm: f32; // 0 where gradients are not clipped
  squares: usize; // [itemCount] f64
  // what comes of it
  losses: usize; // [B] f64
  rights: usize; // [B] i32
  control: usize; // counters of control.ts
  step: i32; // steps done
  rows: i32; // rows that lossSum and correct are over
  correct: i32;
  lossSum: usize; // one f64
  stop: i32; // set by the host: end after this step
  ended: i32; // set by thread 0: this step was the last
  diverged: i32;
}

export function programBytes(): i32 {
  return offsetof<Program>();
}
export function rowOpBytes(): i32 {
  return offsetof<RowOp>();
}
export function layerBytes(): i32 {
  return offsetof<Layer>();
}
