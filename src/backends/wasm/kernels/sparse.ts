// Products with inputs that are mostly zero: only the others are kept, in 8-byte entries {u32 feature * 64, f32 value}, row
// after row. In MNIST 19 % of the pixels are not zero.
//
//   sparseRowsTimes:     Z[r, n] = b[n] + Σ over the entries of row r of value * W[feature, n]
//   gatherColumns:       turns the entries of a batch into lists by feature, {u32 slot * 64, f32 value}
//   sparseColumnsTimes:  G[k, n] = Σ over the list of feature k of value * D[slot, n]
//
// A row of a panel is one cache line, so that an entry costs one line and four multiply-adds. Entries are taken two at a
// time into two sets of sums, 8 accumulators as in matmul.ts, which are added at the end: one fixed order for each sum.

import { madd, ROW } from "./prims";

/** Σ over entries [p, end) of value * m[offset, 0…15], added to `start` (16 numbers, or 0 for zeros), stored at `o`. */
// @ts-ignore: decorator

function weighted(p: usize, end: usize, m: usize, start: usize, o: usize): void {
  const zero = f32x4.splat(0);
  let t0 = zero, t1 = zero, t2 = zero, t3 = zero;
  let s0 = zero, s1 = zero, s2 = zero, s3 = zero;
  if (start) {
    s0 = v128.load(start), s1 = v128.load(start, 16), s2 = v128.load(start, 32), s3 = v128.load(start, 48);
  }
  for (; p + 8 < end; p += 16) {
    const i = m + load<u32>(p), j = m + load<u32>(p, 8);
    const x = v128.load32_splat(p, 4), y = v128.load32_splat(p, 12);
    s0 = madd(x, v128.load(i), s0), s1 = madd(x, v128.load(i, 16), s1);
    s2 = madd(x, v128.load(i, 32), s2), s3 = madd(x, v128.load(i, 48), s3);
    t0 = madd(y, v128.load(j), t0), t1 = madd(y, v128.load(j, 16), t1);
    t2 = madd(y, v128.load(j, 32), t2), t3 = madd(y, v128.load(j, 48), t3);
  }
  if (p < end) {
    const i = m + load<u32>(p);
    const x = v128.load32_splat(p, 4);
    s0 = madd(x, v128.load(i), s0), s1 = madd(x, v128.load(i, 16), s1);
    s2 = madd(x, v128.load(i, 32), s2), s3 = madd(x, v128.load(i, 48), s3);
  }
  v128.store(o, f32x4.add(s0, t0)), v128.store(o, f32x4.add(s1, t1), 16);
  v128.store(o, f32x4.add(s2, t2), 32), v128.store(o, f32x4.add(s3, t3), 48);
}

/**
 * One panel of rows [r0, r1) of a batch whose row r is row `order[r]` of the data set.
 *
 * @param starts `[N + 1]` u32: where each row's entries begin; @param w one panel `[I, 16]`; @param z one panel `[B, 16]`
 */
export function sparseRowsTimes(
  starts: usize,
  entries: usize,
  order: usize,
  w: usize,
  bias: usize,
  z: usize,
  r0: i32,
  r1: i32,
): void {
  for (let r = r0; r < r1; r++) {
    const s = starts + (<usize> load<u32>(order + (<usize> r << 2)) << 2);
    weighted(
      entries + (<usize> load<u32>(s) << 3),
      entries + (<usize> load<u32>(s, 4) << 3),
      w,
      bias,
      z + <usize> r * ROW,
    );
  }
}

/**
 * Lists by feature of the entries of `rows` rows, each list in the order of the rows (a counting sort).
 *
 * @param ends receives `[I + 1]` u32: list k is [ends[k], ends[k + 1]) of `lists`
 */
export function gatherColumns(
  starts: usize,
  entries: usize,
  order: usize,
  rows: i32,
  features: i32,
  ends: usize,
  lists: usize,
): void {
  memory.fill(ends, 0, <usize> (features + 2) << 2);
  for (let r = 0; r < rows; r++) {
    const s = starts + (<usize> load<u32>(order + (<usize> r << 2)) << 2);
    const end = entries + (<usize> load<u32>(s, 4) << 3);
    for (let p = entries + (<usize> load<u32>(s) << 3); p < end; p += 8) {
      const count = ends + 8 + (load<u32>(p) >> 4); // offset / 64 * 4
      store<u32>(count, load<u32>(count) + 1);
    }
  }
  let sum: u32 = 0;
  for (let k: usize = 0, last = <usize> features << 2; k < last; k += 4) {
    sum += load<u32>(ends + 8 + k);
    store<u32>(ends + 8 + k, sum);
  }
  // ends[k + 1] is now where list k begins, and grows to where it ends
  for (let r = 0; r < rows; r++) {
    const s = starts + (<usize> load<u32>(order + (<usize> r << 2)) << 2);
    const end = entries + (<usize> load<u32>(s, 4) << 3);
    for (let p = entries + (<usize> load<u32>(s) << 3); p < end; p += 8) {
      const next = ends + 4 + (load<u32>(p) >> 4);
      const at = load<u32>(next);
      store<u32>(next, at + 1);
      const o = lists + (<usize> at << 3);
      store<u32>(o, <u32> r << 6);
      store<u32>(o, load<u32>(p, 4), 4);
    }
  }
}

/** Rows [k0, k1) of one panel of a weight gradient, from the lists of `gatherColumns`; `d` is one panel `[B, 16]`. */
export function sparseColumnsTimes(ends: usize, lists: usize, d: usize, g: usize, k0: i32, k1: i32): void {
  for (let k = k0; k < k1; k++, g += ROW) {
    const e = ends + (<usize> k << 2);
    weighted(lists + (<usize> load<u32>(e) << 3), lists + (<usize> load<u32>(e, 4) << 3), d, 0, g);
  }
}
