// The loss of a row, whether it was right, and whether it is finite: written by the loss kernels, added up by sum_losses.wgsl.

struct RowLoss {
  loss: f32,
  flags: u32,
}

/** Whether the largest output is the label's. */
const RIGHT = 1u;
/** Whether an output or the loss is no finite number. */
const DIVERGED = 2u;

fn row_loss_of(loss: f32, right: bool, flags: u32) -> RowLoss {
  return RowLoss(loss, flags | select(0u, RIGHT, right) | select(DIVERGED, 0u, is_finite(loss)));
}
