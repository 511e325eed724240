// binaryCrossEntropy: the loss of a row is the mean of max(z, 0) - z t + log(1 + e^-|z|), and dz (B, O) =
// (σ(z) - t) / (O rows). A row is correct if z > 0 for each t > 1/2, and for no other t.
//
// Numerics: e^-|z| cannot overflow, and σ(z) - t keeps its digits if t is 0 or 1 and σ(z) is near t. Cost: 8 B O bytes read
// twice, 4 B O written. Compared with `binaryCrossEntropy()` of the reference backend.

/** The flag of an output that is not on the same side of 1/2 as its target. */
const INCORRECT = 4u;

fn flags_of(row: Row, o: u32) -> u32 {
  let z = outputs[row.first + o];
  let t = target_of(row, o);
  let incorrect = is_above(z, 0u) != is_above(t, 0x3f000000u);
  return select(0u, INCORRECT, incorrect) | select(DIVERGED, 0u, is_finite(z) && is_finite(t));
}

fn is_correct(row: Row, top: Largest) -> bool {
  return (top.flags & INCORRECT) == 0u;
}

fn loss_of(row: Row, top: Largest) -> f32 {
  let scale = weight_of(row) / (f32(rows.columns) * f32(step.rows));
  var sum = 0.0;
  for (var o = row.lane; o < row.end; o += LANES) {
    let z = outputs[row.first + o];
    let t = target_of(row, o);
    let e = exp_of(bitcast<f32>(bitcast<u32>(z) | 0x80000000u)); // e^-|z|
    let rest = e / (1.0 + e); // σ(-|z|)
    sum += select(z, 0.0, is_negative(z)) - z * t + log_of_one_plus(e);
    dz[row.first + o] = select((1.0 - t) - rest, rest - t, is_negative(z)) * scale;
  }
  return sum_of_lanes(row.index, sum) / f32(rows.columns);
}

fn target_of(row: Row, o: u32) -> f32 {
  return bitcast<f32>(targets[row.first + o]);
}

/** True if x is larger than the number >= 0 with these bits; false if x is NaN. */
fn is_above(x: f32, bits: u32) -> bool {
  return bitcast<u32>(x) - (bits + 1u) < INFINITY - bits;
}

/** ln(1 + e) for 0 <= e <= 1, as 2 artanh(s) with s = e / (2 + e), by its series up to s¹³. */
fn log_of_one_plus(e: f32) -> f32 {
  let s = e / (2.0 + e);
  let q = s * s;
  var p = 2.0 / 13.0;
  p = fma(p, q, 2.0 / 11.0);
  p = fma(p, q, 2.0 / 9.0);
  p = fma(p, q, 2.0 / 7.0);
  p = fma(p, q, 2.0 / 5.0);
  p = fma(p, q, 2.0 / 3.0);
  return fma(p * q, s, 2.0 * s);
}
