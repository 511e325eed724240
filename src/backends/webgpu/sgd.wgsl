// sgd: g = gradient + λ p, v = momentum v + g, p = p - rate (v, or with Nesterov g + momentum v).
//
// parameters and velocity (P) are a layer's weights, then its bias; without momentum the velocity is not touched.
// Compared with `sgd()` of the reference backend.

@group(1) @binding(3) var<storage, read_write> parameters: array<f32>;
@group(1) @binding(4) var<storage, read_write> velocity: array<f32>;

fn update(at: u32, gradient: f32) {
  let p = parameters[at];
  var change = gradient + step.weight_decay * p;
  if ((step.flags & MOMENTUM) + unknown_zero != 0u) {
    let v = step.momentum * velocity[at] + change;
    velocity[at] = v;
    change = select(v, change + step.momentum * v, (step.flags & NESTEROV) != 0u);
  }
  parameters[at] = p - step.rate * change;
}
