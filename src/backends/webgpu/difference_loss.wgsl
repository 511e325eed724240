// The code that losses of y - t share. The loss of a row is the mean of `part_of(y - t)`. dz
// (B, O) is its gradient after the backward pass of the activation of y, divided by the rows. The derivative of `part_of`
// is SLOPE times `slope_of`.
//
// from_of returns the y or z from which the activation's derivative is computed, see losses.ts. Cost: 8 B O bytes read
// three times at most, 4 B O written.

fn flags_of(row: Row, o: u32) -> u32 {
  return select(DIVERGED, 0u, is_finite(outputs[row.first + o]) && is_finite(target_of(row, o)));
}

fn loss_of(row: Row, top: Largest) -> f32 {
  let scale = SLOPE / (f32(rows.columns) * f32(step.rows)) * weight_of(row);
  var parts = 0.0;
  var products = 0.0; // of y and its gradient
  for (var o = row.lane; o < row.end; o += LANES) {
    let output = outputs[row.first + o];
    let difference = output - target_of(row, o);
    parts += part_of(difference);
    products += output * slope_of(difference) * scale;
  }
  var dot = 0.0;
  if (SOFTMAX) {
    dot = sum_of_lanes(row.index, products);
  }
  for (var o = row.lane; o < row.end; o += LANES) {
    let at = row.first + o;
    let d = slope_of(outputs[at] - target_of(row, o)) * scale;
    if (SOFTMAX) {
      dz[at] = outputs[at] * (d - dot);
    } else {
      dz[at] = activate_backward(from_of(at), d);
    }
  }
  return sum_of_lanes(row.index, parts) / f32(rows.columns);
}
