// meanSquaredError: the loss of a row is the mean of (y - t)², and dz (B, O) is its gradient, back through the activation
// that made y, divided by the rows.
//
// y (B, O); t is targets (B, O), or the one-hot rows of labels (B). losses keeps each row's loss, whether its largest
// output is its label's, and whether it diverged (by the bits of its outputs, its targets and its loss), for
// sum_losses.wgsl: place index * batch_size + row, index the step's number in the submission.
// Split: LANES invocations a row, see rows.wgsl. Cost: 8 B O bytes read three times at most, 4 B O written.
// Compared with `meanSquaredError()` of the reference backend.

struct Loss {
  out_features: u32,
  batch_size: u32,
  labels: u32, // whether target_rows has labels
  activation: u32,
}

const SOFTMAX = 4u;

@group(1) @binding(0) var<uniform> loss: Loss;
@group(1) @binding(1) var<storage, read> y: array<f32>;
@group(1) @binding(2) var<storage, read> target_rows: array<u32>;
@group(1) @binding(3) var<storage, read_write> dz: array<f32>;
@group(1) @binding(4) var<storage, read_write> losses: array<RowLoss>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) index: u32) {
  unknown_zero = group.z;
  let row = row_of(group, index);
  let valid = row < step.rows;
  let first = row * loss.out_features;
  let end = select(0u, loss.out_features, valid);
  let scale = 2.0 / (f32(loss.out_features) * f32(step.rows));
  var own = NONE;
  var squares = 0.0;
  var products = 0.0; // of y and its gradient, for softmax
  for (var o = index % LANES; o < end; o += LANES) {
    let output = y[first + o];
    let wanted = target_of(row, o);
    let difference = output - wanted;
    own = larger(own, largest_at(o, output, select(DIVERGED, 0u, is_finite(output) && is_finite(wanted))));
    squares += difference * difference;
    products += output * difference * scale;
  }
  let top = largest_of_row(index, own);
  let row_loss = sum_of_row(index, squares) / f32(loss.out_features);
  let dot = sum_of_row(index, products);
  for (var o = index % LANES; o < end; o += LANES) {
    let output = y[first + o];
    let d = (output - target_of(row, o)) * scale;
    if (loss.activation + unknown_zero == SOFTMAX) {
      dz[first + o] = output * (d - dot);
    } else {
      dz[first + o] = activate_backward(output, d, loss.activation);
    }
  }
  if (valid && index % LANES == 0u) {
    let right = has_labels() && top.place == target_rows[row];
    losses[step.index * loss.batch_size + row] = row_loss_of(row_loss, right, top.flags);
  }
}

fn has_labels() -> bool {
  return loss.labels + unknown_zero != 0u;
}

fn target_of(row: u32, o: u32) -> f32 {
  if (has_labels()) {
    return select(0.0, 1.0, target_rows[row] == o);
  }
  return bitcast<f32>(target_rows[row * loss.out_features + o]);
}
