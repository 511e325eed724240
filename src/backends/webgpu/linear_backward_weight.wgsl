// linearBackwardWeight: dW (O, I) = dz (B, O)ᵀ x (B, I) and db (O) = Σ dz over the rows.
//
// Each gradient is passed to `update`. The `update` of an optimizer writes no gradient to memory; that of gradient.wgsl does.
// In memory, the weights of a layer come first, then its bias.
// Split: a workgroup computes a tile of dW, see tile.ts; the tiles in the first column also sum dz, for db.
// Numerics: float32 sums over the rows in a fixed order. Cost: 2 B I O FLOPs; x is read once for each row of tiles, dz once
// for each column of tiles. Tests compare it with `linearBackwardWeight()` of the reference backend.

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
