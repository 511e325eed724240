// sgd: g = gradient + λ p, v = momentum v + g, p = p - rate v; with Nesterov's momentum p = p - rate (g + momentum v).
//
// parameters and velocity (P) are a layer's weights, then its bias; without momentum, STATES is 0 and there is no velocity.
// Compared with `sgd()` of the reference backend.

fn update(at: u32, gradient: f32) {
  let p = parameters[at];
  var change = gradient + step.weight_decay * p;
  if (STATES > 0u) {
    let v = step.momentum * velocity[at] + change;
    velocity[at] = v;
    change = select(change + step.momentum * v, v, is_zero(step.nesterov));
  }
  parameters[at] = p - step.rate * change;
}
