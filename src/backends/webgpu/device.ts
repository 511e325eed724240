/**
 * A WebGPU device as the backend uses it: buffers whose sizes are checked before any is made, pipelines that are made
 * once, and errors that end what was being done.
 * @module
 */
import {
  adapterName,
  type AdapterOptions,
  findAdapter,
  isSoftware,
  tileBytesOf,
  wantedLimits,
} from "./adapter.ts";
import { webgpuError, type Work } from "./errors.ts";
import type { Binding, Kernel } from "./kernels.ts";
import { type Reports, reportsOf } from "./reports.ts";

/** A buffer to be made. */
export interface BufferRequest {
  /** What it holds, for a message. */
  readonly name: string;
  /** Its size, a multiple of 4. */
  readonly bytes: number;
  /** Uses besides those of every buffer: storage, and copies in and out. */
  readonly usage?: number;
}

/** A kernel that can be dispatched, and how its bindings are laid out. */
export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** An open device. */
export interface Device extends Pick<Reports, "scoped" | "check"> {
  readonly gpu: GPUDevice;
  readonly adapter: GPUAdapter;
  /** Whether it computes on the CPU. */
  readonly software: boolean;
  /** Bytes of workgroup memory that a tile takes. */
  readonly tileBytes: number;
  /** The device in words. */
  readonly text: string;
  /** Most bytes of a buffer. */
  readonly largestBuffer: number;
  /** How every kernel's step record is bound: group 0, with an offset of its own for each dispatch. */
  readonly stepLayout: GPUBindGroupLayout;
  /** Buffers that were made and not destroyed. */
  readonly held: ReadonlySet<GPUBuffer>;
  /** Makes buffers, all or none. */
  allocate(what: Work, requests: readonly BufferRequest[]): Promise<GPUBuffer[]>;
  /** Destroys buffers. */
  release(buffers: readonly GPUBuffer[]): void;
  /** A kernel's pipeline; made once. */
  pipelineOf(what: Work, kernel: Kernel): Promise<Pipeline>;
  /** Copies out what a buffer for the host holds, once the device has written it. */
  map(what: Work, buffer: GPUBuffer, bytes: number): Promise<ArrayBuffer>;
  /** Copies numbers out. */
  read(what: Work, sources: readonly Source[]): Promise<ArrayBuffer[]>;
  /** Destroys the device and all that it holds. */
  close(): Promise<void>;
}

/** Bytes of a buffer. */
export interface Source {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly bytes: number;
}

const BINDING_TYPES: Record<Binding, GPUBufferBindingType> = {
  uniform: "uniform",
  read: "read-only-storage",
  write: "storage",
};

/**
 * Opens a device.
 *
 * @throws {BackendError} where there is no adapter that will do
 */
export async function openDevice(options: AdapterOptions): Promise<Device> {
  const adapter = await findAdapter(options);
  let gpu: GPUDevice;
  try {
    gpu = await adapter.requestDevice({ requiredLimits: wantedLimits(adapter) });
  } catch (error) {
    throw webgpuError(
      "open",
      `${adapterName(adapter)} gives no device (${(error as Error).message})`,
      "failed",
    );
  }
  const { maxStorageBufferBindingSize, maxBufferSize } = gpu.limits;
  const largestBuffer = Math.min(
    maxStorageBufferBindingSize,
    maxBufferSize,
    options.largestBuffer ?? Infinity,
  );
  const held = new Set<GPUBuffer>(), pipelines = new Map<string, Promise<Pipeline>>();
  const reports = reportsOf(gpu), { scoped, watched, check } = reports;
  const release = (buffers: readonly GPUBuffer[]) => {
    for (const buffer of buffers) {
      buffer.destroy();
      held.delete(buffer);
    }
  };
  const { STORAGE, COPY_DST, COPY_SRC } = GPUBufferUsage;
  const allocate: Device["allocate"] = async (what, requests) => {
    check(what);
    for (const request of requests) checkSize(what, request, largestBuffer);
    const { result, checked } = scoped(
      what,
      () =>
        requests.map(({ bytes, usage = STORAGE | COPY_DST | COPY_SRC }) =>
          gpu.createBuffer({ size: Math.max(bytes, 4), usage })
        ),
    );
    for (const buffer of result) held.add(buffer);
    try {
      await checked;
    } catch (error) {
      release(result);
      throw error;
    }
    return result;
  };
  const { COMPUTE } = GPUShaderStage;
  const stepLayout = gpu.createBindGroupLayout({
    entries: [{ binding: 0, visibility: COMPUTE, buffer: { type: "uniform", hasDynamicOffset: true } }],
  });
  const makePipeline = async (what: Work, { code, entry, bindings }: Kernel): Promise<Pipeline> => {
    const { result, checked } = scoped(what, () => {
      const layout = gpu.createBindGroupLayout({
        entries: bindings.map((binding, at) => ({
          binding: at,
          visibility: COMPUTE,
          buffer: { type: BINDING_TYPES[binding] },
        })),
      });
      const pipeline = gpu.createComputePipeline({
        layout: gpu.createPipelineLayout({ bindGroupLayouts: [stepLayout, layout] }),
        compute: { module: gpu.createShaderModule({ code }), entryPoint: entry },
      });
      return { pipeline, layout };
    });
    await checked;
    return result;
  };
  const read: Device["read"] = async (what, sources) => {
    check(what);
    const { MAP_READ, COPY_DST } = GPUBufferUsage;
    const staging = await allocate(
      what,
      sources.map(({ bytes }) => ({ name: "a copy for the host", bytes, usage: MAP_READ | COPY_DST })),
    );
    try {
      const { checked } = scoped(what, () => {
        const encoder = gpu.createCommandEncoder();
        for (const [at, { buffer, offset, bytes }] of sources.entries()) {
          encoder.copyBufferToBuffer(buffer, offset, staging[at], 0, bytes);
        }
        gpu.queue.submit([encoder.finish()]);
      });
      await checked;
      return await Promise.all(sources.map(({ bytes }, at) => map(what, staging[at], bytes)));
    } finally {
      release(staging);
    }
  };
  const map: Device["map"] = async (what, buffer, bytes) => {
    const { result, checked } = scoped(what, () => buffer.mapAsync(GPUMapMode.READ, 0, bytes));
    const refused = await watched(what, result.then(() => undefined, (error: Error) => error));
    await checked;
    if (refused) {
      await new Promise((resolve) => setTimeout(resolve, 0)); // a device refuses before it says that it is lost
      check(what);
      throw webgpuError(what, `results cannot be read (${refused.message})`, "failed", refused);
    }
    const copy = buffer.getMappedRange(0, bytes).slice(0);
    buffer.unmap();
    return copy;
  };
  return {
    gpu,
    adapter,
    software: isSoftware(adapter),
    tileBytes: tileBytesOf(adapter),
    text: isSoftware(adapter)
      ? `${adapterName(adapter)}, a software adapter on the CPU`
      : adapterName(adapter),
    largestBuffer,
    stepLayout,
    held,
    allocate,
    release,
    async pipelineOf(what, kernel) {
      check(what);
      const key = `${kernel.entry} ${kernel.code}`, made = pipelines.get(key) ?? makePipeline(what, kernel);
      pipelines.set(key, made);
      try {
        return await made;
      } catch (error) {
        pipelines.delete(key); // the next may be made
        throw error;
      }
    },
    scoped,
    check,
    map,
    read,
    async close() {
      await reports.end();
      release([...held]);
      gpu.destroy();
      await gpu.lost;
    },
  };
}

/** A device that remembers what it allocated, so that it can be released together. */
export interface Room extends Device {
  empty(): void;
}

/** Does work in a room of its own on the device, which is emptied if the work fails. */
export async function inRoom<T>(device: Device, work: (room: Room) => Promise<T>): Promise<T> {
  const mine: GPUBuffer[] = [];
  const room: Room = {
    ...device,
    async allocate(what, requests) {
      const buffers = await device.allocate(what, requests);
      mine.push(...buffers);
      return buffers;
    },
    empty() {
      device.release(mine.splice(0));
    },
  };
  try {
    return await work(room);
  } catch (error) {
    room.empty();
    throw error;
  }
}

/** Checks a buffer's size, before anything is made. */
function checkSize(what: Work, { name, bytes }: BufferRequest, largest: number): void {
  if (bytes <= largest) return;
  const why = `"${name}" takes ${megabytes(bytes)}, the adapter's largest buffer has ${megabytes(largest)}`;
  throw webgpuError(what, why, "too-large");
}

/** Bytes in units of 10⁶, with digits enough that no size beyond a limit reads like it. */
function megabytes(bytes: number): string {
  return `${Number((bytes / 1e6).toPrecision(6))} MB`;
}
