// The operations of a step that work on rows. One thread computes rows [r0, r1) from the input, or from the output of a sparse
// first layer, to the loss and back to the first layer's dZ, without synchronization with other threads.

import { activate, activateBackward, activateRows } from "./activations";
import { dropPanel } from "./dropout";
import { Mask, Program, RowOp, RowOpKind } from "./generated";
import { computeLoss, weigh } from "./losses";
import { rowsTimes } from "./matmul";
import { elementAt, panelsOf, ROW, rowAt } from "./prims";
import { sparseRowsTimes } from "./sparse";

/** Runs one operation on rows [r0, r1) of a batch of `rows` rows, whose rows of the data set are `order`. */
export function runRowOp(op: RowOp, program: Program, order: usize, rows: i32, r0: i32, r1: i32): void {
  const stride = program.stride;
  switch (op.kind) {
    case RowOpKind.gatherBytes:
      return gatherBytes(op, stride, order, r0, r1);
    case RowOpKind.gatherFloats:
      return gatherFloats(op, stride, order, r0, r1);
    case RowOpKind.linear:
      return linear(op, stride, r0, r1);
    case RowOpKind.dropout:
      return dropout(op, program, r0, r1);
    case RowOpKind.sparseLinear: // computed before, except for an activation of complete rows
      return activateRows(op.result, stride, r0, r1, op.columns, op.activation);
    case RowOpKind.loss:
      return computeLoss(op, program, order, rows, r0, r1);
    case RowOpKind.weigh:
      return weigh(op, stride, order, r0, r1);
    case RowOpKind.backwardInput:
      return backwardInput(op, program, r0, r1);
    case RowOpKind.output:
      return output(op, stride, order, r0, r1);
    default:
      unreachable();
  }
}

/** Computes `result = activation(start + a w)`, and keeps the sums in `z` if it is not 0. */
function linear(op: RowOp, stride: i32, r0: i32, r1: i32): void {
  const sums = op.z ? op.z : op.result;
  for (let panel = 0, panels = panelsOf(op.columns); panel < panels; panel++) {
    const start = op.start + <usize>panel * ROW, first = rowAt(0, stride, panel, r0);
    rowsTimes(op.a, stride, op.inner, rowAt(op.w, op.wStride, panel, 0), start, rowAt(sums, stride, panel, 0), r0, r1);
    activate(sums + first, op.result + first, <usize>(r1 - r0) * ROW, op.activation);
  }
  activateRows(op.result, stride, r0, r1, op.columns, op.activation);
}

/** Computes `result = dropout(a)`. */
function dropout(op: RowOp, program: Program, r0: i32, r1: i32): void {
  for (let panel = 0, panels = panelsOf(op.columns); panel < panels; panel++) {
    const first = rowAt(0, program.stride, panel, r0);
    drop(op, program, panel, r0, r1, op.a + first, op.result + first);
  }
}

/** Applies the mask of an operation to rows [r0, r1) of a panel, in the current step. */
function drop(op: RowOp, program: Program, panel: i32, r0: i32, r1: i32, x: usize, y: usize): void {
  dropPanel(changetype<Mask>(op.mask), program.stepsBefore + program.step + 1, panel, r0, r1, x, y);
}

/** Computes `result = a w`, then the backward pass of the dropout of `y` and of the activation that computed `y`. */
function backwardInput(op: RowOp, program: Program, r0: i32, r1: i32): void {
  const stride = program.stride;
  for (let panel = 0, panels = panelsOf(op.columns); panel < panels; panel++) {
    const result = rowAt(op.result, stride, panel, 0);
    rowsTimes(op.a, stride, op.inner, rowAt(op.w, op.wStride, panel, 0), 0, result, r0, r1);
    const first = result + <usize>r0 * ROW;
    if (op.mask) drop(op, program, panel, r0, r1, first, first);
  }
  activateBackward(op.y, op.z, op.result, stride, op.columns, op.activation, r0, r1);
}

/** Returns the number of pairs of panels of a sparse first layer. The last pair may have one panel. */
export function sparsePairs(op: RowOp): i32 {
  return (panelsOf(op.columns) + 1) >> 1;
}

/** Computes one pair of panels of a sparse first layer for rows [r0, r1), with its activation if that is elementwise. */
export function sparseLinear(op: RowOp, program: Program, pair: i32, r0: i32, r1: i32): void {
  const stride = program.stride, panel = 2 * pair, end = min(panel + 2, panelsOf(op.columns));
  const w = rowAt(op.w, op.wStride, panel, 0), w2 = panel + 1 < end ? rowAt(op.w, op.wStride, panel + 1, 0) : 0;
  const sums = op.z ? op.z : op.result;
  const z = rowAt(sums, stride, panel, 0), z2 = rowAt(sums, stride, panel + 1, 0);
  const start = op.start + <usize>panel * ROW;
  sparseRowsTimes(program.entries, program.entryStride, program.entryCounts, w, w2, start, z, z2, r0, r1);
  for (let i = panel; i < end; i++) {
    const first = rowAt(0, stride, i, r0);
    activate(sums + first, op.result + first, <usize>(r1 - r0) * ROW, op.activation);
  }
}

/** Computes `result = scale * bytes[order]`, 16 columns at a time as long as 16 are left. */
function gatherBytes(op: RowOp, stride: i32, order: usize, r0: i32, r1: i32): void {
  const scale = f32x4.splat(op.scale), columns = op.columns;
  for (let r = r0; r < r1; r++) {
    const row = op.source + <usize>load<u32>(order + (<usize>r << 2)) * columns;
    for (let c = 0; c < columns; c += 16) {
      const o = rowAt(op.result, stride, c >> 4, r);
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

/** Computes `result = scale * floats[order]`. */
function gatherFloats(op: RowOp, stride: i32, order: usize, r0: i32, r1: i32): void {
  const scale = f32x4.splat(op.scale), columns = op.columns;
  for (let r = r0; r < r1; r++) {
    const row = op.source + ((<usize>load<u32>(order + (<usize>r << 2)) * columns) << 2);
    let c = 0;
    for (; c + 4 <= columns; c += 4) {
      v128.store(elementAt(op.result, stride, r, c), f32x4.mul(v128.load(row + (<usize>c << 2)), scale));
    }
    for (; c < columns; c++) {
      store<f32>(elementAt(op.result, stride, r, c), load<f32>(row + (<usize>c << 2)) * op.scale);
    }
  }
}

/** Copies the rows of `a` to rows `order` of the dense row-major matrix `result` `[N, columns]`. */
function output(op: RowOp, stride: i32, order: usize, r0: i32, r1: i32): void {
  const columns = op.columns;
  for (let r = r0; r < r1; r++) {
    const row = op.result + ((<usize>load<u32>(order + (<usize>r << 2)) * columns) << 2);
    for (let c = 0; c < columns; c++) {
      store<f32>(row + (<usize>c << 2), load<f32>(elementAt(op.a, stride, r, c)));
    }
  }
}
