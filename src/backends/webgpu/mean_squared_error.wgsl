// meanSquaredError: the loss of a row is the mean of (y - t)², and dz (B, O) is its gradient, back through the activation
// that made y, divided by the rows.
//
// y (B, O); t is targets (B, O), or the one-hot rows of labels (B). losses keeps each row's loss and whether its largest
// output is its label's, for sum_losses.wgsl: place index * batch_size + row, index the step's number in the submission.
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
@group(1) @binding(4) var<storage, read_write> losses: array<vec2<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) index: u32) {
  let row = row_of(group, index);
  let valid = row < step.rows;
  let first = row * loss.out_features;
  let end = select(0u, loss.out_features, valid);
  let scale = 2.0 / (f32(loss.out_features) * f32(step.rows));
  var own = Largest(LOWEST, 0xffffffffu);
  var squares = 0.0;
  var products = 0.0; // of y and its gradient, for softmax
  for (var o = index % LANES; o < end; o += LANES) {
    let output = y[first + o];
    let difference = output - target_of(row, o);
    own = larger(own, Largest(output, o));
    squares += difference * difference;
    products += output * difference * scale;
  }
  let top = largest_of_row(index, own);
  let row_loss = sum_of_row(index, squares) / f32(loss.out_features);
  let dot = sum_of_row(index, products);
  for (var o = index % LANES; o < end; o += LANES) {
    let output = y[first + o];
    let d = (output - target_of(row, o)) * scale;
    if (loss.activation == SOFTMAX) {
      dz[first + o] = output * (d - dot);
    } else {
      dz[first + o] = activate_backward(output, d, loss.activation);
    }
  }
  if (valid && index % LANES == 0u) {
    let right = loss.labels != 0u && top.place == target_rows[row];
    losses[step.index * loss.batch_size + row] = vec2(row_loss, select(0.0, 1.0, right));
  }
}

fn target_of(row: u32, o: u32) -> f32 {
  if (loss.labels != 0u) {
    return select(0.0, 1.0, target_rows[row] == o);
  }
  return bitcast<f32>(target_rows[row * loss.out_features + o]);
}
