// The functions of a product's tile that are the same for all its forms. tile.ts writes the others, and the constant
// VECTORS, the number of vectors across a tile.

/** The place of a vector: turned by its depth, so that a column of them and a row of them both lie in different banks. */
fn place(k: u32, vector: u32) -> u32 {
  return k * VECTORS + (vector ^ (k % 8u));
}

/** c + a bᵀ; a matrix's columns are rows of the tile. */
fn add_products(c: mat4x4<f32>, a: vec4<f32>, b: vec4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(c[0] + a.x * b, c[1] + a.y * b, c[2] + a.z * b, c[3] + a.w * b);
}
