// softmax: y = e^(z - max z) / Σ e^(z - max z) over each row of z (B, O), in place, after linear.wgsl.
//
// Split: see rows.wgsl. Numerics: no e^z can overflow; a NaN makes its complete row NaN through the sum.
// Cost: 4 B O bytes read three times and written twice. Compared with `activate()` of the reference backend.

@group(1) @binding(1) var<storage, read_write> y: array<f32>;

fn work(row: Row) {
  var own = NONE;
  for (var o = row.lane; o < row.end; o += LANES) {
    own = larger(own, largest_at(o, y[row.first + o], 0u));
  }
  let top = number_of(largest_of_lanes(row.index, own).order);
  var sum = 0.0;
  for (var o = row.lane; o < row.end; o += LANES) {
    let e = exp_of(y[row.first + o] - top);
    y[row.first + o] = e;
    sum += e;
  }
  let total = sum_of_lanes(row.index, sum);
  for (var o = row.lane; o < row.end; o += LANES) {
    y[row.first + o] /= total;
  }
}
