// gradient: what linear_backward_weight.wgsl does with a gradient that is to be clipped: gradients (P) keeps it, P
// numbers being a layer's weights and bias.

@group(1) @binding(3) var<storage, read_write> gradients: array<f32>;

fn update(at: u32, gradient: f32) {
  gradients[at] = gradient;
}
