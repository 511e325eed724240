// sumLosses: for each step of a submission, the sum of its rows' losses, the number of correct rows, and if it diverged.
//
// loss.wgsl writes losses, with batch_size elements for each step. results (steps) receives the sums; the host adds them up
// in float64. A step diverged if one of its rows did, or if the sum of the losses is not a finite number.
// Split: one workgroup for each step. Numerics: float32, every sum in one order.

struct Losses {
  batch_size: u32,
  step_words: u32, // from one step's record to the next
  rows_word: u32, // index of the word `rows` in a record
}

@group(1) @binding(0) var<uniform> sizes: Losses;
@group(1) @binding(1) var<storage, read> steps: array<u32>;
@group(1) @binding(2) var<storage, read> losses: array<RowLoss>;
@group(1) @binding(3) var<storage, read_write> results: array<StepSums>;

/** The sums of a step, as training.ts reads them. */
struct StepSums {
  loss: f32,
  correct: u32,
  diverged: u32, // 0 if not
}

const LANES = 64u;
var<workgroup> shared_sums: array<StepSums, LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let rows = steps[group.x * sizes.step_words + sizes.rows_word];
  var sum = StepSums(0.0, 0u, 0u);
  for (var row = lane; row < rows; row += LANES) {
    let each = losses[group.x * sizes.batch_size + row];
    sum = both(sum, StepSums(each.loss, each.flags & CORRECT, each.flags & DIVERGED));
  }
  shared_sums[lane] = sum;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      shared_sums[lane] = both(shared_sums[lane], shared_sums[lane + half]);
    }
  }
  if (lane == 0u) {
    let total = shared_sums[0];
    results[group.x] = both(total, StepSums(0.0, 0u, select(DIVERGED, 0u, is_finite(total.loss))));
  }
}

fn both(a: StepSums, b: StepSums) -> StepSums {
  return StepSums(a.loss + b.loss, a.correct + b.correct, a.diverged | b.diverged);
}
