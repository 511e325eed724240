// clipByNorm: factor = min(1, max_norm / (‖g‖ + 1e-6)), with ‖g‖ the norm of the gradients of all layers.
//
// Two kernels. `squares`: each workgroup adds up the squares of its share of a layer's gradients (P) and writes the sum to
// its element of the partial sums (G), with G the workgroups of all layers. `factor_of`: one workgroup adds up the partial
// sums. update.wgsl scales the gradients when it reads them. Numerics: float32, every sum in one order.
// Cost: 4 P bytes read. Compared with `clipByNorm()` of the reference backend.

struct Clip {
  size: u32, // P, or G for `factor_of`
  first: u32, // the index of the partial sum of the layer's first workgroup
  max_norm: f32,
}

@group(1) @binding(0) var<uniform> clip: Clip;
@group(1) @binding(1) var<storage, read> numbers: array<f32>;
@group(1) @binding(2) var<storage, read_write> sums: array<f32>;

@compute @workgroup_size(64)
fn squares(
  @builtin(global_invocation_id) invocation: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
) {
  var sum = 0.0;
  for (var at = invocation.x; at < clip.size; at += groups.x * LANES) {
    sum += numbers[at] * numbers[at];
  }
  let total = sum_of_lanes(lane, sum);
  if (lane == 0u) {
    sums[clip.first + group.x] = total;
  }
}

@compute @workgroup_size(64)
fn factor_of(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  for (var at = lane; at < clip.size; at += LANES) {
    sum += numbers[at];
  }
  let total = sum_of_lanes(lane, sum);
  if (lane == 0u) {
    let ratio = clip.max_norm / (sqrt(total) + 1e-6);
    sums[0] = select(ratio, 1.0, is_above_one(ratio)); // NaN stays NaN
  }
}

/** True if 1 < x <= ∞; false if x is NaN. */
fn is_above_one(x: f32) -> bool {
  return bitcast<u32>(x) - 0x3f800001u <= INFINITY - 0x3f800001u;
}
