/** Finds and loads the library, and turns its statuses into errors. @module */
import { BackendError } from "../../errors.ts";
import { ABI_VERSION, ERROR_BYTES, FACTS, STATUS_CODES, SYMBOLS, type Symbols } from "./ffi.ts";

/** A loaded library whose interface is the one that this program knows. */
export interface Library {
  /** Its file. */
  readonly path: string;
  /** Its functions. */
  readonly symbols: Symbols;
  /** Whether it runs kernels on the CPU, for tests. */
  readonly emulated: boolean;
  /** Unloads it. */
  close(): void;
}

/** What a GPU is. */
export interface DeviceFacts extends Record<(typeof FACTS)[number], number> {
  /** Its name, such as `"NVIDIA H100 80GB HBM3"`. */
  readonly name: string;
}

/** Where the library may be, and whether the person may be asked for the permission to load it. */
export interface LibraryOptions {
  /** Its file; by default `MLPCUDA_LIBRARY`, where that may be read and is set, else `cuda/libmlpcuda.so` of this package. */
  readonly library?: string;
  /** Whether the backend was asked for by name; else nothing is asked, and the emulated library is refused. */
  readonly named: boolean;
}

/** The error of the cuda backend: `Cannot <what> "cuda": <why>`. */
export function cudaError(what: string, why: string, code: string, cause?: unknown): BackendError {
  return new BackendError(`Cannot ${what} "cuda": ${why}`, { backend: "cuda", code, cause });
}

const OPEN = "open backend";

/**
 * Loads the library.
 *
 * @throws {BackendError} where there is none, it may not be loaded, or its interface is another one
 */
export function openLibrary(options: LibraryOptions): Library {
  if (typeof Deno === "undefined" || typeof Deno.dlopen !== "function") {
    throw cudaError(OPEN, "this host cannot load shared libraries, Deno can", "unavailable");
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
    const emulated = loaded.symbols.mlp_is_emulated() !== 0;
    if (emulated && !options.named) {
      throw cudaError(OPEN, `library "${path}" is the emulation on the CPU, which is for tests`, "emulated");
    }
    return { path, symbols: loaded.symbols, emulated, close: () => loaded.close() };
  } catch (error) {
    loaded.close();
    throw error;
  }
}

/** The library's file: as given, as `MLPCUDA_LIBRARY` says where that may be read, or beside `mod.ts`. */
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
 * Checks that a library's interface is the one of `ffi.ts`.
 *
 * @throws {BackendError} where it is not
 */
export function checkVersion(symbols: Pick<Symbols, "mlp_abi_version">, path: string): void {
  const version = symbols.mlp_abi_version();
  if (version === ABI_VERSION) return;
  const found = `library "${path}" has interface version ${version}, this program needs ${ABI_VERSION}`;
  throw cudaError(OPEN, `${found}; build it anew`, "wrong-abi");
}

function loadError(path: string, error: Error): BackendError {
  if (error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.PermissionDenied) {
    return cudaError(OPEN, `loading "${path}" needs the permission --allow-ffi=${path}`, "permission", error);
  }
  if (/no such file|not found|cannot open shared object/i.test(error.message)) {
    return cudaError(OPEN, `library "${path}" not found`, "no-library", error);
  }
  if (/register symbol|undefined symbol/i.test(error.message)) {
    return cudaError(OPEN, `"${path}" is no library of this version of mlpcuda`, "wrong-abi", error);
  }
  return cudaError(OPEN, `"${path}" cannot be loaded: ${error.message}`, "no-library", error);
}

/**
 * Calls a function that returns a status and writes a sentence where it fails.
 *
 * @param what what fails then: `Cannot <what> "cuda": …`
 * @param given its parameters but for the last two
 * @throws {BackendError} where the status is not success
 */
export function call<Given extends readonly unknown[]>(
  what: string,
  work: (...given: [...Given, error: Uint8Array<ArrayBuffer>, size: number]) => number,
  ...given: Given
): void {
  const error = new Uint8Array(ERROR_BYTES);
  checkStatus(what, work(...given, error, ERROR_BYTES), error);
}

/** The same for a function that runs on another thread. */
export async function callAside(
  what: string,
  work: (error: Uint8Array<ArrayBuffer>, size: number) => Promise<number>,
): Promise<void> {
  const error = new Uint8Array(ERROR_BYTES);
  checkStatus(what, await work(error, ERROR_BYTES), error);
}

/** Throws what a status other than success means. */
export function checkStatus(what: string, status: number, error: Uint8Array): void {
  if (status !== 0) throw cudaError(what, textOf(error), STATUS_CODES[status] ?? "failed");
}

/** The text before the first NUL. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(bytes.subarray(0, end < 0 ? bytes.length : end));
}

/**
 * What GPU `device` is.
 *
 * @throws {BackendError} where there is no driver, it is too old, or there is no such GPU
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
