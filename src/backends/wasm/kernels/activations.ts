// Activations over rows [r0, r1) of panels, in place, forward and backward.
//
// Backward turns the gradient of an activation's output y into the gradient of its input z, from y alone:
//   relu  y > 0 ? d : 0      sigmoid  d y (1 - y)      tanh  d (1 - y²)      softmax  y (d - Σ d y)
// All but softmax are the same for every element, so that they run over a panel's rows as one stretch of memory.

import { exp, panelsOf, ROW, rowAt, sumOf, tanh } from "./prims";

export const LINEAR: i32 = 0;
export const RELU: i32 = 1;
export const SIGMOID: i32 = 2;
export const TANH: i32 = 3;
export const SOFTMAX: i32 = 4;

/** Applies an elementwise activation to the bytes [p, end). */
export function activate(p: usize, end: usize, activation: i32): void {
  const zero = f32x4.splat(0), one = f32x4.splat(1);
  if (activation == RELU) {
    for (; p < end; p += 16) v128.store(p, f32x4.max(v128.load(p), zero));
  } else if (activation == SIGMOID) {
    for (; p < end; p += 16) v128.store(p, f32x4.div(one, f32x4.add(one, exp(f32x4.neg(v128.load(p))))));
  } else if (activation == TANH) {
    for (; p < end; p += 16) v128.store(p, tanh(v128.load(p)));
  }
}

/** Sends the gradients [d, d + length) back through an elementwise activation whose outputs are [y, y + length). */
export function activateBackward(y: usize, d: usize, length: usize, activation: i32): void {
  const zero = f32x4.splat(0), one = f32x4.splat(1);
  const end = d + length;
  if (activation == RELU) {
    for (; d < end; d += 16, y += 16) v128.store(d, v128.and(v128.load(d), f32x4.gt(v128.load(y), zero)));
  } else if (activation == SIGMOID) {
    for (; d < end; d += 16, y += 16) {
      const a = v128.load(y);
      v128.store(d, f32x4.mul(v128.load(d), f32x4.mul(a, f32x4.sub(one, a))));
    }
  } else if (activation == TANH) {
    for (; d < end; d += 16, y += 16) {
      const a = v128.load(y);
      v128.store(d, f32x4.mul(v128.load(d), f32x4.sub(one, f32x4.mul(a, a))));
    }
  }
}

/** All ones for the lanes of vector `v` of panel `panel` that are columns of a matrix with that many, else zeros. */
// @ts-ignore: decorator

export function columnMask(panel: i32, v: i32, columns: i32): v128 {
  const first = (panel << 4) + (v << 2);
  return i32x4.lt_s(i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3)), i32x4.splat(columns));
}

/** The largest of the `columns` numbers of row r; NaN where one of them is NaN. */
export function rowMax(m: usize, stride: i32, r: i32, columns: i32): f32 {
  let top = f32x4.splat(-Infinity);
  for (let panel = 0, panels = panelsOf(columns); panel < panels; panel++) {
    const p = rowAt(m, stride, panel, r);
    for (let v = 0; v < 4; v++) {
      const z = v128.bitselect(
        v128.load(p + (<usize>v << 4)),
        f32x4.splat(-Infinity),
        columnMask(panel, v, columns),
      );
      top = f32x4.max(top, z);
    }
  }
  return max(
    max(f32x4.extract_lane(top, 0), f32x4.extract_lane(top, 1)),
    max(f32x4.extract_lane(top, 2), f32x4.extract_lane(top, 3)),
  );
}

/** Writes e^(z - shift) of row r of `z` to row r of `o` (padding: 0) and returns the sum. */
export function rowExp(z: usize, o: usize, stride: i32, r: i32, columns: i32, shift: f32): f32 {
  let sum = f32x4.splat(0);
  for (let panel = 0, panels = panelsOf(columns); panel < panels; panel++) {
    const p = rowAt(z, stride, panel, r), q = rowAt(o, stride, panel, r);
    for (let v = 0; v < 4; v++) {
      const at = <usize>v << 4;
      const e = v128.and(
        exp(f32x4.sub(v128.load(p + at), f32x4.splat(shift))),
        columnMask(panel, v, columns),
      );
      v128.store(q + at, e);
      sum = f32x4.add(sum, e);
    }
  }
  return sumOf(sum);
}

/** Softmax of rows [r0, r1) in place: e^(z - max z) cannot overflow. Padding becomes 0. */
export function softmax(m: usize, stride: i32, r0: i32, r1: i32, columns: i32): void {
  for (let r = r0; r < r1; r++) {
    const sum = f32x4.splat(1 / rowExp(m, m, stride, r, columns, rowMax(m, stride, r, columns)));
    for (let panel = 0, panels = panelsOf(columns); panel < panels; panel++) {
      const p = rowAt(m, stride, panel, r);
      for (let q = p; q < p + ROW; q += 16) v128.store(q, f32x4.mul(v128.load(q), sum));
    }
  }
}

/** Sends the gradients of rows [r0, r1) back through softmax outputs `y`, in place. The padding of `d` is 0. */
export function softmaxBackward(y: usize, d: usize, stride: i32, r0: i32, r1: i32, columns: i32): void {
  const panels = panelsOf(columns);
  for (let r = r0; r < r1; r++) {
    let dot = f32x4.splat(0);
    for (let panel = 0; panel < panels; panel++) {
      const p = rowAt(y, stride, panel, r), q = rowAt(d, stride, panel, r);
      for (let at: usize = 0; at < ROW; at += 16) {
        dot = f32x4.add(dot, f32x4.mul(v128.load(p + at), v128.load(q + at)));
      }
    }
    const shift = f32x4.splat(sumOf(dot));
    for (let panel = 0; panel < panels; panel++) {
      const p = rowAt(y, stride, panel, r), q = rowAt(d, stride, panel, r);
      for (let at: usize = 0; at < ROW; at += 16) {
        v128.store(q + at, f32x4.mul(v128.load(p + at), f32x4.sub(v128.load(q + at), shift)));
      }
    }
  }
}
