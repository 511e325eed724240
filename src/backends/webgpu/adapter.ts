/** Which adapter the backend takes, what it asks of it, and how it is described. @module */
import type { BackendError } from "../../errors.ts";
import { webgpuError } from "./errors.ts";
import { SMALL_TILE_BYTES, TILE_BYTES } from "./tile.ts";
import { workerMayCrashAtExit } from "./worker.ts";

/** How an adapter is asked for. */
export interface AdapterOptions {
  /** Whether the backend was asked for by its name; if not, only a hardware adapter will do, and no unsafe Worker. */
  readonly named?: boolean;
  /** Where adapters come from; by default the host's `navigator.gpu`. */
  readonly gpu?: Pick<GPU, "requestAdapter">;
  /** Most bytes of a buffer; by default, and at most, what the adapter binds at a time. */
  readonly largestBuffer?: number;
}

/** What the kernels need; a device is never asked for more than that and the sizes below. */
export const NEEDED = {
  maxComputeWorkgroupStorageSize: TILE_BYTES,
  maxComputeInvocationsPerWorkgroup: 64,
  maxComputeWorkgroupSizeX: 64,
  maxStorageBuffersPerShaderStage: 6,
  maxComputeWorkgroupsPerDimension: 65535,
} as const satisfies Partial<Record<keyof GPUSupportedLimits, number>>;

/** What is asked for as large as the adapter has it: how large a network and a data set can be. */
export const SIZES = ["maxStorageBufferBindingSize", "maxBufferSize"] as const;

/**
 * The software adapters of hosts that have no other. They are not asked for again, because drivers may print whenever they
 * are: Mesa's do where `XDG_RUNTIME_DIR` is not set.
 */
const softwareOf = new WeakMap<Pick<GPU, "requestAdapter">, string>();

/**
 * Asks for an adapter.
 *
 * @throws {BackendError} if there is none or it lacks something; not asked for by name, also if it is of software or this
 * is a Worker in which asking may crash the process when it exits
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
  const why = `the only adapter, ${name}, is software, slower than backend "wasm"`;
  return webgpuError("open", why, "software");
}

/** The limits to ask a device of this adapter for. */
export function wantedLimits({ limits }: GPUAdapter): Record<string, number> {
  return Object.fromEntries(SIZES.map((name) => [name, limits[name]]));
}

/** Whether an adapter computes on the CPU. */
export function isSoftware({ info }: GPUAdapter): boolean {
  return info.isFallbackAdapter;
}

/**
 * Returns the bytes of a tile on an adapter: few on the CPU if the API is OpenGL. No field names the API, but the sizes of
 * subgroups tell: a driver for the CPU has one size, that of its vectors, and an API without subgroups reports the bounds
 * that WebGPU sets, 4 and 128.
 */
export function tileBytesOf(adapter: GPUAdapter): number {
  const { subgroupMinSize, subgroupMaxSize } = adapter.info;
  return isSoftware(adapter) && subgroupMinSize !== subgroupMaxSize ? SMALL_TILE_BYTES : TILE_BYTES;
}

/** What an adapter is called. */
export function adapterName({ info }: GPUAdapter): string {
  return info.description || [info.vendor, info.architecture].filter(Boolean).join(" ") ||
    "an unnamed adapter";
}

function hostGpu(): GPU | undefined {
  return typeof navigator === "undefined" ? undefined : navigator.gpu as GPU | undefined;
}
