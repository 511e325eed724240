/**
 * Hands out addresses of a WebAssembly memory before it exists: what a program needs is added up first, then a memory of
 * just that size is made.
 * @module
 */
import { BackendError } from "../../errors.ts";

/** The unit of WebAssembly memory, in bytes. */
const PAGE = 65536;
/** The most that 32-bit addresses reach, in pages. */
const MAX_PAGES = 65536;

/** Addresses of a memory to come. */
export interface Arena {
  /** Reserves that many bytes, at a multiple of 64 (a cache line; a row of a panel). */
  reserve(bytes: number): number;
  /** Makes the memory, all zero; `findIdle` may know one that is used no longer. */
  createMemory(options: {
    readonly shared: boolean;
    readonly findIdle?: (pages: number) => WebAssembly.Memory | undefined;
  }): WebAssembly.Memory;
}

/**
 * Rounds a number of pages up, by less than a quarter, so that memories which differ little in size can take each other's
 * place. What is never written to costs only addresses.
 */
export function roundPages(pages: number): number {
  const unit = 2 ** Math.max(0, Math.floor(Math.log2(pages)) - 2);
  return Math.min(MAX_PAGES, Math.ceil(pages / unit) * unit);
}

/** Creates an arena; the first page belongs to the module's own constants. */
export function createArena(): Arena {
  let top = PAGE;
  return {
    reserve(bytes) {
      const address = top;
      top += Math.ceil(bytes / 64) * 64;
      return address;
    },
    createMemory({ shared, findIdle }) {
      const pages = Math.ceil(top / PAGE);
      const size = `${Math.ceil(top / 2 ** 20)} MiB`;
      if (pages > MAX_PAGES) throw outOfMemory(`needs ${size}, WebAssembly addresses 4096 MiB`);
      const idle = findIdle?.(pages), rounded = roundPages(pages);
      if (idle) return idle;
      try {
        return new WebAssembly.Memory({ initial: rounded, maximum: rounded, shared });
      } catch (cause) {
        throw outOfMemory(`needs ${size}, which the system does not give`, cause);
      }
    },
  };
}

function outOfMemory(reason: string, cause?: unknown): BackendError {
  return new BackendError(`Cannot allocate memory for backend "wasm": ${reason}`, {
    backend: "wasm",
    code: "out-of-memory",
    cause,
  });
}
