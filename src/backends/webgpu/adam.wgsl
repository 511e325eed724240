// adam: m = β₁ m + (1 - β₁) g, v = β₂ v + (1 - β₂) g², p = p - rate m̂ / (√v̂ + ε).
//
// The corrections of m̂ and v̂ are the step's: corrected_rate is rate / (1 - β₁ᵗ), v_root is 1 / √(1 - β₂ᵗ), both computed
// in float64. Weight decay joins the gradient, or where it is decoupled (AdamW) shrinks p first.
// parameters, m and v (P) are a layer's weights, then its bias. Compared with `adam()` of the reference backend.

@group(1) @binding(3) var<storage, read_write> parameters: array<f32>;
@group(1) @binding(4) var<storage, read_write> m: array<f32>;
@group(1) @binding(5) var<storage, read_write> v: array<f32>;

fn update(at: u32, gradient: f32) {
  let p = parameters[at];
  let decoupled = (step.flags & DECOUPLED) != 0u;
  let decay = step.weight_decay * p;
  let g = select(gradient + decay, gradient, decoupled);
  let mean = step.beta1 * m[at] + step.one_minus_beta1 * g;
  let square = step.beta2 * v[at] + step.one_minus_beta2 * g * g;
  m[at] = mean;
  v[at] = square;
  let shrunk = select(p, p - step.rate * decay, decoupled);
  parameters[at] = shrunk - step.corrected_rate * mean / (sqrt(square) * step.v_root + step.epsilon);
}
