// The updates of clipped gradients: an optimizer's `update` for each of a layer's P parameters.
//
// clipped (P) are gradients, scaled by the factor of clip_by_norm.wgsl as they are read. Split: an invocation a parameter,
// in strides of the grid. Cost: 4 P bytes for each of the gradients, the parameters and the states, which are also written.

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
