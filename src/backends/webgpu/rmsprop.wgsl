// rmsprop: g = gradient + λ p, v = decay v + (1 - decay) g², p = p - rate g / (√v + ε).
//
// λ is step.weight_decay. updates.ts declares `parameters`, `v` and `step`; the first two have the weights of a layer, then
// its bias. Tests compare it with `rmsprop()` of the reference backend.

fn update(at: u32, gradient: f32) {
  let p = parameters[at];
  let g = gradient + step.weight_decay * p;
  let mean_square = step.decay * v[at] + step.one_minus_decay * g * g;
  v[at] = mean_square;
  parameters[at] = p - step.rate * g / (sqrt(mean_square) + step.epsilon);
}
