// meanSquaredError: the loss of a row is the mean of (y - t)². With labels, t is the one-hot row of the label, or 1 / C for
// each class if the row belongs to no class. See difference_loss.wgsl. Compared with `meanSquaredError()` of the reference
// backend.

const SLOPE = 2.0;

fn part_of(difference: f32) -> f32 {
  return difference * difference;
}

fn slope_of(difference: f32) -> f32 {
  return difference;
}

fn target_of(row: Row, o: u32) -> f32 {
  if (LABELS) {
    let label = targets[row.number];
    return select(select(0.0, 1.0, label == o), 1.0 / f32(rows.columns), label >= rows.columns);
  }
  return bitcast<f32>(targets[row.first + o]);
}

fn is_correct(row: Row, top: Largest) -> bool {
  return LABELS && top.place == targets[row.number];
}
