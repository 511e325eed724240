/** Opens backends: by name, or the fastest that this host can run. @module */
import { RANKS } from "../argument_kinds.ts";
import { CALLBACK, checkArgument, checkOptions, foundText, oneOf, TEXT, whole } from "../arguments.ts";
import { BackendError } from "../errors.ts";
import type { Backend } from "./backend.ts";
import type { InstructionSet } from "./native/ffi.ts";
import type { Ranks } from "./ranks/ranks.ts";

/** The names of the backends. */
export const BACKENDS = ["cuda", "webgpu", "cpu", "wasm", "reference"] as const;

/** The name of a backend, or `"auto"` for the fastest that this host can run. */
export type BackendName = (typeof BACKENDS)[number] | "auto";

/** Options of a backend. */
export interface BackendOptions {
  /**
   * Threads of the cpu and the wasm backend, at least 1; by default one for each processor. On a host without shared memory
   * or without workers, the wasm backend computes on the calling thread alone, and its `device` describes this.
   */
  readonly threads?: number;
  /** The GPU of the cuda backend, counted from 0; the first by default. */
  readonly device?: number;
  /**
   * The instruction set of the cpu backend; `"auto"`, the fastest that the processor has, by default. It does not change the
   * results.
   */
  readonly instructionSet?: InstructionSet;
  /**
   * The file of the native library of the cuda or the cpu backend. By default it is that in the environment variable
   * `MLPCUDA_LIBRARY` (`MLPCUDA_CPU_LIBRARY` for cpu), or `cuda/libmlpcuda.so` (`cpu/libmlpcpu.so`) of this package if the
   * variable is not set. `"auto"` tries no other library than this one, and opens the backend that it belongs to.
   */
  readonly library?: string;
  /**
   * The processes with which to train; only the cpu backend can. If the number of threads is not given, it is that of the
   * processors that this process has for itself.
   */
  readonly ranks?: Ranks;
  /**
   * Is called with a note for the person if a backend has to run training otherwise than planned: the cuda backend, if the GPU
   * cannot launch its persistent kernel.
   */
  readonly onNote?: (note: string) => void;
}

/** A backend opened by `openBackend`. */
export interface OpenedBackend extends Backend {
  /** The backends that `"auto"` could not open, each with the reason; empty if a backend was requested by name. */
  readonly passedOver: readonly { readonly name: string; readonly reason: string }[];
}

/** The order in which `"auto"` tries backends. The reference is not among them, because it is for comparison only. */
const AUTOMATIC: readonly (typeof BACKENDS)[number][] = ["cuda", "webgpu", "cpu", "wasm"];

/** The backend whose trainers can train on several ranks. */
const ON_RANKS = "cpu";

/**
 * Opens a backend. A backend requested by name is never replaced by another.
 *
 * On Linux, Deno may crash when the process exits (exit code 134 or 139) after a Worker has requested a WebGPU adapter,
 * because the request loads OpenGL. In such a Worker `"auto"` skips WebGPU; `"webgpu"` opens it anyway. To avoid the crash,
 * set the environment variable `DENO_WEBGPU_BACKEND=vulkan`. If the Worker may read the variable, `"auto"` then uses
 * WebGPU. Another way is to wait 300 ms between the end of the Worker and the exit. `deno test` runs test files in such
 * Workers too.
 *
 * ```ts
 * import { openBackend } from "@mlpcuda/mlpcuda";
 *
 * await using backend = await openBackend("auto", { threads: 1 });
 * console.log(backend.name, backend.device);
 * ```
 *
 * @throws {TypeError} if no backend has that name
 * @throws {BackendError} if this host cannot run it
 */
export async function openBackend(
  name: BackendName = "auto",
  options: BackendOptions = {},
): Promise<OpenedBackend> {
  checkArgument("name", name, TEXT);
  checkOptions(options, {
    threads: whole(1, 256),
    device: whole(0, 0xffff),
    instructionSet: oneOf(["auto", "avx2", "avx512", "neon"] satisfies InstructionSet[]),
    library: TEXT,
    ranks: RANKS,
    onNote: CALLBACK,
  });
  if (options.ranks) {
    if (name !== "auto" && name !== ON_RANKS) throw ranksError(name);
    return Object.assign(await openByName(ON_RANKS, options, { named: true }), { passedOver: [] });
  }
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

function ranksError(name: string): BackendError {
  const why = `it cannot train on several ranks, needs "${ON_RANKS}"`;
  return new BackendError(`Cannot open backend "${name}": ${why}`, { backend: name, code: "ranks" });
}

async function openByName(
  name: (typeof BACKENDS)[number],
  options: BackendOptions,
  { named }: { named: boolean },
): Promise<Backend> {
  switch (name) {
    case "cuda":
      return (await import("./native/cuda.ts")).openCuda({ ...options, named });
    case "webgpu":
      return await (await import("./webgpu/backend.ts")).openWebgpu({ named });
    case "cpu":
      return (await import("./native/cpu.ts")).openCpu({ ...options, named });
    case "wasm":
      return await (await import("./wasm/backend.ts")).openWasm(options);
    case "reference":
      return (await import("./reference/backend.ts")).openReference();
    default:
      throw new TypeError(`Unknown backend ${foundText(name)}, needs auto, ${BACKENDS.join(", ")}`);
  }
}
