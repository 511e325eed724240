// meanSquaredError: the loss of a row is the mean of (y - t)², and dz (B, O) is its gradient, back through the activation
// that made y, divided by the rows. With labels, t is their one-hot rows.
//
// from_of gives what the activation's derivative is computed from, see kernels.ts. Cost: 8 B O bytes read
// three times at most, 4 B O written. Compared with `meanSquaredError()` of the reference backend.

fn diverges(row: Row, o: u32) -> bool {
  return !is_finite(outputs[row.first + o]) || !is_finite(target_of(row, o));
}

fn loss_of(row: Row, top: Largest) -> f32 {
  let scale = 2.0 / (f32(rows.columns) * f32(step.rows));
  var squares = 0.0;
  var products = 0.0; // of y and its gradient
  for (var o = row.lane; o < row.end; o += LANES) {
    let output = outputs[row.first + o];
    let difference = output - target_of(row, o);
    squares += difference * difference;
    products += output * difference * scale;
  }
  var dot = 0.0;
  if (SOFTMAX) {
    dot = sum_of_lanes(row.index, products);
  }
  for (var o = row.lane; o < row.end; o += LANES) {
    let at = row.first + o;
    let d = (outputs[at] - target_of(row, o)) * scale;
    if (SOFTMAX) {
      dz[at] = outputs[at] * (d - dot);
    } else {
      dz[at] = activate_backward(from_of(at), d);
    }
  }
  return sum_of_lanes(row.index, squares) / f32(rows.columns);
}

fn target_of(row: Row, o: u32) -> f32 {
  if (LABELS) {
    return select(0.0, 1.0, answers[row.number] == o);
  }
  return bitcast<f32>(answers[row.first + o]);
}
