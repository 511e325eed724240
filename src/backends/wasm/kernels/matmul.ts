// Dense products of panel matrices.
//
//   rowsTimes:     Z[r, n] = start[n] + Σ_k A[r, k] W[k, n]     forward (W: weights), and backward to the input (W:
//                                                               transposed weights, no start)
//   columnsTimes:  G[k, n] = Σ_r A[r, k] D[r, n]                weight gradient
//   columnSums:    g[n] = Σ_r D[r, n]                           bias gradient
//
// Tiles have 8 vector accumulators, which hide the latency of a multiply-add (4 cycles; 2 start in each cycle). Some hosts,
// such as Deno, check the bounds of each load, so that a load takes about four instructions. Therefore one load reads four
// numbers of the left matrix, and shuffles splat each of them. On one thread of a 3.6 GHz Zen 4 this reaches 49 GFLOP/s;
// with a load for each splat it is 39. Every sum runs over its index in ascending order, in one accumulator, so that results
// do not depend on how rows are divided among threads.

import { madd, ROW, rowAt } from "./prims";

/** Steps of k after which sums are stored in memory. A strip of K_BLOCK × 64 bytes of W stays in a 32 KB L1 cache. */
const K_BLOCK: i32 = 256;

/**
 * Computes one panel of rows [r0, r1): `z[r, 0…15] = start + Σ_k a[r, k] w[k, 0…15]`, two rows of 16 columns at a time.
 *
 * @param a panels of `[stride, inner]`; @param w one panel of `[inner, 16]`; @param start 16 numbers, or 0 for zeros
 * @param z one panel of `[stride, 16]`
 */
export function rowsTimes(a: usize, stride: i32, inner: i32, w: usize, start: usize, z: usize, r0: i32, r1: i32): void {
  for (let k0 = 0; k0 < inner; k0 += K_BLOCK) {
    const k1 = min(inner, k0 + K_BLOCK);
    let r = r0;
    for (; r + 2 <= r1; r += 2) {
      const o = z + <usize>r * ROW;
      let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0;
      if (k0 > 0) {
        s0 = v128.load(o), s1 = v128.load(o, 16), s2 = v128.load(o, 32), s3 = v128.load(o, 48);
        t0 = v128.load(o, 64), t1 = v128.load(o, 80), t2 = v128.load(o, 96), t3 = v128.load(o, 112);
      } else if (start) {
        s0 = v128.load(start), s1 = v128.load(start, 16), s2 = v128.load(start, 32), s3 = v128.load(start, 48);
        t0 = s0, t1 = s1, t2 = s2, t3 = s3;
      }
      let q = w + <usize>k0 * ROW;
      for (let k = k0; k < k1; k += 16) {
        let p = rowAt(a, stride, k >> 4, r);
        const end = p + (<usize>min(16, k1 - k) << 2);
        for (; p + 16 <= end; p += 16, q += 4 * ROW) {
          const xs = v128.load(p), ys = v128.load(p, 64);
          {
            const x = v128.shuffle<f32>(xs, xs, 0, 0, 0, 0), y = v128.shuffle<f32>(ys, ys, 0, 0, 0, 0);
            const w0 = v128.load(q, 0), w1 = v128.load(q, 16), w2 = v128.load(q, 32), w3 = v128.load(q, 48);
            s0 = madd(x, w0, s0), s1 = madd(x, w1, s1), s2 = madd(x, w2, s2), s3 = madd(x, w3, s3);
            t0 = madd(y, w0, t0), t1 = madd(y, w1, t1), t2 = madd(y, w2, t2), t3 = madd(y, w3, t3);
          }
          {
            const x = v128.shuffle<f32>(xs, xs, 1, 1, 1, 1), y = v128.shuffle<f32>(ys, ys, 1, 1, 1, 1);
            const w0 = v128.load(q, 64), w1 = v128.load(q, 80), w2 = v128.load(q, 96), w3 = v128.load(q, 112);
            s0 = madd(x, w0, s0), s1 = madd(x, w1, s1), s2 = madd(x, w2, s2), s3 = madd(x, w3, s3);
            t0 = madd(y, w0, t0), t1 = madd(y, w1, t1), t2 = madd(y, w2, t2), t3 = madd(y, w3, t3);
          }
          {
            const x = v128.shuffle<f32>(xs, xs, 2, 2, 2, 2), y = v128.shuffle<f32>(ys, ys, 2, 2, 2, 2);
            const w0 = v128.load(q, 128), w1 = v128.load(q, 144), w2 = v128.load(q, 160), w3 = v128.load(q, 176);
            s0 = madd(x, w0, s0), s1 = madd(x, w1, s1), s2 = madd(x, w2, s2), s3 = madd(x, w3, s3);
            t0 = madd(y, w0, t0), t1 = madd(y, w1, t1), t2 = madd(y, w2, t2), t3 = madd(y, w3, t3);
          }
          {
            const x = v128.shuffle<f32>(xs, xs, 3, 3, 3, 3), y = v128.shuffle<f32>(ys, ys, 3, 3, 3, 3);
            const w0 = v128.load(q, 192), w1 = v128.load(q, 208), w2 = v128.load(q, 224), w3 = v128.load(q, 240);
            s0 = madd(x, w0, s0), s1 = madd(x, w1, s1), s2 = madd(x, w2, s2), s3 = madd(x, w3, s3);
            t0 = madd(y, w0, t0), t1 = madd(y, w1, t1), t2 = madd(y, w2, t2), t3 = madd(y, w3, t3);
          }
        }
        for (; p < end; p += 4, q += ROW) {
          const x = v128.load32_splat(p), y = v128.load32_splat(p, 64);
          const w0 = v128.load(q), w1 = v128.load(q, 16), w2 = v128.load(q, 32), w3 = v128.load(q, 48);
          s0 = madd(x, w0, s0), s1 = madd(x, w1, s1), s2 = madd(x, w2, s2), s3 = madd(x, w3, s3);
          t0 = madd(y, w0, t0), t1 = madd(y, w1, t1), t2 = madd(y, w2, t2), t3 = madd(y, w3, t3);
        }
      }
      v128.store(o, s0), v128.store(o, s1, 16), v128.store(o, s2, 32), v128.store(o, s3, 48);
      v128.store(o, t0, 64), v128.store(o, t1, 80), v128.store(o, t2, 96), v128.store(o, t3, 112);
    }
    if (r < r1) lastRow(a, stride, w, start, z, r, k0, k1);
  }
}

/** Computes the last row of an odd number of rows, for k in [k0, k1), with the same sums in the same order. */
function lastRow(a: usize, stride: i32, w: usize, start: usize, z: usize, r: i32, k0: i32, k1: i32): void {
  const o = z + <usize>r * ROW;
  const from = k0 > 0 ? o : start;
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  if (from) s0 = v128.load(from), s1 = v128.load(from, 16), s2 = v128.load(from, 32), s3 = v128.load(from, 48);
  let q = w + <usize>k0 * ROW;
  for (let k = k0; k < k1; k += 16) {
    let p = rowAt(a, stride, k >> 4, r);
    for (const end = p + (<usize>min(16, k1 - k) << 2); p < end; p += 4, q += ROW) {
      const x = v128.load32_splat(p);
      s0 = madd(x, v128.load(q), s0), s1 = madd(x, v128.load(q, 16), s1);
      s2 = madd(x, v128.load(q, 32), s2), s3 = madd(x, v128.load(q, 48), s3);
    }
  }
  v128.store(o, s0), v128.store(o, s1, 16), v128.store(o, s2, 32), v128.store(o, s3, 48);
}

/**
 * Computes rows [k0, k1) of one panel of a weight gradient: `g[k - k0, 0…15] = Σ_r a[r, k] d[r, 0…15]` over `rows` rows,
 * four rows of 8 columns at a time. If k1 is not a multiple of 4, the rows up to the next multiple are written too, with
 * values computed from the padding of `a`.
 *
 * @param a panels of `[stride, …]`; @param d one panel of `[stride, 16]`; @param g receives `[k1 - k0, 16]`
 * @param k0 a multiple of 4
 */
export function columnsTimes(a: usize, stride: i32, d: usize, g: usize, rows: i32, k0: i32, k1: i32): void {
  for (let k = k0; k < k1; k += 4) {
    const column = rowAt(a, stride, k >> 4, 0) + (<usize>(k & 15) << 2);
    for (let half: usize = 0; half < ROW; half += 32) {
      let s0 = f32x4.splat(0), s1 = s0, t0 = s0, t1 = s0, u0 = s0, u1 = s0, v0 = s0, v1 = s0;
      let p = column;
      for (let q = d + half, end = q + <usize>rows * ROW; q < end; q += ROW, p += ROW) {
        const xs = v128.load(p), d0 = v128.load(q), d1 = v128.load(q, 16);
        const x = v128.shuffle<f32>(xs, xs, 0, 0, 0, 0);
        s0 = madd(x, d0, s0), s1 = madd(x, d1, s1);
        const y = v128.shuffle<f32>(xs, xs, 1, 1, 1, 1);
        t0 = madd(y, d0, t0), t1 = madd(y, d1, t1);
        const z = v128.shuffle<f32>(xs, xs, 2, 2, 2, 2);
        u0 = madd(z, d0, u0), u1 = madd(z, d1, u1);
        const w = v128.shuffle<f32>(xs, xs, 3, 3, 3, 3);
        v0 = madd(w, d0, v0), v1 = madd(w, d1, v1);
      }
      const o = g + <usize>(k - k0) * ROW + half;
      v128.store(o, s0), v128.store(o, s1, 16), v128.store(o, t0, 64), v128.store(o, t1, 80);
      v128.store(o, u0, 128), v128.store(o, u1, 144), v128.store(o, v0, 192), v128.store(o, v1, 208);
    }
  }
}

/** Computes the column sums of one panel, the gradient of a bias: `g[0…15] = Σ_r d[r, 0…15]`. */
export function columnSums(d: usize, g: usize, rows: i32): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  for (let q = d, end = d + <usize>rows * ROW; q < end; q += ROW) {
    s0 = f32x4.add(s0, v128.load(q)), s1 = f32x4.add(s1, v128.load(q, 16));
    s2 = f32x4.add(s2, v128.load(q, 32)), s3 = f32x4.add(s3, v128.load(q, 48));
  }
  v128.store(g, s0), v128.store(g, s1, 16), v128.store(g, s2, 32), v128.store(g, s3, 48);
}

/**
 * Copies rows [k0, k1) of panel `panel` of `w` `[stride, 16]` to the transposed matrix, `t[n, k] = w[k, n]`, whose panels
 * have 16 columns k and `tStride` rows n. `k0` is a multiple of 16, and `w` is zero from row k1 to the next multiple of 16.
 */
export function transpose(w: usize, panel: i32, t: usize, tStride: i32, k0: i32, k1: i32): void {
  for (let k = k0; k < k1; k += 4) {
    for (let n = 0; n < 16; n += 4) {
      const p = w + <usize>k * ROW + (<usize>n << 2);
      const a = v128.load(p), b = v128.load(p, 64), c = v128.load(p, 128), d = v128.load(p, 192);
      const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5), ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
      const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5), cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
      const o = rowAt(t, tStride, k >> 4, panel * 16 + n) + (<usize>(k & 15) << 2);
      v128.store(o, v128.shuffle<f64>(ab0, cd0, 0, 2));
      v128.store(o, v128.shuffle<f64>(ab0, cd0, 1, 3), 64);
      v128.store(o, v128.shuffle<f64>(ab1, cd1, 0, 2), 128);
      v128.store(o, v128.shuffle<f64>(ab1, cd1, 1, 3), 192);
    }
  }
}
