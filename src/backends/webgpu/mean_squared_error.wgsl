// meanSquaredError: the loss of a row is the mean of (y - t)². With labels, t is their one-hot rows; for a label that
// is no class it is 1 / C in each column. See difference_loss.wgsl.
// Compared with `meanSquaredError()` of the reference backend.

const SLOPE = 2.0;

fn part_of(difference: f32) -> f32 {
  return difference * difference;
}

fn slope_of(difference: f32) -> f32 {
  return difference;
}

fn target_of(row: Row, o: u32) -> f32 {
  if (LABELS) {
    let label = answers[row.number];
    return select(select(0.0, 1.0, label == o), 1.0 / f32(rows.columns), label >= rows.columns);
  }
  return bitcast<f32>(answers[row.first + o]);
}

fn is_right(row: Row, top: Largest) -> bool {
  return LABELS && top.place == answers[row.number];
}
