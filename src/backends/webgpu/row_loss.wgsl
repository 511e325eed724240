// The loss of a row, for sum_losses.wgsl.

struct RowLoss {
  loss: f32,
  flags: u32,
}

/** Whether the row counts as correct. */
const RIGHT = 1u;
/** Whether an output, a target or the loss is no finite number. */
const DIVERGED = 2u;
