/**
 * Compiles the kernels: the build with relaxed SIMD if the host supports it, or else the build without.
 * @module
 */
import { BackendError } from "../../errors.ts";
import { moduleBytes } from "../../workers/shared_memory.ts";

/** The functions of the module. */
export interface Kernels {
  /** Runs one thread's part of at most `limit` more steps of the program at `address`. */
  run(address: number, thread: number, limit: number): void;
  /** Copies the weights of the layer at `address` to its transposed matrix. */
  prepareLayer(address: number): void;
  /** Returns a hash of the definitions from which the kernels were built. */
  fingerprint(): number;
}

/** A build of the kernels. */
export type Build = "relaxed" | "plain";

/** The compiled kernels and the name of their build. */
export interface KernelModule {
  readonly build: Build;
  readonly module: WebAssembly.Module;
}

/**
 * Compiles the kernels.
 *
 * @param options `build` names the build to use; `shared` is true if threads share the memory
 * @throws {BackendError} if the host has no WebAssembly, refuses to compile it, or lacks a feature that the build needs
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
      // For example, the Content-Security-Policy of a page lacks 'wasm-unsafe-eval'.
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
