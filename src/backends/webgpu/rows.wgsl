// The entry point of kernels over the rows of a batch. LANES invocations call `work` for each row, so that a workgroup of 64
// works on 64 / LANES rows.

struct Rows {
  columns: u32,
  batch_size: u32,
  setting: f32, // of a loss
}

/** A row, and one of the invocations that work on it. */
struct Row {
  number: u32,
  first: u32, // index of its first number
  lane: u32,
  end: u32, // of its columns; 0 beyond the batch, where the invocation only joins the barriers
  index: u32, // of the invocation
}

@group(1) @binding(0) var<uniform> rows: Rows;

const GROUPS_ACROSS = 32768u; // most workgroups in x of a grid, see rowLaunch() in program.ts

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) index: u32) {
  let number = (group.y * GROUPS_ACROSS + group.x) * (64u / LANES) + index / LANES;
  let end = select(0u, rows.columns, number < step.rows);
  work(Row(number, number * rows.columns, index % LANES, end, index));
}
