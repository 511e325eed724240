// update: calls an optimizer's `update` with the clipped gradient of each of a layer's P parameters.
//
// clipped (P) are gradients, which are scaled by the factor of clip_by_norm.wgsl when they are read. Split: one invocation
// for each parameter, in strides of the grid. Cost: 4 P bytes read for each of the gradients, the parameters and the states;
// parameters and states are also written.

struct Layer {
  size: u32, // P
}

@group(1) @binding(0) var<uniform> layer: Layer;
@group(1) @binding(1) var<storage, read> clipped: array<f32>;
@group(1) @binding(2) var<storage, read> factor: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) invocation: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
) {
  for (var at = invocation.x; at < layer.size; at += groups.x * 64u) {
    update(at, clipped[at] * factor[0]);
  }
}
