// The loss of a row, for sum_losses.wgsl.

struct RowLoss {
  loss: f32,
  flags: u32,
}

/** Set if the row counts as correct. */
const RIGHT = 1u;
/** Set if an output, a target or the loss is not finite. */
const DIVERGED = 2u;
