// The losses over rows [r0, r1) of a batch: each row's loss (f64) and whether it was right (i32) go to arrays, which one
// thread adds up in the order of the rows; the gradient is that of the mean over all `rows` rows of the batch.
//
//   softmaxCrossEntropy:  loss = log Σ e^z - Σ t z,  dZ = (softmax(z) - t) / rows,  t = (1 - ε) onehot + ε / C
//   meanSquaredError:     loss = Σ (y - t)² / O,     dY = 2 (y - t) / (O rows), then back through the activation

import { activateBackward, columnMask, rowExp, rowMax } from "./activations";
import { Program, RowOp } from "./generated";
import { elementAt, panelsOf, rowAt, sumOf } from "./prims";

/** Whether element `label` of row r is the first that equals `top`, the largest. */
function isFirstLargest(m: usize, stride: i32, r: i32, label: i32, top: f32): i32 {
  if (!(load<f32>(elementAt(m, stride, r, label)) == top)) return 0;
  for (let c = 0; c < label; c++) if (load<f32>(elementAt(m, stride, r, c)) == top) return 0;
  return 1;
}

/** @param order the batch's rows of the data set, `rows` in all */
export function softmaxCrossEntropy(op: RowOp, program: Program, order: usize, rows: i32, r0: i32, r1: i32): void {
  const z = op.a, d = op.result, stride = program.stride, classes = op.columns, smoothing = op.scale;
  const panels = panelsOf(classes);
  const share = smoothing / <f32>classes, inverse: f32 = 1.0 / <f32>rows;
  for (let r = r0; r < r1; r++) {
    const label = load<u32>(op.labels + (<usize>load<u32>(order + (<usize>r << 2)) << 2));
    const top = rowMax(z, stride, r, classes);
    const sum = rowExp(z, d, stride, r, classes, top);
    const target = load<f32>(elementAt(z, stride, r, label));

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
    store<f64>(program.losses + (<usize>r << 3), Math.log(<f64>sum) + (<f64>top - <f64>mean));
    store<i32>(program.rights + (<usize>r << 2), isFirstLargest(z, stride, r, label, top));

    const scale = f32x4.splat(inverse / sum), shift = f32x4.splat(share * inverse);
    for (let panel = 0; panel < panels; panel++) {
      const q = rowAt(d, stride, panel, r);
      for (let v = 0; v < 4; v++) {
        const at = q + (<usize>v << 4);
        const g = f32x4.sub(f32x4.mul(v128.load(at), scale), shift);
        v128.store(at, v128.and(g, columnMask(panel, v, classes)));
      }
    }
    const at = elementAt(d, stride, r, label);
    store<f32>(at, load<f32>(at) - (1 - smoothing) * inverse);
  }
}

/** @param order the batch's rows of the data set, `rows` in all */
export function meanSquaredError(op: RowOp, program: Program, order: usize, rows: i32, r0: i32, r1: i32): void {
  const y = op.a, d = op.result, stride = program.stride, outputs = op.columns, labels = op.labels;
  const scale: f32 = 2 / (<f32>outputs * <f32>rows);
  const padded = panelsOf(outputs) << 4;
  for (let r = r0; r < r1; r++) {
    const source = <usize>load<u32>(order + (<usize>r << 2));
    const label = labels ? <i32>load<u32>(labels + (source << 2)) : -1;
    const values = op.source + source * (<usize>outputs << 2);
    let sum: f64 = 0;
    for (let o = 0; o < outputs; o++) {
      const wanted = labels ? <f32>(o == label) : load<f32>(values + (<usize>o << 2));
      const difference = load<f32>(elementAt(y, stride, r, o)) - wanted;
      sum += <f64>difference * <f64>difference;
      store<f32>(elementAt(d, stride, r, o), difference * scale);
    }
    for (let o = outputs; o < padded; o++) store<f32>(elementAt(d, stride, r, o), 0);
    store<f64>(program.losses + (<usize>r << 3), sum / <f64>outputs);
    const right = labels ? isFirstLargest(y, stride, r, label, rowMax(y, stride, r, outputs)) : 0;
    store<i32>(program.rights + (<usize>r << 2), right);
  }
  activateBackward(y, op.z, d, stride, outputs, op.activation, r0, r1);
}
