// linearBackwardInput: dx (B, I) = dz (B, O) weights (O, I), then the backward pass of the dropout of x (B, I), if there is
// one, and of the activation that computed x.
//
// from_rows (B, I) is x, or the sums before the activation if the derivative needs them. Split: a workgroup computes a
// tile of dx, see tile.ts. Numerics: float32 sums over O in one order.
// Cost: 2 B I O FLOPs; dz is read once for each column of tiles, the weights once for each row of tiles.
// softmax_backward.wgsl computes the backward pass of a softmax. Compared with `linearBackwardInput()` of the reference backend.

@group(1) @binding(1) var<storage, read> dz: array<f32>;
@group(1) @binding(2) var<storage, read> parameters: array<f32>;
@group(1) @binding(3) var<storage, read> from_rows: array<f32>;
@group(1) @binding(4) var<storage, read_write> dx: array<f32>;

const LEFT_ALONG_DEPTH = true;
const RIGHT_ALONG_DEPTH = false;

fn tile_shape() -> vec3<u32> {
  return vec3<u32>(step.rows, layer.in_features, layer.out_features);
}

fn left(row: u32, o: u32) -> f32 {
  return dz[row * layer.out_features + o];
}

fn right(i: u32, o: u32) -> f32 {
  return parameters[o * layer.in_features + i];
}

fn finish(row: u32, i: u32, sum: f32) {
  let at = row * layer.in_features + i;
  dx[at] = activate_backward(from_rows[at], drop(sum, row, i));
}
