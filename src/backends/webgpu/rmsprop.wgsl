// rmsprop: g = gradient + λ p, v = decay v + (1 - decay) g², p = p - rate g / (√v + ε).
//
// parameters and v (P) are a layer's weights, then its bias. Compared with `rmsprop()` of the reference backend.

fn update(at: u32, gradient: f32) {
  let p = parameters[at];
  let g = gradient + step.weight_decay * p;
  let square = step.decay * v[at] + step.one_minus_decay * g * g;
  v[at] = square;
  parameters[at] = p - step.rate * g / (sqrt(square) + step.epsilon);
}
