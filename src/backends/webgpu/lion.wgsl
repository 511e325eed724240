// lion: p = p - rate (sign(β₁ m + (1 - β₁) g) + λ p), m = β₂ m + (1 - β₂) g.
//
// parameters and m (P) are a layer's weights, then its bias. Compared with `lion()` of the reference backend.

fn update(at: u32, gradient: f32) {
  let p = parameters[at];
  let direction = sign_of(step.beta1 * m[at] + step.one_minus_beta1 * gradient);
  parameters[at] = p - step.rate * (direction + step.weight_decay * p);
  m[at] = step.beta2 * m[at] + step.one_minus_beta2 * gradient;
}

/** -1, 0 or 1; NaN stays NaN. */
fn sign_of(x: f32) -> f32 {
  let one = bitcast<f32>((bitcast<u32>(x) & 0x80000000u) | 0x3f800000u);
  return select(one, x, is_zero(x) || is_nan(x));
}
