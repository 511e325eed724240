// linear: y (B, O) = activation(x (B, I) weights (O, I)ᵀ + bias (O)).
//
// parameters is the layer's weights, then its bias. Split: a workgroup computes a tile of y, see tile.ts. Numerics:
// float32 sums over I in one order; the bias is added last. Cost: 2 B I O FLOPs; x is read once for each column of tiles,
// the weights once for each row of tiles. softmax.wgsl applies a softmax afterwards. keep_z stores the sums if a
// derivative needs them, see kernels.ts. Compared with `linear()` of the reference backend.

@group(1) @binding(1) var<storage, read> x: array<f32>;
@group(1) @binding(2) var<storage, read> parameters: array<f32>;
@group(1) @binding(3) var<storage, read_write> y: array<f32>;

/** True if adjacent numbers in memory are adjacent in the depth. */
const LEFT_ALONG_DEPTH = true;
const RIGHT_ALONG_DEPTH = true;

fn tile_shape() -> vec3<u32> {
  return vec3<u32>(step.rows, layer.out_features, layer.in_features);
}

fn left(row: u32, i: u32) -> f32 {
  return x[row * layer.in_features + i];
}

fn right(o: u32, i: u32) -> f32 {
  return parameters[o * layer.in_features + i];
}

fn finish(row: u32, o: u32, sum: f32) {
  let at = row * layer.out_features + o;
  let z = sum + parameters[layer.out_features * layer.in_features + o];
  keep_z(at, z);
  y[at] = activate(z);
}
