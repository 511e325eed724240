// gradient: keeps the gradients (P) of a layer's weights and bias, which are to be clipped.

fn update(at: u32, gradient: f32) {
  gradients[at] = gradient;
}
