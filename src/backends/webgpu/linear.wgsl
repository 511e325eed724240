// linear: y (B, O) = activation(x (B, I) weights (O, I)ᵀ + bias (O)).
//
// parameters is the layer's weights, then its bias. Split: a workgroup computes a tile of y, see tile.ts. Numerics:
// float32 sums over I in one order; the bias is added last. Cost: 2 B I O FLOPs; x is read once for every tile's width of
// O, the weights once for every tile's height of B. A softmax is applied by softmax.wgsl afterwards.
// Compared with `linear()` of the reference backend.

struct Layer {
  in_features: u32,
  out_features: u32,
  activation: u32,
}

@group(1) @binding(0) var<uniform> layer: Layer;
@group(1) @binding(1) var<storage, read> x: array<f32>;
@group(1) @binding(2) var<storage, read> parameters: array<f32>;
@group(1) @binding(3) var<storage, read_write> y: array<f32>;

/** Neighbours in memory follow each other along the depth. */
const LEFT_ALONG_DEPTH = true;
const RIGHT_ALONG_DEPTH = true;

fn tile_rows() -> u32 {
  return step.rows;
}

fn tile_columns() -> u32 {
  return layer.out_features;
}

fn tile_depth() -> u32 {
  return layer.in_features;
}

fn left(row: u32, i: u32) -> f32 {
  return x[row * layer.in_features + i];
}

fn right(o: u32, i: u32) -> f32 {
  return parameters[o * layer.in_features + i];
}

fn finish(row: u32, o: u32, sum: f32) {
  let bias = parameters[layer.out_features * layer.in_features + o];
  y[row * layer.out_features + o] = activate(sum + bias, layer.activation);
}
