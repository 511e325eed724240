// softmaxCrossEntropy: the loss of a row is log Σ e^z - Σ t z, and dz (B, C) = (softmax(z) - t) / rows, with
// t = (1 - ε) onehot + ε / C, and ε = rows.setting. For a row that belongs to no class, onehot is 1 / C for each class. Without
// LABELS, the row of probabilities takes the place of onehot, and the loss is Σ t (log Σ e^z - z).
//
// Numerics: max z is subtracted, so that no e^z can overflow and large losses are exact. Cost: 4 B C bytes read three times and
// written once. Compared with `softmaxCrossEntropy()` of the reference backend.

fn flags_of(row: Row, c: u32) -> u32 {
  let z = outputs[row.first + c];
  let has_target = LABELS || is_finite(bitcast<f32>(targets[row.first + c]));
  return select(DIVERGED, 0u, has_target && (is_finite(z) || is_negative(z))); // not for -∞, which means a probability of 0
}

fn is_correct(row: Row, top: Largest) -> bool {
  if (LABELS) {
    return top.place == targets[row.number];
  }
  var own = NONE;
  for (var c = row.lane; c < row.end; c += LANES) {
    own = larger(own, largest_at(c, bitcast<f32>(targets[row.first + c]), 0u));
  }
  return top.place == largest_of_lanes(row.index, own).place;
}

fn loss_of(row: Row, top: Largest) -> f32 {
  let label = label_of(row);
  let largest = number_of(top.order);
  var exps = 0.0;
  var sum = 0.0; // of t (max z - z)
  var whole = 0.0; // of t
  for (var c = row.lane; c < row.end; c += LANES) {
    let below = outputs[row.first + c] - largest;
    let t = target_of(row, c, label);
    exps += exp_of(below);
    whole += t;
    if (!is_zero(t)) { // 0 ∞ is 0 here
      sum -= t * below;
    }
  }
  let total = sum_of_lanes(row.index, exps);
  let weight = weight_of(row);
  for (var c = row.lane; c < row.end; c += LANES) {
    let probability = exp_of(outputs[row.first + c] - largest) / total;
    dz[row.first + c] = (probability - target_of(row, c, label)) / f32(step.rows) * weight;
  }
  if (LABELS) {
    return sum_of_lanes(row.index, sum) + log_of(total);
  }
  let targets_sum = sum_of_lanes(row.index, whole);
  return sum_of_lanes(row.index, sum) + targets_sum * log_of(total);
}

fn label_of(row: Row) -> u32 {
  return targets[select(row.number, 0u, row.end == 0u)];
}

fn target_of(row: Row, c: u32, label: u32) -> f32 {
  let share = 1.0 - rows.setting;
  if (!LABELS) {
    return share * bitcast<f32>(targets[row.first + c]) + rows.setting / f32(rows.columns);
  }
  let hot = select(select(0.0, share, c == label), share / f32(rows.columns), label >= rows.columns);
  return hot + rows.setting / f32(rows.columns);
}
