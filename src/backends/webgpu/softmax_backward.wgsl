// softmaxBackward: dz = y (d - Σ y d) over each row of d (B, O), in place. y (B, O) are softmax outputs.
//
// Split: see rows.wgsl. Cost: 8 B O bytes read twice, 4 B O written.
// Compared with `activateBackward()` of the reference backend.

@group(1) @binding(1) var<storage, read> y: array<f32>;
@group(1) @binding(2) var<storage, read_write> d: array<f32>;

fn work(row: Row) {
  var sum = 0.0;
  for (var o = row.lane; o < row.end; o += LANES) {
    sum += y[row.first + o] * d[row.first + o];
  }
  let dot = sum_of_lanes(row.index, sum);
  for (var o = row.lane; o < row.end; o += LANES) {
    d[row.first + o] = y[row.first + o] * (d[row.first + o] - dot);
  }
}
