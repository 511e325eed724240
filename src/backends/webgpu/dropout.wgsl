// dropout: y (B, I) is x (B, I) with some values dropped and the others multiplied, see dropout_mask.wgsl.
//
// Split: each invocation computes columns of a row; rows are the grid's second dimension; both in strides of the grid.
// Cost: 4 B I bytes read and written. Compared with `dropout()` of the reference backend.

@group(1) @binding(1) var<storage, read> x: array<f32>;
@group(1) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) invocation: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
) {
  for (var row = invocation.y; row < step.rows; row += groups.y) {
    for (var column = invocation.x; column < layer.columns; column += groups.x * 64u) {
      let at = row * layer.columns + column;
      y[at] = drop(x[at], row, column);
    }
  }
}
