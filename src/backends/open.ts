/** Opens backends: by name, or the fastest that this host can run. @module */
import { BackendError } from "../errors.ts";
import type { Backend } from "./backend.ts";

/** Backends that can be asked for by name. */
export const BACKENDS = ["cuda", "webgpu", "wasm", "reference"] as const;

/** The name of a backend, or `"auto"` for the fastest that this host can run. */
export type BackendName = (typeof BACKENDS)[number] | "auto";

/** Options of a backend. */
export interface BackendOptions {
  /**
   * Threads of the wasm backend, at least 1; by default one a processor. On a host that shares no memory or starts no
   * workers, the calling thread works alone; the backend's `device` says so.
   */
  readonly threads?: number;
  /** The GPU of the cuda backend, counted from 0; the first by default. */
  readonly device?: number;
  /** The file of the cuda backend's library; by default what `MLPCUDA_LIBRARY` names, else `cuda/libmlpcuda.so`. */
  readonly library?: string;
}

/** A backend that `openBackend` opened. */
export interface OpenedBackend extends Backend {
  /** The backends that `"auto"` tried before, each with the reason; empty for a backend asked for by name. */
  readonly passedOver: readonly { readonly name: string; readonly reason: string }[];
}

/** The order in which `"auto"` tries. The reference is for comparison only: it is never fallen back to. */
const AUTOMATIC: readonly (typeof BACKENDS)[number][] = ["cuda", "webgpu", "wasm"];

/**
 * Opens a backend. One that is asked for by name is never replaced by another.
 *
 * On Linux, Deno may crash when the process exits (exit code 134 or 139) after a Worker has asked for a WebGPU adapter,
 * because that loads OpenGL. In such a Worker `"auto"` passes WebGPU over, and `"webgpu"` opens it. Set the environment
 * variable `DENO_WEBGPU_BACKEND=vulkan` to avoid the crash; if the Worker may read it, `"auto"` then takes WebGPU. Or let
 * 300 ms pass between the Worker's end and the exit. Test files of `deno test` run on such threads too.
 *
 * ```ts
 * import { openBackend } from "@mlpcuda/mlpcuda";
 *
 * await using backend = await openBackend("auto", { threads: 1 });
 * console.log(backend.name, backend.device);
 * ```
 *
 * @throws {TypeError} where there is no backend of that name
 * @throws {BackendError} where it cannot be had on this host
 */
export async function openBackend(
  name: BackendName = "auto",
  options: BackendOptions = {},
): Promise<OpenedBackend> {
  if (name !== "auto") {
    return Object.assign(await openByName(name, options, { named: true }), { passedOver: [] });
  }
  const passedOver: { name: string; reason: string }[] = [];
  for (const candidate of AUTOMATIC) {
    try {
      return Object.assign(await openByName(candidate, options, { named: false }), { passedOver });
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      passedOver.push({ name: candidate, reason: error.message });
    }
  }
  const reasons = passedOver.map(({ reason }) => reason).join("; ");
  throw new BackendError(`No backend can be opened: ${reasons}`, { backend: "auto", code: "unavailable" });
}

async function openByName(
  name: (typeof BACKENDS)[number],
  options: BackendOptions,
  { named }: { named: boolean },
): Promise<Backend> {
  switch (name) {
    case "cuda":
      return (await import("./cuda/backend.ts")).openCuda({ ...options, named });
    case "webgpu":
      return await (await import("./webgpu/backend.ts")).openWebgpu({ named });
    case "wasm":
      return await (await import("./wasm/backend.ts")).openWasm(options);
    case "reference":
      return (await import("./reference/backend.ts")).openReference();
    default:
      throw new TypeError(`Unknown backend "${name}", needs auto, ${BACKENDS.join(", ")}`);
  }
}
