// gradient: stores the gradients (P) of a layer's weights and bias, which are clipped later.

fn update(at: u32, gradient: f32) {
  gradients[at] = gradient;
}
