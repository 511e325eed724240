/** Errors of the system at chosen file operations of this process. @module */

/** An operation that changes files or folders. */
export interface FileOperation {
  /** Its number within the work, from 0. */
  readonly at: number;
  /** Its kind; `create` opens a file for writing. */
  readonly kind: keyof typeof CODES;
  /** The path that it changes. */
  readonly path: string;
}

/** The errors of each kind of operation. `SHORT` writes a part of the bytes without an error, `PART` a part before `ENOSPC`. */
export const CODES = {
  create: ["ENOSPC", "EACCES", "EIO"],
  write: ["PART", "SHORT", "EIO", "ENOSPC"],
  truncate: ["EIO"],
  sync: ["EIO", "ENOSPC"],
  rename: ["EACCES", "EIO", "ENOSPC"],
  link: ["EPERM", "ENOSPC"],
  remove: ["EACCES", "EIO"],
  mkdir: ["ENOSPC", "EACCES"],
  chmod: ["EPERM"],
} as const;

/** The error code of a failing operation, or a partial write. */
export type FaultCode = (typeof CODES)[keyof typeof CODES][number];

/**
 * Calls `work` while chosen operations fail with errors of the system.
 *
 * @param failing returns the error of an operation; `undefined` lets it succeed
 * @returns the result of `work`, and all operations
 */
export async function withFaults<T>(
  failing: (operation: FileOperation) => FaultCode | undefined,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly operations: readonly FileOperation[] }> {
  const operations: FileOperation[] = [], paths = new WeakMap<Deno.FsFile, string>();
  const { open, rename, link, remove, mkdir, chmod, makeTempDir } = Deno;
  const { write, truncate, sync } = Deno.FsFile.prototype;
  const next = (kind: FileOperation["kind"], path: string | URL) => {
    const operation = { at: operations.length, kind, path: String(path) };
    operations.push(operation);
    const code = failing(operation);
    if (code !== undefined && code !== "SHORT" && code !== "PART") throw systemError(code, kind);
    return code;
  };
  const pathOf = (file: Deno.FsFile) => paths.get(file) ?? "";
  Object.assign(Deno, {
    async open(path: string | URL, options?: Deno.OpenOptions) {
      if (options?.create || options?.createNew || options?.append) next("create", path);
      const file = await open(path, options);
      paths.set(file, String(path));
      return file;
    },
    rename: async (from: string, to: string) => (next("rename", to), await rename(from, to)),
    link: async (from: string, to: string) => (next("link", to), await link(from, to)),
    remove: async (
      path: string,
      options?: Deno.RemoveOptions,
    ) => (next("remove", path), await remove(path, options)),
    mkdir: async (
      path: string,
      options?: Deno.MkdirOptions,
    ) => (next("mkdir", path), await mkdir(path, options)),
    chmod: async (path: string, mode: number) => (next("chmod", path), await chmod(path, mode)),
    makeTempDir: async (options?: Deno.MakeTempOptions) => (next("mkdir", ""), await makeTempDir(options)),
  });
  Object.assign(Deno.FsFile.prototype, {
    async write(this: Deno.FsFile, bytes: Uint8Array) {
      const code = next("write", pathOf(this));
      if (code === undefined || bytes.length < 2) return await write.call(this, bytes);
      const written = await write.call(this, bytes.subarray(0, bytes.length >> 1));
      if (code === "PART") throw systemError("ENOSPC", "write");
      return written;
    },
    async truncate(this: Deno.FsFile, size?: number) {
      next("truncate", pathOf(this));
      await truncate.call(this, size);
    },
    // The disk is not synced, which would take long: the tests do not simulate a power failure.
    sync(this: Deno.FsFile) {
      return Promise.resolve().then(() => void next("sync", pathOf(this)));
    },
  });
  try {
    return { result: await work(), operations };
  } finally {
    Object.assign(Deno, { open, rename, link, remove, mkdir, chmod, makeTempDir });
    Object.assign(Deno.FsFile.prototype, { write, truncate, sync });
  }
}

/** Returns an error as Deno throws it for this code of the system. */
function systemError(code: Exclude<FaultCode, "SHORT" | "PART">, kind: string): Error {
  const isForbidden = code === "EACCES" || code === "EPERM";
  const message = `made by a test (os error): ${kind}`;
  return Object.assign(isForbidden ? new Deno.errors.PermissionDenied(message) : new Error(message), {
    code,
  });
}

/** Some work in which an operation failed. */
export interface Failed {
  readonly operation: FileOperation;
  /** The error of the work; `undefined` if it succeeded nevertheless. */
  readonly error: Error | undefined;
}

/**
 * Does some work again and again, while each of its operations fails with each error of its kind, and checks the result.
 *
 * @param prepare is called before each work
 * @returns the messages of the checks that failed
 */
export async function failEach(
  { prepare, work, check }: {
    readonly prepare: () => Promise<void>;
    readonly work: () => Promise<void>;
    readonly check: (failed: Failed) => Promise<void>;
  },
): Promise<string[]> {
  await prepare();
  const { operations } = await withFaults(() => undefined, work), failures: string[] = [];
  for (const operation of operations) {
    for (const code of CODES[operation.kind]) {
      await prepare();
      try {
        const failing = ({ at }: FileOperation) => at === operation.at ? code : undefined;
        const { result } = await withFaults(
          failing,
          () => work().then(() => undefined, (error: Error) => error),
        );
        await check({ operation, error: result });
      } catch (error) {
        failures.push(
          `${code} at operation ${operation.at}, ${operation.kind} of ${operation.path}: ${error}`,
        );
      }
    }
  }
  if (operations.length === 0) failures.push("no file was changed");
  return failures;
}
