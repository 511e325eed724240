/** The C interface of `cpu/mpi.c` for Deno, and the loading of its library. @module */
import { BackendError } from "../../errors.ts";
import { findLibrary } from "../native/library_path.ts";
import { libraryFault } from "../native/shared_object.ts";

/** The version of the interface that this table describes. */
const INTERFACE = 2;

/** The functions of the library. `cpu/mpi.c` describes them. */
const SYMBOLS = {
  mlp_mpi_version: { parameters: [], result: "u32" },
  mlp_mpi_open: { parameters: ["f64", "buffer", "u32"], result: "i32" },
  mlp_mpi_facts: { parameters: ["buffer"], result: "void" },
  mlp_mpi_transport: { parameters: [], result: "pointer" },
  mlp_mpi_monitor: { parameters: ["buffer"], result: "void" },
  mlp_mpi_send: { parameters: ["i32", "buffer", "u64"], result: "i32" },
  mlp_mpi_next: { parameters: ["i32"], result: "i64" },
  mlp_mpi_receive: { parameters: ["i32", "buffer", "u64"], result: "i32" },
  mlp_mpi_lost: { parameters: ["f64"], result: "i32" },
  mlp_mpi_leave: { parameters: [], result: "i32" },
  mlp_mpi_close: { parameters: [], result: "void" },
  mlp_mpi_abort: { parameters: ["i32"], result: "void" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The functions of a loaded library. */
export type MpiSymbols = Deno.StaticForeignLibraryInterface<typeof SYMBOLS>;

/** Returns an error of the ranks: `Cannot connect ranks by MPI: <reason>`. */
export function mpiError(reason: string, code: string, cause?: unknown): BackendError {
  return new BackendError(`Cannot connect ranks by MPI: ${reason}`, { backend: "mpi", code, cause });
}

/**
 * Loads the library. It stays loaded until the process ends, because MPI does not allow to unload it.
 *
 * @param given the path of its file; by default that in the environment variable, or `cpu/libmlpmpi.so` of this package
 * @throws {BackendError} if it is missing, may not be loaded, or has another interface version
 */
export function loadMpi(given?: string): MpiSymbols {
  if (typeof Deno === "undefined" || typeof Deno.dlopen !== "function") {
    throw mpiError("this host cannot load shared libraries, needs Deno", "unavailable");
  }
  const path = given ?? libraryPath();
  const fault = libraryFault(path);
  if (fault !== undefined) throw mpiError(`"${path}" ${fault}`, "no-library");
  let symbols: MpiSymbols;
  try {
    ({ symbols } = Deno.dlopen(path, SYMBOLS));
  } catch (error) {
    throw loadError(path, error as Error);
  }
  const version = symbols.mlp_mpi_version();
  if (version === INTERFACE) return symbols;
  const found = `library "${path}" has interface version ${version}, this program needs ${INTERFACE}`;
  throw mpiError(`${found}; rebuild it`, "wrong-abi");
}

function libraryPath(): string {
  const found = findLibrary("mpi");
  if ("path" in found) return found.path;
  throw mpiError(found.reason, "no-library");
}

function loadError(path: string, error: Error): BackendError {
  if (error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.PermissionDenied) {
    return mpiError(`loading "${path}" needs the permission --allow-ffi=${path}`, "permission", error);
  }
  // The loader names the file that it has not found: this library, or the MPI that it was built with.
  const missing = /([^\s:]*lib[^\s:]*\.so[^\s:]*): cannot open shared object/i.exec(error.message)?.[1];
  if (missing !== undefined && missing !== path) {
    return mpiError(`"${path}" needs ${missing}, which was not found; rebuild it`, "no-mpi", error);
  }
  if (/no such file|not found|cannot open shared object/i.test(error.message)) {
    return mpiError(`library "${path}" not found`, "no-library", error);
  }
  if (/register symbol|undefined symbol/i.test(error.message)) {
    return mpiError(`"${path}" is not a library of this version of mlpcuda`, "wrong-abi", error);
  }
  return mpiError(`"${path}" cannot be loaded: ${error.message}`, "no-library", error);
}
