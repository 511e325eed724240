// The loss of a row, which sum_losses.wgsl adds up.

struct RowLoss {
  loss: f32,
  flags: u32,
}

/** The flag of a correct row. */
const CORRECT = 1u;
/** The flag of a row with an output, a target or a loss that is not a finite number. */
const DIVERGED = 2u;
