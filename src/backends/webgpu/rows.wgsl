// The frame of kernels over rows of a batch: LANES invocations do `work` on each, a workgroup on 64 / LANES rows.

struct Rows {
  columns: u32,
  batch_size: u32,
  setting: f32, // of a loss
}

/** A row, as one of its invocations sees it. */
struct Row {
  number: u32,
  first: u32, // place of its first number
  lane: u32,
  end: u32, // of its columns; 0 beyond the batch, where there is nothing to do but wait
  index: u32, // of the invocation
}

@group(1) @binding(0) var<uniform> rows: Rows;

const GROUPS_ACROSS = 32768u; // of a grid in two dimensions, see rowLaunch() in program.ts

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) index: u32) {
  let number = (group.y * GROUPS_ACROSS + group.x) * (64u / LANES) + index / LANES;
  let end = select(0u, rows.columns, number < step.rows);
  work(Row(number, number * rows.columns, index % LANES, end, index));
}
