/** Finds and loads the native libraries. @module */
import type { BackendError } from "../../errors.ts";
import { ABI_VERSION, CPU_SYMBOLS, type CpuSymbols, KIND_NUMBERS, SYMBOLS, type Symbols } from "./ffi.ts";
import { findLibrary } from "./library_path.ts";
import { libraryFault } from "./shared_object.ts";
import { type Attempt, nativeError, type NativeName } from "./status.ts";

/** A loaded library with the interface version of this program. */
export interface Library {
  /** The backend that it belongs to. */
  readonly backend: NativeName;
  /** The path of its file. */
  readonly path: string;
  /** Its functions. */
  readonly symbols: Symbols;
  /** The functions that only the library of the backend cpu has. */
  readonly cpuSymbols?: CpuSymbols;
  /** True if it is the emulation, which runs CUDA kernels on the CPU for tests. */
  readonly emulated: boolean;
  /** Unloads the library. */
  close(): void;
}

/** Options of loading a library. */
export interface LibraryOptions {
  /**
   * The path of its file. The default is the environment variable `MLPCUDA_LIBRARY` (`MLPCUDA_CPU_LIBRARY` for the backend
   * cpu) if it is set and may be read, or else `cuda/libmlpcuda.so` (`cpu/libmlpcpu.so`) of this package.
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
 * @throws {BackendError} if it is missing, may not be loaded, is truncated, is that of another backend, or has another
 * interface version
 */
export function openLibrary(backend: NativeName, { library, named }: LibraryOptions): Library {
  const attempt = opening(backend);
  const refuse = (reason: string, code: string) => nativeError(attempt, reason, code);
  if (typeof Deno === "undefined" || typeof Deno.dlopen !== "function") {
    throw refuse("this host cannot load shared libraries, needs Deno", "unavailable");
  }
  const path = libraryPath(backend, library);
  if (!named && Deno.permissions.querySync({ name: "ffi", path }).state !== "granted") {
    throw refuse(`loading "${path}" needs the permission --allow-ffi=${path}`, "permission");
  }
  const fault = libraryFault(path);
  if (fault !== undefined) throw refuse(`"${path}" ${fault}`, "no-library");
  checkVersion(attempt, path);
  const { symbols, close } = load(attempt, path, SYMBOLS);
  try {
    const kind = symbols.mlp_kind(), emulated = kind === KIND_NUMBERS.emulated;
    if (emulated && backend === "cuda" && !named) {
      throw refuse(`library "${path}" is the emulation on the CPU, which is for tests`, "emulated");
    }
    if (kind !== KIND_NUMBERS[backend] && !(emulated && backend === "cuda")) {
      const other = kind === KIND_NUMBERS.cpu ? "cpu" : "cuda";
      throw refuse(`library "${path}" is that of backend "${other}"`, "wrong-kind");
    }
    if (backend !== "cpu") return { backend, path, symbols, emulated, close };
    const own = load(attempt, path, CPU_SYMBOLS);
    return {
      backend,
      path,
      symbols,
      cpuSymbols: own.symbols,
      emulated,
      close() {
        own.close();
        close();
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}

/**
 * Returns the path of a backend's library: `given`, else that in its environment variable if it may be read, else the file
 * in this package.
 *
 * @throws {BackendError} if no path is given and this package is not on this machine's disk
 */
export function libraryPath(
  backend: NativeName,
  given: string | undefined,
  module?: string,
): string {
  if (given !== undefined) return given;
  const found = findLibrary(backend, module);
  if ("path" in found) return found.path;
  throw nativeError(opening(backend), found.reason, "no-library");
}

/**
 * Checks that a library has the interface version of `ffi.ts`. Only then may its other functions be loaded.
 *
 * @throws {BackendError} if it has another version
 */
function checkVersion(attempt: Attempt, path: string): void {
  const { symbols, close } = load(attempt, path, { mlp_abi_version: SYMBOLS.mlp_abi_version });
  const version = symbols.mlp_abi_version();
  close();
  if (version === ABI_VERSION) return;
  const found = `library "${path}" has interface version ${version}, this program needs ${ABI_VERSION}`;
  throw nativeError(attempt, `${found}; rebuild it`, "wrong-abi");
}

/** Loads functions of a library. */
function load<T extends Deno.ForeignLibraryInterface>(attempt: Attempt, path: string, functions: T) {
  try {
    const loaded = Deno.dlopen(path, functions);
    return { symbols: loaded.symbols, close: () => loaded.close() };
  } catch (error) {
    throw loadError(attempt, path, error as Error);
  }
}

function loadError(attempt: Attempt, path: string, error: Error): BackendError {
  const refuse = (reason: string, code: string) => nativeError(attempt, reason, code, error);
  if (error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.PermissionDenied) {
    return refuse(`loading "${path}" needs the permission --allow-ffi=${path}`, "permission");
  }
  // Without the path, the missing file is another one that this library needs.
  if (error.message.includes(path) && /no such file|not found|cannot open/i.test(error.message)) {
    return refuse(`library "${path}" not found`, "no-library");
  }
  if (/register symbol|undefined symbol/i.test(error.message)) {
    return refuse(`"${path}" is not a library of this version of mlpcuda`, "wrong-abi");
  }
  const why = error.message.replace(/^(Could not open library: )+/, "");
  return refuse(`"${path}" cannot be loaded: ${why}`, "no-library");
}
