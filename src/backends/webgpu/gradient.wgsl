// gradient: what linear_backward_weight.wgsl does with a gradient that is to be clipped: gradients (P) keeps it, P
// numbers being a layer's weights and bias.

fn update(at: u32, gradient: f32) {
  gradients[at] = gradient;
}
