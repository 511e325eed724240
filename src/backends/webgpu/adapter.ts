/** Selects the adapter of the backend, and determines the limits of its device. @module */
import type { BackendError } from "../../errors.ts";
import { webgpuError } from "./errors.ts";
import { SMALL_TILE_BYTES, TILE_BYTES } from "./tile.ts";
import { workerMayCrashAtExit } from "./worker.ts";

/** Options of the request for an adapter. */
export interface AdapterOptions {
  /** True if the backend was requested by name. If not, software adapters and unsafe Workers are refused. */
  readonly named?: boolean;
  /** The source of adapters; by default the host's `navigator.gpu`. */
  readonly gpu?: Pick<GPU, "requestAdapter">;
  /** The most bytes of a buffer; by default, and at most, the largest binding of the adapter. */
  readonly largestBuffer?: number;
}

/** The limits that the kernels need. A device is requested with no more than these and the sizes below. */
export const NEEDED = {
  maxComputeWorkgroupStorageSize: TILE_BYTES,
  maxComputeInvocationsPerWorkgroup: 64,
  maxComputeWorkgroupSizeX: 64,
  maxStorageBuffersPerShaderStage: 6,
  maxComputeWorkgroupsPerDimension: 65535,
} as const satisfies Partial<Record<keyof GPUSupportedLimits, number>>;

/** The limits that are requested as large as the adapter has them. They bound the size of networks and data sets. */
export const SIZES = ["maxStorageBufferBindingSize", "maxBufferSize"] as const;

/**
 * The names of software adapters, by host. Such an adapter is not requested again, because drivers may print a message at
 * each request: Mesa's do if `XDG_RUNTIME_DIR` is not set.
 */
const softwareOf = new WeakMap<Pick<GPU, "requestAdapter">, string>();

/**
 * Requests an adapter.
 *
 * @throws {BackendError} if there is no adapter, or a limit is too low; if the backend was not requested by name, also if the
 * adapter is software, or if this is a Worker in which a request may crash the process when it exits
 */
export async function findAdapter({ named = true, gpu = hostGpu() }: AdapterOptions): Promise<GPUAdapter> {
  if (gpu === undefined) throw webgpuError("open", "this host has no WebGPU", "unavailable");
  if (!named && workerMayCrashAtExit()) {
    const why = "Deno on Linux may crash at exit after a Worker has used OpenGL, " +
      "needs the main thread, or DENO_WEBGPU_BACKEND=vulkan and the permission to read it";
    throw webgpuError("open", why, "worker");
  }
  const known = named ? undefined : softwareOf.get(gpu);
  if (known !== undefined) throw softwareError(known);
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw webgpuError("open", "no adapter found; it needs a GPU with its driver", "no-adapter");
  if (!named && isSoftware(adapter)) {
    softwareOf.set(gpu, adapterName(adapter));
    throw softwareError(adapterName(adapter));
  }
  for (const [limit, needed] of Object.entries(NEEDED) as [keyof typeof NEEDED, number][]) {
    const found = adapter.limits[limit];
    if (!(found >= needed)) {
      throw webgpuError("open", `${adapterName(adapter)} has ${limit} ${found}, needs ${needed}`, "limits");
    }
  }
  return adapter;
}

function softwareError(name: string): BackendError {
  const why = `the only adapter, ${name}, is software, slower than backends "cpu" and "wasm"`;
  return webgpuError("open", why, "software");
}

/** Returns the limits with which a device of this adapter is requested. */
export function wantedLimits({ limits }: GPUAdapter): Record<string, number> {
  return Object.fromEntries(SIZES.map((name) => [name, limits[name]]));
}

/** Returns whether an adapter computes on the CPU. */
export function isSoftware({ info }: GPUAdapter): boolean {
  return info.isFallbackAdapter;
}

/**
 * Returns the bytes of a tile on an adapter; the number is small on the CPU with OpenGL. No field names the API, but the
 * subgroup sizes identify it: a driver for the CPU has one size, that of its vectors, and an API without subgroups reports
 * the bounds that WebGPU sets, 4 and 128.
 */
export function tileBytesOf(adapter: GPUAdapter): number {
  const { subgroupMinSize, subgroupMaxSize } = adapter.info;
  return isSoftware(adapter) && subgroupMinSize !== subgroupMaxSize ? SMALL_TILE_BYTES : TILE_BYTES;
}

/** Returns the name of an adapter. */
export function adapterName({ info }: GPUAdapter): string {
  return info.description || [info.vendor, info.architecture].filter(Boolean).join(" ") ||
    "an unnamed adapter";
}

function hostGpu(): GPU | undefined {
  return typeof navigator === "undefined" ? undefined : navigator.gpu as GPU | undefined;
}
