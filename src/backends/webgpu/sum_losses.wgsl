// sumLosses: for each step of a submission the sum of its rows' losses, and how many rows were right.
//
// losses is what the loss kernels keep: batch_size places a step. results (steps) receives both sums; the host adds those
// of an epoch up in float64. Split: a workgroup a step. Numerics: float32, every sum in one order.

struct Losses {
  batch_size: u32,
  step_words: u32, // from one step's record to the next, and of `rows` in it
  rows_word: u32,
}

@group(1) @binding(0) var<uniform> sizes: Losses;
@group(1) @binding(1) var<storage, read> steps: array<u32>;
@group(1) @binding(2) var<storage, read> losses: array<vec2<f32>>;
@group(1) @binding(3) var<storage, read_write> results: array<vec2<f32>>;

const LANES = 64u;
var<workgroup> shared_sums: array<vec2<f32>, LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let rows = steps[group.x * sizes.step_words + sizes.rows_word];
  var sum = vec2(0.0);
  for (var row = lane; row < rows; row += LANES) {
    sum += losses[group.x * sizes.batch_size + row];
  }
  shared_sums[lane] = sum;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      shared_sums[lane] += shared_sums[lane + half];
    }
  }
  if (lane == 0u) {
    results[group.x] = shared_sums[0];
  }
}
