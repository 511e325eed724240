// softmaxCrossEntropy: the loss of a row is log Σ e^z - Σ t z, and dz (B, C) = (softmax(z) - t) / rows, where
// t = (1 - ε) onehot + ε / C.
//
// logits (B, C), labels (B). losses keeps each row's loss, whether its largest logit is its label's, and whether it
// diverged (by the bits of its logits and its loss), for sum_losses.wgsl: place index * batch_size + row, index the step's
// number in the submission.
// Split: LANES invocations a row, see rows.wgsl. Numerics: z - max z, so that no e^z can overflow and large losses are
// exact. Cost: 4 B C bytes read three times and written once.
// Compared with `softmaxCrossEntropy()` of the reference backend.

struct Loss {
  classes: u32,
  batch_size: u32,
  smoothing: f32, // ε
}

@group(1) @binding(0) var<uniform> loss: Loss;
@group(1) @binding(1) var<storage, read> logits: array<f32>;
@group(1) @binding(2) var<storage, read> labels: array<u32>;
@group(1) @binding(3) var<storage, read_write> dz: array<f32>;
@group(1) @binding(4) var<storage, read_write> losses: array<RowLoss>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) index: u32) {
  let row = row_of(group, index);
  let valid = row < step.rows;
  let first = row * loss.classes;
  let end = select(0u, loss.classes, valid);
  let label = labels[select(0u, row, valid)];
  var own = NONE;
  for (var c = index % LANES; c < end; c += LANES) {
    let z = logits[first + c];
    let lost = !is_finite(z) && !is_negative(z); // NaN or ∞; a probability of 0 may be right
    own = larger(own, largest_at(c, z, select(0u, DIVERGED, lost)));
  }
  let top = largest_of_row(index, own);
  let largest = number_of(top.order);
  var exps = 0.0;
  var sum = 0.0; // of t (max z - z)
  for (var c = index % LANES; c < end; c += LANES) {
    let below = logits[first + c] - largest;
    let wanted = target_of(c, label);
    exps += exp_of(below);
    if (!is_zero(wanted)) { // 0 ∞ is 0 here
      sum -= wanted * below;
    }
  }
  let total = sum_of_row(index, exps);
  let row_loss = sum_of_row(index, sum) + log_of(total);
  for (var c = index % LANES; c < end; c += LANES) {
    let probability = exp_of(logits[first + c] - largest) / total;
    dz[first + c] = (probability - target_of(c, label)) / f32(step.rows);
  }
  if (valid && index % LANES == 0u) {
    losses[step.index * loss.batch_size + row] = row_loss_of(row_loss, top.place == label, top.flags);
  }
}

fn target_of(c: u32, label: u32) -> f32 {
  return select(0.0, 1.0 - loss.smoothing, c == label) + loss.smoothing / f32(loss.classes);
}
