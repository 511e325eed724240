// linearBackwardWeight: dW (O, I) = dz (B, O)ᵀ x (B, I) and db (O) = Σ dz over the rows.
//
// Each gradient is passed to `update`: the function of an optimizer, so that no gradient is written to memory, or that of
// gradient.wgsl. Parameters and gradients of a layer are its weights, then its bias.
// Split: a workgroup computes a tile of dW, see tile.ts; the tiles of the first column also sum dz.
// Numerics: float32 sums over the rows in one order. Cost: 2 B I O FLOPs; x is read once for each row of tiles.
// Compared with `linearBackwardWeight()` of the reference backend.

@group(1) @binding(1) var<storage, read> dz: array<f32>;
@group(1) @binding(2) var<storage, read> x: array<f32>;

const LEFT_ALONG_DEPTH = false;
const RIGHT_ALONG_DEPTH = false;

fn tile_shape() -> vec3<u32> {
  return vec3<u32>(layer.out_features, layer.in_features, step.rows);
}

fn left(o: u32, row: u32) -> f32 {
  return dz[row * layer.out_features + o];
}

fn right(i: u32, row: u32) -> f32 {
  return x[row * layer.in_features + i];
}

fn finish(o: u32, i: u32, sum: f32) {
  update(o * layer.in_features + i, sum);
}

fn finish_row(o: u32, sum: f32) {
  update(layer.out_features * layer.in_features + o, sum);
}
