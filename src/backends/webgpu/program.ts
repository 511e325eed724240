/** Binds a list of kernel launches once, so that it can be encoded for every step. @module */
import type { Device } from "./device.ts";
import { type Action, webgpuError } from "./errors.ts";
import { type Kernel, lanesOf } from "./kernels.ts";
import { STEP_BYTES } from "./steps.ts";
import { type Block, type Tile, tileLoops, tileWidth } from "./tile.ts";

/** A kernel to be dispatched, with its sizes, buffers and grid. */
export interface Launch {
  readonly kernel: Kernel;
  /** Its uniform of sizes: whole numbers, then float32 numbers. */
  readonly sizes: { readonly whole: readonly number[]; readonly reals?: readonly number[] };
  /** Its other bindings. */
  readonly buffers: readonly GPUBuffer[];
  /** The workgroups in x and in y. */
  readonly grid: readonly [x: number, y: number];
  /** The loop iterations of an invocation in total, if they may be many. */
  readonly loops?: number;
}

/** A list of bound launches. */
export interface Program {
  /** Encodes the launches in order, with their own grids or all with `grid`. */
  encode(pass: GPUComputePassEncoder, grid?: Launch["grid"]): void;
}

/** The bytes from one launch's sizes to the next: the alignment of uniform buffer bindings. */
const ALIGNMENT = 256;

/** The most workgroups in one dimension of a grid. */
const MOST_GROUPS = 65535;

/**
 * The most loop iterations of an invocation on a software adapter. After slightly more iterations, llvmpipe ends an
 * invocation without an error, and its sums are incomplete. The margin is for loops that are not counted.
 */
const SOFTWARE_LOOPS = 65000;

/** Creates the pipelines and bind groups of launches. */
export async function bindProgram(
  device: Device,
  action: Action,
  launches: readonly Launch[],
): Promise<Program> {
  for (const { kernel: { name }, grid, loops = 0 } of launches) {
    if (device.software && loops > SOFTWARE_LOOPS) {
      const why = `"${name}" takes ${loops} rounds of its loops, a software adapter makes ${SOFTWARE_LOOPS}`;
      throw webgpuError(action, `${why}; smaller batches or fewer inputs need fewer`, "too-large");
    }
    const most = Math.max(...grid);
    if (most > MOST_GROUPS) {
      const why =
        `"${name}" takes ${most} workgroups, the adapter takes ${MOST_GROUPS}; smaller batches need fewer`;
      throw webgpuError(action, why, "too-large");
    }
  }
  const bytes = new ArrayBuffer(ALIGNMENT * Math.max(launches.length, 1)), view = new DataView(bytes);
  for (const [index, { sizes: { whole, reals = [] } }] of launches.entries()) {
    const at = index * ALIGNMENT, realsAt = at + 4 * whole.length;
    for (const [i, value] of whole.entries()) view.setUint32(at + 4 * i, value, true);
    for (const [i, value] of reals.entries()) view.setFloat32(realsAt + 4 * i, value, true);
  }
  const { UNIFORM, COPY_DST } = GPUBufferUsage;
  const [sizes] = await device.allocate(action, [{
    name: "sizes",
    bytes: bytes.byteLength,
    usage: UNIFORM | COPY_DST,
  }]);
  const pipelines = await Promise.all(launches.map(({ kernel }) => device.pipelineOf(action, kernel)));
  const { result: bound, checked } = device.scoped(action, () => {
    device.gpu.queue.writeBuffer(sizes, 0, bytes);
    return launches.map(({ buffers, grid }, index) => {
      const { pipeline, layout } = pipelines[index];
      const entries = [
        { binding: 0, resource: { buffer: sizes, offset: index * ALIGNMENT, size: ALIGNMENT } },
        ...buffers.map((buffer, at) => ({ binding: at + 1, resource: { buffer } })),
      ];
      return { pipeline, group: device.gpu.createBindGroup({ layout, entries }), grid };
    });
  });
  await checked;
  return {
    encode(pass, other) {
      for (const { pipeline, group, grid } of bound) {
        const [x, y] = other ?? grid;
        pass.setPipeline(pipeline);
        pass.setBindGroup(1, group);
        pass.dispatchWorkgroups(x, y);
      }
    },
  };
}

/** Returns the launch of a kernel that adds up `depth` products for each element of a matrix `[rows, columns]`. */
export function tileLaunch(
  device: Device,
  [rows, columns, depth]: readonly [rows: number, columns: number, depth: number],
  kernelOf: (tile: Tile) => Kernel,
  { sizes, buffers }: Pick<Launch, "sizes" | "buffers">,
): Launch {
  const tile = tileFor(device, rows, columns);
  return {
    kernel: kernelOf(tile),
    sizes,
    buffers,
    grid: tileGrid(tile.block, rows, columns),
    loops: tileLoops(tile, depth),
  };
}

function tileGrid(block: Block, rows: number, columns: number): [x: number, y: number] {
  const width = tileWidth({ block });
  return [Math.ceil(columns / width), Math.ceil(rows / width)];
}

/** Returns the launch of a kernel over the rows of a batch; `setting` is that of a loss. */
export function rowLaunch(
  kernelOf: (columns: number) => Kernel,
  { columns, batchSize, setting = 0 }: {
    readonly columns: number;
    readonly batchSize: number;
    readonly setting?: number;
  },
  buffers: Launch["buffers"],
): Launch {
  const groups = Math.ceil(batchSize * lanesOf(columns) / 64);
  return {
    kernel: kernelOf(columns),
    sizes: { whole: [columns, batchSize], reals: [setting] },
    buffers,
    grid: [Math.min(groups, ROW_GROUPS), Math.ceil(groups / ROW_GROUPS)],
  };
}

/** The most workgroups in x of a grid over rows, the GROUPS_ACROSS of rows.wgsl. Larger grids have two dimensions. */
const ROW_GROUPS = 32768;

/** Returns the grid of a kernel that processes `count` numbers in strides. */
export function strideGrid(count: number, most: number): [x: number, y: number] {
  return [Math.max(1, Math.min(Math.ceil(count / 64), most)), 1];
}

/** Returns the grid of a kernel that processes the words of rows in strides of both dimensions. */
export function gatherGrid(rows: number, words: number): [x: number, y: number] {
  return [strideGrid(words, 1024)[0], Math.min(rows, MOST_GROUPS)];
}

/** The number of tiles of block 8 from which on they occupy a GPU. With fewer, small tiles use more of the GPU. */
const MANY_TILES = 256;

/**
 * Returns the tile for a matrix of sums. On a software adapter, a product takes 1.8 times as long with block 4 as with
 * block 8, because more numbers are read (llvmpipe, AVX2). There the block is 8 unless large parts of the tiles would lie
 * outside of the matrix.
 */
function tileFor({ software, tileBytes: bytes }: Device, rows: number, columns: number): Tile {
  const tiles = (block: Block) => tileGrid(block, rows, columns).reduce((x, y) => x * y);
  const large = software ? 4 * tiles(8) <= 1.8 * tiles(4) : tiles(8) >= MANY_TILES;
  return { block: large ? 8 : 4, bytes };
}

/** Binds the records of steps as group 0 of every kernel. */
export async function bindRecords(device: Device, action: Action, records: GPUBuffer): Promise<GPUBindGroup> {
  const { result, checked } = device.scoped(action, () =>
    device.gpu.createBindGroup({
      layout: device.stepLayout,
      entries: [{ binding: 0, resource: { buffer: records, size: STEP_BYTES } }],
    }));
  await checked;
  return result;
}
