// The code that all tiles share. tile.ts writes the other code, and the constant VECTORS, the number of vectors along one
// side of a tile.

/** Returns the index of a vector, permuted by its depth so that adjacent columns and adjacent rows use different banks. */
fn place(k: u32, vector: u32) -> u32 {
  return k * VECTORS + (vector ^ (k % 8u));
}

/** Returns c + a bᵀ. The columns of these matrices are rows of the tile. */
fn add_products(c: mat4x4<f32>, a: vec4<f32>, b: vec4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(c[0] + a.x * b, c[1] + a.y * b, c[2] + a.z * b, c[3] + a.w * b);
}
