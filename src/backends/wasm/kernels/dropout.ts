// Dropout (Srivastava et al. 2014): random values become 0, the others are multiplied by 1 / (1 - rate).
//
//   dropPanel:    Y[r, n] = kept(r, n) ? factor X[r, n] : 0, over one panel
//   dropEntries:  removes the dropped entries of sparse inputs, and multiplies the others by factor
//
// The mask is a function of the seed, the step, the layer, the row of the batch and the column, computed in 32-bit integers;
// `isKept()` in src/random.ts defines it. It is computed in the forward pass and again in the backward pass, so that no mask
// is stored and no result depends on which thread computes a row. A vector of four values takes 13 instructions.

import { Mask } from "./generated";
import { ROW } from "./prims";
import { ENTRY } from "./sparse";

/** The distance of neighboring columns before they are mixed. */
const COLUMN: u32 = 0x9e3779b9;

/** Returns `mix32(x)` of src/random.ts. */
function mix(x: u32): u32 {
  x = (x ^ (x >> 16)) * 0x85ebca6b;
  x = (x ^ (x >> 13)) * 0xc2b2ae35;
  return x ^ (x >> 16);
}

/** Returns the key of a step; `mix(key ^ row)` is the `dropoutKey()` of a row. */
function keyOf(mask: Mask, step: i32): u32 {
  return mix(mix(mix(mask.seed) ^ step) ^ mask.layer);
}

/** Returns `isKept()` of four columns: all ones if true, else zeros. `x` is the row's key plus column * COLUMN. */
function areKept(x: v128, threshold: v128): v128 {
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 16)), i32x4.splat(0x85ebca6b));
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 13)), i32x4.splat(0xc2b2ae35));
  return i32x4.ge_u(v128.xor(x, i32x4.shr_u(x, 16)), threshold);
}

/** Applies a mask to rows [r0, r1) of a panel. `x` and `y` are the addresses of row r0, and may be the same. */
export function dropPanel(mask: Mask, step: i32, panel: i32, r0: i32, r1: i32, x: usize, y: usize): void {
  const key = keyOf(mask, step), threshold = i32x4.splat(mask.threshold), factor = f32x4.splat(mask.factor);
  const four = i32x4.splat(4 * COLUMN);
  const c0 = i32x4.mul(i32x4.add(i32x4.splat(panel << 4), i32x4(0, 1, 2, 3)), i32x4.splat(COLUMN));
  const c1 = i32x4.add(c0, four), c2 = i32x4.add(c1, four), c3 = i32x4.add(c2, four);
  for (let r = r0; r < r1; r++, x += ROW, y += ROW) {
    const row = i32x4.splat(mix(key ^ r));
    v128.store(y, v128.and(f32x4.mul(v128.load(x), factor), areKept(i32x4.add(row, c0), threshold)));
    v128.store(y, v128.and(f32x4.mul(v128.load(x, 16), factor), areKept(i32x4.add(row, c1), threshold)), 16);
    v128.store(y, v128.and(f32x4.mul(v128.load(x, 32), factor), areKept(i32x4.add(row, c2), threshold)), 32);
    v128.store(y, v128.and(f32x4.mul(v128.load(x, 48), factor), areKept(i32x4.add(row, c3), threshold)), 48);
  }
}

/** Applies a mask to the entries of rows [r0, r1) of a batch in place, and writes the counts of the entries left. */
export function dropEntries(
  mask: Mask, step: i32, batch: usize, stride: i32, counts: usize, r0: i32, r1: i32,
): void {
  const key = keyOf(mask, step), threshold = <u32>mask.threshold, factor = mask.factor;
  for (let r = r0; r < r1; r++) {
    const row = mix(key ^ r), count = counts + (<usize>r << 2), first = batch + <usize>r * stride * ENTRY;
    let o = first;
    for (let p = first, end = first + <usize>load<u32>(count) * ENTRY; p < end; p += ENTRY) {
      const offset = load<u32>(p);
      store<u32>(o, offset);
      store<f32>(o, load<f32>(p, 4) * factor, 4);
      o += <usize>(mix(row + (offset >> 6) * COLUMN) >= threshold) * ENTRY;
    }
    store<u32>(count, <u32>((o - first) / ENTRY));
  }
}
