// The code that all losses share. Each loss defines three functions, with `top` the largest output of a row and the flags of
// all its outputs:
// - `flags_of(row, o)` returns DIVERGED if an output or its target is not finite, and flags of the loss itself;
// - `loss_of(row, top)` returns the loss, and writes the gradient dz (B, O) times weight_of(row);
// - `is_correct(row, top)` returns true in lane 0 if the row counts as correct; all lanes call it.
//
// outputs (B, O); targets is labels (B), or the bits of targets (B, O). losses has an element for each row of each step of
// the submission. Split: see rows.wgsl.

@group(1) @binding(1) var<storage, read> outputs: array<f32>;
@group(1) @binding(2) var<storage, read> targets: array<u32>;
@group(1) @binding(3) var<storage, read_write> dz: array<f32>;
@group(1) @binding(4) var<storage, read_write> losses: array<RowLoss>;

fn work(row: Row) {
  var own = NONE;
  for (var o = row.lane; o < row.end; o += LANES) {
    own = larger(own, largest_at(o, outputs[row.first + o], flags_of(row, o)));
  }
  let top = largest_of_lanes(row.index, own);
  let loss = loss_of(row, top);
  let correct = select(0u, CORRECT, is_correct(row, top));
  if (row.end != 0u && row.lane == 0u) {
    let diverged = select(DIVERGED, 0u, is_finite(loss));
    losses[step.index * rows.batch_size + row.number] = RowLoss(loss, top.flags | correct | diverged);
  }
}
