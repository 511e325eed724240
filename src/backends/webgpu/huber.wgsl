// huber: with d = y - t, the loss of a row is the mean of d² / 2 if |d| <= δ, else δ (|d| - δ / 2). δ is rows.setting.
// See difference_loss.wgsl. Compared with `huber()` of the reference backend.

const SLOPE = 1.0;

fn part_of(difference: f32) -> f32 {
  let distance = bitcast<f32>(bitcast<u32>(difference) & 0x7fffffffu);
  let far = rows.setting * (distance - 0.5 * rows.setting);
  return select(far, 0.5 * difference * difference, is_near(difference));
}

fn slope_of(difference: f32) -> f32 {
  let far = bitcast<f32>((bitcast<u32>(difference) & 0x80000000u) | bitcast<u32>(rows.setting));
  return select(far, difference, is_near(difference) || is_nan(difference));
}

/** True if |d| <= δ; false if d is NaN. */
fn is_near(difference: f32) -> bool {
  return (bitcast<u32>(difference) & 0x7fffffffu) <= bitcast<u32>(rows.setting);
}

fn target_of(row: Row, o: u32) -> f32 {
  return bitcast<f32>(targets[row.first + o]);
}

fn is_correct(row: Row, top: Largest) -> bool {
  return false;
}
