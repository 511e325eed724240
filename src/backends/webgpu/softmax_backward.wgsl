// softmaxBackward: dz = y (d - Σ y d) over each row of d (B, O), in place, y (B, O) being softmax outputs.
//
// Split: LANES invocations a row, see rows.wgsl. Cost: 8 B O bytes read twice, 4 B O written.
// Compared with `activateBackward()` of the reference backend.

struct Layer {
  out_features: u32,
}

@group(1) @binding(0) var<uniform> layer: Layer;
@group(1) @binding(1) var<storage, read> y: array<f32>;
@group(1) @binding(2) var<storage, read_write> d: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) index: u32) {
  let row = row_of(group, index);
  let first = row * layer.out_features;
  let end = select(0u, layer.out_features, row < step.rows);
  var sum = 0.0;
  for (var o = index % LANES; o < end; o += LANES) {
    sum += y[first + o] * d[first + o];
  }
  let dot = sum_of_row(index, sum);
  for (var o = index % LANES; o < end; o += LANES) {
    d[first + o] = y[first + o] * (d[first + o] - dot);
  }
}
