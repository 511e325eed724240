// Products with inputs that are mostly zero. Only nonzero inputs are stored, as entries; in MNIST they are 19 % of the pixels.
//
//   gatherEntries:       the entries of a batch, {u32 feature * 64, f32 value}, memory for `stride` in each row
//   sparseRowsTimes:     Z[r, n] = b[n] + Σ over the entries of row r of value * W[feature, n]
//   gatherColumns:       the same entries as lists by feature, {u32 row * 64, f32 value}
//   sparseColumnsTimes:  G[k, n] = Σ over the list of feature k of value * D[row, n]
//
// A row of a panel is one cache line. Two panels and two entries are computed at a time, with 19 loads for 16 multiply-adds
// into 8 accumulators; loads limit the speed (see matmul.ts). Every sum runs over its entries in order.

import { madd, ROW } from "./prims";

/** The bytes of an entry of a batch. */
export const ENTRY: usize = 8;

/**
 * Copies the entries of rows [r0, r1) of a batch, whose row r is row `order[r]` of the data set. In a data set of bytes, an
 * entry takes 4 bytes, feature * 256 + byte, and the byte is multiplied by `scale`. In a data set of floats, entries have the
 * form of those of a batch.
 *
 * @param starts `[N + 1]` u32: the index of each row's first entry; @param batch receives `[B, stride]` entries
 * @param counts receives `[B]` u32: the entries of each row
 */
export function gatherEntries(
  starts: usize, source: usize, bytes: i32, scale: f32, order: usize, batch: usize, stride: i32, counts: usize,
  r0: i32, r1: i32,
): void {
  touch(starts, source, bytes, order, counts, r0, r1);
  for (let r = r0; r < r1; r++) {
    const s = starts + (<usize>load<u32>(order + (<usize>r << 2)) << 2);
    const from = load<u32>(s), count = load<u32>(s, 4) - from;
    let o = batch + <usize>r * stride * ENTRY;
    store<u32>(counts + (<usize>r << 2), count);
    if (bytes) {
      let p = source + (<usize>from << 2);
      for (const end = p + (<usize>count << 2); p < end; p += 4, o += ENTRY) {
        const entry = load<u32>(p);
        store<u32>(o, (entry >> 8) << 6);
        store<f32>(o, <f32>(entry & 255) * scale, 4);
      }
    } else {
      memory.copy(o, source + <usize>from * ENTRY, <usize>count * ENTRY);
    }
  }
}

/**
 * Reads one number of each cache line of those rows, because WebAssembly has no prefetch instruction. The rows are scattered
 * over the data set, so that each line is a cache miss. The loads are independent, so that the processor fetches many lines
 * at once; copying one row after the other does not achieve this. The sum is stored, or the compiler would remove the loads;
 * the counts overwrite it later.
 */
function touch(starts: usize, source: usize, bytes: i32, order: usize, counts: usize, r0: i32, r1: i32): void {
  const shift: usize = bytes ? 2 : 3;
  let sum: u32 = 0;
  for (let r = r0; r < r1; r++) {
    const s = starts + (<usize>load<u32>(order + (<usize>r << 2)) << 2);
    const end = source + (<usize>load<u32>(s, 4) << shift);
    for (let p = source + (<usize>load<u32>(s) << shift); p < end; p += 64) sum += load<u32>(p);
    store<u32>(counts + (<usize>r << 2), sum);
  }
}

/** Sorts the entries of `rows` rows into lists by feature, each in the order of the rows (a counting sort). */
export function gatherColumns(
  batch: usize, stride: i32, counts: usize, rows: i32, features: i32, ends: usize, lists: usize,
): void {
  memory.fill(ends, 0, <usize>(features + 2) << 2);
  for (let r = 0; r < rows; r++) {
    let p = batch + <usize>r * stride * ENTRY;
    for (const end = p + <usize>load<u32>(counts + (<usize>r << 2)) * ENTRY; p < end; p += ENTRY) {
      const count = ends + 8 + (load<u32>(p) >> 4); // offset / 64 * 4
      store<u32>(count, load<u32>(count) + 1);
    }
  }
  let sum: u32 = 0;
  for (let k: usize = 0, last = <usize>features << 2; k < last; k += 4) {
    sum += load<u32>(ends + 8 + k);
    store<u32>(ends + 8 + k, sum);
  }
  // ends[k + 1] is now the start of list k, and grows to its end
  for (let r = 0; r < rows; r++) {
    let p = batch + <usize>r * stride * ENTRY;
    for (const end = p + <usize>load<u32>(counts + (<usize>r << 2)) * ENTRY; p < end; p += ENTRY) {
      const next = ends + 4 + (load<u32>(p) >> 4);
      const at = load<u32>(next);
      store<u32>(next, at + 1);
      const o = lists + <usize>at * ENTRY;
      store<u32>(o, <u32>r << 6);
      store<u32>(o, load<u32>(p, 4), 4);
    }
  }
}

/** Computes rows [r0, r1) of two panels, or of one if `w2` is 0. `bias` has 16 numbers for each panel. */
export function sparseRowsTimes(
  batch: usize, stride: i32, counts: usize, w: usize, w2: usize, bias: usize, z: usize, z2: usize, r0: i32, r1: i32,
): void {
  for (let r = r0; r < r1; r++) {
    const p = batch + <usize>r * stride * ENTRY;
    const end = p + <usize>load<u32>(counts + (<usize>r << 2)) * ENTRY;
    const row = <usize>r * ROW;
    if (w2) weightedPair(p, end, w, w2, bias, z + row, z2 + row);
    else weighted(p, end, w, bias, z + row);
  }
}

/** Computes rows [k0, k1) of two panels of a weight gradient, or of one if `d2` is 0, from the lists of `gatherColumns`. */
export function sparseColumnsTimes(
  ends: usize, lists: usize, d: usize, d2: usize, g: usize, g2: usize, k0: i32, k1: i32,
): void {
  for (let k = k0; k < k1; k++, g += ROW, g2 += ROW) {
    const e = ends + (<usize>k << 2);
    const p = lists + <usize>load<u32>(e) * ENTRY, end = lists + <usize>load<u32>(e, 4) * ENTRY;
    if (d2) weightedPair(p, end, d, d2, 0, g, g2);
    else weighted(p, end, d, 0, g);
  }
}

/** Adds value * m[offset, 0…15] of entries [p, end) to `start` (16 numbers, or 0 for zeros), and stores the sums at `o`. */
function weighted(p: usize, end: usize, m: usize, start: usize, o: usize): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  if (start) s0 = v128.load(start), s1 = v128.load(start, 16), s2 = v128.load(start, 32), s3 = v128.load(start, 48);
  for (; p < end; p += ENTRY) {
    const i = m + load<u32>(p);
    const x = v128.load32_splat(p, 4);
    s0 = madd(x, v128.load(i), s0), s1 = madd(x, v128.load(i, 16), s1);
    s2 = madd(x, v128.load(i, 32), s2), s3 = madd(x, v128.load(i, 48), s3);
  }
  v128.store(o, s0), v128.store(o, s1, 16), v128.store(o, s2, 32), v128.store(o, s3, 48);
}

/** Computes `weighted` for two matrices with the same entries, two entries at a time. */
function weightedPair(p: usize, end: usize, m: usize, n: usize, start: usize, o: usize, o2: usize): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0;
  if (start) {
    s0 = v128.load(start), s1 = v128.load(start, 16), s2 = v128.load(start, 32), s3 = v128.load(start, 48);
    t0 = v128.load(start, 64), t1 = v128.load(start, 80), t2 = v128.load(start, 96), t3 = v128.load(start, 112);
  }
  for (; p + ENTRY < end; p += 2 * ENTRY) {
    const both = v128.load(p), a = load<u32>(p), b = load<u32>(p, 8);
    const x = v128.shuffle<f32>(both, both, 1, 1, 1, 1), y = v128.shuffle<f32>(both, both, 3, 3, 3, 3);
    const i = m + a, j = n + a, k = m + b, l = n + b;
    s0 = madd(x, v128.load(i), s0), s1 = madd(x, v128.load(i, 16), s1);
    s2 = madd(x, v128.load(i, 32), s2), s3 = madd(x, v128.load(i, 48), s3);
    t0 = madd(x, v128.load(j), t0), t1 = madd(x, v128.load(j, 16), t1);
    t2 = madd(x, v128.load(j, 32), t2), t3 = madd(x, v128.load(j, 48), t3);
    s0 = madd(y, v128.load(k), s0), s1 = madd(y, v128.load(k, 16), s1);
    s2 = madd(y, v128.load(k, 32), s2), s3 = madd(y, v128.load(k, 48), s3);
    t0 = madd(y, v128.load(l), t0), t1 = madd(y, v128.load(l, 16), t1);
    t2 = madd(y, v128.load(l, 32), t2), t3 = madd(y, v128.load(l, 48), t3);
  }
  if (p < end) {
    const a = load<u32>(p);
    const x = v128.load32_splat(p, 4);
    const i = m + a, j = n + a;
    s0 = madd(x, v128.load(i), s0), s1 = madd(x, v128.load(i, 16), s1);
    s2 = madd(x, v128.load(i, 32), s2), s3 = madd(x, v128.load(i, 48), s3);
    t0 = madd(x, v128.load(j), t0), t1 = madd(x, v128.load(j, 16), t1);
    t2 = madd(x, v128.load(j, 32), t2), t3 = madd(x, v128.load(j, 48), t3);
  }
  v128.store(o, s0), v128.store(o, s1, 16), v128.store(o, s2, 32), v128.store(o, s3, 48);
  v128.store(o2, t0), v128.store(o2, t1, 16), v128.store(o2, t2, 32), v128.store(o2, t3, 48);
}
