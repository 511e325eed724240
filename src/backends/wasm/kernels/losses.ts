// The losses on rows [r0, r1) of a batch. Each row's loss (f64), and 1 or 0 for a correct or incorrect row (i32), are written
// to arrays, which one thread adds up in the order of the rows. The gradient is that of the mean over all `rows` rows of the
// batch.
//
//   softmaxCrossEntropy:  loss = log Σ e^z - Σ t z,             dZ = (softmax(z) - t) / rows,  t = (1 - ε) onehot + ε / C
//                         with probabilities p:                 t = (1 - ε) p + ε / C,  loss = Σ t (log Σ e^z - z)
//   binaryCrossEntropy:   loss = Σ (max(z, 0) - z t + log(1 + q)) / O,  dZ = (σ(z) - t) / (O rows),  q = e^-|z|
//   meanSquaredError:     loss = Σ (y - t)² / O,                dY = 2 (y - t) / (O rows), then the activation backward
//   huber:                loss = Σ h(y - t) / O,                dY = clamp(y - t, -δ, δ) / (O rows), then the same,
//                         h(d) = d² / 2 if |d| <= δ, else δ (|d| - δ / 2)
//   weigh:                multiplies each row of dZ by the row's weight
//
// For z > 0, σ(z) - t is computed as (1 - t) - q / (1 + q), which keeps its digits for t = 1. For a row that belongs to no
// class, t is 1 / C for each class, as with ε = 1. The reference is src/backends/reference/losses.ts.

import { activateBackward, columnMask, rowExp, rowMax } from "./activations";
import { Loss, Program, RowOp } from "./generated";
import { elementAt, log1p, panelsOf, ROW, rowAt, sumOf, wideExp } from "./prims";

/** Returns 1 if element `label` of row r is the first that equals `top`, the largest, else 0. */
function isFirstLargest(m: usize, stride: i32, r: i32, label: i32, top: f32): i32 {
  if (!(load<f32>(elementAt(m, stride, r, label)) == top)) return 0;
  for (let c = 0; c < label; c++) if (load<f32>(elementAt(m, stride, r, c)) == top) return 0;
  return 1;
}

/** Returns the first index of the largest of `count` numbers; NaN counts only in the first place. */
function indexOfLargest(values: usize, count: i32): i32 {
  let best = 0, top = load<f32>(values);
  for (let c = 1; c < count; c++) {
    const value = load<f32>(values + (<usize>c << 2));
    if (!(value > top)) continue;
    best = c;
    top = value;
  }
  return best;
}

/** Returns the address of row r of the batch in an array of the data set with `size` bytes in each row. */
function sourceAt(array: usize, order: usize, r: i32, size: usize): usize {
  return array + <usize>load<u32>(order + (<usize>r << 2)) * size;
}

/** Writes the loss of row r, and 1 if the row is correct, else 0. */
function writeLoss(program: Program, r: i32, loss: f64, isCorrect: i32): void {
  store<f64>(program.losses + (<usize>r << 3), loss);
  store<i32>(program.correctRows + (<usize>r << 2), isCorrect);
}

/**
 * Computes the loss and gradient of rows [r0, r1).
 *
 * @param order the rows of the data set in the batch, `rows` in all
 */
export function computeLoss(op: RowOp, program: Program, order: usize, rows: i32, r0: i32, r1: i32): void {
  switch (op.loss) {
    case Loss.softmaxCrossEntropy:
      if (op.labels) return softmaxCrossEntropy(op, program, order, rows, r0, r1);
      return softCrossEntropy(op, program, order, rows, r0, r1);
    case Loss.meanSquaredError:
      return meanSquaredError(op, program, order, rows, r0, r1);
    case Loss.binaryCrossEntropy:
      return binaryCrossEntropy(op, program, order, rows, r0, r1);
    case Loss.huber:
      return huber(op, program, order, rows, r0, r1);
    default:
      unreachable();
  }
}

function softmaxCrossEntropy(op: RowOp, program: Program, order: usize, rows: i32, r0: i32, r1: i32): void {
  const z = op.a, d = op.result, stride = program.stride, classes = op.columns;
  const panels = panelsOf(classes), inverse: f32 = 1.0 / <f32>rows;
  for (let r = r0; r < r1; r++) {
    const label = load<u32>(sourceAt(op.labels, order, r, 4)), isClass = label < <u32>classes;
    const smoothing: f32 = isClass ? op.scale : 1, share = smoothing / <f32>classes;
    const top = rowMax(z, stride, r, classes);
    const sum = rowExp(z, d, stride, r, classes, top);
    const target: f32 = isClass ? load<f32>(elementAt(z, stride, r, label)) : 0;

    let mean: f32 = target; // Σ t z
    if (smoothing > 0) {
      let all = f32x4.splat(0);
      for (let panel = 0; panel < panels; panel++) {
        for (let v = 0; v < 4; v++) {
          const p = rowAt(z, stride, panel, r) + (<usize>v << 4);
          all = f32x4.add(all, v128.and(v128.load(p), columnMask(panel, v, classes)));
        }
      }
      mean = (1 - smoothing) * target + share * sumOf(all);
    }
    const isCorrect = isClass ? isFirstLargest(z, stride, r, label, top) : 0;
    writeLoss(program, r, Math.log(<f64>sum) + (<f64>top - <f64>mean), isCorrect);

    const scale = f32x4.splat(inverse / sum), shift = f32x4.splat(share * inverse);
    for (let panel = 0; panel < panels; panel++) {
      const q = rowAt(d, stride, panel, r);
      for (let v = 0; v < 4; v++) {
        const at = q + (<usize>v << 4);
        const g = f32x4.sub(f32x4.mul(v128.load(at), scale), shift);
        v128.store(at, v128.and(g, columnMask(panel, v, classes)));
      }
    }
    if (!isClass) continue;
    const at = elementAt(d, stride, r, label);
    store<f32>(at, load<f32>(at) - (1 - smoothing) * inverse);
  }
}

/** The softmax cross-entropy of probabilities. */
function softCrossEntropy(op: RowOp, program: Program, order: usize, rows: i32, r0: i32, r1: i32): void {
  const z = op.a, d = op.result, stride = program.stride, classes = op.columns, zero = f32x4.splat(0);
  const inverse: f32 = 1.0 / <f32>rows, factor = f32x4.splat(1 - op.scale), share = f32x4.splat(op.scale / <f32>classes);
  for (let r = r0; r < r1; r++) {
    const targets = sourceAt(op.source, order, r, <usize>classes << 2);
    const top = rowMax(z, stride, r, classes), sum = rowExp(z, d, stride, r, classes, top);
    const largest = f32x4.splat(top), logSum = f32x4.splat(<f32>Math.log(<f64>sum));
    const toShare = f32x4.splat(1 / sum), scale = f32x4.splat(inverse);
    let p = targets, sums = f64x2.splat(0);
    for (let panel = 0, panels = panelsOf(classes); panel < panels; panel++) {
      const zs = rowAt(z, stride, panel, r), ds = rowAt(d, stride, panel, r);
      for (let v = 0; v < 4; v++, p += 16) {
        const at = <usize>v << 4, mask = columnMask(panel, v, classes);
        if (!v128.any_true(mask)) {
          v128.store(ds + at, zero);
          continue; // there is no target to load
        }
        const t = f32x4.add(f32x4.mul(factor, v128.load(p)), share);
        const part = f32x4.mul(t, f32x4.sub(logSum, f32x4.sub(v128.load(zs + at), largest)));
        const loss = v128.and(part, v128.andnot(mask, f32x4.eq(t, zero))); // 0 ∞ is 0 here
        sums = f64x2.add(sums, f64x2.promote_low_f32x4(loss));
        sums = f64x2.add(sums, f64x2.promote_low_f32x4(v128.shuffle<f64>(loss, loss, 1, 1)));
        const g = f32x4.mul(f32x4.sub(f32x4.mul(v128.load(ds + at), toShare), t), scale);
        v128.store(ds + at, v128.and(g, mask));
      }
    }
    const isCorrect = isFirstLargest(z, stride, r, indexOfLargest(targets, classes), top);
    writeLoss(program, r, f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1), isCorrect);
  }
}

function binaryCrossEntropy(op: RowOp, program: Program, order: usize, rows: i32, r0: i32, r1: i32): void {
  const stride = program.stride, outputs = op.columns, zero = f32x4.splat(0), one = f32x4.splat(1);
  const half = f32x4.splat(0.5), scale = f32x4.splat(1 / (<f32>outputs * <f32>rows));
  for (let r = r0; r < r1; r++) {
    let p = sourceAt(op.source, order, r, <usize>outputs << 2), sums = f64x2.splat(0), incorrect = zero;
    for (let panel = 0, panels = panelsOf(outputs); panel < panels; panel++) {
      const z = rowAt(op.a, stride, panel, r), d = rowAt(op.result, stride, panel, r);
      for (let v = 0; v < 4; v++, p += 16) {
        const at = <usize>v << 4, mask = columnMask(panel, v, outputs);
        if (!v128.any_true(mask)) {
          v128.store(d + at, zero);
          continue; // there is no target to load
        }
        const a = v128.load(z + at), t = v128.load(p), q = wideExp(f32x4.neg(f32x4.abs(a))), above = f32x4.gt(a, zero);
        const line = f32x4.sub(f32x4.max(a, zero), f32x4.mul(a, t)), loss = v128.and(f32x4.add(line, log1p(q)), mask);
        sums = f64x2.add(sums, f64x2.promote_low_f32x4(loss));
        sums = f64x2.add(sums, f64x2.promote_low_f32x4(v128.shuffle<f64>(loss, loss, 1, 1)));
        const rest = f32x4.div(q, f32x4.add(one, q)); // σ(-|z|)
        const slope = v128.bitselect(f32x4.sub(f32x4.sub(one, t), rest), f32x4.sub(rest, t), above);
        v128.store(d + at, v128.and(f32x4.mul(slope, scale), mask));
        incorrect = v128.or(incorrect, v128.and(mask, v128.xor(above, f32x4.gt(t, half))));
      }
    }
    const sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
    writeLoss(program, r, sum / <f64>outputs, i32(!v128.any_true(incorrect)));
  }
}

function meanSquaredError(op: RowOp, program: Program, order: usize, rows: i32, r0: i32, r1: i32): void {
  const y = op.a, d = op.result, stride = program.stride, outputs = op.columns, labels = op.labels;
  const scale: f32 = 2 / (<f32>outputs * <f32>rows);
  for (let r = r0; r < r1; r++) {
    const label = labels ? <i32>load<u32>(sourceAt(labels, order, r, 4)) : -1;
    const isClass = <u32>label < <u32>outputs, other: f32 = isClass ? 0 : 1 / <f32>outputs;
    const values = sourceAt(op.source, order, r, <usize>outputs << 2);
    let sum: f64 = 0;
    for (let o = 0; o < outputs; o++) {
      const target: f32 = !labels ? load<f32>(values + (<usize>o << 2)) : o == label ? 1 : other;
      const difference = load<f32>(elementAt(y, stride, r, o)) - target;
      sum += <f64>difference * <f64>difference;
      store<f32>(elementAt(d, stride, r, o), difference * scale);
    }
    clearPadding(d, stride, r, outputs);
    const isCorrect = isClass ? isFirstLargest(y, stride, r, label, rowMax(y, stride, r, outputs)) : 0;
    writeLoss(program, r, sum / <f64>outputs, isCorrect);
  }
  activateBackward(y, op.z, d, stride, outputs, op.activation, r0, r1);
}

function huber(op: RowOp, program: Program, order: usize, rows: i32, r0: i32, r1: i32): void {
  const y = op.a, d = op.result, stride = program.stride, outputs = op.columns, delta = op.scale;
  const scale: f32 = 1 / (<f32>outputs * <f32>rows);
  for (let r = r0; r < r1; r++) {
    const values = sourceAt(op.source, order, r, <usize>outputs << 2);
    let sum: f64 = 0;
    for (let o = 0; o < outputs; o++) {
      const difference = load<f32>(elementAt(y, stride, r, o)) - load<f32>(values + (<usize>o << 2));
      const size = abs(difference);
      sum += size <= delta ? 0.5 * <f64>size * <f64>size : <f64>delta * (<f64>size - 0.5 * <f64>delta);
      store<f32>(elementAt(d, stride, r, o), max(-delta, min(delta, difference)) * scale);
    }
    clearPadding(d, stride, r, outputs);
    writeLoss(program, r, sum / <f64>outputs, 0);
  }
  activateBackward(y, op.z, d, stride, outputs, op.activation, r0, r1);
}

/** Sets the padding of row r to 0. */
function clearPadding(m: usize, stride: i32, r: i32, columns: i32): void {
  const padded = panelsOf(columns) << 4;
  for (let c = columns; c < padded; c++) store<f32>(elementAt(m, stride, r, c), 0);
}

/** Multiplies the gradient of each row by the row's weight. */
export function weigh(op: RowOp, stride: i32, order: usize, r0: i32, r1: i32): void {
  for (let panel = 0, panels = panelsOf(op.columns); panel < panels; panel++) {
    let d = rowAt(op.result, stride, panel, r0);
    for (let r = r0; r < r1; r++, d += ROW) {
      const weight = v128.load32_splat(sourceAt(op.source, order, r, 4));
      for (let at = d; at < d + ROW; at += 16) v128.store(at, f32x4.mul(v128.load(at), weight));
    }
  }
}
