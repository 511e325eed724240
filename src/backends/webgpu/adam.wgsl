// adam: m = β₁ m + (1 - β₁) g, v = β₂ v + (1 - β₂) g², p = p - rate m̂ / (√v̂ + ε).
//
// The step record has the bias corrections, computed in float64 (updates.ts): corrected_rate is rate / (1 - β₁ᵗ), v_root is
// 1 / √(1 - β₂ᵗ). Weight decay is added to the gradient, or, if it is decoupled (AdamW), shrinks p first.
// parameters, m and v (P) are a layer's weights, then its bias. Compared with `adam()` of the reference backend.

fn update(at: u32, gradient: f32) {
  let p = parameters[at];
  let joined = is_zero(step.decoupled);
  let decay = step.weight_decay * p;
  let g = select(gradient, gradient + decay, joined);
  let mean = step.beta1 * m[at] + step.one_minus_beta1 * g;
  let square = step.beta2 * v[at] + step.one_minus_beta2 * g * g;
  m[at] = mean;
  v[at] = square;
  let shrunk = select(p - step.rate * decay, p, joined);
  parameters[at] = shrunk - step.corrected_rate * mean / (sqrt(square) * step.v_root + step.epsilon);
}
