// softmax: y = e^(z - max z) / Σ e^(z - max z) over each row of z (B, O), in place; the activation of linear.wgsl's sums.
//
// Split: LANES invocations a row, see rows.wgsl. Numerics: no e^z can overflow; NaN in a row reaches all of it through the
// sum. Cost: 4 B O bytes read three times and written twice. Compared with `activate()` of the reference backend.

struct Layer {
  out_features: u32,
}

@group(1) @binding(0) var<uniform> layer: Layer;
@group(1) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) index: u32) {
  let row = row_of(group, index);
  let first = row * layer.out_features;
  let end = select(0u, layer.out_features, row < step.rows);
  var own = NONE;
  for (var o = index % LANES; o < end; o += LANES) {
    own = larger(own, largest_at(o, y[first + o], 0u));
  }
  let top = number_of(largest_of_row(index, own).order);
  var sum = 0.0;
  for (var o = index % LANES; o < end; o += LANES) {
    let e = exp_of(y[first + o] - top);
    y[first + o] = e;
    sum += e;
  }
  let total = sum_of_row(index, sum);
  for (var o = index % LANES; o < end; o += LANES) {
    y[first + o] /= total;
  }
}
