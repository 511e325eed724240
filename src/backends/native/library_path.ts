/** The files of the native libraries. @module */

/**
 * The native libraries: the environment variable with the path of each, and its file in this package. `make NAME` builds it.
 */
export const NATIVE_LIBRARIES = {
  cuda: { variable: "MLPCUDA_LIBRARY", file: "cuda/libmlpcuda.so" },
  cpu: { variable: "MLPCUDA_CPU_LIBRARY", file: "cpu/libmlpcpu.so" },
  mpi: { variable: "MLPCUDA_MPI_LIBRARY", file: "cpu/libmlpmpi.so" },
} as const;

/** The name of a native library. */
export type LibraryName = keyof typeof NATIVE_LIBRARIES;

/** Returns the value of an environment variable, if it is set and this process may read it. */
export function readableVariable(variable: string): string | undefined {
  if (!isReadable(variable)) return undefined;
  return Deno.env.get(variable) || undefined;
}

function isReadable(variable: string): boolean {
  return Deno.permissions.querySync({ name: "env", variable }).state === "granted";
}

/**
 * Returns the path in the environment variable of a library if it may be read, or else that of the file in this package;
 * and the reason, if this package is not on this machine's disk.
 */
export function findLibrary(
  name: LibraryName,
  module: string = import.meta.url,
): { readonly path: string } | { readonly reason: string } {
  const { variable, file } = NATIVE_LIBRARIES[name], named = readableVariable(variable);
  if (named !== undefined) return { path: named };
  const beside = new URL(`../../../${file}`, module);
  if (beside.protocol === "file:") return { path: decodeURIComponent(beside.pathname) };
  const permission = isReadable(variable) ? "" : `, which needs the permission --allow-env=${variable}`;
  const reason = "a package that is loaded from a server has no library; " +
    `build it in a copy of the repository (\`make ${name}\`), and set ${variable} to its path${permission}`;
  return { reason };
}
