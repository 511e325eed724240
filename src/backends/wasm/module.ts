/**
 * The compiled kernels: the build with relaxed SIMD where the host has it, else the one without.
 * @module
 */
import { BackendError } from "../../errors.ts";
import { moduleBytes } from "../../workers/shared_memory.ts";

/** The functions of the module. */
export interface Kernels {
  /** Does one thread's part of at most `limit` more steps of the program at `address`. */
  run(address: number, thread: number, limit: number): void;
  /** Copies the weights of the layer at `address` to their transposed places. */
  prepareLayer(address: number): void;
  /** Returns a number that tells from which definitions the kernels were built. */
  fingerprint(): number;
}

/** Which build of the kernels. */
export type Build = "relaxed" | "plain";

/** The compiled kernels and which build they are. */
export interface KernelModule {
  readonly build: Build;
  readonly module: WebAssembly.Module;
}

/**
 * Compiles the kernels.
 *
 * @param options `build` asks for one build; `shared` says whether their memory is shared between threads
 * @throws {BackendError} if the host has no WebAssembly or refuses to compile it, or lacks SIMD or what the build asked for needs
 */
export async function compileKernels(
  options: { readonly build?: Build; readonly shared: boolean },
): Promise<KernelModule> {
  if (typeof WebAssembly === "undefined") throw unavailable("this host has no WebAssembly");
  const packed = await import("./binary/kernels.ts");
  const builds: Build[] = options.build ? [options.build] : ["relaxed", "plain"];
  for (const build of builds) {
    const bytes = await moduleBytes(packed, build, options);
    if (!WebAssembly.validate(bytes)) continue;
    try {
      return { build, module: await WebAssembly.compile(bytes) };
    } catch (cause) {
      // Such as a page whose Content-Security-Policy lacks 'wasm-unsafe-eval'.
      throw unavailable(
        `this host refuses to compile it: ${cause instanceof Error ? cause.message : cause}`,
        cause,
      );
    }
  }
  const needed = options.build === "relaxed" ? "relaxed SIMD" : "SIMD and threads";
  throw unavailable(`this host's WebAssembly lacks ${needed}`);
}

function unavailable(reason: string, cause?: unknown): BackendError {
  return new BackendError(`Cannot open backend "wasm": ${reason}`, {
    backend: "wasm",
    code: "unavailable",
    cause,
  });
}
