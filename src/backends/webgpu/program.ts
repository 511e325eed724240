/** A list of dispatches: kernels with their buffers, sizes and grids, bound once and encoded again for every step. @module */
import type { Device } from "./device.ts";
import { webgpuError, type Work } from "./errors.ts";
import { type Kernel, lanesOf } from "./kernels.ts";
import { STEP_BYTES } from "./steps.ts";
import { type Block, type Tile, tileLoops, tileWidth } from "./tile.ts";

/** A kernel to be dispatched. */
export interface Launch {
  readonly kernel: Kernel;
  /** Its uniform of sizes: whole numbers, then float32 numbers. */
  readonly sizes: { readonly whole: readonly number[]; readonly reals?: readonly number[] };
  /** Its other bindings. */
  readonly buffers: readonly GPUBuffer[];
  /** Workgroups across and down. */
  readonly grid: readonly [x: number, y: number];
  /** Rounds of loops in all that an invocation makes, where they may be many. */
  readonly loops?: number;
}

/** Launches that are bound. */
export interface Program {
  /** Encodes them in order, each with its own grid or with another. */
  encode(pass: GPUComputePassEncoder, grid?: Launch["grid"]): void;
}

/** Bytes from one launch's sizes to the next: what bindings of uniform buffers are aligned to. */
const ALIGNMENT = 256;

/** Workgroups that one dimension of a grid can have. */
const MOST_GROUPS = 65535;

/**
 * Rounds of loops in all after which llvmpipe ends an invocation, without a word: its sums are then of a part of the
 * products. Some are left for loops that are not counted.
 */
const SOFTWARE_LOOPS = 65000;

/** Makes pipelines and bind groups. */
export async function bindProgram(device: Device, what: Work, launches: readonly Launch[]): Promise<Program> {
  for (const { kernel: { name }, grid, loops = 0 } of launches) {
    if (device.software && loops > SOFTWARE_LOOPS) {
      const why = `"${name}" takes ${loops} rounds of its loops, a software adapter makes ${SOFTWARE_LOOPS}`;
      throw webgpuError(what, `${why}; smaller batches or fewer inputs need fewer`, "too-large");
    }
    const most = Math.max(...grid);
    if (most > MOST_GROUPS) {
      const why =
        `"${name}" takes ${most} workgroups, the adapter takes ${MOST_GROUPS}; smaller batches need fewer`;
      throw webgpuError(what, why, "too-large");
    }
  }
  const bytes = new ArrayBuffer(ALIGNMENT * Math.max(launches.length, 1)), view = new DataView(bytes);
  for (const [index, { sizes: { whole, reals = [] } }] of launches.entries()) {
    const at = index * ALIGNMENT, realsAt = at + 4 * whole.length;
    for (const [i, value] of whole.entries()) view.setUint32(at + 4 * i, value, true);
    for (const [i, value] of reals.entries()) view.setFloat32(realsAt + 4 * i, value, true);
  }
  const { UNIFORM, COPY_DST } = GPUBufferUsage;
  const [sizes] = await device.allocate(what, [{
    name: "sizes",
    bytes: bytes.byteLength,
    usage: UNIFORM | COPY_DST,
  }]);
  const pipelines = await Promise.all(launches.map(({ kernel }) => device.pipelineOf(what, kernel)));
  const { result: bound, checked } = device.scoped(what, () => {
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

/** Returns the launch of a kernel that adds `depth` products up for each number of a matrix of `rows` and `columns`. */
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

/** Returns the launch of a kernel over the rows of a batch, with the setting that a loss may have. */
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

/** Workgroups across in a grid over rows, beyond which it has two dimensions; rows.wgsl knows it too. */
const ROW_GROUPS = 32768;

/** The grid of a kernel that takes `count` numbers in strides. */
export function strideGrid(count: number, most: number): [x: number, y: number] {
  return [Math.max(1, Math.min(Math.ceil(count / 64), most)), 1];
}

/** Which of the two grids of a kernel over rows and words keeps within one dimension. */
export function gatherGrid(rows: number, words: number): [x: number, y: number] {
  return [strideGrid(words, 1024)[0], Math.min(rows, MOST_GROUPS)];
}

/** Tiles of block 8 from which on a GPU is busy with them; with fewer, small tiles spread the work further. */
const MANY_TILES = 256;

/**
 * The tile for a matrix of sums. A software adapter pays for each number that is read, 1.8 times as much for a product
 * with block 4 as with 8 (llvmpipe, AVX2), so that it takes 8 unless most of the large tiles would lie outside.
 */
function tileFor({ software, tileBytes: bytes }: Device, rows: number, columns: number): Tile {
  const tiles = (block: Block) => tileGrid(block, rows, columns).reduce((x, y) => x * y);
  const large = software ? 4 * tiles(8) <= 1.8 * tiles(4) : tiles(8) >= MANY_TILES;
  return { block: large ? 8 : 4, bytes };
}

/** Binds records: group 0 of every kernel, with the offset of its step. */
export async function bindRecords(device: Device, what: Work, records: GPUBuffer): Promise<GPUBindGroup> {
  const { result, checked } = device.scoped(what, () =>
    device.gpu.createBindGroup({
      layout: device.stepLayout,
      entries: [{ binding: 0, resource: { buffer: records, size: STEP_BYTES } }],
    }));
  await checked;
  return result;
}
