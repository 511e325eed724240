/**
 * Opens a WebGPU device for the backend. Buffer sizes are checked before buffers are created, pipelines are created once, and
 * errors of the device reject the call that caused them.
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
import { type Action, webgpuError } from "./errors.ts";
import type { Binding, Kernel } from "./kernels.ts";
import { type Reports, reportsOf } from "./reports.ts";

/** A buffer to be allocated. */
export interface BufferRequest {
  /** Its contents, for an error message. */
  readonly name: string;
  /** Its size, a multiple of 4. */
  readonly bytes: number;
  /** The usage flags; by default storage, and copies in and out. */
  readonly usage?: number;
}

/** The pipeline of a kernel, and the layout of its bindings. */
export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** An open device. */
export interface Device extends Pick<Reports, "scoped" | "check"> {
  readonly gpu: GPUDevice;
  readonly adapter: GPUAdapter;
  /** True if it computes on the CPU. */
  readonly software: boolean;
  /** The bytes of workgroup memory that a tile takes. */
  readonly tileBytes: number;
  /** A description of the device. */
  readonly text: string;
  /** The most bytes of a buffer. */
  readonly largestBuffer: number;
  /** The layout of the step record's binding in every kernel: group 0, with an offset that each dispatch sets. */
  readonly stepLayout: GPUBindGroupLayout;
  /** The buffers that are allocated and not yet destroyed. */
  readonly held: ReadonlySet<GPUBuffer>;
  /** Allocates buffers. If one of them fails, none is left allocated. */
  allocate(action: Action, requests: readonly BufferRequest[]): Promise<GPUBuffer[]>;
  /** Destroys buffers. */
  release(buffers: readonly GPUBuffer[]): void;
  /** Returns the pipeline of a kernel, which is created at the first call. */
  pipelineOf(action: Action, kernel: Kernel): Promise<Pipeline>;
  /** Copies the contents of a mappable buffer out, after the device has written it. */
  map(action: Action, buffer: GPUBuffer, bytes: number): Promise<ArrayBuffer>;
  /** Copies ranges of buffers out. */
  read(action: Action, sources: readonly Source[]): Promise<ArrayBuffer[]>;
  /** Destroys the device and its buffers. */
  close(): Promise<void>;
}

/** A range of bytes of a buffer. */
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
 * @throws {BackendError} if no adapter can be used, or its device cannot be opened
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
  const allocate: Device["allocate"] = async (action, requests) => {
    check(action);
    for (const request of requests) checkSize(action, request, largestBuffer);
    const { result, checked } = scoped(
      action,
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
  const makePipeline = async (action: Action, { code, entry, bindings }: Kernel): Promise<Pipeline> => {
    const { result, checked } = scoped(action, () => {
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
  const read: Device["read"] = async (action, sources) => {
    check(action);
    const { MAP_READ, COPY_DST } = GPUBufferUsage;
    const staging = await allocate(
      action,
      sources.map(({ bytes }) => ({ name: "a copy for the host", bytes, usage: MAP_READ | COPY_DST })),
    );
    try {
      const { checked } = scoped(action, () => {
        const encoder = gpu.createCommandEncoder();
        for (const [at, { buffer, offset, bytes }] of sources.entries()) {
          encoder.copyBufferToBuffer(buffer, offset, staging[at], 0, bytes);
        }
        gpu.queue.submit([encoder.finish()]);
      });
      await checked;
      return await Promise.all(sources.map(({ bytes }, at) => map(action, staging[at], bytes)));
    } finally {
      release(staging);
    }
  };
  const map: Device["map"] = async (action, buffer, bytes) => {
    const { result, checked } = scoped(action, () => buffer.mapAsync(GPUMapMode.READ, 0, bytes));
    const refused = await watched(action, result.then(() => undefined, (error: Error) => error));
    await checked;
    if (refused) {
      await new Promise((resolve) => setTimeout(resolve, 0)); // a lost device refuses calls before it reports the loss
      check(action);
      throw webgpuError(action, `results cannot be read (${refused.message})`, "failed", refused);
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
    async pipelineOf(action, kernel) {
      check(action);
      const key = `${kernel.entry} ${kernel.code}`, made = pipelines.get(key) ?? makePipeline(action, kernel);
      pipelines.set(key, made);
      try {
        return await made;
      } catch (error) {
        pipelines.delete(key); // so that a later call tries again
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

/** A device that records the buffers allocated through it, so that they can be released together. */
export interface TrackedDevice extends Device {
  /** Releases these buffers. */
  releaseAll(): void;
}

/** Runs `use` with a tracked device. If it fails, its buffers are released. */
export async function withTrackedBuffers<T>(
  device: Device,
  use: (tracked: TrackedDevice) => Promise<T>,
): Promise<T> {
  const allocated: GPUBuffer[] = [];
  const tracked: TrackedDevice = {
    ...device,
    async allocate(action, requests) {
      const buffers = await device.allocate(action, requests);
      allocated.push(...buffers);
      return buffers;
    },
    releaseAll() {
      device.release(allocated.splice(0));
    },
  };
  try {
    return await use(tracked);
  } catch (error) {
    tracked.releaseAll();
    throw error;
  }
}

/** Checks the size of a buffer to be allocated. */
function checkSize(action: Action, { name, bytes }: BufferRequest, largest: number): void {
  if (bytes <= largest) return;
  const why = `"${name}" takes ${megabytes(bytes)}, the adapter's largest buffer has ${megabytes(largest)}`;
  throw webgpuError(action, why, "too-large");
}

/** Returns bytes in units of 10⁶, with enough digits to distinguish a size from a limit that it exceeds. */
function megabytes(bytes: number): string {
  return `${Number((bytes / 1e6).toPrecision(6))} MB`;
}
