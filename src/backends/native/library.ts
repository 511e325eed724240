/** Finds and loads the native libraries. @module */
import type { BackendError } from "../../errors.ts";
import { ABI_VERSION, KIND_EMULATED, SYMBOLS, type Symbols } from "./ffi.ts";
import { type Attempt, nativeError, type NativeName } from "./status.ts";

/** A loaded library with the interface version of this program. */
export interface Library {
  /** The backend that it belongs to. */
  readonly backend: NativeName;
  /** The path of its file. */
  readonly path: string;
  /** Its functions. */
  readonly symbols: Symbols;
  /** True if it is the emulation, which runs CUDA kernels on the CPU for tests. */
  readonly emulated: boolean;
  /** Unloads the library. */
  close(): void;
}

/** Options of loading a library. */
export interface LibraryOptions {
  /**
   * The path of its file. The default is the environment variable `MLPCUDA_LIBRARY` if it is set and may be read, or else
   * `cuda/libmlpcuda.so` of this package.
   */
  readonly library?: string;
  /**
   * True if the backend was requested by name. If not, no permission is requested, and the emulated library is refused.
   */
  readonly named: boolean;
}

/** Returns the attempt to open a backend. */
export function opening(backend: NativeName): Attempt {
  return { backend, action: "open backend" };
}

/**
 * Loads the library of a backend.
 *
 * @throws {BackendError} if it is missing, may not be loaded, or has another interface version
 */
export function openLibrary(backend: NativeName, options: LibraryOptions): Library {
  const attempt = opening(backend);
  if (typeof Deno === "undefined" || typeof Deno.dlopen !== "function") {
    throw nativeError(attempt, "this host cannot load shared libraries, needs Deno", "unavailable");
  }
  const path = libraryPath(backend, options.library);
  const permitted = Deno.permissions.querySync({ name: "ffi", path }).state === "granted";
  if (!permitted && !options.named) {
    throw nativeError(attempt, `loading "${path}" needs the permission --allow-ffi=${path}`, "permission");
  }
  let loaded: Deno.DynamicLibrary<typeof SYMBOLS>;
  try {
    loaded = Deno.dlopen(path, SYMBOLS);
  } catch (error) {
    throw loadError(attempt, path, error as Error);
  }
  try {
    checkVersion(attempt, loaded.symbols, path);
    const emulated = loaded.symbols.mlp_kind() === KIND_EMULATED;
    if (emulated && !options.named) {
      const found = `library "${path}" is the emulation on the CPU, which is for tests`;
      throw nativeError(attempt, found, "emulated");
    }
    return { backend, path, symbols: loaded.symbols, emulated, close: () => loaded.close() };
  } catch (error) {
    loaded.close();
    throw error;
  }
}

/** The library of each backend: the environment variable with its path, and its file in this package. */
const LIBRARIES = {
  cuda: { variable: "MLPCUDA_LIBRARY", file: "cuda/libmlpcuda.so" },
  cpu: { variable: "MLPCUDA_CPU_LIBRARY", file: "cpu/libmlpcpu.so" },
} as const;

/**
 * Returns the path of a backend's library: `given`, else that in its environment variable if it may be read, else the file
 * in this package.
 */
export function libraryPath(backend: NativeName, given: string | undefined): string {
  if (given !== undefined) return given;
  const { variable, file } = LIBRARIES[backend];
  if (Deno.permissions.querySync({ name: "env", variable }).state === "granted") {
    const path = Deno.env.get(variable);
    if (path) return path;
  }
  const beside = new URL(`../../../${file}`, import.meta.url);
  if (beside.protocol !== "file:") {
    const needs = `this package is not on this machine's disk, and ${variable} names no library`;
    throw nativeError(opening(backend), needs, "no-library");
  }
  return decodeURIComponent(beside.pathname);
}

/**
 * Checks that a library has the interface version of `ffi.ts`.
 *
 * @throws {BackendError} if it has another version
 */
export function checkVersion(
  attempt: Attempt,
  symbols: Pick<Symbols, "mlp_abi_version">,
  path: string,
): void {
  const version = symbols.mlp_abi_version();
  if (version === ABI_VERSION) return;
  const found = `library "${path}" has interface version ${version}, this program needs ${ABI_VERSION}`;
  throw nativeError(attempt, `${found}; rebuild it`, "wrong-abi");
}

function loadError(attempt: Attempt, path: string, error: Error): BackendError {
  const refuse = (reason: string, code: string) => nativeError(attempt, reason, code, error);
  if (error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.PermissionDenied) {
    return refuse(`loading "${path}" needs the permission --allow-ffi=${path}`, "permission");
  }
  if (/no such file|not found|cannot open shared object/i.test(error.message)) {
    return refuse(`library "${path}" not found`, "no-library");
  }
  if (/register symbol|undefined symbol/i.test(error.message)) {
    return refuse(`"${path}" is not a library of this version of mlpcuda`, "wrong-abi");
  }
  return refuse(`"${path}" cannot be loaded: ${error.message}`, "no-library");
}
