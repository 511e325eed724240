/** Finds and loads the library, and turns its status codes into errors. @module */
import { BackendError } from "../../errors.ts";
import {
  ABI_VERSION,
  ERROR_BYTES,
  FACTS,
  KIND_EMULATED,
  STATUS_CODES,
  SYMBOLS,
  type Symbols,
} from "./ffi.ts";

/** A loaded library with the interface version of this program. */
export interface Library {
  /** The path of its file. */
  readonly path: string;
  /** Its functions. */
  readonly symbols: Symbols;
  /** True if it is the emulation, which runs kernels on the CPU for tests. */
  readonly emulated: boolean;
  /** Unloads the library. */
  close(): void;
}

/** The name and properties of a GPU. */
export interface DeviceFacts extends Record<(typeof FACTS)[number], number> {
  /** The name, such as `"NVIDIA H100 80GB HBM3"`. */
  readonly name: string;
}

/** Options of loading the library. */
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

/** Returns an error of the cuda backend: `Cannot <action> "cuda": <reason>`. */
export function cudaError(action: string, reason: string, code: string, cause?: unknown): BackendError {
  return new BackendError(`Cannot ${action} "cuda": ${reason}`, { backend: "cuda", code, cause });
}

const OPEN = "open backend";

/**
 * Loads the library.
 *
 * @throws {BackendError} if it is missing, may not be loaded, or has another interface version
 */
export function openLibrary(options: LibraryOptions): Library {
  if (typeof Deno === "undefined" || typeof Deno.dlopen !== "function") {
    throw cudaError(OPEN, "this host cannot load shared libraries, needs Deno", "unavailable");
  }
  const path = libraryPath(options.library);
  const permitted = Deno.permissions.querySync({ name: "ffi", path }).state === "granted";
  if (!permitted && !options.named) {
    throw cudaError(OPEN, `loading "${path}" needs the permission --allow-ffi=${path}`, "permission");
  }
  let loaded: Deno.DynamicLibrary<typeof SYMBOLS>;
  try {
    loaded = Deno.dlopen(path, SYMBOLS);
  } catch (error) {
    throw loadError(path, error as Error);
  }
  try {
    checkVersion(loaded.symbols, path);
    const emulated = loaded.symbols.mlp_kind() === KIND_EMULATED;
    if (emulated && !options.named) {
      throw cudaError(OPEN, `library "${path}" is the emulation on the CPU, which is for tests`, "emulated");
    }
    return { path, symbols: loaded.symbols, emulated, close: () => loaded.close() };
  } catch (error) {
    loaded.close();
    throw error;
  }
}

/** Returns the path of the library: `given`, else `MLPCUDA_LIBRARY` if it may be read, else the file in this package. */
export function libraryPath(given: string | undefined): string {
  if (given !== undefined) return given;
  const variable = "MLPCUDA_LIBRARY";
  if (Deno.permissions.querySync({ name: "env", variable }).state === "granted") {
    const path = Deno.env.get(variable);
    if (path) return path;
  }
  const beside = new URL("../../../cuda/libmlpcuda.so", import.meta.url);
  if (beside.protocol !== "file:") {
    const needs = `this package is not on this machine's disk, and ${variable} names no library`;
    throw cudaError(OPEN, needs, "no-library");
  }
  return decodeURIComponent(beside.pathname);
}

/**
 * Checks that a library has the interface version of `ffi.ts`.
 *
 * @throws {BackendError} if it has another version
 */
export function checkVersion(symbols: Pick<Symbols, "mlp_abi_version">, path: string): void {
  const version = symbols.mlp_abi_version();
  if (version === ABI_VERSION) return;
  const found = `library "${path}" has interface version ${version}, this program needs ${ABI_VERSION}`;
  throw cudaError(OPEN, `${found}; rebuild it`, "wrong-abi");
}

function loadError(path: string, error: Error): BackendError {
  if (error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.PermissionDenied) {
    return cudaError(OPEN, `loading "${path}" needs the permission --allow-ffi=${path}`, "permission", error);
  }
  if (/no such file|not found|cannot open shared object/i.test(error.message)) {
    return cudaError(OPEN, `library "${path}" not found`, "no-library", error);
  }
  if (/register symbol|undefined symbol/i.test(error.message)) {
    return cudaError(OPEN, `"${path}" is not a library of this version of mlpcuda`, "wrong-abi", error);
  }
  return cudaError(OPEN, `"${path}" cannot be loaded: ${error.message}`, "no-library", error);
}

/**
 * Calls a function that returns a status, and writes an error message if it fails.
 *
 * @param action the action in the error's message: `Cannot <action> "cuda": …`
 * @param given the arguments of the function, except the last two
 * @throws {BackendError} if the status is not success
 */
export function call<Given extends readonly unknown[]>(
  action: string,
  work: (...given: [...Given, error: Uint8Array<ArrayBuffer>, size: number]) => number,
  ...given: Given
): void {
  const error = new Uint8Array(ERROR_BYTES);
  checkStatus(action, work(...given, error, ERROR_BYTES), error);
}

/** Calls a function that runs on another thread, as {@linkcode call} does. */
export async function callAside(
  action: string,
  work: (error: Uint8Array<ArrayBuffer>, size: number) => Promise<number>,
): Promise<void> {
  const error = new Uint8Array(ERROR_BYTES);
  checkStatus(action, await work(error, ERROR_BYTES), error);
}

/**
 * Checks a status.
 *
 * @throws {BackendError} if it is not success
 */
export function checkStatus(action: string, status: number, error: Uint8Array): void {
  if (status !== 0) throw cudaError(action, textOf(error), STATUS_CODES[status] ?? "failed");
}

/** Returns the text before the first NUL byte. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(bytes.subarray(0, end < 0 ? bytes.length : end));
}

/**
 * Returns the name and properties of GPU `device`.
 *
 * @throws {BackendError} if the driver is missing or too old, or there is no such GPU
 */
export function queryDevice({ symbols }: Library, device: number): DeviceFacts {
  const count = new Int32Array(1);
  call(OPEN, symbols.mlp_device_count, count);
  if (device >= count[0]) {
    const found = count[0] === 1 ? "GPU 0 alone" : `GPUs 0 to ${count[0] - 1}`;
    const why = count[0] === 0
      ? "the NVIDIA driver finds no GPU"
      : `there is no GPU ${device}, only ${found}`;
    throw cudaError(OPEN, why, "no-device");
  }
  const name = new Uint8Array(256), values = new BigInt64Array(FACTS.length);
  call(OPEN, symbols.mlp_device_query, device, name, name.length, values, BigInt(values.length));
  const facts = Object.fromEntries(FACTS.map((fact, index) => [fact, Number(values[index])]));
  return { name: textOf(name), ...facts as Record<(typeof FACTS)[number], number> };
}
