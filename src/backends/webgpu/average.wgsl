// average: average = decay average + (1 - decay) p, after the update.
//
// parameters and averages (P) are a layer's weights, then its bias. Split: one invocation for each parameter, in strides of
// the grid. Cost: 8 P bytes read and 4 P written. Compared with `average()` of the reference backend.

struct Average {
  size: u32, // P
  decay: f32,
  one_minus_decay: f32, // computed in float64
}

@group(1) @binding(0) var<uniform> layer: Average;
@group(1) @binding(1) var<storage, read> parameters: array<f32>;
@group(1) @binding(2) var<storage, read_write> averages: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) invocation: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
) {
  for (var at = invocation.x; at < layer.size; at += groups.x * 64u) {
    averages[at] = layer.decay * averages[at] + layer.one_minus_decay * parameters[at];
  }
}
