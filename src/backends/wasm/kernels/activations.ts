// Activations on rows [r0, r1) of panels, forward and backward. An unknown activation traps.
//
// Forward computes outputs y from sums z. Backward replaces the gradient d of y by the gradient of z, in place:
//   linear      y = z                    d
//   relu        y = max(0, z)            y > 0 ? d : 0
//   sigmoid     y = σ(z)                 d y (1 - y)
//   tanh        y = tanh(z)              d (1 - y²)
//   silu        y = z σ(z)               d σ(z) (1 + z (1 - σ(z)))
//   mish        y = z t                  d (t + z σ(z) (1 - t²)), t = tanh(log(1 + e^z))
//   leaky-relu  y = z > 0 ? z : 0.01 z   y > 0 ? d : 0.01 d
//   elu         y = z > 0 ? z : e^z - 1  y > 0 ? d : d (y + 1)
//   gelu        y = z Φ(z)               d (Φ(z) + z e^(-z² / 2) / √(2π))
//   softmax     y = e^z / Σ e^z          y (d - Σ d y)
// Let q = e^-|z|. For z >= 0, σ(z) is 1 / (1 + q) and 1 - σ(z) is q / (1 + q); for z < 0, they are exchanged. Thus silu and
// its derivative reach 0 for very negative z. For z >= 0, t is (1 + 2 q) / D with D = 1 + 2 q + 2 q², and σ(z) (1 - t²) is
// 4 (1 + q) q² / D². For z < 0, t is (q² + 2 q) / D with D = q² + 2 q + 2, and σ(z) (1 - t²) is 4 (1 + q) q / D². None of
// these formulas loses digits to cancellation.
//
// All activations except softmax work on each element alone, so that they process the rows of a panel as one range of
// memory. A new elementwise activation needs a case in `activate()` and in `backwardRange()`; one that works on complete
// rows needs a case in `activateRows()` and in `activateBackward()`.

import { Activation } from "./generated";
import { bell, exp, expm1, madd, normalCdf, panelsOf, ROW, rowAt, sumOf, tanh, wideExp } from "./prims";

/**
 * Applies an elementwise activation to the sums [z, z + length), and writes the outputs to `y`, which may be `z`. For an
 * activation of complete rows, copies the sums to `y` for `activateRows()`.
 */
export function activate(z: usize, y: usize, length: usize, activation: i32): void {
  const end = z + length, zero = f32x4.splat(0), one = f32x4.splat(1), two = f32x4.splat(2);
  switch (activation) {
    case Activation.linear:
    case Activation.softmax:
      if (y != z) memory.copy(y, z, length);
      return;
    case Activation.relu:
      for (; z < end; z += 16, y += 16) v128.store(y, f32x4.max(v128.load(z), zero));
      return;
    case Activation.sigmoid:
      for (; z < end; z += 16, y += 16) v128.store(y, f32x4.div(one, f32x4.add(one, exp(f32x4.neg(v128.load(z))))));
      return;
    case Activation.tanh:
      for (; z < end; z += 16, y += 16) v128.store(y, tanh(v128.load(z)));
      return;
    case Activation.silu:
      for (; z < end; z += 16, y += 16) {
        const a = v128.load(z), q = wideExp(f32x4.neg(f32x4.abs(a)));
        const share = f32x4.div(v128.bitselect(q, one, f32x4.lt(a, zero)), f32x4.add(one, q));
        v128.store(y, f32x4.mul(a, share));
      }
      return;
    case Activation.mish:
      for (; z < end; z += 16, y += 16) {
        const a = v128.load(z), q = wideExp(f32x4.neg(f32x4.abs(a))), s = f32x4.mul(q, q), below = f32x4.lt(a, zero);
        const top = madd(two, q, v128.bitselect(s, one, below)), all = madd(two, v128.bitselect(one, s, below), top);
        v128.store(y, f32x4.mul(a, f32x4.div(top, all)));
      }
      return;
    case Activation.leakyRelu:
      for (; z < end; z += 16, y += 16) {
        const a = v128.load(z);
        v128.store(y, v128.bitselect(f32x4.mul(a, f32x4.splat(0.01)), a, f32x4.lt(a, zero)));
      }
      return;
    case Activation.elu:
      for (; z < end; z += 16, y += 16) {
        const a = v128.load(z);
        v128.store(y, v128.bitselect(a, expm1(a), f32x4.gt(a, zero)));
      }
      return;
    case Activation.gelu:
      for (; z < end; z += 16, y += 16) {
        const a = v128.load(z);
        v128.store(y, f32x4.mul(a, normalCdf(a, bell(a))));
      }
      return;
    default:
      unreachable();
  }
}

/** Applies an activation of complete rows, in place, after `activate()` has been called for all panels. */
export function activateRows(y: usize, stride: i32, r0: i32, r1: i32, columns: i32, activation: i32): void {
  if (activation == Activation.softmax) softmax(y, stride, r0, r1, columns);
}

/**
 * Computes the backward pass of an activation on the gradients `d` of rows [r0, r1), in place.
 *
 * @param y the outputs; @param z the sums, or 0 if the derivative does not need them
 */
export function activateBackward(
  y: usize, z: usize, d: usize, stride: i32, columns: i32, activation: i32, r0: i32, r1: i32,
): void {
  if (activation == Activation.softmax) return softmaxBackward(y, d, stride, r0, r1, columns);
  for (let panel = 0, panels = panelsOf(columns); panel < panels; panel++) {
    const first = rowAt(0, stride, panel, r0);
    backwardRange(y + first, z + first, d + first, <usize>(r1 - r0) * ROW, activation);
  }
}

/** Computes the backward pass of an elementwise activation on the gradients [d, d + length), in place. */
function backwardRange(y: usize, z: usize, d: usize, length: usize, activation: i32): void {
  const end = d + length, zero = f32x4.splat(0), one = f32x4.splat(1), two = f32x4.splat(2);
  switch (activation) {
    case Activation.linear:
      return;
    case Activation.relu:
      for (; d < end; d += 16, y += 16) v128.store(d, v128.and(v128.load(d), f32x4.gt(v128.load(y), zero)));
      return;
    case Activation.sigmoid:
      for (; d < end; d += 16, y += 16) {
        const a = v128.load(y);
        v128.store(d, f32x4.mul(v128.load(d), f32x4.mul(a, f32x4.sub(one, a))));
      }
      return;
    case Activation.tanh:
      for (; d < end; d += 16, y += 16) {
        const a = v128.load(y);
        v128.store(d, f32x4.mul(v128.load(d), f32x4.sub(one, f32x4.mul(a, a))));
      }
      return;
    case Activation.silu:
      for (; d < end; d += 16, z += 16) {
        const a = v128.load(z), q = wideExp(f32x4.neg(f32x4.abs(a))), all = f32x4.add(one, q), below = f32x4.lt(a, zero);
        const share = f32x4.div(v128.bitselect(q, one, below), all), rest = f32x4.div(v128.bitselect(one, q, below), all);
        v128.store(d, f32x4.mul(v128.load(d), f32x4.mul(share, f32x4.add(one, f32x4.mul(a, rest)))));
      }
      return;
    case Activation.mish:
      for (; d < end; d += 16, z += 16) {
        const a = v128.load(z), q = wideExp(f32x4.neg(f32x4.abs(a))), s = f32x4.mul(q, q), below = f32x4.lt(a, zero);
        const top = madd(two, q, v128.bitselect(s, one, below)), all = madd(two, v128.bitselect(one, s, below), top);
        const slope = f32x4.div(f32x4.mul(f32x4.splat(4), f32x4.mul(f32x4.add(one, q), v128.bitselect(q, s, below))), all);
        v128.store(d, f32x4.mul(v128.load(d), f32x4.div(madd(a, slope, top), all)));
      }
      return;
    case Activation.leakyRelu:
      for (; d < end; d += 16, y += 16) {
        const a = v128.load(d);
        v128.store(d, v128.bitselect(f32x4.mul(a, f32x4.splat(0.01)), a, f32x4.le(v128.load(y), zero)));
      }
      return;
    case Activation.elu:
      for (; d < end; d += 16, y += 16) {
        const a = v128.load(y), slope = v128.bitselect(f32x4.add(a, one), one, f32x4.le(a, zero));
        v128.store(d, f32x4.mul(v128.load(d), slope));
      }
      return;
    case Activation.gelu:
      for (; d < end; d += 16, z += 16) {
        const a = v128.load(z), e = bell(a);
        const slope = madd(f32x4.mul(a, e), f32x4.splat(0.398942280), normalCdf(a, e)); // 1 / √(2π)
        v128.store(d, f32x4.mul(v128.load(d), slope));
      }
      return;
    case Activation.softmax: // works on complete rows, see activateBackward()
    default:
      unreachable();
  }
}

/** Returns a mask of the lanes of vector `v` of a panel: all ones if the lane is one of `columns` columns, else zeros. */
// @ts-ignore: decorator

export function columnMask(panel: i32, v: i32, columns: i32): v128 {
  const first = (panel << 4) + (v << 2);
  return i32x4.lt_s(i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3)), i32x4.splat(columns));
}

/** Returns the largest of the `columns` numbers of row r, or NaN if one of them is NaN. */
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

/** Writes e^(z - shift) of row r of `z` to row r of `o`, with 0 as padding, and returns the sum. */
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

/** Computes the softmax of rows [r0, r1) in place. e^(z - max z) cannot overflow. The padding becomes 0. */
export function softmax(m: usize, stride: i32, r0: i32, r1: i32, columns: i32): void {
  for (let r = r0; r < r1; r++) {
    const sum = f32x4.splat(1 / rowExp(m, m, stride, r, columns, rowMax(m, stride, r, columns)));
    for (let panel = 0, panels = panelsOf(columns); panel < panels; panel++) {
      const p = rowAt(m, stride, panel, r);
      for (let q = p; q < p + ROW; q += 16) v128.store(q, f32x4.mul(v128.load(q), sum));
    }
  }
}

/** Computes the backward pass of softmax outputs `y` on the gradients of rows [r0, r1), in place. The padding of `d` is 0. */
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
