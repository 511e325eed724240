// The operations of a step that work on rows: one thread takes rows [r0, r1) from the input, or from the output of a sparse
// first layer, through the loss and back to the first layer's dZ without meeting another.

import { activate, SOFTMAX, softmax } from "./activations";
import { backThrough, meanSquaredError, softmaxCrossEntropy } from "./losses";
import { rowsTimes } from "./matmul";
import { elementAt, panelsOf, ROW, rowAt } from "./prims";
import { Program, RowOp } from "./records";
import { sparseRowsTimes } from "./sparse";

const GATHER_BYTES: i32 = 0;
const GATHER_FLOATS: i32 = 1;
const LINEAR: i32 = 2;
const SPARSE_LINEAR: i32 = 3;
const SOFTMAX_CROSS_ENTROPY: i32 = 4;
const MEAN_SQUARED_ERROR: i32 = 5;
const BACKWARD_INPUT: i32 = 6;
const OUTPUT: i32 = 7;

/** Does one operation for rows [r0, r1) of the batch whose row ids are `order` and whose rows are `rows`. */
export function runRowOp(op: RowOp, program: Program, order: usize, rows: i32, r0: i32, r1: i32): void {
  const stride = program.stride;
  switch (op.kind) {
    case GATHER_BYTES:
      return gatherBytes(op, stride, order, r0, r1);
    case GATHER_FLOATS:
      return gatherFloats(op, stride, order, r0, r1);
    case LINEAR:
    case BACKWARD_INPUT:
      return linear(op, stride, r0, r1);
    case SPARSE_LINEAR: // done before, but for an activation that needs all columns
      if (op.activation == SOFTMAX) softmax(op.z, stride, r0, r1, op.columns);
      return;
    case SOFTMAX_CROSS_ENTROPY:
      return softmaxCrossEntropy(
        op.a,
        op.z,
        stride,
        op.columns,
        op.labels,
        order,
        op.scale,
        rows,
        program.losses,
        program.rights,
        r0,
        r1,
      );
    case MEAN_SQUARED_ERROR:
      return meanSquaredError(
        op.a,
        op.z,
        stride,
        op.columns,
        op.labels,
        op.source,
        order,
        op.activation,
        rows,
        program.losses,
        program.rights,
        r0,
        r1,
      );
    case OUTPUT:
      return output(op, stride, order, r0, r1);
  }
}

/** `z = activation(start + a w)`, or backward `z = a w` sent back through the activation that made `y`. */
function linear(op: RowOp, stride: i32, r0: i32, r1: i32): void {
  for (let panel = 0, panels = panelsOf(op.columns); panel < panels; panel++) {
    const start = op.start ? op.start + <usize>panel * ROW : 0;
    const z = rowAt(op.z, stride, panel, 0);
    rowsTimes(op.a, stride, op.inner, rowAt(op.w, op.wStride, panel, 0), start, z, r0, r1);
    if (op.kind == LINEAR) activate(z + <usize>r0 * ROW, z + <usize>r1 * ROW, op.activation);
  }
  if (op.kind == BACKWARD_INPUT) backThrough(op.y, op.z, stride, op.columns, op.activation, r0, r1);
  else if (op.activation == SOFTMAX) softmax(op.z, stride, r0, r1, op.columns);
}

/** Pairs of panels of a sparse first layer, the last one perhaps alone. */
export function sparsePairs(op: RowOp): i32 {
  return (panelsOf(op.columns) + 1) >> 1;
}

/** One pair of panels of a sparse first layer for rows [r0, r1), up to an elementwise activation. */
export function sparseLinear(op: RowOp, program: Program, pair: i32, r0: i32, r1: i32): void {
  const stride = program.stride, panel = 2 * pair, end = min(panel + 2, panelsOf(op.columns));
  const w = rowAt(op.w, op.wStride, panel, 0), w2 = panel + 1 < end ? rowAt(op.w, op.wStride, panel + 1, 0) : 0;
  const z = rowAt(op.z, stride, panel, 0), z2 = rowAt(op.z, stride, panel + 1, 0);
  const start = op.start + <usize>panel * ROW;
  sparseRowsTimes(program.entries, program.entryStride, program.entryCounts, w, w2, start, z, z2, r0, r1);
  for (let i = panel; i < end; i++) activate(rowAt(op.z, stride, i, r0), rowAt(op.z, stride, i, r1), op.activation);
}

/** `z = scale * bytes[order]`, 16 columns at a time where they are there. */
function gatherBytes(op: RowOp, stride: i32, order: usize, r0: i32, r1: i32): void {
  const scale = f32x4.splat(op.scale), columns = op.columns;
  for (let r = r0; r < r1; r++) {
    const row = op.source + <usize>load<u32>(order + (<usize>r << 2)) * columns;
    for (let c = 0; c < columns; c += 16) {
      const o = rowAt(op.z, stride, c >> 4, r);
      if (c + 16 <= columns) {
        const bytes = v128.load(row + c);
        const low = i16x8.extend_low_i8x16_u(bytes), high = i16x8.extend_high_i8x16_u(bytes);
        v128.store(o, f32x4.mul(f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(low)), scale));
        v128.store(o, f32x4.mul(f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(low)), scale), 16);
        v128.store(o, f32x4.mul(f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(high)), scale), 32);
        v128.store(o, f32x4.mul(f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(high)), scale), 48);
      } else {
        for (let i = 0; c + i < columns; i++) {
          store<f32>(o + (<usize>i << 2), <f32>load<u8>(row + c + i) * op.scale);
        }
      }
    }
  }
}

/** `z = scale * floats[order]`. */
function gatherFloats(op: RowOp, stride: i32, order: usize, r0: i32, r1: i32): void {
  const scale = f32x4.splat(op.scale), columns = op.columns;
  for (let r = r0; r < r1; r++) {
    const row = op.source + ((<usize>load<u32>(order + (<usize>r << 2)) * columns) << 2);
    let c = 0;
    for (; c + 4 <= columns; c += 4) {
      v128.store(elementAt(op.z, stride, r, c), f32x4.mul(v128.load(row + (<usize>c << 2)), scale));
    }
    for (; c < columns; c++) {
      store<f32>(elementAt(op.z, stride, r, c), load<f32>(row + (<usize>c << 2)) * op.scale);
    }
  }
}

/** Copies the rows of `a` to rows `order` of the dense row-major matrix `z` `[N, columns]`. */
function output(op: RowOp, stride: i32, order: usize, r0: i32, r1: i32): void {
  const columns = op.columns;
  for (let r = r0; r < r1; r++) {
    const row = op.z + ((<usize>load<u32>(order + (<usize>r << 2)) * columns) << 2);
    for (let c = 0; c < columns; c++) {
      store<f32>(row + (<usize>c << 2), load<f32>(elementAt(op.a, stride, r, c)));
    }
  }
}
