/**
 * Writes the WGSL of a tile of a matrix product, which linear.wgsl, linear_backward_input.wgsl and
 * linear_backward_weight.wgsl share. It calls `finish(row, column, Σ_k left(row, k) right(column, k))` for each element of a
 * matrix. `tile_shape()` returns the rows and columns of the matrix and the depth, and `layer` has the sizes of the layer.
 *
 * A workgroup of 8 × 8 invocations computes a tile of `8 block` rows and columns. It copies a range of the depth of both
 * factors into its memory, as vectors of four rows or columns. Each invocation adds up `block × block` sums in registers, so
 * that `2 block` numbers are read for `block²` products. The sums are 4 × 4 matrices, each in a separate variable, because
 * compilers do not keep an array in registers if a loop indexes it. The order of a sum does not depend on the block.
 * @module
 */
import * as wgsl from "./wgsl.ts";

/** The rows and columns of sums in an invocation. */
export type Block = 4 | 8;

/** The form of a tile. */
export interface Tile {
  readonly block: Block;
  /** The bytes of workgroup memory that it takes. They determine the depth of a range; no sum depends on them. */
  readonly bytes: number;
}

/** The unrolled iterations of the loop over a range of the depth. */
const UNROLLED = 4;

/** The bytes of workgroup memory that a tile takes: those that every WebGPU device has. */
export const TILE_BYTES = 16384;

/**
 * The bytes of workgroup memory of a tile for OpenGL on the CPU. There wgpu generates code in which the first invocation
 * clears this memory number by number, and the time that llvmpipe needs to compile it, at a kernel's first use, grows with
 * the square of the bytes: 6 to 46 s for each of ten kernels with 16,384 bytes, 0.5 to 3 s with 4,096 (two cores, shared
 * with other processes). An epoch takes the same time with both. With Vulkan the driver clears the memory, and an epoch
 * would take 1.2 to 1.3 times as long with 4,096 bytes (two AMD EPYC processors).
 */
export const SMALL_TILE_BYTES = 4096;

/**
 * An expression that is always 0, which compilers cannot know. It is part of a loop bound that would otherwise depend on
 * uniforms alone. Mesa's Vulkan driver for the CPU compiles a kernel again for the values of its uniforms, at each dispatch,
 * if that removes half of the code, and keeps every copy: 0.3 to 1 MB for each step. For the same reason, branches depend
 * on constants of a kernel's variant, not on uniforms.
 */
const UNKNOWN_ZERO = "group.z";

/** Returns the number of rows, and of columns, of a tile. */
export function tileWidth({ block }: Pick<Tile, "block">): number {
  return 8 * block;
}

/** Returns the loop iterations of an invocation in total for products of this depth. */
export function tileLoops(tile: Tile, depth: number): number {
  const ranges = Math.ceil(depth / rangeDepth(tile)),
    copies = rangeDepth(tile) * tileWidth(tile) / 4 / 64;
  return ranges * (1 + copies) + Math.ceil(depth / UNROLLED);
}

/** Returns the depth of the range of both factors that is copied at a time. */
function rangeDepth(tile: Tile): number {
  return tile.bytes / (2 * 4 * tileWidth(tile));
}

/**
 * Writes a tile's WGSL.
 *
 * @param options `rowSums` also calls `finish_row(row, Σ_k left(row, k))`; `members` are further members of `layer`
 */
export function tileSource(
  tile: Tile,
  { rowSums, members = "" }: { readonly rowSums: boolean; readonly members?: string },
): string {
  const width = tileWidth(tile), depth = rangeDepth(tile), blocks = range(tile.block / 4);
  const cells = blocks.flatMap((i) => blocks.map((j) => ({ name: `c${i}${j}`, i, j })));
  const lines = (parts: string[], indent: number) => parts.join(`\n${" ".repeat(indent)}`);
  return `
const WIDTH = ${width}u; // rows and columns of a tile
const DEPTH = ${depth}u; // of a range
const VECTORS = WIDTH / 4u;

struct Layer { in_features: u32, out_features: u32, ${members} }
@group(1) @binding(0) var<uniform> layer: Layer;

var<workgroup> lefts: array<vec4<f32>, DEPTH * VECTORS>;
var<workgroup> rights: array<vec4<f32>, DEPTH * VECTORS>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) index: u32) {
  let top = group.y * WIDTH;
  let edge = group.x * WIDTH;
  let shape = tile_shape();
  if (top >= shape.x) {
    return;
  }
  let whole_depth = shape.z + ${UNKNOWN_ZERO};
  let y = index / 8u;
  let x = index % 8u;
  ${lines(cells.map(({ name }) => `var ${name} = mat4x4<f32>();`), 2)}
  ${rowSums ? lines(blocks.map((i) => `var s${i} = vec4<f32>();`), 2) : ""}
  for (var start = 0u; start < whole_depth; start += DEPTH) {
    let depth = min(DEPTH, whole_depth - start);
    for (var at = index; at < DEPTH * VECTORS; at += 64u) {
      copy_left(top, start, depth, at);
      copy_right(edge, start, depth, at);
    }
    workgroupBarrier();
    for (var first = 0u; first < depth; first += ${UNROLLED}u) {
      ${
    range(UNROLLED).map((k) =>
      `{
        let k = first + ${k}u;
        ${lines(blocks.map((i) => `let a${i} = lefts[place(k, ${8 * i}u + y)];`), 8)}
        ${lines(blocks.map((j) => `let b${j} = rights[place(k, ${8 * j}u + x)];`), 8)}
        ${lines(cells.map(({ name, i, j }) => `${name} = add_products(${name}, a${i}, b${j});`), 8)}
        ${rowSums ? lines(blocks.map((i) => `s${i} += a${i};`), 8) : ""}
      }`
    ).join(" ")
  }
    }
    workgroupBarrier();
  }
  var sums = array<mat4x4<f32>, ${cells.length}>(${cells.map(({ name }) => name).join(", ")});
  for (var cell = 0u; cell < ${cells.length}u; cell++) {
    let row = top + (cell / ${blocks.length}u) * 32u + y * 4u;
    let column = edge + (cell % ${blocks.length}u) * 32u + x * 4u;
    for (var at = 0u; at < 16u; at++) {
      if (row + at / 4u < shape.x && column + at % 4u < shape.y) {
        finish(row + at / 4u, column + at % 4u, sums[cell][at / 4u][at % 4u]);
      }
    }
  }
  ${rowSums ? ROW_SUMS(blocks) : ""}
}

${wgsl.tile}
${copySource("left", "tile_shape().x")}
${copySource("right", "tile_shape().y")}`;
}

const ROW_SUMS = (blocks: number[]) =>
  `if (edge == 0u && x == 0u) {
    var row_sums = array<vec4<f32>, ${blocks.length}>(${blocks.map((i) => `s${i}`).join(", ")});
    for (var at = 0u; at < ${4 * blocks.length}u; at++) {
      let row = top + (at / 4u) * 32u + y * 4u + at % 4u;
      if (row < shape.x) {
        finish_row(row, row_sums[at / 4u][at % 4u]);
      }
    }
  }`;

/**
 * Returns the WGSL that copies one vector of a factor. Adjacent invocations read adjacent numbers of memory. Beyond the last
 * row, the last row is read again; the sums of such rows are not used.
 */
function copySource(factor: "left" | "right", end: string): string {
  const reads = range(4).map((i) => `${factor}(min(row + ${i}u, last), start + k)`).join(", ");
  return `fn copy_${factor}(first: u32, start: u32, depth: u32, at: u32) {
  let k = select(at / VECTORS, at % DEPTH, ${factor.toUpperCase()}_ALONG_DEPTH);
  let vector = select(at % VECTORS, at / DEPTH, ${factor.toUpperCase()}_ALONG_DEPTH);
  let row = first + 4u * vector;
  let last = ${end} - 1u;
  if (k < depth) {
    ${factor}s[place(k, vector)] = vec4<f32>(${reads});
  } else if (k < depth + ${UNROLLED - 1}u) { // the loop continues to a multiple of ${UNROLLED}
    ${factor}s[place(k, vector)] = vec4<f32>();
  }
}
`;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at);
}
